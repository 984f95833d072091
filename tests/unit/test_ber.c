/*
 * test_ber.c - heads, extents, walks, strings and values of BER, the hostile ones first.
 */
#include <check.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "codec/base/arena.h"
#include "codec/base/err.h"
#include "codec/ber/ber_prim.h"
#include "codec/ber/ber_reader.h"
#include "codec/ber/ber_writer.h"
#include "hex_octets.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define GOOD ERR_NONE
#define TRUNC ERR_TRUNCATED
#define WRONG ERR_MALFORMED
#define LIMIT ERR_LIMIT

/* clang-format off */
static const struct head_row {
    const char *hex;
    enum err_band band;
    enum ber_class cls;
    bool constructed;
    uint32_t number;
    bool indefinite;
    uint64_t len;
    unsigned head_len;
} heads[] = {
    {"0201",                       GOOD, BER_UNIVERSAL,   false, 2, false, 1, 2},
    {"3000",                       GOOD, BER_UNIVERSAL,   true, 16, false, 0, 2},
    {"3080",                       GOOD, BER_UNIVERSAL,   true, 16, true, 0, 2},
    {"0000",                       GOOD, BER_UNIVERSAL,   false, 0, false, 0, 2},
    {"de00",                       GOOD, BER_PRIVATE,     false, 30, false, 0, 2},
    {"9f1f00",                     GOOD, BER_CONTEXT,     false, 31, false, 0, 3},
    {"7f817f00",                   GOOD, BER_APPLICATION, true, 255, false, 0, 4},
    {"ff87ffffff7f00",             GOOD, BER_PRIVATE,     true, 0x7fffffff, false, 0, 7},
    {"9f88808080 0000",            LIMIT,    BER_UNIVERSAL, false, 0, false, 0, 0},
    {"9fffffffffffffff7f00",       LIMIT,    BER_UNIVERSAL, false, 0, false, 0, 0},
    {"9f1e00",                     WRONG,    BER_UNIVERSAL, false, 0, false, 0, 0}, /* 8.1.2.2: 0 to 30 have one octet */
    {"9f801f00",                   WRONG,    BER_UNIVERSAL, false, 0, false, 0, 0}, /* 8.1.2.4.2 c */
    {"9f8000",                     WRONG,    BER_UNIVERSAL, false, 0, false, 0, 0},
    {"",                           TRUNC,    BER_UNIVERSAL, false, 0, false, 0, 0},
    {"9f",                         TRUNC,    BER_UNIVERSAL, false, 0, false, 0, 0},
    {"9f81",                       TRUNC,    BER_UNIVERSAL, false, 0, false, 0, 0},
    {"04",                         TRUNC,    BER_UNIVERSAL, false, 0, false, 0, 0},
    {"0482ff",                     TRUNC,    BER_UNIVERSAL, false, 0, false, 0, 0},
    {"047f",                       GOOD, BER_UNIVERSAL,   false, 4, false, 127, 2},
    {"048180",                     GOOD, BER_UNIVERSAL,   false, 4, false, 128, 3},
    {"048105",                     GOOD, BER_UNIVERSAL,   false, 4, false, 5, 3},
    {"0484ffffffff",               GOOD, BER_UNIVERSAL,   false, 4, false, 0xffffffff, 6},
    {"0488ffffffffffffffff",       GOOD, BER_UNIVERSAL,   false, 4, false, UINT64_MAX, 10},
    {"0489010000000000000000",     LIMIT,    BER_UNIVERSAL, false, 0, false, 0, 0},
    {"04fe00*125 01",               GOOD, BER_UNIVERSAL,   false, 4, false, 1, 128},
    {"04fe00*125",                 TRUNC,    BER_UNIVERSAL, false, 0, false, 0, 0},
    {"04fe01*126",                 LIMIT,    BER_UNIVERSAL, false, 0, false, 0, 0},
    {"04ff00*127",                 WRONG,    BER_UNIVERSAL, false, 0, false, 0, 0}, /* 8.1.3.5 c */
    {"0480",                       WRONG,    BER_UNIVERSAL, false, 0, false, 0, 0}, /* 8.1.3.2 a: primitive */
    {"8080",                       WRONG,    BER_UNIVERSAL, false, 0, false, 0, 0},
    {"0001",                       WRONG,    BER_UNIVERSAL, false, 0, false, 0, 0},
    {"00ff",                       WRONG,    BER_UNIVERSAL, false, 0, false, 0, 0},
    {"2000",                       WRONG,    BER_UNIVERSAL, false, 0, false, 0, 0},
    {"2080",                       WRONG,    BER_UNIVERSAL, false, 0, false, 0, 0},
    {"008100",                     WRONG,    BER_UNIVERSAL, false, 0, false, 0, 0},
};
/* clang-format on */

