/*
 * legacy_streams.h - legacy streams made by hand: one for every form the live part can have.
 */
#ifndef VMBER_TESTS_LEGACY_STREAMS_H
#define VMBER_TESTS_LEGACY_STREAMS_H

#include "codec/base/buf.h"
#include "codec/savevm/leg_reader.h"

/* A stream and how its reading ends. */
struct stream {
    const char *name;
    void (*make)(struct buf *to);
    enum leg_step step; /* the last one */
    const char *lost;   /* LEG_LOST: what the reason must say */
    size_t left;        /* octets that are not told */
};

extern const struct stream streams[];
extern const size_t stream_count;

/* The page size of most of them; configuration/target-page-bits says so. */
enum { STREAM_PAGE = 256 };

#endif
