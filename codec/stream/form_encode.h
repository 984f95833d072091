/*
 * form_encode.h - a legacy stream to a BER stream.
 */
#ifndef VMBER_STREAM_FORM_ENCODE_H
#define VMBER_STREAM_FORM_ENCODE_H

#include "codec/savevm/leg_stream.h"
#include "codec/stream/form_announce.h"

struct form_encode_options {
    struct leg_stream_options stream; /* device modules and what is asked of them, too */
    const char *producer;             /* program and version, for people */
    struct form_choice choice;        /* nothing is lifted without stream.modules->lift */
    /*
     * Told of each region that stays on a lower level, and of each Section that does not conform to
     * a module, and why; NULL: nobody asks.
     */
    void (*descent)(void *ctx, const struct leg_told *told);
    void *descent_ctx;
    /* Asked when the input has ended well, before the end of the BER stream; NULL: nobody asks. */
    bool (*finish)(void *ctx, struct err *err);
    void *finish_ctx;
};

struct form_encode_report {
    struct leg_stream_report stream;
    uint64_t ber_octets;
    uint64_t records;
};

/*
 * form_encode reads in to its end and writes the BER stream to sink. On failure nothing that ends
 * the stream is written: what a reader then has is visibly unfinished.
 */
bool form_encode(struct io_source in, struct io_sink sink,
                 const struct form_encode_options *options, struct form_encode_report *report,
                 struct err *err);

#endif
