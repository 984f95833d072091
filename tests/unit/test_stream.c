/*
 * test_stream.c - codec/stream: what goes through encode and decode comes back, whatever it is and
 * in whatever pieces it comes.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "codec/base/arena.h"
#include "codec/savevm/lay_visit.h"
#include "codec/stream/form_events.h"
#include "layout_chance.h"
#include "stream_frames.h"
#include "stream_samples.h"
#include "stream_trip.h"
#include "wire.h"

static const size_t chunks[] = {1, 2, 3, 7, 4096, 0};

enum { CHUNK_COUNT = sizeof(chunks) / sizeof(chunks[0]), SMALL = 6000, RANDOM_MAX = 5000 };

static const char *said(const struct err *err)
{
    static char line[ERR_PATH_MAX + ERR_TEXT_MAX + 100];

    return err_format(err, line, sizeof(line));
}

/* Encodes; ends the test if that fails. */
static void encode(struct span legacy, size_t chunk, unsigned flags, const char *name,
                   struct buf *ber)
{
    struct err err = ERR_INIT;

    ck_assert_msg(stream_encode(legacy, chunk, flags, ber, &err), "%s in pieces of %zu: %s", name,
                  chunk, said(&err));
    ck_assert_int_eq(err.band, ERR_NONE);
}

/* Decodes; ends the test unless legacy comes back. */
static void decode(struct span ber, size_t chunk, unsigned flags, struct span legacy,
                   const char *name)
{
    struct err err = ERR_INIT;
    struct buf back;

    ck_assert_msg(stream_decode(ber, chunk, flags, &back, &err), "%s in pieces of %zu: %s", name,
                  chunk, said(&err));
    ck_assert_msg(span_eq(buf_span(&back), legacy), "%s in pieces of %zu: other octets", name,
                  chunk);
    buf_done(&back);
}

static void there_and_back(struct span legacy, unsigned flags, const char *name)
{
    struct buf ber;

    encode(legacy, 0, flags, name, &ber);
    decode(buf_span(&ber), 0, STREAM_PROFILE, legacy, name);
    buf_done(&ber);
}

static unsigned flags_of(const struct stream_sample *sample)
{
    return (sample->flags & SAMPLE_CUT) != 0 ? STREAM_SALVAGE : 0;
}

START_TEST(samples_come_back_in_any_pieces)
{
    struct stream_sample sample;
    struct buf ber;
    struct span legacy;

    stream_sample_make(&sample, (size_t)_i);
    legacy = buf_span(&sample.legacy);
    for (size_t i = 0; i < CHUNK_COUNT; i++) {
        encode(legacy, chunks[i], flags_of(&sample), sample.name, &ber);
        decode(buf_span(&ber), chunks[i], STREAM_PROFILE, legacy, sample.name);
        decode(buf_span(&ber), 0, 0, legacy, sample.name);
        buf_done(&ber);
    }
    encode(legacy, 0, flags_of(&sample) | STREAM_INDEX, sample.name, &ber);
    for (size_t i = 0; i < CHUNK_COUNT; i++) {
        decode(buf_span(&ber), chunks[i], 0, legacy, sample.name);
    }
    buf_done(&ber);
    stream_sample_done(&sample);
}
END_TEST

/* Tells whether a frame's contents depend on how many octets came at a time. */
static bool is_of_live_part(const struct stream_frame *frame)
{
    if (frame->part != FORM_PART_RECORD || frame->contents.len == 0) {
        return frame->part == FORM_PART_TRAILER; /* which counts records */
    }
    switch (frame->contents.p[0]) {
    case 0xa0 + WIRE_BODY_FRAMED:
    case 0xa0 + WIRE_BODY_RAM:
    case 0xa0 + WIRE_BODY_LIVE:
        return true;
    default:
        return false;
    }
}

static size_t next_of_tail(const struct stream_frames *frames, size_t i)
{
    while (i < frames->count && is_of_live_part(&frames->items[i])) {
        i++;
    }
    return i;
}

static bool see_node(void *ctx, enum lay_visit_event event, const struct lay_node *node,
                     struct err *err)
{
    uint64_t *octets = ctx;

    (void)err;
    *octets += event == LAY_VISIT_LEAF ? node->legacy_size : 0;
    return true;
}

