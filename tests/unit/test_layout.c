/*
 * test_layout.c - tails: every shape of description in every spelling, every cut, damage anywhere,
 * with and without footers and description; captured streams, if VMBER_CAPTURES names a directory.
 */
#include <check.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "codec/savevm/leg_wire.h"
#include "layout_make.h"
#include "layout_shapes.h"
#include "layout_trip.h"

static const unsigned spellings[] = {
    MAKE_FOOTERS, MAKE_FOOTERS | MAKE_SPACED, 0, MAKE_SPACED, MAKE_FOOTERS | MAKE_CONFIGURATION,
};
enum { SPELLING_COUNT = sizeof(spellings) / sizeof(spellings[0]) };

static const struct lay_options plain = {.legacy_offset = 1000};
static const struct lay_options salvage = {.salvage = true};
static const struct lay_options strict = {.strict = true};
static const struct lay_options with_footers = {.footers = LAY_FOOTERS_YES};

static struct make made;
static struct layout_trip trip;

static void remake(const struct shape *shape, unsigned flags)
{
    make_begin(&made, flags);
    shape->make(&made);
    make_end(&made);
}

static void run(struct span tail, const struct lay_options *options, const char *name)
{
    layout_trip_run(&trip, tail, options);
    ck_assert_msg(trip.broken == NULL, "%s: %s: %s", name, trip.broken, trip.detail);
    ck_assert_msg(trip.err.band != ERR_INTERNAL, "%s: %s", name, trip.err.text);
}

static const char *shape_of(void)
{
    return (const char *)trip.shape.p;
}

/* Whether the events are those letters, with types left out. */
static bool told(const char *letters)
{
    const char *p = shape_of();

    for (; *p != '\0'; p++) {
        if (*p == 'T') {
            continue;
        }
        if (*p != *letters++) {
            return false;
        }
    }
    return *letters == '\0';
}

START_TEST(test_described)
{
    const struct shape *shape = &shapes[_i / SPELLING_COUNT];
    unsigned flags = spellings[_i % SPELLING_COUNT];

    if ((flags & MAKE_FOOTERS) == 0 && strcmp(shape->name, "null first") == 0) {
        return; /* the end of a hole is known by what follows, which has to be listed */
    }
    remake(shape, flags);
    run(make_span(&made), &plain, shape->name);
    ck_assert_msg(trip.result == LAY_COMPLETE, "%s: %s", shape->name, trip.err.text);
    ck_assert_msg(!trip.had_why, "%s: %s: %s", shape->name, trip.why.path, trip.why.text);
    ck_assert_msg(trip.report.framed == 0 && trip.report.opaque == 0 && trip.report.rebuilt,
                  "%s: %s", shape->name, shape_of());
    ck_assert(trip.report.has_vmdesc);
    layout_trip_done(&trip);
    run(make_span(&made), &strict, shape->name);
    ck_assert_msg(trip.result == LAY_COMPLETE, "%s: %s", shape->name, trip.err.text);
    layout_trip_done(&trip);
    make_done(&made);
}
END_TEST

START_TEST(test_bare)
{
    const struct shape *shape = &shapes[_i];

    remake(shape, MAKE_FOOTERS | MAKE_NO_VMDESC);
    run(make_span(&made), &with_footers, shape->name);
    ck_assert_msg(trip.result == LAY_COMPLETE, "%s: %s", shape->name, trip.err.text);
    ck_assert(trip.report.described == 0 && trip.report.opaque == 0);
    ck_assert_uint_eq(trip.report.why[LAY_WHY_NO_VMDESC], trip.report.framed);
    layout_trip_done(&trip);
    run(make_span(&made), &strict, shape->name); /* no description is no descent */
    ck_assert_msg(trip.result == LAY_COMPLETE, "%s: %s", shape->name, trip.err.text);
    layout_trip_done(&trip);
    make_done(&made);
    remake(shape, MAKE_NO_VMDESC);
    run(make_span(&made), &plain, shape->name);
    ck_assert_msg(trip.result == LAY_COMPLETE, "%s: %s", shape->name, trip.err.text);
    ck_assert(trip.report.opaque == 0);
    layout_trip_done(&trip);
    make_done(&made);
}
END_TEST

