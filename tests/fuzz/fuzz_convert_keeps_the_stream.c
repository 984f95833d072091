/*
 * fuzz_convert_keeps_the_stream.c - any octets as a BER stream: what decode takes, convert takes,
 * with all features and with none, and what it writes stands for the same legacy stream.
 *
 * The first octet chooses: bit 0, whether the checks are made true first, so that what is behind
 * them is met; the others, whether the output of the first conversion is converted back.
 */
#include <stdio.h>
#include <stdlib.h>

#include "codec/stream/form_convert.h"
#include "compat/map_section.h"
#include "stream_frames.h"
#include "stream_trip.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds, const char *what, const struct err *err)
{
    if (!holds) {
        (void)fprintf(stderr, "%s: %s\n", what, err->text);
        abort();
    }
}

/* Converts with those features; false where a limit has been met. */
static bool convert(struct span ber, form_feature_set with, struct buf *out)
{
    struct stream_memory memory = {ber, 0};
    struct lay_modules modules = {.lift = map_lift_section};
    struct form_convert_options options = {.producer = "a test", .modules = &modules};
    struct form_convert_report report;
    struct map_lifter lifter;
    struct err err = ERR_INIT;
    bool ok;

    must(map_lifter_init(&lifter, NULL, &err), "no lifter", &err);
    modules.lift_ctx = &lifter;
    options.choice.with = with;
    options.choice.without = ~with;
    options.choice.chosen = &lifter.features;
    buf_init(out, STREAM_MAX);
    ok = form_convert(stream_source(&memory), stream_sink(out), &options, &report, &err);
    must(ok || err.band == ERR_LIMIT, "decode takes it, convert does not", &err);
    map_lifter_done(&lifter);
    return ok;
}

static void must_stand_for(struct span ber, struct span legacy)
{
    struct err err = ERR_INIT;
    struct buf back;

    must(stream_decode(ber, 0, STREAM_PROFILE, &back, &err), "what convert wrote is refused", &err);
    must(span_eq(buf_span(&back), legacy), "what convert wrote stands for another stream", &err);
    buf_done(&back);
}

static void convert_twice(struct span ber, size_t back)
{
    struct err err = ERR_INIT;
    struct buf legacy;
    struct buf lifted;
    struct buf plain;

    if (stream_decode(ber, 0, 0, &legacy, &err)) {
        if (convert(ber, FORM_FEATURES_ALL, &lifted)) {
            must_stand_for(buf_span(&lifted), buf_span(&legacy));
            if (convert(back != 0 ? buf_span(&lifted) : ber, 0, &plain)) {
                must_stand_for(buf_span(&plain), buf_span(&legacy));
            }
            buf_done(&plain);
        }
        buf_done(&lifted);
    }
    buf_done(&legacy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const size_t back[8] = {0, 1, 0, 1, 0, 1, 0, 1};

    stream_frames_try(data, size, back, convert_twice);
    return 0;
}
