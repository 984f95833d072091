/*
 * test_legacy.c - the live part of a legacy stream, read and written back: hand-made streams of
 * every form at any chunk size, cut at any octet, damaged anywhere; captured streams, if
 * VMBER_CAPTURES names a directory of them.
 */
#include <check.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "codec/base/err.h"
#include "codec/savevm/leg_limits.h"
#include "legacy_make.h"
#include "legacy_streams.h"
#include "legacy_trip.h"

enum { STREAM_MAX = 1 << 26 };

static const size_t chunks[] = {0, 1, 2, 3, 7, 4096};
enum { CHUNK_COUNT = sizeof(chunks) / sizeof(chunks[0]) };

static struct buf made;

static void setup(void)
{
    buf_init(&made, STREAM_MAX);
}

static void teardown(void)
{
    buf_done(&made);
}

static void remake(const struct stream *stream)
{
    buf_clear(&made);
    stream->make(&made);
}

static void good(const struct trip *trip, const char *name)
{
    ck_assert_msg(trip->broken == NULL, "%s: %s", name, trip->broken);
}

static void same(const struct trip *a, const struct trip *b, const char *name)
{
    ck_assert_msg(a->ok == b->ok && a->step == b->step && a->octets == b->octets &&
                      a->err.band == b->err.band && a->err.legacy_offset == b->err.legacy_offset,
                  "%s: ends otherwise with other chunks: %s, %s", name, a->err.text, b->err.text);
    ck_assert_msg(span_eq(buf_span(&a->told), buf_span(&b->told)),
                  "%s: tells otherwise with other chunks", name);
}

/* Reads at all chunk sizes, compares, and leaves the first trip in *trip. */
static void trip_all(struct trip *trip, struct span input, const char *name)
{
    trip_run(trip, input, chunks[0], LEG_WINDOW_MIN);
    good(trip, name);
    for (size_t i = 1; i < CHUNK_COUNT; i++) {
        struct trip other;

        trip_run(&other, input, chunks[i], LEG_WINDOW_MIN);
        good(&other, name);
        same(trip, &other, name);
        trip_done(&other);
    }
}

START_TEST(test_streams)
{
    for (size_t i = 0; i < stream_count; i++) {
        const struct stream *stream = &streams[i];
        struct trip trip;

        remake(stream);
        trip_all(&trip, buf_span(&made), stream->name);
        ck_assert_msg(trip.ok, "%s: %s", stream->name, trip.err.text);
        ck_assert_msg(trip.step == stream->step, "%s: step %d, %s", stream->name, (int)trip.step,
                      trip.err.text);
        ck_assert_msg(made.len - trip.octets == stream->left, "%s: %zu octets left", stream->name,
                      made.len - (size_t)trip.octets);
        if (stream->lost != NULL) {
            ck_assert_msg(strstr(trip.err.text, stream->lost) != NULL, "%s: %s", stream->name,
                          trip.err.text);
            ck_assert_uint_ge(trip.err.legacy_offset, trip.octets);
        }
        trip_done(&trip);
    }
}
END_TEST

/* Input that ends early is truncated or ends in good order, but is never lost and never loses. */
START_TEST(test_cuts)
{
    for (size_t i = 0; i < stream_count; i++) {
        const struct stream *stream = &streams[i];
        size_t step;

        remake(stream);
        step = made.len > 10000 ? 997 : 1;
        for (size_t len = 0; len < made.len; len += step) {
            struct trip trip;
            struct trip other;
            struct span input = span_of(made.p, len);

            trip_run(&trip, input, 0, LEG_WINDOW_MIN);
            good(&trip, stream->name);
            if (len % 3 == 0) {
                trip_run(&other, input, 1 + len % 11, LEG_WINDOW_MIN);
                good(&other, stream->name);
                same(&trip, &other, stream->name);
                trip_done(&other);
            }
            if (!trip.ok) {
                ck_assert_msg(trip.err.band == ERR_TRUNCATED, "%s at %zu: %s", stream->name, len,
                              trip.err.text);
                ck_assert_uint_eq(trip.err.legacy_offset, len);
            } else if (stream->step != LEG_LOST) {
                ck_assert(trip.step == LEG_TAIL || trip.step == LEG_END);
            }
            trip_done(&trip);
        }
    }
}
END_TEST

static uint32_t random_next(uint32_t *state)
{
    *state = *state * UINT32_C(1664525) + UINT32_C(1013904223);
    return *state >> 8;
}