static bool see_head(void *ctx, const struct form_head *head, struct err *err)
{
    (void)ctx;
    (void)head;
    (void)err;
    return true;
}

static bool see_event(void *ctx, const struct form_event *event, struct err *err)
{
    const struct wire_section *section = &event->body->u.section;
    struct lay_where where;
    struct arena arena;
    bool ok;

    if (event->body->which != WIRE_BODY_SECTION) {
        return true;
    }
    where = form_event_where(event);
    arena_init(&arena, STREAM_MAX);
    ok = lay_visit(event->types, section->type, section->value, &where, &arena,
                   &(struct lay_visitor){see_node, NULL, ctx}, err);
    arena_done(&arena);
    return ok;
}

static bool see_end(void *ctx, const struct form_end *end, struct err *err)
{
    (void)ctx;
    (void)end;
    (void)err;
    return true;
}

/* Adds up the octets of the leaves of all sections; a stream that is not whole is told, too. */
static uint64_t leaves_of(struct span stream)
{
    struct stream_memory memory = {stream, 0};
    uint64_t octets = 0;
    const struct form_sink sink = {&octets, see_head, see_event, see_end};
    struct err err = ERR_INIT;

    ck_assert_msg(form_events(stream_source(&memory), NULL, &sink, &err) ||
                      err.band != ERR_INTERNAL,
                  "%s", said(&err));
    return octets;
}

/* Whatever modules add, the stream comes back, and a view sees as much. */
START_TEST(samples_come_back_by_modules)
{
    struct stream_sample sample;

    stream_sample_make(&sample, (size_t)_i);
    for (uint32_t seed = 1; seed <= 40; seed += TEST_STRIDE) {
        struct layout_chance chance = {seed * 77, 0};
        const struct lay_modules modules = layout_chance_modules(&chance);
        struct span legacy = buf_span(&sample.legacy);
        struct err err = ERR_INIT;
        struct buf ber;

        ck_assert_msg(stream_encode_with(legacy, &modules, flags_of(&sample), &ber, &err), "%s",
                      said(&err));
        decode(buf_span(&ber), 0, STREAM_PROFILE, legacy, sample.name);
        if ((sample.flags & SAMPLE_DESCRIBED) != 0) {
            ck_assert_uint_ge(leaves_of(buf_span(&ber)), leaves_of(legacy));
        }
        buf_done(&ber);
    }
    stream_sample_done(&sample);
}
END_TEST

/* Pieces of the live part are gathered as they come; all other records are always the same. */
START_TEST(tails_are_the_same_in_any_pieces)
{
    struct stream_sample sample;
    struct stream_frames whole;
    struct buf ber;
    struct err err = ERR_INIT;

    stream_sample_make(&sample, (size_t)_i);
    encode(buf_span(&sample.legacy), 0, flags_of(&sample), sample.name, &ber);
    ck_assert_msg(stream_split(buf_span(&ber), &whole, &err), "%s", said(&err));
    buf_done(&ber);
    for (size_t i = 0; i < CHUNK_COUNT; i++) {
        struct stream_frames pieces;
        size_t a = 0;
        size_t b = 0;

        encode(buf_span(&sample.legacy), chunks[i], flags_of(&sample), sample.name, &ber);
        ck_assert_msg(stream_split(buf_span(&ber), &pieces, &err), "%s", said(&err));
        buf_done(&ber);
        for (;; a++, b++) {
            a = next_of_tail(&whole, a);
            b = next_of_tail(&pieces, b);
            if (a == whole.count || b == pieces.count) {
                break;
            }
            ck_assert_msg(span_eq(whole.items[a].contents, pieces.items[b].contents),
                          "%s in pieces of %zu: frame %zu", sample.name, chunks[i], a);
        }
        ck_assert_msg(a == whole.count && b == pieces.count, "%s in pieces of %zu", sample.name,
                      chunks[i]);
        stream_frames_done(&pieces);
    }
    stream_frames_done(&whole);
    stream_sample_done(&sample);
}
END_TEST

START_TEST(described_samples_are_strict)
{
    struct stream_sample sample;

    stream_sample_make(&sample, (size_t)_i);
    if ((sample.flags & SAMPLE_DESCRIBED) != 0) {
        there_and_back(buf_span(&sample.legacy), STREAM_STRICT, sample.name);
    }
    stream_sample_done(&sample);
}
END_TEST

