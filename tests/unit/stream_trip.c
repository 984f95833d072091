/* stream_trip.c - see stream_trip.h. */
#include "stream_trip.h"

#include "codec/stream/form_convert.h"
#include "codec/stream/form_decode.h"
#include "codec/stream/form_encode.h"

static bool read_memory(void *ctx, void *p, size_t cap, size_t *got, struct err *err)
{
    struct stream_memory *memory = ctx;
    size_t n = memory->left.len < cap ? memory->left.len : cap;

    (void)err;
    if (memory->chunk > 0 && n > memory->chunk) {
        n = memory->chunk;
    }
    if (n > 0) {
        memcpy(p, memory->left.p, n);
        memory->left = span_from(memory->left, n);
    }
    *got = n;
    return true;
}

static bool append(void *ctx, struct iovec *iov, size_t iov_count, struct err *err)
{
    for (size_t i = 0; i < iov_count; i++) {
        if (!buf_put(ctx, iov[i].iov_base, iov[i].iov_len, err)) {
            return false;
        }
    }
    return true;
}

struct io_source stream_source(struct stream_memory *memory)
{
    struct io_source source = {read_memory, memory};

    return source;
}

struct io_sink stream_sink(struct buf *buf)
{
    struct io_sink sink = {append, buf};

    return sink;
}

static bool encode(struct stream_memory *memory, const struct lay_modules *modules, unsigned flags,
                   struct buf *out, struct err *err)
{
    struct form_encode_options options;
    struct form_encode_report report;

    memset(&options, 0, sizeof(options));
    options.stream.salvage = (flags & STREAM_SALVAGE) != 0;
    options.stream.strict = (flags & STREAM_STRICT) != 0;
    options.stream.schema = LAY_SCHEMA_AUTO;
    options.stream.modules = modules;
    options.choice.index = (flags & STREAM_INDEX) != 0;
    if (modules != NULL && modules->lift != NULL) {
        options.choice.with = form_features_structured();
    }
    options.producer = "test";
    buf_init(out, STREAM_MAX);
    return form_encode(stream_source(memory), stream_sink(out), &options, &report, err);
}

bool stream_encode(struct span legacy, size_t chunk, unsigned flags, struct buf *out,
                   struct err *err)
{
    struct stream_memory memory = {legacy, chunk};

    return encode(&memory, NULL, flags, out, err);
}

bool stream_encode_with(struct span legacy, const struct lay_modules *modules, unsigned flags,
                        struct buf *out, struct err *err)
{
    struct stream_memory memory = {legacy, 0};

    return encode(&memory, modules, flags, out, err);
}

bool stream_decode(struct span ber, size_t chunk, unsigned flags, struct buf *out, struct err *err)
{
    struct stream_memory memory = {ber, chunk};
    struct form_decode_options options = {.profile = (flags & STREAM_PROFILE) != 0};
    struct form_decode_report report;

    buf_init(out, STREAM_MAX);
    return form_decode(stream_source(&memory), stream_sink(out), &options, &report, err);
}

uint32_t stream_random(uint32_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return *state;
}

bool stream_convert(struct span ber, struct buf *out, struct err *err)
{
    struct form_convert_options options = {.producer = "a test"};
    struct form_convert_report report;
    struct stream_memory memory = {ber, 0};

    buf_init(out, STREAM_MAX);
    return form_convert(stream_source(&memory), stream_sink(out), &options, &report, err);
}