START_TEST(heads_of_every_form)
{
    const struct head_row *row = &heads[_i];
    struct span in = hex_octets(row->hex);
    struct err err = ERR_INIT;
    struct ber_head head;
    bool ok = ber_head(in, &head, &err);

    ck_assert_msg(err.band == row->band, "%s: %s, %s", row->hex, err_band_name(err.band), err.text);
    ck_assert(ok == (row->band == ERR_NONE));
    if (ok) {
        ck_assert_int_eq(head.tag.cls, row->cls);
        ck_assert_int_eq(head.tag.constructed, row->constructed);
        ck_assert_uint_eq(head.tag.number, row->number);
        ck_assert_int_eq(head.indefinite, row->indefinite);
        ck_assert(head.len == row->len);
        ck_assert_uint_eq(head.head_len, row->head_len);
    }
    ck_assert(ber_head(in, &head, NULL) == ok);
    hex_free(in);
}
END_TEST

/* clang-format off */
static const struct element_row {
    const char *hex;
    enum err_band element; /* of ber_element */
    size_t len;
    enum err_band check;   /* of ber_check */
    enum err_band profile; /* of ber_check with BER_PROFILE */
    uint64_t offset;       /* of the error in ber_check */
} elements[] = {
    {"020100",                         GOOD, 3,      GOOD, GOOD, 0},
    {"020100ffff",                     GOOD, 3,      GOOD, GOOD, 0}, /* what follows does not matter */
    {"02020000",                       GOOD, 4,      GOOD, GOOD, 0}, /* values are not looked at */
    {"3000",                           GOOD, 2,      GOOD, GOOD, 0},
    {"30800000",                       GOOD, 4,      GOOD, WRONG, 0},
    {"308002010000 00",                GOOD, 7,      GOOD, WRONG, 0},
    {"30803080a0800500000000000000",   GOOD, 14,     GOOD, WRONG, 0},
    {"30053080020100",                 GOOD, 7,      WRONG, WRONG, 7}, /* no end-of-contents inside 30 05 */
    {"3080",                           TRUNC, 0,  TRUNC, WRONG, 2},
    {"308000",                         TRUNC, 0,  TRUNC, WRONG, 2},
    {"30800001",                       WRONG, 0,  WRONG, WRONG, 2}, /* asn1c spins on these */
    {"3080a1800001",                   WRONG, 0,  WRONG, WRONG, 4},
    {"3080a1800201050001",             WRONG, 0,  WRONG, WRONG, 7},
    {"3080a1800000",                   TRUNC, 0,  TRUNC, WRONG, 6},
    {"0000",                           WRONG, 0,  WRONG, WRONG, 0},
    {"30020000",                       GOOD, 4,      WRONG, WRONG, 2}, /* end of what? */
    {"3003020200",                     GOOD, 5,      WRONG, WRONG, 2}, /* runs out of the one around */
    {"30030202",                       TRUNC, 0,  TRUNC, TRUNC, 0},
    {"3001ff",                         GOOD, 3,      WRONG, WRONG, 2},
    {"30030284ff",                     GOOD, 5,      WRONG, WRONG, 2},
    {"0484ffffffff",                   TRUNC, 0,  TRUNC, TRUNC, 0},
    {"0488ffffffffffffffff",           TRUNC, 0,  TRUNC, TRUNC, 0},
    {"3084ffffffff020100",             TRUNC, 0,  TRUNC, TRUNC, 0},
    {"30800488ffffffffffffffff",       TRUNC, 0,  TRUNC, WRONG, 2},
    {"30820003020100",                 GOOD, 7,      GOOD, WRONG, 0},
    {"308100",                         GOOD, 3,      GOOD, WRONG, 0},
    {"30fe00*126",                     GOOD, 128,    GOOD, WRONG, 0},
    {"2403040141",                     GOOD, 5,      GOOD, WRONG, 0},
    {"a403040141",                     GOOD, 5,      GOOD, GOOD, 0},     /* not known to be a string */
    {"2c800401410000",                 GOOD, 7,      GOOD, WRONG, 0},
    {"3005a1030201ff",                 GOOD, 7,      GOOD, GOOD, 0},
    {"30803080308030800000000000000000", GOOD, 16,   GOOD, WRONG, 0},
};
/* clang-format on */

