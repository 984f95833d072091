/*
 * stream_samples.h - small legacy streams of every form: the live parts of legacy_streams.h, the
 * tails of layout_shapes.h behind a live part, and what only whole streams have.
 */
#ifndef VMBER_TESTS_STREAM_SAMPLES_H
#define VMBER_TESTS_STREAM_SAMPLES_H

#include "codec/base/buf.h"

enum {
    SAMPLE_WHOLE = 1,     /* a stream that ends in a vmdesc, and has footers */
    SAMPLE_DESCRIBED = 2, /* every section of its tail is described */
    SAMPLE_CUT = 4,       /* it ends inside something: salvage only */
};

struct stream_sample {
    char name[64];
    unsigned flags;
    struct buf legacy;
    size_t eof_at; /* offset of the EOF octet; 0 in the samples of legacy_streams.h */
};

size_t stream_sample_count(void);

/* stream_sample_make makes sample i; stream_sample_done frees it. */
void stream_sample_make(struct stream_sample *sample, size_t i);
void stream_sample_done(struct stream_sample *sample);

/* stream_sample_named is stream_sample_make of the sample with this name; there must be one. */
void stream_sample_named(struct stream_sample *sample, const char *name);

#endif