START_TEST(test_nested)
{
    static const struct lay_options nested = {.mode = LAY_NESTED};
    unsigned flags = (_i & 1) != 0 ? MAKE_FOOTERS : 0;
    size_t whole;

    make_begin(&made, flags | MAKE_NO_EOF);
    make_command(&made, 4, "", 0);
    shapes[0].make(&made);
    shapes[2].make(&made);
    make_command(&made, 2, "\0\0\0\3", 4);
    make_command(&made, 5, "", 0);
    make_end(&made);
    whole = made.tail.len;
    run(make_span(&made), &nested, "nested");
    ck_assert_msg(trip.result == LAY_COMPLETE && told("CFFFCC"), "%s %s", shape_of(),
                  trip.err.text);
    layout_trip_done(&trip);
    for (size_t len = 1; len < whole && flags != 0; len++) {
        run(span_of(made.tail.p, len), &nested, "nested");
        /* A cut between elements is for the length of the package to find. */
        ck_assert(trip.result == LAY_CUT || trip.report.opaque == 0);
        layout_trip_done(&trip);
    }
    make_done(&made);
}
END_TEST

START_TEST(test_after_eof)
{
    static const struct lay_options after = {.mode = LAY_AFTER_EOF};
    struct span tail;

    remake(&shapes[shape_count - 1], MAKE_FOOTERS);
    tail = span_from(make_span(&made), 1);
    run(tail, &after, "after");
    ck_assert_msg(trip.result == LAY_COMPLETE && told("V"), "%s", shape_of());
    layout_trip_done(&trip);
    for (size_t len = 1; len < tail.len; len++) {
        run(span_of(tail.p, len), &after, "after");
        ck_assert(trip.result == LAY_CUT);
        layout_trip_done(&trip);
    }
    run(span_of(tail.p, 0), &after, "after");
    ck_assert(trip.result == LAY_COMPLETE && told(""));
    layout_trip_done(&trip);
    ck_assert(buf_put(&made.tail, "more", 4, NULL));
    run(span_from(make_span(&made), 1), &after, "after");
    ck_assert(trip.result == LAY_COMPLETE && told("VO"));
    layout_trip_done(&trip);
    run(span_str("no description"), &after, "after");
    ck_assert(trip.result == LAY_COMPLETE && told("O"));
    layout_trip_done(&trip);
    make_done(&made);
}
END_TEST

START_TEST(test_behind)
{
    const struct shape *shape = &shapes[_i];

    remake(shape, MAKE_FOOTERS);
    ck_assert(!lay_tail_complete(span_of(made.tail.p, made.tail.len - 1)));
    ck_assert(lay_tail_complete(make_span(&made)));
    ck_assert(buf_put(&made.tail, "\0\6{}}", 5, NULL));
    ck_assert(!lay_tail_complete(make_span(&made)));
    run(make_span(&made), &plain, shape->name);
    ck_assert_msg(trip.result == LAY_COMPLETE, "%s", trip.err.text);
    ck_assert(trip.report.opaque == 1 && trip.report.opaque_octets == 5);
    ck_assert(trip.report.framed == 0 && trip.report.rebuilt);
    layout_trip_done(&trip);
    run(make_span(&made), &strict, shape->name);
    ck_assert(trip.result == LAY_FAILED && trip.err.band == ERR_UNSUPPORTED);
    ck_assert_uint_eq(trip.err.legacy_offset, made.tail.len - 5);
    layout_trip_done(&trip);
    make_done(&made);
}
END_TEST

/* No cut of a stream with footers may pass for a whole one, but that behind the EOF octet. */
START_TEST(test_cut)
{
    const struct shape *shape = &shapes[_i];
    size_t eof;

    remake(shape, MAKE_FOOTERS);
    eof = made.tail.len - made.json.len - 6;
    for (size_t len = 0; len < made.tail.len; len++) {
        struct span cut = span_of(made.tail.p, len);

        ck_assert(!lay_tail_complete(cut));
        run(cut, &with_footers, shape->name);
        ck_assert_msg((trip.result == LAY_COMPLETE) == (len == eof + 1), "%s: %zu of %zu",
                      shape->name, len, made.tail.len);
        ck_assert(trip.result == LAY_COMPLETE || trip.err.band == ERR_TRUNCATED);
        layout_trip_done(&trip);
        run(cut, &salvage, shape->name);
        layout_trip_done(&trip);
    }
    make_done(&made);
    remake(shape, 0);
    for (size_t len = 0; len < made.tail.len; len++) {
        run(span_of(made.tail.p, len), &salvage, shape->name);
        layout_trip_done(&trip);
    }
    make_done(&made);
}
END_TEST