START_TEST(elements_of_every_form)
{
    const struct element_row *row = &elements[_i];
    struct span in = hex_octets(row->hex);
    struct err err = ERR_INIT;
    struct span whole;

    ck_assert(ber_element(in, &whole, NULL, &err) == (row->element == ERR_NONE));
    ck_assert_msg(err.band == row->element, "%s: %s, %s", row->hex, err_band_name(err.band),
                  err.text);
    if (row->element == ERR_NONE) {
        ck_assert_uint_eq(whole.len, row->len);
    }
    err_init(&err);
    ck_assert(ber_check(in, 0, &whole, &err) == (row->check == ERR_NONE));
    ck_assert_msg(err.band == row->check, "%s: %s, %s", row->hex, err_band_name(err.band),
                  err.text);
    if (row->check == ERR_NONE) {
        ck_assert_uint_eq(whole.len, row->len);
    } else {
        ck_assert(err.ber_offset == row->offset);
    }
    err_init(&err);
    ck_assert(ber_check(in, BER_PROFILE, &whole, &err) == (row->profile == ERR_NONE));
    ck_assert_msg(err.band == row->profile, "%s: %s, %s", row->hex, err_band_name(err.band),
                  err.text);
    hex_free(in);
}
END_TEST

/* Every beginning of a good element that is shorter than it is truncated, never malformed. */
START_TEST(beginnings_are_truncated)
{
    static const char *const good[] = {
        "30803080a0800500000000000000",
        "30800401419f8768820003010203a18030000000bf1f8000000000",
        "3082001002010530800401000000a1040c024142",
        "2480240304014124800401420000040143 0000",
    };

    for (size_t i = 0; i < COUNT(good); i++) {
        struct span in = hex_octets(good[i]);
        struct err err = ERR_INIT;
        struct span whole;

        ck_assert_msg(ber_check(in, 0, &whole, &err), "%s: %s", good[i], err.text);
        for (size_t n = 0; n < whole.len; n++) {
            struct span cut = hex_exact(span_of(in.p, n));

            err_init(&err);
            ck_assert(!ber_check(cut, 0, &whole, &err));
            ck_assert_msg(err.band == ERR_TRUNCATED, "%s cut to %zu: %s", good[i], n, err.text);
            err_init(&err);
            ck_assert(!ber_element(cut, &whole, NULL, &err));
            ck_assert_msg(err.band == ERR_TRUNCATED, "%s cut to %zu: %s", good[i], n, err.text);
            hex_free(cut);
        }
        hex_free(in);
    }
}
END_TEST

/* 64 levels are a value, 65 are a limit, 100,000 are a limit and take no stack. */
START_TEST(nesting_is_bounded)
{
    static const size_t depths[] = {1, 63, 64, 65, 100000};

    for (size_t i = 0; i < COUNT(depths); i++) {
        size_t depth = depths[i];
        uint8_t *p = malloc(depth * 4);
        struct err err = ERR_INIT;
        bool fits = depth <= BER_DEPTH_MAX;
        struct span whole;

        ck_assert_ptr_nonnull(p);
        for (size_t d = 0; d < depth; d++) {
            p[2 * d] = 0x30;
            p[2 * d + 1] = 0x80;
        }
        memset(p + 2 * depth, 0, 2 * depth);
        ck_assert(ber_check(span_of(p, 4 * depth), 0, &whole, &err) == fits);
        ck_assert_int_eq(err.band, fits ? ERR_NONE : ERR_LIMIT);
        err_init(&err);
        ck_assert(ber_element(span_of(p, 4 * depth), &whole, NULL, &err) == fits);
        ck_assert_int_eq(err.band, fits ? ERR_NONE : ERR_LIMIT);
        free(p);
    }
}
END_TEST