/* Changes, removes or repeats some octets of made. */
static void damage(uint32_t *state)
{
    size_t at = random_next(state) % made.len;
    size_t n = 1 + random_next(state) % 8;

    n = n > made.len - at ? made.len - at : n;
    switch (random_next(state) % 4) {
    case 0:
        made.p[at] = (uint8_t)(made.p[at] ^ 1u << random_next(state) % 8);
        return;
    case 1:
        made.p[at] = (uint8_t)random_next(state);
        return;
    case 2:
        memmove(made.p + at, made.p + at + n, made.len - at - n);
        made.len -= n;
        return;
    default:
        ck_assert(buf_reserve(&made, n, NULL));
        memmove(made.p + at + n, made.p + at, made.len - at);
        made.len += n;
        return;
    }
}

START_TEST(test_damage)
{
    uint32_t state = 1;

    for (size_t i = 0; i < stream_count; i++) {
        for (int round = 0; round < 200; round++) {
            struct trip trip;
            struct trip other;

            remake(&streams[i]);
            if (made.len > 10000) {
                break;
            }
            for (uint32_t n = 1 + random_next(&state) % 3; n > 0 && made.len > 0; n--) {
                damage(&state);
            }
            trip_run(&trip, buf_span(&made), 0, LEG_WINDOW_MIN);
            trip_run(&other, buf_span(&made), 1 + random_next(&state) % 40, LEG_WINDOW_MIN);
            good(&trip, streams[i].name);
            good(&other, streams[i].name);
            same(&trip, &other, streams[i].name);
            trip_done(&trip);
            trip_done(&other);
        }
    }
}
END_TEST

static void told_is(const char *name, const char *expected)
{
    for (size_t i = 0; i < stream_count; i++) {
        if (strcmp(streams[i].name, name) == 0) {
            struct trip trip;

            remake(&streams[i]);
            trip_run(&trip, buf_span(&made), 0, LEG_WINDOW_MIN);
            ck_assert_msg(span_eq_str(buf_span(&trip.told), expected), "%s:\n%.*s", name,
                          (int)trip.told.len, (const char *)trip.told.p);
            trip_done(&trip);
            return;
        }
    }
    ck_abort_msg("no stream %s", name);
}

START_TEST(test_told)
{
    told_is("no-footers",
            "head 1\nopen 1 2\n  0 4 3:72616d\nclose 0\nopen 3 2\n"
            "block 6:70632e72616d\npage 0\npage 100\npage 200\n"
            "fill 300 00\nfill 400 00\nfill 600 00\nfill 700 ff\npage 800\n"
            "block 7:70632e62696f73\nfill 0 00\n"
            "block 7:70632e62696f73\npage 100\nblock 7:70632e62696f73\npage 200\npage 200\n"
            "close 0\neof\n");
    told_is("bare-8k", "head 0\nopen 1 2\n  0 4 3:72616d\nclose 1\nopen 3 2\n"
                       "block 6:70632e72616d\nfill 4000 00\npage 6000\npage 8000\nfill a000 00\n"
                       "close 1\neof\n");
    told_is("block-both", "head 1\ncommand 3\n 16:00000000002010000000000000001000\n"
                          "open 1 2\n  0 4 3:72616d\nblocks 203000\n"
                          "  200000 1 200000 1 fffc0000 4:68756765\n"
                          "  2000 0 0 1 fffc0000 5:736d616c6c\n"
                          "  0 0 0 1 fffc0000 4:6e6f6e65\n"
                          "  1000 0 0 1 fffc0000 4:6c617374\nclose 1\n"
                          "open 1 2\n  0 4 3:72616d\nblocks 203000\n"
                          "  200000 1 200000 1 fffc0000 4:68756765\n"
                          "  2000 0 0 1 fffc0000 5:736d616c6c\n"
                          "  0 0 0 1 fffc0000 4:6e6f6e65\n"
                          "  1000 1 200000 1 fffc0000 4:6c617374\nclose 1\neof\n");
    told_is("stattrib", "head 1\nopen 1 8\n"
                        "  0 0 23:733339302d73746f726167655f61747472696275746573\n"
                        "framed 8\nclose 1\nopen 3 8\nframed 51\nclose 1\neof\n");
}
END_TEST