/* A BER stream that its writer has not ended: nothing may start on it. */
static void unfinished(struct span ber, struct span legacy, size_t eof_at, const char *name)
{
    struct err err = ERR_INIT;
    struct buf back;

    ck_assert_msg(!stream_decode(ber, 0, 0, &back, &err), "%s: %zu octets decode", name,
                  legacy.len);
    ck_assert_msg(err.band == ERR_TRUNCATED, "%s: %s", name, said(&err));
    ck_assert_msg(back.len <= eof_at && (back.len == 0 || memcmp(back.p, legacy.p, back.len) == 0),
                  "%s: %zu of %zu octets are let go", name, back.len, legacy.len);
    buf_done(&back);
}

START_TEST(cuts_come_back_with_salvage)
{
    struct stream_sample sample;
    struct span legacy;
    size_t step;

    stream_sample_make(&sample, (size_t)_i);
    legacy = buf_span(&sample.legacy);
    step = (1 + legacy.len / SMALL * 7) * TEST_STRIDE;
    for (size_t cut = 0; cut <= legacy.len; cut += step) {
        there_and_back(span_of(legacy.p, cut), STREAM_SALVAGE, sample.name);
    }
    stream_sample_done(&sample);
}
END_TEST

START_TEST(cuts_are_refused_without_salvage)
{
    struct stream_sample sample;
    struct span legacy;
    size_t step;

    stream_sample_make(&sample, (size_t)_i);
    legacy = buf_span(&sample.legacy);
    step = (1 + legacy.len / SMALL * 7) * TEST_STRIDE;
    for (size_t cut = 0; (sample.flags & SAMPLE_WHOLE) != 0 && cut < legacy.len; cut += step) {
        struct err err = ERR_INIT;
        struct buf ber;
        bool ok = stream_encode(span_of(legacy.p, cut), 0, 0, &ber, &err);

        /* What ends behind EOF is whole: a stream without a vmdesc. */
        ck_assert_msg(ok == (cut == sample.eof_at + 1), "%s: %zu octets of %zu", sample.name, cut,
                      legacy.len);
        if (!ok) {
            ck_assert_msg(err.band == ERR_TRUNCATED, "%s: %zu octets: %s", sample.name, cut,
                          said(&err));
            ck_assert_msg(err.legacy_offset <= cut, "%s: %zu octets: %s", sample.name, cut,
                          said(&err));
            unfinished(buf_span(&ber), legacy, sample.eof_at, sample.name);
        }
        buf_done(&ber);
    }
    stream_sample_done(&sample);
}
END_TEST

START_TEST(any_octets_come_back_with_salvage)
{
    static uint8_t octets[RANDOM_MAX];
    uint32_t state = (uint32_t)_i + 1;

    there_and_back(span_of(octets, 0), STREAM_SALVAGE, "empty");
    for (int round = 0; round < 200 / TEST_STRIDE; round++) {
        size_t len = stream_random(&state) % (round % 10 == 0 ? RANDOM_MAX : 64);
        uint32_t mask = round % 3 == 0 ? 0x07 : 0xff; /* small octets look like sections */

        for (size_t i = 0; i < len; i++) {
            octets[i] = (uint8_t)(stream_random(&state) & mask);
        }
        if (round % 2 == 0 && len >= 8) {
            memcpy(octets, "QEVM\0\0\0\3", 8);
        }
        there_and_back(span_of(octets, len), STREAM_SALVAGE, "random octets");
    }
}
END_TEST

START_TEST(damaged_samples_come_back)
{
    struct stream_sample sample;
    uint32_t state = (uint32_t)_i + 1;

    stream_sample_make(&sample, (size_t)_i);
    for (int round = 0; round < 100 / TEST_STRIDE; round++) {
        struct err err = ERR_INIT;
        size_t at = stream_random(&state) % sample.legacy.len;
        uint8_t was = sample.legacy.p[at];
        struct buf ber;

        sample.legacy.p[at] = (uint8_t)stream_random(&state);
        there_and_back(buf_span(&sample.legacy), STREAM_SALVAGE, sample.name);
        if (stream_encode(buf_span(&sample.legacy), 0, 0, &ber, &err)) {
            decode(buf_span(&ber), 0, STREAM_PROFILE, buf_span(&sample.legacy), sample.name);
        } else {
            ck_assert_msg(err.band == ERR_TRUNCATED || err.band == ERR_MALFORMED, "%s: %s",
                          sample.name, said(&err));
        }
        buf_done(&ber);
        sample.legacy.p[at] = was;
    }
    stream_sample_done(&sample);
}
END_TEST

