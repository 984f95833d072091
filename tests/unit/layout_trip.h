/*
 * layout_trip.h - a tail told as events, and the events written back by code of its own.
 */
#ifndef VMBER_TESTS_LAYOUT_TRIP_H
#define VMBER_TESTS_LAYOUT_TRIP_H

#include "codec/base/buf.h"
#include "codec/base/err.h"
#include "codec/savevm/lay_tail.h"
#include "codec/savevm/lay_text.h"
#include "codec/savevm/lay_types.h"

struct layout_trip {
    struct span tail;
    struct lay_options options;
    struct lay_types types;   /* the writer's */
    struct lay_types learned; /* a reader's, from the records */
    struct lay_text text;     /* a reader's */
    struct buf back;          /* what the events stand for */
    struct buf shape;         /* a letter for each event: T S F C E V X O, see layout_trip.c */
    struct lay_report report;
    enum lay_result result;
    struct err err;
    uint64_t ber;       /* octets of the values */
    bool had_why;       /* an event had a reason */
    struct err why;     /* the first of them */
    const char *broken; /* NULL, or which promise was not kept */
    char detail[ERR_TEXT_MAX];
};

/* layout_trip_run tells the tail and writes it back; layout_trip_done after each. */
void layout_trip_run(struct layout_trip *trip, struct span tail, const struct lay_options *options);
void layout_trip_done(struct layout_trip *trip);

/* layout_tail_of finds the tail of a captured stream: the first FULL head behind a footer. */
bool layout_tail_of(struct span stream, size_t *at);

#endif