static double seconds(void)
{
    return (double)clock() / CLOCKS_PER_SEC;
}

/* The time for four times the input is near four times the time; sixteen would be quadratic. */
static double time_of(size_t elements_count, bool indefinite)
{
    size_t len = elements_count * 4;
    uint8_t *p = malloc(len + 4);
    double best = 1e9;

    ck_assert_ptr_nonnull(p);
    p[0] = 0x30;
    p[1] = 0x80;
    for (size_t i = 0; i < elements_count; i++) {
        p[2 + 4 * i] = 0x30;
        p[3 + 4 * i] = indefinite ? 0x80 : 0x02;
        p[4 + 4 * i] = indefinite ? 0x00 : 0x05;
        p[5 + 4 * i] = 0x00;
    }
    p[2 + len] = 0;
    p[3 + len] = 0;
    for (int round = 0; round < 3; round++) {
        double begin = seconds();
        struct span whole;
        double took;

        ck_assert(ber_check(span_of(p, len + 4), 0, &whole, NULL));
        ck_assert(ber_element(span_of(p, len + 4), &whole, NULL, NULL));
        ck_assert_uint_eq(whole.len, len + 4);
        took = seconds() - begin;
        best = took < best ? took : best;
    }
    free(p);
    return best;
}

START_TEST(time_is_linear)
{
    for (int indefinite = 0; indefinite < 2; indefinite++) {
        double small = time_of(250000, indefinite != 0);
        double large = time_of(1000000, indefinite != 0);

        ck_assert_msg(large < 10 * small + 0.01, "%f s, then %f s", small, large);
    }
}
END_TEST

START_TEST(walk_visits_everything)
{
    static const char *const steps[] = {
        "enter 0 0",  "primitive 1 2", "enter 1 5",      "primitive 2 7",
        "leave 1 10", "leave 0 12",    "primitive 0 12", "end 0 14",
    };
    static const char *const names[] = {"end", "primitive", "enter", "leave"};
    struct span in = hex_octets("3080 020105 a103 010100 0000 0500");
    struct ber_walk walk;
    struct ber_item item;

    ber_walk_init(&walk, in, 0);
    for (size_t i = 0; i < COUNT(steps); i++) {
        char line[64];
        size_t offset;

        ck_assert(ber_walk_next(&walk, &item, NULL));
        offset = item.step == BER_STEP_LEAVE && item.depth == 0 ? walk.at : item.offset;
        (void)snprintf(line, sizeof(line), "%s %u %zu", names[item.step], item.depth, offset);
        ck_assert_str_eq(line, steps[i]);
    }
    hex_free(in);
}
END_TEST

/* clang-format off */
static const struct string_row {
    const char *hex;
    enum err_band band;
    const char *contents;
} strings[] = {
    {"0403616263",                                   GOOD, "616263"},
    {"0400",                                         GOOD, ""},
    {"2400",                                         GOOD, ""},
    {"24800000",                                     GOOD, ""},
    {"24050403616263",                               GOOD, "616263"},
    {"24800401610402 6263 0000",                     GOOD, "616263"},
    {"24802403040161248004016204000000 0401630000",  GOOD, "616263"},
    {"a1800401610401620000",                         GOOD, "6162"}, /* implicitly tagged */
    {"24040c0161 00",                                WRONG, NULL}, /* a segment is an OCTET STRING */
    {"24030c0161",                                   WRONG, NULL},
    {"2405a003040161",                               WRONG, NULL},
    {"240504046162 63",                              WRONG, NULL},
    {"24040401 6100",                                WRONG, NULL},
};
/* clang-format on */

