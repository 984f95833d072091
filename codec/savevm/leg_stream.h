/*
 * leg_stream.h - a whole legacy stream to events: the one place that knows the order of its parts.
 *
 *   HEAD  magic, configuration       leg_reader_head
 *   LIVE  START, PART, END, ...      leg_reader_next, event by event, nothing is put aside
 *   TAIL  FULL ... EOF, vmdesc       put aside until the input ends, then lay_tail
 *
 * The octets that the events stand for, in order, are the octets of the input, whatever it holds.
 */
#ifndef VMBER_SAVEVM_LEG_STREAM_H
#define VMBER_SAVEVM_LEG_STREAM_H

#include "codec/base/err.h"
#include "codec/base/io.h"
#include "codec/savevm/lay_tail.h"

struct leg_stream_options {
    bool strict;  /* any descent to a lower level is ERR_UNSUPPORTED */
    bool salvage; /* take input that is cut short or no migration stream at all */
    /*
     * Asked before a read in the tail that may wait, with the tail so far: whether the input ends
     * here though nobody has closed it, as on a socket with a return path. NULL: it does not.
     */
    bool (*whole)(void *ctx, struct span tail);
    void *whole_ctx;
    enum lay_schema schema;
    const struct lay_modules *modules; /* NULL: none */
    int spool_file; /* of spool.h, taken over, or 0: one is made when it is needed */
};

/* What a sink is told. Everything lives until the sink returns. */
struct leg_told {
    const struct wire_body *body;
    uint64_t legacy_offset;
    uint64_t legacy_length;
    const struct span *pages; /* RAM: contents of the pages; body->u.ram.data is {NULL, total} */
    size_t page_count;
    struct span legacy;    /* the octets themselves */
    const struct err *why; /* NULL, or why it is not described; of a Section, why it does not
                              conform to a module */
};

struct leg_stream_sink {
    void *ctx;
    /* Called once, first. fragment: the input is no migration stream (salvage only). */
    bool (*head)(void *ctx, const struct wire_configuration *configuration, bool fragment,
                 struct err *err);
    bool (*told)(void *ctx, const struct leg_told *told, struct err *err);
};

/* Counts over the whole stream; sections of RAM and other live ones are not among them. */
struct leg_stream_report {
    struct lay_report tail;
    uint64_t octets;     /* of the input */
    uint64_t tail_start; /* offset of the tail, 0 if there was none */
    struct err lost;     /* why the rest is opaque, if it is */
};

/*
 * leg_stream reads win to its end and tells sink. types, if it is not NULL, gets the types that are
 * told, each before the sink is told of it, so that what an event names is there. Without salvage,
 * input that is cut short is ERR_TRUNCATED and input that is no migration stream ERR_MALFORMED;
 * what was told before stands.
 */
bool leg_stream(struct win *win, const struct leg_stream_options *options, struct lay_types *types,
                const struct leg_stream_sink *sink, struct leg_stream_report *report,
                struct err *err);

/*
 * The same in steps, for a caller that pulls. What the first call is given must live until
 * leg_stream_close.
 */
struct leg_streaming;

/* leg_stream_open returns NULL with err set if there is no memory. */
struct leg_streaming *leg_stream_open(struct win *win, const struct leg_stream_options *options,
                                      struct lay_types *types, const struct leg_stream_sink *sink,
                                      struct leg_stream_report *report, struct err *err);

/* leg_stream_step tells one or more events, or sets *done at the end of the input. */
bool leg_stream_step(struct leg_streaming *stream, bool *done, struct err *err);

void leg_stream_close(struct leg_streaming *stream);

#endif