/* One event holds a whole run; has_count and has_octet only where they say something. */
START_TEST(test_runs)
{
    struct leg_ram_place place = {2, true};
    struct leg_ram ram;
    struct span in;
    size_t used;
    size_t need;

    ck_assert(leg_ram_init(&ram, STREAM_PAGE, NULL));
    for (uint64_t i = 0; i < 100; i++) {
        put_page(&made, (i + 5) * STREAM_PAGE | 0x28, NULL, STREAM_PAGE);
    }
    for (uint64_t i = 0; i < 100; i++) {
        put_fill(&made, (i + 5) * STREAM_PAGE | 0x22, NULL, i < 99 ? 0 : 1);
    }
    in = buf_span(&made);
    ck_assert_int_eq(leg_ram_scan(&ram, in, &place, &used, &need, NULL), LEG_RAM_MORE);
    ck_assert_uint_eq(used, in.len);
    ck_assert_uint_eq(ram.item_count, 3);
    ck_assert_uint_eq(ram.items[0].u.pages.first, 5);
    ck_assert_uint_eq(ram.items[0].u.pages.count, 100);
    ck_assert(ram.items[0].u.pages.has_count);
    ck_assert_uint_eq(ram.items[1].u.fill.count, 99);
    ck_assert(ram.items[1].u.fill.has_count && !ram.items[1].u.fill.has_octet);
    ck_assert_uint_eq(ram.items[2].u.fill.count, 1);
    ck_assert(!ram.items[2].u.fill.has_count && ram.items[2].u.fill.has_octet);
    ck_assert_uint_eq(ram.page_count, 100);
    ck_assert_ptr_eq(ram.pages[99].p, in.p + 99 * (8 + STREAM_PAGE) + 8);
    leg_ram_done(&ram);
}
END_TEST

/* A disk block of 1 MiB and a run of pages, both larger than the window. */
START_TEST(test_larger_than_window)
{
    struct trip trip;

    put_config(&made, 12);
    put_start(&made, 1, 6, "block", 1);
    put64(&made, 1);
    put_name(&made, "hd0");
    put_octets(&made, 1 << 20);
    put64(&made, 2);
    put_footer(&made, 6);
    put_start(&made, 1, 2, "ram", 4);
    put_page(&made, 8, "pc.ram", 4096);
    for (uint64_t i = 1; i < 300; i++) {
        put_page(&made, i << 12 | 0x28, NULL, 4096);
    }
    for (uint64_t i = 0; i < 100000; i++) {
        put_fill(&made, i << 13 | 0x22, NULL, 0); /* no two of them in a run */
    }
    put_eos(&made, 2);
    put8(&made, 0);
    trip_all(&trip, buf_span(&made), "large");
    ck_assert(trip.ok && trip.step == LEG_END);
    ck_assert_uint_lt(trip.events, 60);
    trip_done(&trip);
}
END_TEST

/* More RAM blocks than the window, or the limit, can hold. */
START_TEST(test_many_blocks)
{
    for (int round = 0; round < 2; round++) {
        char name[256];
        uint64_t count = round == 0 ? 2000 : LEG_BLOCKS_MAX + 1;
        struct trip trip;

        memset(name, 'n', sizeof(name));
        name[round == 0 ? 255 : 1] = '\0';
        buf_clear(&made);
        put_config(&made, 12);
        put_start(&made, 1, 2, "ram", 4);
        put64(&made, count << 12 | 4);
        for (uint64_t i = 0; i < count; i++) {
            put_name(&made, name);
            put64(&made, 1 << 12);
        }
        trip_run(&trip, buf_span(&made), 0, LEG_WINDOW_MIN);
        good(&trip, "many blocks");
        ck_assert(trip.ok && trip.step == LEG_LOST && trip.err.band == ERR_LIMIT);
        trip_done(&trip);
    }
}
END_TEST

START_TEST(test_many_sections)
{
    struct trip trip;

    put_config(&made, 12);
    for (uint32_t id = 0; id <= LEG_SECTIONS_MAX; id++) {
        put_start(&made, 1, id, "s390-storage_attributes", 0);
        put64(&made, 1);
        put_footer(&made, id);
    }
    trip_run(&trip, buf_span(&made), 0, LEG_WINDOW_MIN);
    good(&trip, "many sections");
    ck_assert(trip.ok && trip.step == LEG_LOST && trip.err.band == ERR_LIMIT);
    trip_done(&trip);
}
END_TEST