START_TEST(strings_of_every_form)
{
    const struct string_row *row = &strings[_i];
    struct span in = hex_octets(row->hex);
    struct err err = ERR_INIT;
    struct arena arena;
    struct ber_head head;
    struct span whole;
    struct span out;

    arena_init(&arena, 1000);
    ck_assert(ber_element(in, &whole, &head, NULL));
    ck_assert(ber_string(whole, &head, &arena, &out, &err) == (row->band == ERR_NONE));
    ck_assert_msg(err.band == row->band, "%s: %s", row->hex, err.text);
    if (row->band == ERR_NONE) {
        struct span expected = hex_octets(row->contents);

        ck_assert(span_eq(out, expected));
        ck_assert((arena.first == NULL) == !head.tag.constructed); /* borrowed if primitive */
        hex_free(expected);
    }
    arena_done(&arena);
    hex_free(in);
}
END_TEST

START_TEST(segments_need_room_in_the_arena)
{
    struct span in = hex_octets("24820108 04820104 00*260");
    struct err err = ERR_INIT;
    struct arena arena;
    struct ber_head head;
    struct span whole;
    struct span out;

    arena_init(&arena, 100);
    ck_assert(ber_element(in, &whole, &head, NULL));
    ck_assert(!ber_string(whole, &head, &arena, &out, &err));
    ck_assert_int_eq(err.band, ERR_LIMIT);
    arena_done(&arena);
    hex_free(in);
}
END_TEST

/* clang-format off */
static const struct int_row {
    const char *hex;
    enum err_band band;    /* of ber_int */
    int64_t value;
    enum err_band uband;   /* of ber_uint */
    uint64_t uvalue;
} ints[] = {
    {"",                   WRONG, 0, WRONG, 0},
    {"00",                 GOOD, 0, GOOD, 0},
    {"7f",                 GOOD, 127, GOOD, 127},
    {"80",                 GOOD, -128, WRONG, 0},
    {"ff",                 GOOD, -1, WRONG, 0},
    {"0080",               GOOD, 128, GOOD, 128},
    {"007f",               WRONG, 0, WRONG, 0},
    {"0000",               WRONG, 0, WRONG, 0},
    {"ff80",               WRONG, 0, WRONG, 0},
    {"ff7f",               GOOD, -129, WRONG, 0},
    {"7fffffffffffffff",   GOOD, INT64_MAX, GOOD, INT64_MAX},
    {"8000000000000000",   GOOD, INT64_MIN, WRONG, 0},
    {"008000000000000000", LIMIT, 0, GOOD, UINT64_C(1) << 63},
    {"00ffffffffffffffff", LIMIT, 0, GOOD, UINT64_MAX},
    {"007fffffffffffffff", WRONG, 0, WRONG, 0},
    {"010000000000000000", LIMIT, 0, LIMIT, 0},
    {"ff7fffffffffffffff", LIMIT, 0, WRONG, 0},
    {"7f*100",             LIMIT, 0, LIMIT, 0},
};
/* clang-format on */

START_TEST(integers_of_every_form)
{
    const struct int_row *row = &ints[_i];
    struct span in = hex_octets(row->hex);
    struct err err = ERR_INIT;
    int64_t value = 0;
    uint64_t uvalue = 0;

    ck_assert(ber_int(in, &value, &err) == (row->band == ERR_NONE));
    ck_assert_msg(err.band == row->band, "%s: %s", row->hex, err.text);
    ck_assert(value == row->value);
    err_init(&err);
    ck_assert(ber_uint(in, &uvalue, &err) == (row->uband == ERR_NONE));
    ck_assert_msg(err.band == row->uband, "%s: %s", row->hex, err.text);
    ck_assert(uvalue == row->uvalue);
    hex_free(in);
}
END_TEST