/* One octet more or less in a section: a strict reading names the section, another frames it. */
START_TEST(test_shifted)
{
    const struct shape *shape = &shapes[_i];
    size_t end;
    uint8_t *copy;

    remake(shape, MAKE_FOOTERS);
    end = made.tail.len - made.json.len - 6;
    copy = malloc(made.tail.len + 1);
    ck_assert_ptr_nonnull(copy);
    if (strcmp(shape->name, "null first") == 0) {
        end = 0; /* what is in the hole is not described */
    }
    for (size_t at = 0; at < 2 * end; at++) {
        size_t i = at / 2;
        bool more = at % 2 != 0;
        size_t rest = made.tail.len - i - (more ? 0 : 1);

        memcpy(copy, made.tail.p, i);
        copy[i] = (uint8_t)(made.tail.p[i] ^ 0x55);
        memcpy(copy + i + (more ? 1 : 0), made.tail.p + i + (more ? 0 : 1), rest);
        run(span_of(copy, i + (more ? 1 : 0) + rest), &strict, shape->name);
        ck_assert_msg(trip.result == LAY_FAILED && trip.err.path[0] != '\0' &&
                          trip.err.legacy_offset != ERR_NO_OFFSET &&
                          trip.err.band == ERR_UNSUPPORTED,
                      "%s: octet %zu: %d %s", shape->name, i, (int)trip.result, trip.err.text);
        layout_trip_done(&trip);
        run(span_of(copy, i + (more ? 1 : 0) + rest), &plain, shape->name);
        ck_assert(trip.result == LAY_COMPLETE && trip.had_why);
        layout_trip_done(&trip);
    }
    free(copy);
    make_done(&made);
}
END_TEST

static uint32_t next_random(uint32_t *state)
{
    *state = *state * 1664525U + 1013904223U;
    return *state >> 8;
}

START_TEST(test_damaged)
{
    const struct shape *shape = &shapes[_i / SPELLING_COUNT];
    uint32_t state = (uint32_t)_i + 1;
    uint8_t *copy;

    remake(shape, spellings[_i % SPELLING_COUNT]);
    copy = malloc(made.tail.len);
    ck_assert_ptr_nonnull(copy);
    for (int round = 0; round < 150; round++) {
        memcpy(copy, made.tail.p, made.tail.len);
        for (uint32_t n = next_random(&state) % 4 + 1; n > 0; n--) {
            copy[next_random(&state) % made.tail.len] = (uint8_t)next_random(&state);
        }
        run(span_of(copy, made.tail.len - next_random(&state) % 3), &salvage, shape->name);
        layout_trip_done(&trip);
    }
    free(copy);
    make_done(&made);
}
END_TEST

START_TEST(test_unlisted)
{
    struct span tail;
    struct buf cut;
    size_t begin;

    /* Octets of a section that the description does not have, in front of one that it has. */
    make_begin(&made, MAKE_FOOTERS);
    made.muted = true;
    make_device(&made, "unlisted", 0, "unlisted", 1);
    make_leaf(&made, "a", "uint32", 4);
    make_device_end(&made);
    made.muted = false;
    make_device(&made, "listed", 0, "listed", 1);
    make_leaf(&made, "a", "uint32", 4);
    make_device_end(&made);
    make_end(&made);
    run(make_span(&made), &plain, "unlisted");
    ck_assert_msg(trip.result == LAY_COMPLETE && told("FSEV"), "%s", shape_of());
    ck_assert_uint_eq(trip.report.why[LAY_WHY_NOT_LISTED], 1);
    layout_trip_done(&trip);
    run(make_span(&made), &strict, "unlisted");
    ck_assert(trip.result == LAY_FAILED);
    ck_assert_str_eq(trip.err.path, "unlisted");
    layout_trip_done(&trip);

    /* A footer with another id: no end is found, the next listed section is. */
    tail = make_span(&made);
    begin = 14 + 8 + 4;
    ck_assert_uint_eq(tail.p[begin], 0x7e);
    buf_init(&cut, 1 << 20);
    ck_assert(buf_put(&cut, tail.p, tail.len, NULL));
    cut.p[begin + 4] ^= 1;
    run(buf_span(&cut), &plain, "unlisted");
    ck_assert_msg(trip.result == LAY_COMPLETE && told("OSEV"), "%s", shape_of());
    layout_trip_done(&trip);
    buf_done(&cut);
    make_done(&made);
}
END_TEST

