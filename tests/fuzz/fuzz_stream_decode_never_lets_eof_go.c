/*
 * fuzz_stream_decode_never_lets_eof_go.c - any octets as a BER stream: what decode writes before
 * the end of its input ends in front of the first EOF or opaque octet; and if it fails, it has not
 * written more. A stream that it takes is refused with its last octet cut off; with a flipped bit
 * it is refused, or, in BER that our writer does not write, the same.
 *
 * The first octet chooses: bit 0, whether the checks are made true first; bits 1 to 3, the pieces
 * it comes in; bits 4 to 7, the form of BER.
 */
#include <stdio.h>
#include <stdlib.h>

#include "codec/stream/form_decode.h"
#include "codec/stream/form_lower.h"
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

/* A run of decode, watched. */
struct run {
    struct stream_memory in;
    struct buf out;
    size_t early; /* octets written before the end of the input was told */
    bool at_end;
    bool ok;
    struct err err;
};

static bool run_read(void *ctx, void *p, size_t cap, size_t *got, struct err *err)
{
    struct run *run = ctx;
    struct io_source source = stream_source(&run->in);

    if (!source.read(source.ctx, p, cap, got, err)) {
        return false;
    }
    run->at_end = *got == 0;
    return true;
}

static bool run_write(void *ctx, struct iovec *iov, size_t iov_count, struct err *err)
{
    struct run *run = ctx;
    struct io_sink sink = stream_sink(&run->out);

    if (!sink.write(sink.ctx, iov, iov_count, err)) {
        return false;
    }
    run->early = run->at_end ? run->early : run->out.len;
    return true;
}

static void decode(struct run *run, struct span ber, size_t chunk)
{
    struct io_source source = {run_read, run};
    struct io_sink sink = {run_write, run};
    struct form_decode_options options = {.profile = false};
    struct form_decode_report report;

    memset(run, 0, sizeof(*run));
    err_init(&run->err);
    run->in.left = ber;
    run->in.chunk = chunk;
    buf_init(&run->out, STREAM_MAX);
    run->ok = form_decode(source, sink, &options, &report, &run->err);
    must(run->err.band != ERR_INTERNAL && run->ok == (run->err.band == ERR_NONE), "our own mistake",
         &run->err);
    must(!run->ok || report.legacy_octets == run->out.len, "a report of other octets", &run->err);
}

/* Where the first octet is that must be held back, found without decode; SIZE_MAX: nowhere. */
static size_t find_held(struct span ber)
{
    struct stream_memory memory = {ber, 0};
    struct form_reader reader;
    struct form_lower lower;
    struct wire_header header;
    struct buf lowered;
    struct out out;
    struct win win;
    struct err err = ERR_INIT;
    size_t held = SIZE_MAX;
    bool ok;

    buf_init(&lowered, STREAM_MAX);
    out_init(&out, stream_sink(&lowered));
    memset(&reader, 0, sizeof(reader));
    memset(&lower, 0, sizeof(lower));
    ok = win_init(&win, stream_source(&memory), 1 << 20, &err) &&
         form_reader_init(&reader, &win, 0, &err) && form_lower_init(&lower, &err) &&
         form_reader_head(&reader, &header, &err) && form_lower_head(&lower, &header, &out, &err);
    while (ok && held == SIZE_MAX) {
        struct form_record record;
        struct wire_trailer trailer;
        enum form_step step;
        uint64_t length;

        ok = form_reader_next(&reader, &step, &record, &trailer, &err) && step == FORM_RECORD;
        if (ok && (record.body->which == WIRE_BODY_END_OF_STREAM ||
                   record.body->which == WIRE_BODY_OPAQUE)) {
            held = (size_t)out.offset;
        }
        ok = ok && form_lower_put(&lower, &record, &out, &length, &err);
    }
    form_lower_done(&lower);
    form_reader_done(&reader);
    win_done(&win);
    out_done(&out);
    buf_done(&lowered);
    return held;
}

/* Flips a bit that the stream itself chooses. */
static void flip(struct span ber, const struct run *whole, size_t held, uint32_t *state)
{
    size_t bit = stream_random(state) % (ber.len * 8);
    struct err err = ERR_INIT;
    struct buf copy;
    struct buf none;
    struct run run;

    buf_init(&copy, STREAM_MAX);
    must(buf_put(&copy, ber.p, ber.len, NULL), "no memory", &err);
    copy.p[bit / 8] ^= (uint8_t)(1U << bit % 8);
    decode(&run, buf_span(&copy), 0);
    must(run.ok ? span_eq(buf_span(&run.out), buf_span(&whole->out)) : run.out.len <= held,
         "a flipped bit", &run.err);
    if (run.ok) {
        must(!stream_decode(ber, 0, STREAM_PROFILE, &none, &err), "a flipped bit is not found",
             &run.err);
        buf_done(&none);
    }
    buf_done(&run.out);
    buf_done(&copy);
}

static void try(struct span ber, size_t chunk)
{
    size_t held = find_held(ber);
    uint32_t state = (uint32_t)ber.len * 2654435761U | 1;
    struct run whole;
    struct run cut;

    decode(&whole, ber, chunk);
    must(whole.early <= held, "let go before the end of the input", &whole.err);
    must(whole.ok || whole.out.len <= held, "let go and then refused", &whole.err);
    if (whole.ok) {
        decode(&cut, span_of(ber.p, ber.len - 1), chunk);
        must(!cut.ok && cut.out.len <= held, "decodes without its end", &cut.err);
        buf_done(&cut.out);
        flip(ber, &whole, held, &state);
    }
    buf_done(&whole.out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const size_t chunks[] = {0, 1, 3, 7, 64, 500, 1000, 4096};

    stream_frames_try(data, size, chunks, try);
    return 0;
}