START_TEST(booleans_and_nulls)
{
    struct span in = hex_octets("00 01 ff");
    bool b = true;

    ck_assert(ber_boolean(span_of(in.p, 1), &b, NULL) && !b);
    ck_assert(ber_boolean(span_of(in.p + 1, 1), &b, NULL) && b);
    ck_assert(ber_boolean(span_of(in.p + 2, 1), &b, NULL) && b);
    ck_assert(!ber_boolean(span_of(in.p, 0), &b, NULL));
    ck_assert(!ber_boolean(span_of(in.p, 2), &b, NULL));
    ck_assert(ber_null(span_of(in.p, 0), NULL));
    ck_assert(!ber_null(span_of(in.p, 1), NULL));
    hex_free(in);
}
END_TEST

/* clang-format off */
static const struct oid_row {
    const char *hex;
    enum err_band band;
    const char *text;
} oids[] = {
    {"2b06010401 81fd590101",  GOOD, "1.3.6.1.4.1.32473.1.1"},
    {"00",                     GOOD, "0.0"},
    {"27",                     GOOD, "0.39"},
    {"28",                     GOOD, "1.0"},
    {"4f",                     GOOD, "1.39"},
    {"50",                     GOOD, "2.0"},
    {"8837",                   GOOD, "2.999"},
    {"69 83aefab4a9b0ef8fc5c3c0c0abd6b9a0e5 31",  GOOD, NULL},
    {"0083ffffffffffffffffffffffffffffffffff7f", GOOD, "0.0.340282366920938463463374607431768211455"},
    {"",                       WRONG, NULL},
    {"81",                     WRONG, NULL},
    {"2b81",                   WRONG, NULL},
    {"8001",                   WRONG, NULL}, /* 8.19.2: no leading 0x80 */
    {"2b8001",                 WRONG, NULL},
    {"2bff*18 7f",              GOOD, NULL},
    {"2bff*19 7f",              LIMIT, NULL},
    {"2bff*10000 7f",           LIMIT, NULL},
};
/* clang-format on */

START_TEST(object_identifiers)
{
    const struct oid_row *row = &oids[_i];
    struct span in = hex_octets(row->hex);
    struct err err = ERR_INIT;
    char text[100];

    ck_assert(ber_oid(in, &err) == (row->band == ERR_NONE));
    ck_assert_msg(err.band == row->band, "%s: %s", row->hex, err.text);
    ck_assert(ber_oid_text(in, text, sizeof(text)) == (row->band == ERR_NONE));
    if (row->text != NULL) {
        ck_assert_str_eq(text, row->text);
        for (size_t cap = 0; cap <= strlen(row->text); cap++) {
            char *small = malloc(cap + 1);

            ck_assert(!ber_oid_text(in, small, cap));
            free(small);
        }
    }
    hex_free(in);
}
END_TEST

/* clang-format off */
static const struct utf8_row {
    const char *hex;
    bool good;
    size_t characters;
} utf8s[] = {
    {"", true, 0}, {"41", true, 1}, {"41*23", true, 23}, {"00", true, 1}, {"c3a4", true, 1},
    {"e282ac", true, 1}, {"f09f9880", true, 1}, {"41*7 c3a4 41*9", true, 17},
    {"f48fbfbf", true, 1}, {"efbfbf", true, 1}, {"ed9fbf", true, 1}, {"ee8080", true, 1},
    {"c0af", false, 0}, {"c1bf", false, 0}, {"e09fbf", false, 0}, {"f08fbfbf", false, 0},
    {"eda080", false, 0}, {"edbfbf", false, 0}, {"f4908080", false, 0}, {"f5808080", false, 0},
    {"80", false, 0}, {"bf", false, 0}, {"c3", false, 0}, {"e282", false, 0},
    {"f09f98", false, 0}, {"c341", false, 0}, {"e28241", false, 0}, {"e24182", false, 0},
    {"41*8 ff", false, 0}, {"41*15 80", false, 0}, {"f09f9841", false, 0}, {"fe", false, 0},
};
/* clang-format on */

START_TEST(utf8_of_every_form)
{
    const struct utf8_row *row = &utf8s[_i];
    struct span in = hex_octets(row->hex);
    size_t characters = 0;

    ck_assert_msg(ber_utf8(in, &characters, NULL) == row->good, "%s", row->hex);
    ck_assert_uint_eq(characters, row->characters);
    hex_free(in);
}
END_TEST

