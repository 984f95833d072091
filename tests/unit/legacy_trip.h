/*
 * legacy_trip.h - the live part of a legacy stream, read and written back.
 *
 * Shared by test_legacy and the fuzzer. A trip notes what was told in a form that does not depend
 * on how much was read at a time, and everything that must hold for any input: each event written
 * back gives its octets, and what was not told is still in the window.
 */
#ifndef VMBER_TESTS_LEGACY_TRIP_H
#define VMBER_TESTS_LEGACY_TRIP_H

#include "codec/base/buf.h"
#include "codec/base/err.h"
#include "codec/savevm/leg_reader.h"

struct trip {
    struct buf told;    /* what was told, normalised, as lines */
    bool ok;            /* leg_reader_head or _next never failed */
    enum leg_step step; /* the last one, if ok */
    struct err err;     /* why not ok, or why LEG_LOST */
    uint64_t octets;    /* that were told */
    uint64_t events;
    const char *broken; /* NULL, or what did not hold */
};

/* trip_run reads input, at most chunk octets at a time (0: all), through a window of cap octets. */
void trip_run(struct trip *trip, struct span input, size_t chunk, size_t cap);
void trip_done(struct trip *trip);

#endif