static void head_is(const char *octets, size_t len, enum err_band band, const char *text)
{
    struct trip trip;

    trip_run(&trip, span_of(octets, len), 0, LEG_WINDOW_MIN);
    good(&trip, text);
    ck_assert(!trip.ok && trip.octets == 0);
    ck_assert_int_eq(trip.err.band, band);
    ck_assert_msg(strstr(trip.err.text, text) != NULL, "%s", trip.err.text);
    trip_done(&trip);
}

START_TEST(test_heads)
{
    head_is("", 0, ERR_TRUNCATED, "8 more octets");
    head_is("QEV", 3, ERR_TRUNCATED, "5 more octets");
    head_is("QEVX\0\0\0\3", 8, ERR_MALFORMED, "found 0x51455658");
    head_is("QEVM\0\0\0\2", 8, ERR_MALFORMED, "found 2");
    head_is("QEVM\0\0\0\3\7\0\0", 11, ERR_TRUNCATED, "2 more octets");
    head_is("QEVM\0\0\0\3\7\0\0\0\4ab", 15, ERR_TRUNCATED, "2 more octets");
}
END_TEST

/* Framers of sections that only lay_tail meets. */
START_TEST(test_measure)
{
    static const struct {
        const char *idstr;
        uint32_t version;
        const char *octets;
        size_t len;
        size_t used; /* 0: not known */
    } rows[] = {
        {"todclock", 1, "\0rest", 5, 1},
        {"todclock", 1,
         "\1"
         "123456789rest",
         14, 10},
        {"todclock", 1, "\1", 1, 0},
        {"todclock", 1, "\2", 1, 0},
        {"todclock", 2, "\0", 1, 0},
        {"s390-skeys", 1, "\0\0\0\0\0\0\0\1~", 9, 8},
        {"s390-skeys", 1, "\0\0\0\0\0\0\0\2\0\0\0\0\0\0\0\3abc\0\0\0\0\0\0\0\4", 27, 27},
        {"s390-skeys", 1, "\0\0\0\0\0\0\0\3", 8, 0},
        {"foo", 1, "\0\0\0\0\0\0\0\3", 8, 0},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        size_t used = 0;
        bool ok = leg_frame_measure(span_str(rows[i].idstr), rows[i].version,
                                    span_of(rows[i].octets, rows[i].len), &used);

        ck_assert_msg(ok == (rows[i].used > 0), "row %zu", i);
        if (ok) {
            ck_assert_uint_eq(used, rows[i].used);
        }
    }
}
END_TEST

static void trip_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    uint8_t piece[65536];
    struct trip trip;
    struct trip other;
    size_t n;

    ck_assert_ptr_nonnull(file);
    buf_done(&made);
    buf_init(&made, (size_t)1 << 30);
    while ((n = fread(piece, 1, sizeof(piece), file)) > 0) {
        put(&made, piece, n);
    }
    (void)fclose(file);
    trip_run(&trip, buf_span(&made), 0, 1 << 20);
    trip_run(&other, buf_span(&made), 4096, LEG_WINDOW_MIN);
    good(&trip, path);
    good(&other, path);
    same(&trip, &other, path);
    ck_assert_msg(trip.ok && (trip.step == LEG_TAIL || trip.step == LEG_END), "%s: %s", path,
                  trip.err.text);
    trip_done(&trip);
    trip_done(&other);
}

START_TEST(test_captures)
{
    const char *name = getenv("VMBER_CAPTURES");
    DIR *dir = name != NULL ? opendir(name) : NULL;
    struct dirent *entry;

    while (dir != NULL && (entry = readdir(dir)) != NULL) {
        size_t len = strlen(entry->d_name);
        char path[4096];

        if (len > 4 && strcmp(entry->d_name + len - 4, ".mig") == 0) {
            (void)snprintf(path, sizeof(path), "%s/%s", name, entry->d_name);
            trip_file(path);
        }
    }
    if (dir != NULL) {
        (void)closedir(dir);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("legacy");
    TCase *tcase = tcase_create("legacy");
    SRunner *runner;
    int failed;

    tcase_set_timeout(tcase, 300);
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, test_streams);
    tcase_add_test(tcase, test_cuts);
    tcase_add_test(tcase, test_damage);
    tcase_add_test(tcase, test_told);
    tcase_add_test(tcase, test_runs);
    tcase_add_test(tcase, test_larger_than_window);
    tcase_add_test(tcase, test_many_blocks);
    tcase_add_test(tcase, test_many_sections);
    tcase_add_test(tcase, test_heads);
    tcase_add_test(tcase, test_measure);
    tcase_add_test(tcase, test_captures);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