static void check_written(const struct ber_writer *w, const char *hex)
{
    struct span expected = hex_octets(hex);

    ck_assert(!w->failed);
    ck_assert(span_eq(ber_written(w), expected));
    hex_free(expected);
}

START_TEST(writer_writes_backwards)
{
    static const struct ber_tag sequence = {BER_SEQUENCE, BER_UNIVERSAL, true};
    static const struct ber_tag context = {200, BER_CONTEXT, false};
    static const struct ber_tag integer = {BER_INTEGER, BER_UNIVERSAL, false};
    static const struct ber_tag boolean = {BER_BOOLEAN, BER_UNIVERSAL, false};
    uint8_t octets[400];
    struct ber_writer w;
    struct ber_mark mark;

    ber_writer_init(&w, octets, sizeof(octets), NULL);
    mark = ber_mark(&w);
    ck_assert(ber_put_string(&w, context, span_str("abc")));
    ck_assert(ber_put_uint(&w, integer, UINT64_MAX));
    ck_assert(ber_put_int(&w, integer, INT64_MIN));
    ck_assert(ber_put_int(&w, integer, -129));
    ck_assert(ber_put_uint(&w, integer, 0));
    ck_assert(ber_put_boolean(&w, boolean, true));
    ck_assert(ber_put_head(&w, sequence, mark));
    check_written(&w, "3026 0101ff 020100 0202ff7f 02088000000000000000 020900ffffffffffffffff "
                      "9f814803616263");
    ck_assert(ber_put_hole(&w, 300));
    ck_assert_uint_eq(ber_hole_offset(&w), 0);
    ck_assert(ber_put_length(&w, 300));
    ck_assert(ber_put_tag(&w, context));
    ck_assert_uint_eq(ber_hole_offset(&w), 6);
    ck_assert(ber_put_head(&w, sequence, mark));
    ck_assert_uint_eq(ber_written(&w).p[1], 0x82); /* the length counts the hole */
    ck_assert_uint_eq((size_t)ber_written(&w).p[2] << 8 | ber_written(&w).p[3],
                      ber_written(&w).len - 4 + 300);
    ck_assert(!ber_put_hole(&w, 1));
    ck_assert(w.failed && !w.full);
}
END_TEST

START_TEST(writer_is_sticky)
{
    uint8_t octets[8];
    struct err err = ERR_INIT;
    struct ber_writer w;

    memset(octets, 0x55, sizeof(octets));
    ber_writer_init(&w, octets + 2, 4, &err);
    ck_assert(ber_put_octets(&w, span_str("abc")));
    ck_assert(!ber_put_octets(&w, span_str("de")));
    ck_assert(w.failed && w.full);
    ck_assert_int_eq(err.band, ERR_LIMIT);
    ck_assert(!ber_put_octets(&w, span_str("f")));
    ck_assert(!ber_put_length(&w, 3));
    ck_assert(!ber_put_hole(&w, 3));
    ck_assert_uint_eq(ber_written(&w).len, 3);
    ck_assert_uint_eq(octets[0], 0x55);
    ck_assert_uint_eq(octets[1], 0x55);
    ck_assert_uint_eq(octets[6], 0x55);
}
END_TEST

