/*
 * form_decode.h - a BER stream to the legacy stream it was made from.
 *
 * QEMU runs the guest once it has read the EOF octet. So everything from that octet on is held back
 * until the trailer has been read and every check has passed; and so is everything from the first
 * opaque octet on, for an EOF octet may be among them.
 */
#ifndef VMBER_STREAM_FORM_DECODE_H
#define VMBER_STREAM_FORM_DECODE_H

#include "codec/base/err.h"
#include "codec/base/io.h"
#include "codec/stream/form_lower.h"

struct form_decode_options {
    bool profile;             /* refuse BER that our writer does not write */
    bool live;                /* the stream ends, though nobody may end the input: do not wait */
    form_feature_set without; /* read as one who does not have these */
    struct form_type_check check;
    /* Asked when every check has passed, before what is held back goes out; NULL: it goes. */
    bool (*release)(void *ctx, struct err *err);
    void *release_ctx;
    int spool_file; /* of spool.h, taken over, or 0: one is made when it is needed */
};

struct form_decode_report {
    uint64_t ber_octets;
    uint64_t legacy_octets; /* those held back included */
    uint64_t records;
    form_feature_set features; /* that the header names */
};

/*
 * form_decode reads in to its end and writes the legacy stream to sink. On failure the octets held
 * back are never written.
 */
bool form_decode(struct io_source in, struct io_sink sink,
                 const struct form_decode_options *options, struct form_decode_report *report,
                 struct err *err);

#endif