/* Three spaces less than QEMU writes: what is rebuilt is longer, and it is said what that is. */
START_TEST(test_short_text)
{
    char words[80];
    size_t kept = 0;
    unsigned spaces = 0;
    uint8_t *text;
    size_t len;

    make_begin(&made, MAKE_FOOTERS);
    make_device(&made, "timer", 0, "timer", 2);
    make_leaf(&made, "ticks", "int64", 8);
    make_device_end(&made);
    make_end(&made);
    len = made.json.len;
    text = made.tail.p + made.tail.len - len;
    for (size_t i = 0; i < len; i++) {
        if (text[i] != ' ' || i < len / 2 || spaces++ >= 3) {
            text[kept++] = text[i];
        }
    }
    ck_assert_uint_eq(kept, len - 3);
    leg_set_be32(text - 4, (uint32_t)kept);
    made.tail.len -= 3;
    run(make_span(&made), &strict, "short");
    ck_assert(trip.result == LAY_FAILED);
    ck_assert_str_eq(trip.err.path, "vmdesc");
    (void)snprintf(words, sizeof(words), "the rebuilt description has more than %zu octets",
                   kept + 1);
    ck_assert_str_eq(trip.err.text, words);
    layout_trip_done(&trip);
    make_done(&made);
}
END_TEST

START_TEST(test_strange_text)
{
    /* A member that is not known: everything is described, and the text stays. */
    make_begin(&made, MAKE_FOOTERS);
    make_device(&made, "timer", 0, "timer", 2);
    make_leaf(&made, "ticks", "int64", 8);
    make_device_end(&made);
    make_member(&made, "new", "[1, {\"a\": [true, null, -1.5e3]}]");
    make_end(&made);
    run(make_span(&made), &plain, "strange");
    ck_assert_msg(trip.result == LAY_COMPLETE, "%s", trip.err.text);
    layout_trip_done(&trip);
    make_done(&made);
    /* One that is not JSON: framed, and the text stays. */
    remake(&shapes[0], MAKE_FOOTERS);
    made.tail.p[made.tail.len - 2] = '}';
    run(make_span(&made), &plain, "strange");
    ck_assert_msg(trip.result == LAY_COMPLETE && told("FFEX"), "%s", shape_of());
    ck_assert_uint_eq(trip.report.why[LAY_WHY_NO_JSON], 1);
    layout_trip_done(&trip);
    run(make_span(&made), &strict, "strange");
    ck_assert(trip.result == LAY_FAILED);
    ck_assert_str_eq(trip.err.path, "vmdesc");
    layout_trip_done(&trip);
    make_done(&made);
    /* A list marker that is none. */
    make_begin(&made, MAKE_FOOTERS);
    make_device(&made, "dev", 0, "dev", 1);
    make_inline(&made, "list", "qtailq");
    make_octets(&made, "\2", 1);
    make_inline_type(&made, "item", 1);
    make_leaf(&made, "v", "uint32", 4);
    make_inline_type_end(&made);
    make_octets(&made, "", 1);
    make_inline_end(&made);
    make_device_end(&made);
    make_end(&made);
    run(make_span(&made), &plain, "marker");
    ck_assert_msg(trip.result == LAY_COMPLETE && told("FEV"), "%s", shape_of());
    ck_assert_uint_eq(trip.report.why[LAY_WHY_VALUE], 1);
    layout_trip_done(&trip);
    run(make_span(&made), &strict, "marker");
    ck_assert(trip.result == LAY_FAILED);
    ck_assert_str_eq(trip.err.path, "dev > list");
    ck_assert_str_eq(trip.err.text, "expected list marker octet 0x01, found 0x02");
    ck_assert_uint_eq(trip.err.legacy_offset, 14 + 3);
    layout_trip_done(&trip);
    make_done(&made);
}
END_TEST

START_TEST(test_message)
{
    make_begin(&made, MAKE_FOOTERS);
    make_device(&made, "0000:00:04.0/virtio-net", 0, "virtio-net", 11);
    make_leaf(&made, "virtio", "virtio", 20);
    make_device_end(&made);
    made.tail.len -= 5;
    make_octets(&made, "\1\x7e\0\0\0\0", 6);
    make_end(&made);
    run(make_span(&made), &strict, "message");
    ck_assert(trip.result == LAY_FAILED);
    ck_assert_str_eq(trip.err.path, "0000:00:04.0/virtio-net");
    ck_assert_str_eq(trip.err.text, "expected footer octet 0x7e behind 20 octets of payload as "
                                    "described, found 0x01");
    ck_assert_uint_eq(trip.err.legacy_offset, 14 + 23 + 20);
    layout_trip_done(&trip);
    make_done(&made);
}
END_TEST