/* What the writer and the forward helpers write, the reader reads. */
START_TEST(heads_come_back)
{
    static const uint32_t numbers[] = {
        0, 1, 30, 31, 127, 128, 16383, 16384, 2097151, 2097152, 268435455, 268435456, 0x7fffffff};
    static const uint64_t lens[] = {0,     127,   128,        255,         256,
                                    65535, 65536, 0xffffffff, 0x100000000, UINT64_MAX};

    for (size_t i = 0; i < COUNT(numbers) * COUNT(lens) * 4; i++) {
        struct ber_tag tag = {numbers[i % COUNT(numbers)], (enum ber_class)(i / COUNT(numbers) % 4),
                              i % 2 != 0};
        uint64_t len = lens[i / COUNT(numbers) / 4];
        uint8_t octets[BER_HEAD_MAX];
        uint8_t back[BER_HEAD_MAX];
        struct ber_writer w;
        struct ber_head head;
        size_t n;

        if (tag.cls == BER_UNIVERSAL && tag.number == 0) {
            continue;
        }
        n = ber_forward_head(octets, tag, len);
        ck_assert(ber_head(span_of(octets, n), &head, NULL));
        ck_assert(head.len == len && head.head_len == n && ber_head_is_minimal(&head));
        ck_assert(head.tag.number == tag.number && head.tag.cls == tag.cls &&
                  head.tag.constructed == tag.constructed);
        ber_writer_init(&w, back, sizeof(back), NULL);
        ck_assert(ber_put_length(&w, len) && ber_put_tag(&w, tag));
        ck_assert(span_eq(ber_written(&w), span_of(octets, n)));
        tag.constructed = true;
        n = ber_forward_indefinite(octets, tag);
        ck_assert(ber_head(span_of(octets, n), &head, NULL));
        ck_assert(head.indefinite && head.head_len == n && !ber_head_is_minimal(&head));
    }
}
END_TEST

START_TEST(sizes_of_integers)
{
    ck_assert_uint_eq(ber_uint_size(0), 1);
    ck_assert_uint_eq(ber_uint_size(127), 1);
    ck_assert_uint_eq(ber_uint_size(128), 2);
    ck_assert_uint_eq(ber_uint_size(INT64_MAX), 8);
    ck_assert_uint_eq(ber_uint_size(UINT64_MAX), 9);
    ck_assert_uint_eq(ber_int_size(-1), 1);
    ck_assert_uint_eq(ber_int_size(-128), 1);
    ck_assert_uint_eq(ber_int_size(-129), 2);
    ck_assert_uint_eq(ber_int_size(INT64_MIN), 8);
    for (unsigned bit = 0; bit < 64; bit++) {
        ck_assert_uint_eq(ber_bits((uint64_t)1 << bit), bit + 1);
        ck_assert_uint_eq(ber_bits(((uint64_t)1 << bit) * 2 - 1), bit + 1);
    }
}
END_TEST

START_TEST(tags_have_names)
{
    char text[BER_TAG_TEXT_MAX];

    ck_assert_str_eq(ber_tag_text((struct ber_tag){2, BER_UNIVERSAL, false}, text),
                     "INTEGER (0x02)");
    ck_assert_str_eq(ber_tag_text((struct ber_tag){3, BER_CONTEXT, true}, text), "[3] (0xa3)");
    ck_assert_str_eq(ber_tag_text((struct ber_tag){0x7fffffff, BER_APPLICATION, true}, text),
                     "[APPLICATION 2147483647] (0x7f87ffffff7f)");
    ck_assert_str_eq(ber_tag_text((struct ber_tag){15, BER_UNIVERSAL, false}, text),
                     "[UNIVERSAL 15] (0x0f)");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("ber");
    TCase *tcase = tcase_create("core");
    SRunner *runner;
    int failed;

    tcase_set_timeout(tcase, 60);
    tcase_add_loop_test(tcase, heads_of_every_form, 0, COUNT(heads));
    tcase_add_loop_test(tcase, elements_of_every_form, 0, COUNT(elements));
    tcase_add_test(tcase, beginnings_are_truncated);
    tcase_add_test(tcase, nesting_is_bounded);
    tcase_add_test(tcase, time_is_linear);
    tcase_add_test(tcase, walk_visits_everything);
    tcase_add_loop_test(tcase, strings_of_every_form, 0, COUNT(strings));
    tcase_add_test(tcase, segments_need_room_in_the_arena);
    tcase_add_loop_test(tcase, integers_of_every_form, 0, COUNT(ints));
    tcase_add_test(tcase, booleans_and_nulls);
    tcase_add_loop_test(tcase, object_identifiers, 0, COUNT(oids));
    tcase_add_loop_test(tcase, utf8_of_every_form, 0, COUNT(utf8s));
    tcase_add_test(tcase, writer_writes_backwards);
    tcase_add_test(tcase, writer_is_sticky);
    tcase_add_test(tcase, heads_come_back);
    tcase_add_test(tcase, sizes_of_integers);
    tcase_add_test(tcase, tags_have_names);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