START_TEST(no_stream_is_refused_without_salvage)
{
    static const struct {
        const char *octets;
        size_t len;
        enum err_band band;
    } inputs[] = {
        {"", 0, ERR_TRUNCATED},
        {"Q", 1, ERR_TRUNCATED},
        {"QEVM", 4, ERR_TRUNCATED},
        {"QEVM\0\0\0\3", 8, ERR_TRUNCATED},
        {"QEVN\0\0\0\3", 8, ERR_MALFORMED},
        {"QEVM\0\0\0\2", 8, ERR_MALFORMED},
        {"0\x80"
         "0 a BER stream",
         17, ERR_MALFORMED},
        {"plain text", 10, ERR_MALFORMED},
    };

    for (size_t i = 0; i < sizeof(inputs) / sizeof(inputs[0]); i++) {
        struct span input = span_of(inputs[i].octets, inputs[i].len);
        struct err err = ERR_INIT;
        struct buf ber;

        ck_assert(!stream_encode(input, 0, 0, &ber, &err));
        ck_assert_msg(err.band == inputs[i].band, "input %zu: %s", i, said(&err));
        unfinished(buf_span(&ber), input, input.len, "no stream");
        buf_done(&ber);
        there_and_back(input, STREAM_SALVAGE, "no stream");
    }
}
END_TEST

enum { RECORD_MAX = (16 << 20) + 1000 };

/* Puts len octets without order. */
static void put_random(struct buf *to, size_t len)
{
    uint32_t state = 1;

    ck_assert(buf_reserve(to, len, NULL));
    for (size_t i = 0; i < len; i += 4) {
        uint32_t word = stream_random(&state);

        memcpy(to->p + to->len, &word, sizeof(word));
        to->len += sizeof(word);
    }
}

/* A stream comes back, and its records are no larger than they should be. */
static void in_records(struct span legacy, size_t count_min, const char *name)
{
    struct stream_frames frames;
    struct err err = ERR_INIT;
    struct buf ber;

    encode(legacy, 0, 0, name, &ber);
    decode(buf_span(&ber), 0, STREAM_PROFILE, legacy, name);
    ck_assert(stream_split(buf_span(&ber), &frames, &err));
    ck_assert_uint_gt(frames.count, count_min);
    for (size_t i = 0; i < frames.count; i++) {
        ck_assert_uint_lt(frames.items[i].contents.len, RECORD_MAX);
    }
    stream_frames_done(&frames);
    buf_done(&ber);
}

/* So large that it is put aside in a file. */
START_TEST(large_sections_come_back)
{
    struct stream_sample sample;
    struct buf whole;

    stream_sample_named(&sample, "none, no vmdesc");
    buf_init(&whole, STREAM_MAX);
    ck_assert(buf_put(&whole, sample.legacy.p, sample.eof_at, NULL));
    ck_assert(buf_put(&whole, "\4\0\0\0\11\5large\0\0\0\0\0\0\0\1", 19, NULL));
    put_random(&whole, 70 << 20);
    ck_assert(buf_put(&whole, "\x7e\0\0\0\11\0", 6, NULL)); /* footer, EOF */
    in_records(buf_span(&whole), 6, "a large section");
    buf_done(&whole);
    stream_sample_done(&sample);
}
END_TEST

START_TEST(much_behind_the_end_comes_back)
{
    struct stream_sample sample;
    struct buf whole;

    stream_sample_named(&sample, "leaves, compact");
    buf_init(&whole, STREAM_MAX);
    ck_assert(buf_put(&whole, sample.legacy.p, sample.legacy.len, NULL));
    put_random(&whole, 20 << 20);
    in_records(buf_span(&whole), 4, "much behind the end");
    buf_done(&whole);
    stream_sample_done(&sample);
}
END_TEST

/* What form_events is told. */
struct told {
    size_t heads;
    size_t events;
    size_t ends;
    size_t fail_at; /* the call that fails */
};