/* A whole stream inside a section must not be taken for the one around it. */
START_TEST(test_inner_stream)
{
    struct make inner;
    struct span tail;

    make_begin(&inner, MAKE_FOOTERS);
    make_device(&inner, "inner", 0, "inner", 1);
    make_leaf(&inner, "x", "uint32", 4);
    make_device_end(&inner);
    make_end(&inner);
    make_begin(&made, MAKE_FOOTERS);
    make_device(&made, "outer", 0, "outer", 1);
    make_leaf(&made, "blob", "buffer", (uint32_t)inner.tail.len + 64);
    made.tail.len -= inner.tail.len + 64;
    make_octets(&made, inner.tail.p, inner.tail.len);
    make_counted(&made, 64);
    make_device_end(&made);
    make_end(&made);
    tail = make_span(&made);
    run(tail, &plain, "inner");
    ck_assert_msg(trip.result == LAY_COMPLETE && told("SEV"), "%s", shape_of());
    layout_trip_done(&trip);
    for (size_t len = tail.len - made.json.len; len > inner.tail.len + 20; len--) {
        if (len == tail.len - made.json.len - 5) {
            continue; /* the EOF octet */
        }
        run(span_of(tail.p, len), &with_footers, "inner");
        ck_assert_msg(trip.result == LAY_CUT, "%zu of %zu: %s", len, tail.len, shape_of());
        layout_trip_done(&trip);
    }
    make_done(&inner);
    make_done(&made);
}
END_TEST

static bool ends_in(const char *name, const char *end)
{
    size_t n = strlen(name);

    return n >= strlen(end) && strcmp(name + n - strlen(end), end) == 0;
}

static void capture(const char *path)
{
    FILE *file = fopen(path, "rb");
    struct buf stream;
    size_t at = 0;
    size_t n;

    ck_assert_ptr_nonnull(file);
    buf_init(&stream, SIZE_MAX / 2);
    do {
        ck_assert(buf_reserve(&stream, 1 << 20, NULL));
        n = fread(stream.p + stream.len, 1, 1 << 20, file);
        stream.len += n;
    } while (n > 0);
    (void)fclose(file);
    if (layout_tail_of(buf_span(&stream), &at)) {
        struct span tail = span_from(buf_span(&stream), at);

        run(tail, &salvage, path);
        if (lay_tail_complete(tail)) {
            ck_assert_msg(
                trip.result == LAY_COMPLETE && trip.report.described > 0 &&
                    trip.report.framed == 0 && trip.report.opaque == 0 && trip.report.rebuilt,
                "%s: %zu described, %zu framed, %zu opaque: %s: %s", path, trip.report.described,
                trip.report.framed, trip.report.opaque, trip.why.path, trip.why.text);
        }
        layout_trip_done(&trip);
    }
    buf_done(&stream);
}

START_TEST(test_captures)
{
    const char *dir_name = getenv("VMBER_CAPTURES");
    DIR *dir = dir_name != NULL ? opendir(dir_name) : NULL;
    struct dirent *entry;

    while (dir != NULL && (entry = readdir(dir)) != NULL) {
        char path[4096];

        if (ends_in(entry->d_name, ".mig")) {
            (void)snprintf(path, sizeof(path), "%s/%s", dir_name, entry->d_name);
            capture(path);
        }
    }
    if (dir != NULL) {
        (void)closedir(dir);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("layout");
    TCase *tail = tcase_create("tail");
    TCase *damage = tcase_create("damage");
    int count = (int)shape_count;
    SRunner *runner;
    int failed;

    tcase_add_loop_test(tail, test_described, 0, count * SPELLING_COUNT);
    tcase_add_loop_test(tail, test_bare, 0, count);
    tcase_add_loop_test(tail, test_nested, 0, 2);
    tcase_add_test(tail, test_after_eof);
    tcase_add_loop_test(tail, test_behind, 0, count);
    tcase_add_test(tail, test_unlisted);
    tcase_add_test(tail, test_short_text);
    tcase_add_test(tail, test_strange_text);
    tcase_add_test(tail, test_message);
    tcase_add_test(tail, test_inner_stream);
    tcase_add_test(tail, test_captures);
    tcase_set_timeout(tail, 300);
    suite_add_tcase(suite, tail);
    tcase_add_loop_test(damage, test_cut, 0, count);
    tcase_add_loop_test(damage, test_shifted, 0, count);
    tcase_add_loop_test(damage, test_damaged, 0, count * SPELLING_COUNT);
    tcase_set_timeout(damage, 300);
    suite_add_tcase(suite, damage);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
