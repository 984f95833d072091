/*
 * test_torture_damage.c - what decode lets go, and when: nothing wrong, never the EOF octet of a
 * stream that is damaged, and everything else as soon as it is there.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "codec/stream/form_decode.h"
#include "codec/stream/form_encode.h"
#include "legacy_streams.h"
#include "stream_frames.h"
#include "stream_samples.h"
#include "stream_trip.h"

static struct stream_sample sample;
static struct buf ber;

static const char *const names[] = {
    "leaves, compact", "subsections, spaced", "null runs, no vmdesc", "package", "end", "ram-kinds",
    "unknown",
};

enum { NAME_COUNT = sizeof(names) / sizeof(names[0]) };

static void make(const char *name, unsigned flags)
{
    struct err err = ERR_INIT;

    stream_sample_named(&sample, name);
    ck_assert(stream_encode(buf_span(&sample.legacy), 0, flags, &ber, &err));
}

static void done(void)
{
    buf_done(&ber);
    stream_sample_done(&sample);
}

/* Where the octets begin that are held back: decode with the end cut off, and count. */
static size_t held_from(void)
{
    struct err err = ERR_INIT;
    struct buf back;
    size_t len;

    ck_assert(!stream_decode(span_of(ber.p, ber.len - 1), 0, 0, &back, &err));
    len = back.len;
    ck_assert(sample.eof_at == 0 || len <= sample.eof_at);
    for (size_t i = 0; i < stream_count; i++) { /* what is not told is opaque */
        if (strcmp(streams[i].name, sample.name) == 0) {
            ck_assert_uint_eq(len, sample.legacy.len - (streams[i].left > 0 ? streams[i].left : 1));
        }
    }
    buf_done(&back);
    return len;
}

/* A damaged stream is refused, and what has been let go is right. */
static void must_refuse(struct span damaged, size_t held, const char *what, size_t where)
{
    struct err err = ERR_INIT;
    struct buf back;

    ck_assert_msg(!stream_decode(damaged, 0, 0, &back, &err), "%s: %s %zu: decodes", sample.name,
                  what, where);
    ck_assert_msg(err.band == ERR_MALFORMED || err.band == ERR_TRUNCATED ||
                      err.band == ERR_UNSUPPORTED || err.band == ERR_LIMIT,
                  "%s: %s %zu: %s %s", sample.name, what, where, err_band_name(err.band), err.text);
    ck_assert_msg(err.text[0] != '\0' && err.ber_offset <= ber.len, "%s: %s %zu: no place in %s",
                  sample.name, what, where, err.text);
    ck_assert_msg(back.len <= held, "%s: %s %zu: the EOF octet is let go", sample.name, what,
                  where);
    ck_assert_msg(back.len == 0 || memcmp(back.p, sample.legacy.p, back.len) == 0,
                  "%s: %s %zu: other octets are let go", sample.name, what, where);
    buf_done(&back);
}

START_TEST(every_flipped_bit_is_found)
{
    size_t held;

    make(names[_i / 2], _i % 2 != 0 ? STREAM_INDEX : 0);
    held = held_from();
    for (size_t bit = 0; bit < ber.len * 8; bit += TEST_STRIDE) { /* 7: each bit of some octet */
        ber.p[bit / 8] ^= (uint8_t)(1U << bit % 8);
        must_refuse(buf_span(&ber), held, "bit", bit);
        ber.p[bit / 8] ^= (uint8_t)(1U << bit % 8);
    }
    done();
}
END_TEST

START_TEST(every_cut_is_found)
{
    size_t held;

    make(names[_i / 2], _i % 2 != 0 ? STREAM_INDEX : 0);
    held = held_from();
    for (size_t cut = 0; cut < ber.len; cut += TEST_STRIDE) {
        must_refuse(span_of(ber.p, cut), held, "cut", cut);
    }
    done();
}
END_TEST

/* An octet left out or put in, and pieces moved. */
START_TEST(shifts_are_found)
{
    uint32_t state = (uint32_t)_i + 1;
    uint8_t *copy;
    size_t held;

    make(names[_i], STREAM_INDEX);
    held = held_from();
    copy = malloc(ber.len + 1);
    ck_assert_ptr_nonnull(copy);
    for (size_t at = 0; at < ber.len; at += TEST_STRIDE) {
        memcpy(copy, ber.p, at);
        memcpy(copy + at, ber.p + at + 1, ber.len - at - 1);
        must_refuse(span_of(copy, ber.len - 1), held, "without octet", at);
        copy[at] = (uint8_t)stream_random(&state);
        memcpy(copy + at + 1, ber.p + at, ber.len - at);
        must_refuse(span_of(copy, ber.len + 1), held, "one octet more at", at);
    }
    free(copy);
    done();
}
END_TEST