static bool told_one(struct told *told, size_t *count, struct err *err)
{
    ++*count;
    return told->heads + told->events + told->ends != told->fail_at ||
           err_set(err, ERR_FINDINGS, "the sink has had enough");
}

static bool told_head(void *ctx, const struct form_head *head, struct err *err)
{
    struct told *told = ctx;

    (void)head;
    return told_one(told, &told->heads, err);
}

static bool told_event(void *ctx, const struct form_event *event, struct err *err)
{
    struct told *told = ctx;

    ck_assert(form_event_open(event->body) == NULL || event->body->which != WIRE_BODY_OPAQUE);
    return told_one(told, &told->events, err);
}

static bool told_end(void *ctx, const struct form_end *end, struct err *err)
{
    struct told *told = ctx;

    (void)end;
    return told_one(told, &told->ends, err);
}

static struct told tell(struct span stream, size_t fail_at, struct err *err)
{
    struct stream_memory memory = {stream, 0};
    struct told told = {0, 0, 0, fail_at};
    struct form_sink sink = {&told, told_head, told_event, told_end};
    bool ok;

    err_init(err);
    ok = form_events(stream_source(&memory), NULL, &sink, err);
    ck_assert(ok == (err->band == ERR_NONE) && told.heads <= 1 && (!ok || told.ends == 1));
    return told;
}

START_TEST(sinks_of_events_are_obeyed)
{
    struct stream_sample sample;
    struct told told;
    struct err err = ERR_INIT;
    struct buf ber;

    stream_sample_named(&sample, "structs, compact");
    encode(buf_span(&sample.legacy), 0, STREAM_INDEX, sample.name, &ber);
    for (int is_ber = 0; is_ber < 2; is_ber++) {
        struct span stream = buf_span(is_ber != 0 ? &ber : &sample.legacy);
        struct told all = tell(stream, 0, &err);

        ck_assert_int_eq(err.band, ERR_NONE);
        ck_assert_uint_gt(all.events, 5);
        for (size_t fail_at = 1; fail_at <= all.events + 2; fail_at++) {
            told = tell(stream, fail_at, &err);
            ck_assert_int_eq(err.band, ERR_FINDINGS);
            ck_assert_uint_eq(told.heads + told.events + told.ends, fail_at);
        }
        for (size_t cut = 4; cut < stream.len; cut += 5) {
            told = tell(span_of(stream.p, cut), 0, &err);
            ck_assert(err.band == ERR_TRUNCATED || (is_ber == 0 && cut == sample.eof_at + 1));
            ck_assert(told.ends == 0 || err.band == ERR_NONE);
            ck_assert(is_ber == 0 || err.ber_offset <= cut);
        }
    }
    told = tell(span_of(NULL, 0), 0, &err);
    ck_assert(err.band == ERR_TRUNCATED && told.heads == 0);
    told = tell(span_str("plain text"), 0, &err);
    ck_assert(err.band == ERR_MALFORMED && told.heads == 0);
    buf_done(&ber);
    stream_sample_done(&sample);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("stream");
    TCase *tcase = tcase_create("trips");
    int samples = (int)stream_sample_count();
    SRunner *runner;
    int failed;

    tcase_set_timeout(tcase, 300);
    tcase_add_loop_test(tcase, samples_come_back_in_any_pieces, 0, samples);
    tcase_add_loop_test(tcase, samples_come_back_by_modules, 0, samples);
    tcase_add_loop_test(tcase, tails_are_the_same_in_any_pieces, 0, samples);
    tcase_add_loop_test(tcase, described_samples_are_strict, 0, samples);
    tcase_add_loop_test(tcase, cuts_come_back_with_salvage, 0, samples);
    tcase_add_loop_test(tcase, cuts_are_refused_without_salvage, 0, samples);
    tcase_add_loop_test(tcase, any_octets_come_back_with_salvage, 0, 10);
    tcase_add_loop_test(tcase, damaged_samples_come_back, 0, samples);
    tcase_add_test(tcase, no_stream_is_refused_without_salvage);
    tcase_add_test(tcase, large_sections_come_back);
    tcase_add_test(tcase, much_behind_the_end_comes_back);
    tcase_add_test(tcase, sinks_of_events_are_obeyed);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