START_TEST(random_damage_to_a_large_stream_is_found)
{
    uint32_t state = (uint32_t)_i + 1;
    size_t held;

    make("large", STREAM_INDEX);
    held = held_from();
    for (int round = 0; round < 300 / TEST_STRIDE; round++) {
        size_t bit = stream_random(&state) % (ber.len * 8);

        ber.p[bit / 8] ^= (uint8_t)(1U << bit % 8);
        must_refuse(buf_span(&ber), held, "bit", bit);
        ber.p[bit / 8] ^= (uint8_t)(1U << bit % 8);
        must_refuse(span_of(ber.p, bit / 8), held, "cut", bit / 8);
    }
    done();
}
END_TEST

/* A source and a sink that know of each other. */
struct pipe {
    struct stream_memory in;
    struct buf out;
    size_t held; /* decode: octets that may go before the input has ended; encode: octets of
                    the live part */
    bool at_end; /* the end of input has been told */
    bool too_early;
    uint64_t taken;                   /* octets read */
    void (*waits)(struct pipe *pipe); /* before each read */
    const size_t *ends;               /* waits_decode: see there */
};

static bool pipe_read(void *ctx, void *p, size_t cap, size_t *got, struct err *err)
{
    struct pipe *pipe = ctx;
    struct io_source source = stream_source(&pipe->in);

    pipe->waits(pipe);
    if (!source.read(source.ctx, p, cap, got, err)) {
        return false;
    }
    pipe->taken += *got;
    pipe->at_end = *got == 0;
    return true;
}

static bool pipe_write(void *ctx, struct iovec *iov, size_t iov_count, struct err *err)
{
    struct pipe *pipe = ctx;
    struct io_sink sink = stream_sink(&pipe->out);

    if (!sink.write(sink.ctx, iov, iov_count, err)) {
        return false;
    }
    pipe->too_early |= pipe->out.len > pipe->held && !pipe->at_end;
    return true;
}

static void waits_for_nothing(struct pipe *pipe)
{
    (void)pipe;
}

/* The octets that are held back go when the end of the input has been seen, not before. */
START_TEST(eof_goes_last)
{
    static const size_t chunks[] = {1, 7, 0};

    make(names[_i], 0);
    for (size_t i = 0; i < 3; i++) {
        struct form_decode_options options = {.profile = false};
        struct form_decode_report report;
        struct err err = ERR_INIT;
        struct pipe pipe;
        struct io_source source = {pipe_read, &pipe};
        struct io_sink sink = {pipe_write, &pipe};

        memset(&pipe, 0, sizeof(pipe));
        pipe.in.left = buf_span(&ber);
        pipe.in.chunk = chunks[i];
        pipe.held = held_from();
        pipe.waits = waits_for_nothing;
        buf_init(&pipe.out, STREAM_MAX);
        ck_assert(form_decode(source, sink, &options, &report, &err));
        ck_assert(!pipe.too_early);
        ck_assert(span_eq(buf_span(&pipe.out), buf_span(&sample.legacy)));
        ck_assert_uint_eq(report.ber_octets, ber.len);
        ck_assert_uint_eq(report.legacy_octets, sample.legacy.len);
        buf_done(&pipe.out);
    }
    done();
}
END_TEST

/* Octets that can be without meaning until more come: a page with all that stands around it. */
enum { PIECE_MAX = 256 + 64 };

/* Before encode waits, a reader of what it has written has all but a piece of what it has read. */
static void waits_encode(struct pipe *pipe)
{
    struct err err = ERR_INIT;
    struct buf back;
    (void)stream_decode(buf_span(&pipe->out), 0, 0, &back, &err);
    ck_assert_msg(pipe->taken > pipe->held || back.len + PIECE_MAX >= pipe->taken,
                  "%zu of %zu octets", back.len, (size_t)pipe->taken);
    buf_done(&back);
}

START_TEST(encode_keeps_nothing_back_in_the_live_part)
{
    static const size_t chunks[] = {0, 1, 50, 300};
    uint64_t live = 0;

    stream_sample_named(&sample, "leaves, compact");
    for (size_t i = 0; i < 4; i++) {
        struct form_encode_options options;
        struct form_encode_report report;
        struct err err = ERR_INIT;
        struct pipe pipe;
        struct io_source source = {pipe_read, &pipe};
        struct io_sink sink = {pipe_write, &pipe};

        memset(&options, 0, sizeof(options));
        memset(&pipe, 0, sizeof(pipe));
        options.producer = "test";
        pipe.in.left = buf_span(&sample.legacy);
        pipe.in.chunk = chunks[i];
        pipe.waits = waits_encode;
        pipe.held = (size_t)live;
        buf_init(&pipe.out, STREAM_MAX);
        ck_assert(form_encode(source, sink, &options, &report, &err));
        live = report.stream.tail_start;
        ck_assert_uint_gt(live, 900);
        buf_done(&pipe.out);
    }
    stream_sample_done(&sample);
}
END_TEST

/* ends: pairs of offsets, in the BER stream behind a frame and in the legacy stream there. */
static void waits_decode(struct pipe *pipe)
{
    size_t due = 0;

    for (const size_t *end = pipe->ends; end[0] != 0; end += 2) {
        if (pipe->taken >= end[0]) {
            due = end[1];
        }
    }
    due = due < pipe->held ? due : pipe->held;
    ck_assert_msg(pipe->out.len >= due, "%zu octets read, %zu written, expected %zu",
                  (size_t)pipe->taken, pipe->out.len, due);
}

/* How many octets the frames stand for. */
static size_t stands_for(struct stream_frames *frames)
{
    struct err err = ERR_INIT;
    struct buf part;
    struct buf back;
    size_t len;

    ck_assert(stream_seal(frames, &err));
    ck_assert(stream_join(frames, 0, &part, &err));
    (void)stream_decode(buf_span(&part), 0, 0, &back, &err); /* which may end inside a section */
    len = back.len;
    buf_done(&back);
    buf_done(&part);
    return len;
}

/* Before decode waits, it has written all that the records it has read whole stand for. */
START_TEST(decode_keeps_nothing_back_before_the_end)
{
    static const size_t chunks[] = {1, 50, 300};
    struct err err = ERR_INIT;
    struct stream_frames frames;
    size_t ends[256] = {0};
    size_t at = 254;
    struct buf part;

    stream_sample_named(&sample, names[_i]);
    ck_assert(stream_encode(buf_span(&sample.legacy), 64, 0, &ber, &err));
    ck_assert(stream_split(buf_span(&ber), &frames, &err));
    while (frames.count > 2) { /* from the end, record by record */
        stream_frames_remove(&frames, frames.count - 2);
        ck_assert(stream_join(&frames, 0, &part, &err));
        at -= 2;
        ck_assert_uint_gt(at, 0);
        ends[at] = part.len; /* a little more than where the record ends: good enough */
        ends[at + 1] = stands_for(&frames);
        buf_done(&part);
    }
    stream_frames_done(&frames);
    for (size_t i = 0; i < 3; i++) {
        struct form_decode_options options = {.profile = false};
        struct form_decode_report report;
        struct pipe pipe;
        struct io_source source = {pipe_read, &pipe};
        struct io_sink sink = {pipe_write, &pipe};

        memset(&pipe, 0, sizeof(pipe));
        pipe.in.left = buf_span(&ber);
        pipe.in.chunk = chunks[i];
        pipe.held = held_from();
        pipe.waits = waits_decode;
        pipe.ends = ends + at;
        buf_init(&pipe.out, STREAM_MAX);
        ck_assert(form_decode(source, sink, &options, &report, &err));
        buf_done(&pipe.out);
    }
    done();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("torture_damage");
    TCase *tcase = tcase_create("damage");
    SRunner *runner;
    int failed;

    tcase_set_timeout(tcase, 300);
    tcase_add_loop_test(tcase, every_flipped_bit_is_found, 0, 2 * NAME_COUNT);
    tcase_add_loop_test(tcase, every_cut_is_found, 0, 2 * NAME_COUNT);
    tcase_add_loop_test(tcase, shifts_are_found, 0, NAME_COUNT);
    tcase_add_loop_test(tcase, random_damage_to_a_large_stream_is_found, 0, 3);
    tcase_add_loop_test(tcase, eof_goes_last, 0, NAME_COUNT);
    tcase_add_test(tcase, encode_keeps_nothing_back_in_the_live_part);
    tcase_add_loop_test(tcase, decode_keeps_nothing_back_before_the_end, 0, NAME_COUNT);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
