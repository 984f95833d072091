/*
 * test_engine.c - the table engine: what it writes, what it takes, what it refuses and how it says
 * so.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "codec/base/arena.h"
#include "codec/base/buf.h"
#include "codec/base/err.h"
#include "codec/schema/asn_engine.h"
#include "engine_types.h"
#include "hex_octets.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum { ARENA_MAX = 64 * 1024 * 1024 };

static struct arena arena;

static void setup(void)
{
    arena_init(&arena, ARENA_MAX);
}

static void teardown(void)
{
    arena_done(&arena);
}

static struct span text(const char *s)
{
    return span_str(s);
}

/* A value with something in every component. */
static struct t_all full_value(void)
{
    static struct t_item inner_items[2];
    static struct t_item items[6];
    static const uint8_t oid[] = {0x2b, 0x06, 0x01, 0x04, 0x01, 0x81, 0xfd, 0x59, 0x01};
    static const uint8_t raw[] = {0x30, 0x03, 0x02, 0x01, 0x2a};
    static const uint8_t future[] = {0x8c, 0x01, 0x55};
    static const uint8_t added[] = {0xbf, 0x32, 0x03, 0x02, 0x01, 0x01, 0x9f, 0x33, 0x00};
    struct t_all v;

    memset(&v, 0, sizeof(v));
    v.flag = true;
    v.u8 = 255;
    v.u16 = 32768;
    v.u32 = 0x7fffffff;
    v.u64 = UINT64_MAX;
    v.i8 = -128;
    v.i16 = -129;
    v.i32 = INT32_MIN;
    v.i64 = INT64_MIN;
    v.kind = 5;
    v.kindx = 1234;
    v.data = text("some octets");
    v.oid = span_of(oid, sizeof(oid));
    v.has_level = true;
    v.level = 9;
    v.has_opt = true;
    v.opt = 128;
    v.has_expl = true;
    v.expl.id = 3;
    v.expl.name = text("n\xc3\xa4me");
    inner_items[0].which = ITEM_WRAPPED;
    inner_items[0].u.wrapped = -1;
    inner_items[1].which = ITEM_LIST;
    items[0].which = ITEM_NUMBER;
    items[0].u.number = (uint64_t)1 << 63;
    items[1].which = ITEM_TEXT;
    items[1].u.text = text("a text");
    items[2].which = ITEM_INNER;
    items[2].u.inner.id = 77;
    items[2].u.inner.name = text("");
    items[2].u.inner.unknown = span_of(future, sizeof(future));
    items[3].which = ITEM_LIST;
    items[3].u.list.count = 2;
    items[3].u.list.items = inner_items;
    items[4].which = ASN_UNKNOWN;
    items[4].unknown = span_of(future, sizeof(future));
    items[5].which = ITEM_WRAPPED;
    v.items.count = 6;
    v.items.items = items;
    v.pick.which = PICK_NUMBER;
    v.pick.u.number = -5;
    v.small = 11; /* beyond the root of an extensible range */
    v.raw = span_of(raw, sizeof(raw));
    v.has_added = true;
    v.added = 1;
    v.has_maybe = true;
    v.maybe.which = PICK_FLAG;
    v.unknown = span_of(added, sizeof(added));
    return v;
}

static void check_full(const struct t_all *v)
{
    ck_assert(v->flag);
    ck_assert_uint_eq(v->u8, 255);
    ck_assert_uint_eq(v->u16, 32768);
    ck_assert_uint_eq(v->u32, 0x7fffffff);
    ck_assert(v->u64 == UINT64_MAX);
    ck_assert_int_eq(v->i8, -128);
    ck_assert_int_eq(v->i16, -129);
    ck_assert_int_eq(v->i32, INT32_MIN);
    ck_assert(v->i64 == INT64_MIN);
    ck_assert_int_eq(v->kind, 5);
    ck_assert_int_eq(v->kindx, 1234);
    ck_assert(span_eq_str(v->data, "some octets"));
    ck_assert_uint_eq(v->oid.len, 9);
    ck_assert(v->has_level && v->level == 9);
    ck_assert(v->has_opt && v->opt == 128);
    ck_assert(v->has_expl && v->expl.id == 3 && span_eq_str(v->expl.name, "n\xc3\xa4me"));
    ck_assert_uint_eq(v->items.count, 6);
    ck_assert(v->items.items[0].u.number == (uint64_t)1 << 63);
    ck_assert(span_eq_str(v->items.items[1].u.text, "a text"));
    ck_assert_uint_eq(v->items.items[2].u.inner.id, 77);
    ck_assert_uint_eq(v->items.items[2].u.inner.unknown.len, 3);
    ck_assert_uint_eq(v->items.items[3].u.list.count, 2);
    ck_assert_int_eq(v->items.items[3].u.list.items[0].u.wrapped, -1);
    ck_assert_uint_eq(v->items.items[3].u.list.items[1].u.list.count, 0);
    ck_assert_int_eq(v->items.items[4].which, ASN_UNKNOWN);
    ck_assert_uint_eq(v->items.items[4].unknown.len, 3);
    ck_assert_int_eq(v->pick.u.number, -5);
    ck_assert_uint_eq(v->small, 11);
    ck_assert_uint_eq(v->raw.len, 5);
    ck_assert(v->has_added && v->added == 1);
    ck_assert(v->has_maybe && v->maybe.which == PICK_FLAG && !v->maybe.u.flag);
    ck_assert_uint_eq(v->unknown.len, 9);
}

/* Encodes value into a fresh buffer that the caller frees with buf_done. */
static struct buf encoded(const struct asn_type *type, const void *value)
{
    struct err err = ERR_INIT;
    char line[1024];
    struct buf out;

    buf_init(&out, 1 << 24);
    ck_assert_msg(asn_encode_buf(type, value, &out, NULL, &err), "%s",
                  err_format(&err, line, sizeof(line)));
    return out;
}

static void decoded(const struct asn_type *type, struct span in, void *value, unsigned flags)
{
    struct err err = ERR_INIT;
    char line[1024];
    size_t used = 0;

    ck_assert_msg(asn_decode(type, in, value, &arena, flags, &used, &err), "%s",
                  err_format(&err, line, sizeof(line)));
    ck_assert_uint_eq(used, in.len);
}

/* What full_value is on the wire; written once by hand with the tables of X.690 at hand. */
static const char full_hex[] =
    "3081c3 0101ff 020200ff 0203008000 02047fffffff 020900ffffffffffffffff 800180 8102ff7f"
    "820480000000 83088000000000000000 0a0105 840204d2 0500 040b736f6d65206f6374657473"
    "06092b0601040181fd5901 850109 86020080 a70c300a0201030c056ec3a46d65"
    "a82e 8009008000000000000000 8106612074657874 a208 02014d 0c00 8c0155"
    "a307 a4030201ff a300 8c0155 a403020100"
    "bf1f03 0201fb 9f20010b bf87b9d6a80005 300302012a 9f210101 bf2203 010100 bf3203020101 9f3300";

START_TEST(full_value_is_as_x690_says)
{
    struct t_all v = full_value();
    struct t_all w;
    struct buf out = encoded(&t_all_type, &v);
    struct span expected = hex_octets(full_hex);
    struct buf again;

    ck_assert(span_eq(buf_span(&out), expected));
    for (unsigned flags = 0; flags < 2; flags++) {
        memset(&w, 0x5a, sizeof(w));
        decoded(&t_all_type, expected, &w, flags != 0 ? ASN_PROFILE : 0);
        check_full(&w);
        ck_assert(asn_check(&t_all_type, &w, NULL));
        again = encoded(&t_all_type, &w);
        ck_assert(span_eq(buf_span(&again), expected));
        buf_done(&again);
    }
    buf_done(&out);
    hex_free(expected);
}
END_TEST

/* Absent is absent: no component keeps what was in memory before. */
START_TEST(absent_components)
{
    struct t_all v = full_value();
    struct t_all w;
    struct buf out;

    v.has_level = false;
    v.level = 7;
    v.has_opt = false;
    v.has_expl = false;
    v.has_added = false;
    v.has_maybe = false;
    v.unknown = span_of(NULL, 0);
    out = encoded(&t_all_type, &v);
    memset(&w, 0x5a, sizeof(w));
    decoded(&t_all_type, buf_span(&out), &w, ASN_PROFILE);
    ck_assert(!w.has_level && w.level == 7);
    ck_assert(!w.has_opt && w.opt == 0);
    ck_assert(!w.has_expl && w.expl.id == 0 && w.expl.name.p == NULL);
    ck_assert(!w.has_added && w.added == 0);
    ck_assert(!w.has_maybe && w.maybe.which == 0);
    ck_assert(w.unknown.p == NULL && w.unknown.len == 0);
    v.level = 0; /* a struct that was set to zero is as good */
    buf_done(&out);
    out = encoded(&t_all_type, &v);
    decoded(&t_all_type, buf_span(&out), &w, ASN_PROFILE);
    ck_assert(!w.has_level && w.level == 7);
    v.has_level = true;
    v.level = 7; /* equal to the default: left out */
    buf_clear(&out);
    ck_assert(asn_encode_buf(&t_all_type, &v, &out, NULL, NULL));
    decoded(&t_all_type, buf_span(&out), &w, ASN_PROFILE);
    ck_assert(!w.has_level && w.level == 7);
    buf_done(&out);
}
END_TEST

/* Bad input: what is said about it, and where. */
/* clang-format off */
#define WRONG ERR_MALFORMED
#define TRUNC ERR_TRUNCATED
#define LIMIT ERR_LIMIT
static const struct refused_row {
    const struct asn_type *type;
    const char *hex;
    unsigned flags;
    enum err_band band;
    uint64_t offset;
    const char *path;
    const char *text;
} refused[] = {
    /* tags and structure */
    {&t_closed_type, "",                 0, TRUNC, 0, "", "input ends before an element"},
    {&t_closed_type, "30",               0, TRUNC, 0, "", NULL},
    {&t_closed_type, "04020500",         0, WRONG, 0, "", "expected SEQUENCE (0x30), found OCTET STRING (0x04)"},
    {&t_closed_type, "1003020100",       0, WRONG, 0, "", "expected SEQUENCE (0x30), found SEQUENCE (0x10)"},
    {&t_closed_type, "3003040100",       0, WRONG, 2, "a", "expected INTEGER (0x02), found OCTET STRING (0x04)"},
    {&t_closed_type, "3000",             0, WRONG, 2, "", "component 'a' is missing"},
    {&t_closed_type, "3009020101020102020103", 0, WRONG, 8, "", "component 'a' stands twice or out of order"},
    {&t_closed_type, "3006020101800101", 0, WRONG, 5, "", "expected the end of Closed, found [0] (0x80)"},
    {&t_closed_type, "3004020201",       0, TRUNC, 0, "", NULL},
    {&t_closed_type, "3003020201",       0, WRONG, 2, "a", "element of 2 octets, 1 left in the element around it"},
    {&t_closed_type, "3080020101",       0, TRUNC, 5, "", NULL},
    {&t_closed_type, "308002010100",     0, TRUNC, 5, "", NULL},
    {&t_closed_type, "30800201010001",   0, WRONG, 5, "", "tag 0 with 0x00 0x01 is no end-of-contents"},
    {&t_closed_type, "30050201010000",   0, WRONG, 5, "", "end-of-contents where an element is expected"},
    {&t_closed_type, "3080ff",           0, TRUNC, 2, "a", NULL},
    {&t_closed_type, "30068001010203",   0, TRUNC, 0, "", NULL},
    {&t_closed_type, "3005800101 0500",  0, WRONG, 2, "a", "expected INTEGER (0x02), found [0] (0x80)"},
    {&t_closed_type, "3084ffffffff020101", 0, TRUNC, 0, "", NULL},
    {&t_closed_type, "30ff",             0, WRONG, 0, "", "length octet 0xff is reserved"},
    {&t_closed_type, "3089ffffffffffffffffff", 0, LIMIT, 0, "", "length does not fit 64 bits"},
    /* integers */
    {&t_closed_type, "30020200",         0, WRONG, 2, "a", "integer without contents octets"},
    {&t_closed_type, "300402020001",     0, WRONG, 2, "a", "integer is not in its shortest form"},
    {&t_closed_type, "30040202012c",     0, WRONG, 2, "a", "value 300 is not in 0..255"},
    {&t_closed_type, "30030201ff",       0, WRONG, 2, "a", "value -1 is not in 0..255"},
    {&t_closed_type, "300b0209010000000000000000", 0, LIMIT, 2, "a", NULL},
    {&t_closed_type, "300c020a01000000000000000000", 0, WRONG, 2, "a", "integer of 10 octets is out of range"},
    {&t_uint64,      "0201ff",           0, WRONG, 0, "", "integer is negative"},
    {&t_uint64,      "0209010000000000000000", 0, LIMIT, 0, "", NULL},
    {&t_uint64,      "0209007fffffffffffffff", 0, WRONG, 0, "", "integer is not in its shortest form"},
    {&t_int64_type,  "0209008000000000000000", 0, LIMIT, 0, "", NULL},
    {&t_int64_type,  "2201ff",           0, WRONG, 0, "", "expected INTEGER (0x02), found INTEGER (0x22)"},
    {&t_numbers,     "30070201010202007f", 0, WRONG, 5, "[1]", "integer is not in its shortest form"},
    {&t_numbers,     "3006020101040101", 0, WRONG, 5, "[1]", "expected INTEGER (0x02), found OCTET STRING (0x04)"},
    {&t_numbers,     "3005020101 0205",  0, WRONG, 5, "[1]", NULL},
    {&t_numbers,     "3080020101 02",    0, TRUNC, 5, "[1]", NULL},
    /* the other leaves */
    {&t_boolean,     "0100",             0, WRONG, 0, "", "BOOLEAN of 0 octets"},
    {&t_boolean,     "01020000",         0, WRONG, 0, "", "BOOLEAN of 2 octets"},
    {&t_boolean,     "010101",           ASN_PROFILE, WRONG, 0, "", "TRUE is 0x01, not 0xff"},
    {&t_null,        "050100",           0, WRONG, 0, "", "NULL of 1 octets"},
    {&t_kind,        "0a0102",           0, WRONG, 0, "", "value 2 is none of the names of Kind"},
    {&t_kind,        "0a0500ffffffff",   0, LIMIT, 0, "", "enumeration value 4294967295 does not fit 32 bits"},
    {&t_kindx,       "0a00",             0, WRONG, 0, "", "integer without contents octets"},
    {&t_text,        "0c02c328",         0, WRONG, 0, "", "octet 0xc3 at 0 is not UTF-8"},
    {&t_inner_type,  "300e 020101 0c09616161616161616161", 0, WRONG, 5, "name", "size 9 is not in 0..8"},
    {&t_oid_type,    "0600",             0, WRONG, 0, "", "object identifier without contents octets"},
    {&t_oid_type,    "0603 2b8001",      0, WRONG, 0, "", "object identifier has an arc that is not minimal"},
    {&t_oid_type,    "0622 2bff*32 7f",  0, LIMIT, 0, "", NULL},
    /* strings in segments */
    {&t_octets,      "240304 0100",      ASN_PROFILE, WRONG, 0, "", "string in segments"},
    {&t_octets,      "2403 020100",      0, WRONG, 2, "", "expected a segment OCTET STRING (0x04), found INTEGER (0x02)"},
    {&t_octets,      "2480 0402 41",     0, TRUNC, 2, "", NULL},
    {&t_octets,      "2403 040241",      0, WRONG, 2, "", NULL},
    {&t_octets,      "2480 040141",      0, TRUNC, 5, "", NULL},
    {&t_text,        "2c80 0401c3 040128 0000", 0, WRONG, 0, "", "octet 0xc3 at 0 is not UTF-8"},
    {&t_text,        "2c80 0c0141 0000", 0, WRONG, 2, "", NULL},
    /* the profile: what our writer does not write */
    {&t_closed_type, "308103020101",     ASN_PROFILE, WRONG, 0, "", "length is not in its shortest definite form"},
    {&t_closed_type, "30800201010000",   ASN_PROFILE, WRONG, 0, "", "length is not in its shortest definite form"},
    {&t_closed_type, "300402810101",     ASN_PROFILE, WRONG, 2, "a", "length is not in its shortest definite form"},
    {&t_inner_type,  "3009 020101 0c0141 808100", ASN_PROFILE, WRONG, 8, "", NULL},
    /* choices */
    {&t_pick_type,   "0500",             0, WRONG, 0, "", "expected Pick, found NULL (0x05)"},
    {&t_pick_type,   "020106",           0, WRONG, 0, "number", "value 6 is not in -5..5"},
    {&t_items_type,  "3008 8001058103 61ff62", 0, WRONG, 5, "[1] > text", "octet 0xff at 1 is not UTF-8"},
    {&t_items_type,  "3008 a306 a304 a302 8000", 0, WRONG, 8, "[0] > list[0] > list[0] > list[0] > number", "integer without contents octets"},
    {&t_items_type,  "3007 a405 020100 0500", 0, WRONG, 7, "[0] > wrapped", "expected the end of the element, found NULL (0x05)"},
    {&t_items_type,  "3005 a403 040100", 0, WRONG, 4, "[0] > wrapped", "expected INTEGER (0x02), found OCTET STRING (0x04)"},
    {&t_items_type,  "3002 a400",        0, WRONG, 4, "[0] > wrapped", NULL},
    {&t_items_type,  "3004 aa02 0001",   0, WRONG, 4, "[0]", NULL},
    {&t_items_type,  "30820bbb 800100 800100", 0, TRUNC, 0, "", NULL},
    /* unknown additions */
    {&t_inner_type,  "300b 020101 0c0141 020102", 0, TRUNC, 0, "", NULL},
    {&t_inner_type,  "3009 020101 0c0141 020102", 0, WRONG, 8, "", "component 'id' stands twice or out of order"},
    {&t_inner_type,  "3009 020101 850100 0c0141", 0, WRONG, 5, "name", "expected UTF8String (0x0c), found [5] (0x85)"},
    {&t_inner_type,  "300c 020101 0c0141 850100 0c0142", 0, WRONG, 11, "", "component 'name' stands twice or out of order"},
    {&t_inner_type,  "300a 020101 0c0141 a502 0205", 0, WRONG, 10, "", NULL},
    {&t_inner_type,  "300a 020101 0c0141 a502 0000", 0, WRONG, 10, "", NULL},
};
/* clang-format on */

START_TEST(bad_input_is_refused_with_its_place)
{
    const struct refused_row *row = &refused[_i];
    struct span in = hex_octets(row->hex);
    union {
        struct t_all all;
        uint64_t number;
    } value;
    struct err err = ERR_INIT;
    size_t used = 12345;
    bool ok = asn_decode(row->type, in, &value, &arena, row->flags, &used, &err);

    ck_assert_msg(!ok, "%s: taken", row->hex);
    ck_assert_uint_eq(used, 12345);
    ck_assert_msg(err.band == row->band, "%s: %s, %s", row->hex, err_band_name(err.band), err.text);
    ck_assert_msg(err.ber_offset == row->offset, "%s: at %u, %s", row->hex,
                  (unsigned)err.ber_offset, err.text);
    ck_assert_msg(strcmp(err.path, row->path) == 0, "%s: path '%s', %s", row->hex, err.path,
                  err.text);
    if (row->text != NULL) {
        ck_assert_msg(strcmp(err.text, row->text) == 0, "%s: %s", row->hex, err.text);
    }
    ck_assert(!asn_decode(row->type, in, &value, &arena, row->flags, NULL, NULL));
    hex_free(in);
}
END_TEST

/* Odd BER that means the same as what our writer writes. */
/* clang-format off */
static const struct same_row {
    const struct asn_type *type;
    const char *hex;
    const char *canonical;
} same[] = {
    {&t_closed_type, "30800201010000",                  "3003020101"},
    {&t_closed_type, "3083000003020101",                "3003020101"},
    {&t_closed_type, "30fe00*125 03020101",             "3003020101"},
    {&t_closed_type, "3080 0284000000 01 05 0000",      "3003020105"},
    {&t_boolean,     "010101",                          "0101ff"},
    {&t_octets,      "2480 0401 61 2405 0403 626364 0400 0000", "040461626364"},
    {&t_octets,      "2480 2480 2480 0000 0000 0000",   "0400"},
    {&t_text,        "2c80 0401c3 0401a4 0000",         "0c02c3a4"},
    {&t_items_type,  "3080 8001 05 a380 a480 020107 0000 0000 aa80 0000 0000",
                     "300e 800105 a305a403020107 aa80 0000"},
    {&t_items_type,  "3080 a280 020101 2c80 040141 0000 0000 0000", "3008 a206 020101 0c0141"},
    {&t_inner_type,  "3080 020101 0c00 8500 a680 0000 0000", "300b 020101 0c00 8500 a680 0000"},
    {&t_numbers,     "3080 0281 0101 020102 0000",      "3006 020101 020102"},
    {&t_numbers,     "3080 0000",                       "3000"},
};
/* clang-format on */

START_TEST(odd_ber_means_the_same)
{
    const struct same_row *row = &same[_i];
    struct span in = hex_octets(row->hex);
    struct span canonical = hex_octets(row->canonical);
    union {
        struct t_all all;
        uint64_t number;
    } value;
    struct err err = ERR_INIT;
    struct buf out;

    ck_assert(!asn_decode(row->type, in, &value, &arena, ASN_PROFILE, NULL, &err));
    ck_assert_int_eq(err.band, ERR_MALFORMED);
    decoded(row->type, in, &value, 0);
    out = encoded(row->type, &value);
    ck_assert(span_eq(buf_span(&out), canonical));
    buf_done(&out);
    for (size_t n = 0; n < in.len; n++) {
        struct span cut = hex_exact(span_of(in.p, n));

        err_init(&err);
        ck_assert(!asn_decode(row->type, cut, &value, &arena, 0, NULL, &err));
        ck_assert_msg(err.band == ERR_TRUNCATED, "%s cut to %zu: %s", row->hex, n, err.text);
        hex_free(cut);
    }
    hex_free(canonical);
    hex_free(in);
}
END_TEST

START_TEST(truncations_of_everything)
{
    struct span whole = hex_octets(full_hex);

    for (size_t n = 0; n < whole.len; n++) {
        struct span cut = hex_exact(span_of(whole.p, n));
        struct err err = ERR_INIT;
        struct t_all v;

        ck_assert(!asn_decode(&t_all_type, cut, &v, &arena, 0, NULL, &err));
        ck_assert_int_eq(err.band, ERR_TRUNCATED);
        ck_assert_uint_eq(err.ber_offset, 0);
        hex_free(cut);
    }
    hex_free(whole);
}
END_TEST

/* Any octet replaced by any other: refused, or a value that encodes and decodes to itself. */
START_TEST(flipped_octets)
{
    struct span whole = hex_octets(full_hex);
    uint8_t *p = (uint8_t *)(uintptr_t)whole.p;
    size_t taken = 0;

    for (size_t i = 0; i < whole.len; i++) {
        uint8_t before = p[i];

        for (unsigned v = 0; v < 256; v++) {
            struct t_all value;
            struct t_all back;
            struct err err = ERR_INIT;
            struct buf again;
            struct buf out;

            p[i] = (uint8_t)v;
            arena_reset(&arena);
            if (!asn_decode(&t_all_type, whole, &value, &arena, 0, NULL, &err)) {
                ck_assert(err.band != ERR_NONE && err.band != ERR_INTERNAL);
                ck_assert(err.text[0] != '\0' && err.ber_offset <= whole.len);
                continue;
            }
            taken++;
            out = encoded(&t_all_type, &value);
            decoded(&t_all_type, buf_span(&out), &back, 0);
            again = encoded(&t_all_type, &back);
            ck_assert(span_eq(buf_span(&out), buf_span(&again)));
            buf_done(&again);
            buf_done(&out);
        }
        p[i] = before;
    }
    ck_assert_uint_gt(taken, whole.len); /* contents octets may be anything */
    hex_free(whole);
}
END_TEST

/* With and without octets behind the input, the result is the same. */
START_TEST(slack_changes_nothing)
{
    for (size_t extra = 0; extra <= ASN_SLACK_SIZE; extra += ASN_SLACK_SIZE) {
        struct span whole = hex_octets(full_hex);
        uint8_t *padded = malloc(whole.len + extra);
        struct t_all v;
        struct t_closed closed;
        struct buf out;

        memcpy(padded, whole.p, whole.len);
        memset(padded + whole.len, 0xff, extra);
        decoded(&t_all_type, span_of(padded, whole.len), &v, extra > 0 ? ASN_SLACK : 0);
        check_full(&v);
        out = encoded(&t_all_type, &v);
        ck_assert(span_eq(buf_span(&out), whole));
        buf_done(&out);
        free(padded);
        hex_free(whole);
        /* A value of few octets, too. */
        padded = calloc(1, 8 + extra);
        memcpy(padded, "\x30\x06\x02\x01\x05\x02\x01\x07", 8);
        decoded(&t_closed_type, span_of(padded, 8), &closed, extra > 0 ? ASN_SLACK : 0);
        ck_assert(closed.a == 5 && closed.has_b && closed.b == 7);
        padded[1] = 3;
        decoded(&t_closed_type, span_of(padded, 5), &closed, extra > 0 ? ASN_SLACK : 0);
        ck_assert(closed.a == 5 && !closed.has_b);
        free(padded);
    }
}
END_TEST

/* Every width at every boundary, in front of nothing and in front of more. */
START_TEST(numbers_of_every_size)
{
    uint64_t items[64 * 3 + 1];
    struct t_numbers list = {0, items};
    struct t_numbers back;
    struct buf out;

    for (unsigned bit = 0; bit < 64; bit++) {
        items[list.count++] = ((uint64_t)1 << bit) - 1;
        items[list.count++] = (uint64_t)1 << bit;
        items[list.count++] = ((uint64_t)1 << bit) + 1;
    }
    items[list.count++] = UINT64_MAX;
    out = encoded(&t_numbers, &list);
    decoded(&t_numbers, buf_span(&out), &back, ASN_PROFILE);
    ck_assert_uint_eq(back.count, list.count);
    for (size_t i = 0; i < list.count; i++) {
        struct buf one = encoded(&t_uint64, &items[i]);
        int64_t as_signed = (int64_t)items[i];
        int64_t signed_back;
        uint64_t v;

        ck_assert(back.items[i] == items[i]);
        decoded(&t_uint64, buf_span(&one), &v, ASN_PROFILE);
        ck_assert(v == items[i]);
        buf_clear(&one);
        ck_assert(asn_encode_buf(&t_int64_type, &as_signed, &one, NULL, NULL));
        decoded(&t_int64_type, buf_span(&one), &signed_back, ASN_PROFILE);
        ck_assert(signed_back == as_signed);
        buf_done(&one);
    }
    buf_done(&out);
}
END_TEST

/* C values that break a constraint are refused by encode and check, with the same words. */
static void refuse_value(const struct asn_type *type, const void *value, enum err_band band,
                         const char *path, const char *text_wanted)
{
    struct err err = ERR_INIT;
    struct err check_err = ERR_INIT;
    struct buf out;

    buf_init(&out, 1 << 20);
    ck_assert(buf_put(&out, "before", 6, NULL));
    ck_assert(!asn_encode_buf(type, value, &out, NULL, &err));
    ck_assert(!asn_check(type, value, &check_err));
    ck_assert_int_eq(err.band, band);
    ck_assert_str_eq(err.path, path);
    ck_assert_str_eq(err.text, text_wanted);
    ck_assert_str_eq(check_err.path, path);
    ck_assert_str_eq(check_err.text, text_wanted);
    ck_assert(span_eq_str(buf_span(&out), "before"));
    ck_assert(!asn_encode_buf(type, value, &out, NULL, NULL));
    buf_done(&out);
}

START_TEST(bad_values_are_refused)
{
    static const uint8_t trailing[] = {0x05, 0x00, 0x00};
    static const uint8_t duplicate[] = {0x02, 0x01, 0x00};
    struct t_item items[1001];
    struct t_all v = full_value();
    struct t_inner inner = v.expl;

    v.pick.u.number = 6;
    refuse_value(&t_all_type, &v, ERR_MALFORMED, "pick > number", "value 6 is not in -5..5");
    v.pick.u.number = -6;
    refuse_value(&t_all_type, &v, ERR_MALFORMED, "pick > number", "value -6 is not in -5..5");
    v.pick.which = 2;
    refuse_value(&t_all_type, &v, ERR_MALFORMED, "pick", "Pick has no alternative 2");
    v.pick.which = ASN_UNKNOWN; /* not extensible */
    refuse_value(&t_all_type, &v, ERR_MALFORMED, "pick", "Pick has no alternative -1");
    v = full_value();
    v.kind = 2;
    refuse_value(&t_all_type, &v, ERR_MALFORMED, "kind", "value 2 is none of the names of Kind");
    v = full_value();
    v.data = span_of(full_hex, 101);
    refuse_value(&t_all_type, &v, ERR_MALFORMED, "data", "size 101 is not in 0..100");
    v.data = span_of(NULL, 101);
    refuse_value(&t_all_type, &v, ERR_MALFORMED, "data", "size 101 is not in 0..100");
    v = full_value();
    v.expl.name = text("nine char");
    refuse_value(&t_all_type, &v, ERR_MALFORMED, "expl > name", "size 9 is not in 0..8");
    v.expl.name = text("\xff");
    refuse_value(&t_all_type, &v, ERR_MALFORMED, "expl > name", "octet 0xff at 0 is not UTF-8");
    v.expl.name = span_of(NULL, 1);
    refuse_value(&t_all_type, &v, ERR_INTERNAL, "expl > name",
                 "only an OCTET STRING may be a hole");
    v = full_value();
    v.oid = span_of(NULL, 0);
    refuse_value(&t_all_type, &v, ERR_MALFORMED, "oid",
                 "object identifier without contents octets");
    v = full_value();
    v.raw = span_of(trailing, 3);
    refuse_value(&t_all_type, &v, ERR_MALFORMED, "raw", "1 octets behind an element");
    v.raw = span_of(NULL, 0);
    refuse_value(&t_all_type, &v, ERR_MALFORMED, "raw", "no element");
    v = full_value();
    v.has_level = false; /* but level is 9 */
    refuse_value(&t_all_type, &v, ERR_INTERNAL, "level", "has a value, but has_level is false");
    inner.unknown = span_of(duplicate, 3);
    refuse_value(&t_inner_type, &inner, ERR_MALFORMED, "",
                 "an unknown addition has the tag of component 'id'");
    inner.unknown = span_of(duplicate, 2);
    refuse_value(&t_inner_type, &inner, ERR_TRUNCATED, "", "element of 1 octets, 0 left");
    memset(items, 0, sizeof(items));
    v = full_value();
    v.items.count = 1001;
    v.items.items = items;
    refuse_value(&t_all_type, &v, ERR_MALFORMED, "items", "size 1001 is not in 0..1000");
    v.items.count = 1000;
    items[999].which = ASN_UNKNOWN;
    refuse_value(&t_all_type, &v, ERR_MALFORMED, "items[999]", "no element");
    items[999].unknown = span_of("\x80\x01\x00", 3);
    refuse_value(&t_all_type, &v, ERR_MALFORMED, "items[999]",
                 "an unknown alternative has the tag of a known one");
}
END_TEST

/* The one hole: lengths count it, the octets are not there, and the decoder gets the whole. */
START_TEST(hole_is_left_out)
{
    enum { PAGES = 70000 };
    struct t_item items[3];
    struct t_item_list list = {3, items};
    struct t_item_list back;
    static uint8_t pages[PAGES];
    struct asn_hole hole;
    struct err err = ERR_INIT;
    struct buf out;
    struct buf whole;

    memset(items, 0, sizeof(items));
    memset(pages, 0xa5, sizeof(pages));
    buf_init(&out, 1 << 20);
    items[0].u.number = 1;
    items[1].which = ITEM_LIST;
    items[2].u.number = 2;
    {
        struct t_all v = full_value();
        struct t_all w;

        v.data = span_of(NULL, 100);
        ck_assert(asn_encode_buf(&t_all_type, &v, &out, &hole, NULL));
        ck_assert(hole.len == 100);
        buf_init(&whole, 1 << 20);
        ck_assert(buf_put(&whole, out.p, hole.offset, NULL) && buf_put(&whole, pages, 100, NULL) &&
                  buf_put(&whole, out.p + hole.offset, out.len - hole.offset, NULL));
        decoded(&t_all_type, buf_span(&whole), &w, ASN_PROFILE);
        ck_assert_uint_eq(w.data.len, 100);
        ck_assert_uint_eq(w.data.p[99], 0xa5);
        ck_assert(!asn_encode_buf(&t_all_type, &v, &out, NULL, &err));
        ck_assert_int_eq(err.band, ERR_INTERNAL);
        buf_done(&whole);
    }
    {
        struct span big = span_of(NULL, PAGES);
        struct span big_back;

        buf_clear(&out);
        ck_assert(asn_encode_buf(&t_octets, &big, &out, &hole, NULL));
        ck_assert_uint_eq(out.len, 5);
        ck_assert(hole.offset == 5 && hole.len == PAGES);
        ck_assert(buf_put(&out, pages, PAGES, NULL));
        decoded(&t_octets, buf_span(&out), &big_back, ASN_PROFILE);
        ck_assert_uint_eq(big_back.len, PAGES);
    }
    buf_clear(&out);
    ck_assert(asn_encode_buf(&t_items_type, &list, &out, &hole, NULL));
    ck_assert(hole.len == 0);
    decoded(&t_items_type, buf_span(&out), &back, ASN_PROFILE);
    buf_done(&out);
}
END_TEST

/* Encoding into every size of buffer: full until it fits, and nothing outside is touched. */
START_TEST(buffers_of_every_size)
{
    struct t_all v = full_value();
    struct span expected = hex_octets(full_hex);

    for (size_t cap = 0; cap < expected.len + 40; cap++) {
        uint8_t *p = malloc(cap > 0 ? cap : 1);
        struct err err = ERR_INIT;
        struct ber_writer w;

        ber_writer_init(&w, p, cap, &err);
        ck_assert(asn_encode(&t_all_type, &v, &w) == (cap >= expected.len));
        ck_assert(w.full == (cap < expected.len));
        ck_assert_int_eq(err.band, cap < expected.len ? ERR_LIMIT : ERR_NONE);
        if (cap >= expected.len) {
            ck_assert(span_eq(ber_written(&w), expected));
        }
        free(p);
    }
    for (size_t max = 0; max < expected.len + 10; max++) {
        struct err err = ERR_INIT;
        struct buf out;

        buf_init(&out, max);
        ck_assert(asn_encode_buf(&t_all_type, &v, &out, NULL, &err) == (max >= expected.len));
        ck_assert_int_eq(err.band, max < expected.len ? ERR_LIMIT : ERR_NONE);
        ck_assert_uint_eq(out.len, max < expected.len ? 0 : expected.len);
        buf_done(&out);
    }
    hex_free(expected);
}
END_TEST

/* Two values behind one another: used says where the second begins. */
START_TEST(values_behind_one_another)
{
    struct t_closed a = {1, true, 2};
    struct t_closed back;
    struct buf out = encoded(&t_closed_type, &a);
    size_t used = 0;

    a.a = 3;
    ck_assert(asn_encode_buf(&t_closed_type, &a, &out, NULL, NULL));
    ck_assert_uint_eq(out.len, 16);
    ck_assert(asn_decode(&t_closed_type, buf_span(&out), &back, &arena, 0, &used, NULL));
    ck_assert(used == 8 && back.a == 1);
    ck_assert(
        asn_decode(&t_closed_type, span_from(buf_span(&out), 8), &back, &arena, 0, &used, NULL));
    ck_assert(used == 8 && back.a == 3 && back.b == 2);
    buf_done(&out);
}
END_TEST

/* Lists in lists in lists: a limit, not a crash; items of 100,000 levels are 400,000 octets. */
START_TEST(nesting_is_bounded)
{
    static const size_t depths[] = {1, 30, 62, 63, 70, 100000};

    for (size_t i = 0; i < COUNT(depths) * 2; i++) {
        size_t depth = depths[i / 2];
        bool indefinite = i % 2 != 0;
        size_t cap = depth * 8 + 16;
        uint8_t *p = malloc(cap);
        struct err err = ERR_INIT;
        struct t_item_list list;
        struct ber_writer w;
        bool ok;

        ber_writer_init(&w, p, cap, NULL);
        for (size_t d = 0; d < depth; d++) {
            struct ber_tag tag = {d + 1 == depth ? 16 : 3,
                                  d + 1 == depth ? BER_UNIVERSAL : BER_CONTEXT, true};
            struct ber_mark all = {cap, 0};

            if (indefinite) {
                ck_assert(ber_put_octets(&w, span_of("\x80", 1)) && ber_put_tag(&w, tag));
            } else {
                ck_assert(ber_put_head(&w, tag, all));
            }
        }
        if (indefinite) {
            size_t n = ber_written(&w).len;

            memmove(p, ber_written(&w).p, n);
            memset(p + n, 0, cap - n);
            ok = asn_decode(&t_items_type, span_of(p, cap), &list, &arena, 0, NULL, &err);
        } else {
            ok = asn_decode(&t_items_type, ber_written(&w), &list, &arena, 0, NULL, &err);
        }
        ck_assert_msg(ok == (depth <= BER_DEPTH_MAX), "%zu: %s", depth, err.text);
        ck_assert_int_eq(err.band, ok ? ERR_NONE : ERR_LIMIT);
        if (ok && !indefinite) {
            struct buf out = encoded(&t_items_type, &list);

            ck_assert(span_eq(buf_span(&out), ber_written(&w)));
            buf_done(&out);
        }
        free(p);
    }
}
END_TEST

static double seconds(void)
{
    return (double)clock() / CLOCKS_PER_SEC;
}

/* Decodes count items, each of them a list if nested, of indefinite length if indefinite. */
static double time_of(size_t count, bool nested, bool indefinite)
{
    struct span item = hex_octets(indefinite ? nested ? "a3800000" : "aa800000"
                                  : nested   ? "a3020500"
                                             : "80020100");
    uint8_t *p = malloc(count * 4 + 4);
    double best = 1e9;

    memcpy(p, "\x30\x80", 2);
    for (size_t i = 0; i < count; i++) {
        memcpy(p + 2 + 4 * i, item.p, 4);
    }
    memset(p + 2 + 4 * count, 0, 2);
    for (int round = 0; round < 3; round++) {
        double begin = seconds();
        struct asn_type list = t_items_type;
        struct t_item_list value;
        struct buf out;

        list.max = UINT64_MAX;
        arena_reset(&arena);
        ck_assert(asn_decode(&list, span_of(p, count * 4 + 4), &value, &arena, 0, NULL, NULL));
        ck_assert_uint_eq(value.count, count);
        out = encoded(&list, &value);
        buf_done(&out);
        best = seconds() - begin < best ? seconds() - begin : best;
    }
    free(p);
    hex_free(item);
    return best;
}

START_TEST(time_is_linear)
{
    arena_done(&arena);
    arena_init(&arena, (size_t)1 << 30);
    for (int kind = 0; kind < 4; kind++) {
        double small = time_of(100000, kind % 2 != 0, kind / 2 != 0);
        double large = time_of(1000000, kind % 2 != 0, kind / 2 != 0);

        ck_assert_msg(large < 40 * small + 0.05, "kind %d: %f s, then %f s", kind, small, large);
    }
}
END_TEST

/* The arena's bound holds what a hostile list can claim. */
START_TEST(arena_bounds_what_is_decoded)
{
    struct span in = hex_octets("3080 aa00 aa00 aa00 aa00 aa00 aa00 aa00 aa00 0000");
    struct err err = ERR_INIT;
    struct t_item_list list;
    struct arena small;

    arena_init(&small, 7 * sizeof(struct t_item));
    ck_assert(!asn_decode(&t_items_type, in, &list, &small, 0, NULL, &err));
    ck_assert_int_eq(err.band, ERR_LIMIT);
    arena_done(&small);
    hex_free(in);
}
END_TEST

/* Unknown things of an extensible type are kept and go back in their place, octet for octet. */
/* clang-format off */
static const struct kept_row {
    const struct asn_type *type;
    const char *hex;
} kept[] = {
    {&t_inner_type, "3005020101 0c00"},
    {&t_inner_type, "3007 020101 0c00 8500"},
    {&t_inner_type, "300a 020101 0c00 8500 bf32 00"},
    {&t_inner_type, "3012 020101 0c00 8500 a680 a680 040100 0000 0000"},
    {&t_inner_type, "3009 020101 0c00 858101 01"},
    {&t_inner_type, "3009 020101 0c00 0402 0000"},
    {&t_kindx,      "0a0109"},
    {&t_kindx,      "0a047fffffff"},
    {&t_kindx,      "0a0480000000"},
    {&t_item_type,  "8500"},
    {&t_item_type,  "ff87ffffff7f 80 0500 0000"},
    {&t_item_type,  "3003020100"},
    {&t_items_type, "3008 8500 800100 8a0100"},
};
/* clang-format on */

START_TEST(unknown_things_are_kept)
{
    const struct kept_row *row = &kept[_i];
    struct span in = hex_octets(row->hex);
    union {
        struct t_all all;
        struct t_item item;
        int32_t number;
    } value;
    struct err err = ERR_INIT;
    struct buf out;

    if (in.p[1] + 2U != in.len && in.p[0] == 0x30) {
        ck_abort_msg("%s: bad vector", row->hex);
    }
    ck_assert_msg(asn_decode(row->type, in, &value, &arena, 0, NULL, &err), "%s: %s", row->hex,
                  err.text);
    out = encoded(row->type, &value);
    ck_assert_msg(span_eq(buf_span(&out), in), "%s", row->hex);
    buf_done(&out);
    hex_free(in);
}
END_TEST

struct shown_lines {
    char text[8192];
    size_t len;
};

static bool show_line(void *sink, const struct asn_shown *shown, struct err *err)
{
    static const char *const kinds[] = {"leaf", "enter", "leave"};
    struct shown_lines *lines = sink;
    char *p = lines->text + lines->len;
    size_t cap = sizeof(lines->text) - lines->len;
    int n;

    (void)err;
    n = snprintf(p, cap, "%u %s", shown->depth, kinds[shown->kind]);
    n += shown->is_item ? snprintf(p + n, cap - (size_t)n, " [%zu]", shown->index)
                        : snprintf(p + n, cap - (size_t)n, " %s", shown->name ? shown->name : "-");
    n += shown->choice != NULL ? snprintf(p + n, cap - (size_t)n, "=%s",
                                          shown->alternative ? shown->alternative : "?")
                               : 0;
    n += snprintf(p + n, cap - (size_t)n, " %zu+%zu", shown->offset, shown->len);
    if (shown->kind == ASN_SHOW_LEAF) {
        n += snprintf(p + n, cap - (size_t)n, " %s",
                      shown->type != NULL ? asn_op_name(shown->type->op) : "unknown");
        if (shown->type != NULL && shown->type->op < ASN_NULL) {
            n += snprintf(p + n, cap - (size_t)n, " %lld", (long long)shown->number);
        }
        n += shown->label != NULL ? snprintf(p + n, cap - (size_t)n, " %s", shown->label) : 0;
    }
    n += snprintf(p + n, cap - (size_t)n, "\n");
    lines->len += (size_t)n;
    ck_assert_uint_lt(lines->len, sizeof(lines->text));
    return true;
}

START_TEST(show_names_everything)
{
    static const char expected[] = "0 enter - 0+198\n"
                                   "1 leaf flag 3+3 BOOLEAN 1\n"
                                   "1 leaf u8 6+4 INTEGER 255\n"
                                   "1 leaf u16 10+5 INTEGER 32768\n"
                                   "1 leaf u32 15+6 INTEGER 2147483647\n"
                                   "1 leaf u64 21+11 INTEGER -1\n"
                                   "1 leaf i8 32+3 INTEGER -128\n"
                                   "1 leaf i16 35+4 INTEGER -129\n"
                                   "1 leaf i32 39+6 INTEGER -2147483648\n"
                                   "1 leaf i64 45+10 INTEGER -9223372036854775808\n"
                                   "1 leaf kind 55+3 ENUMERATED 5 f\n"
                                   "1 leaf kindx 58+4 ENUMERATED 1234\n"
                                   "1 leaf nothing 62+2 NULL\n"
                                   "1 leaf data 64+13 OCTET STRING\n"
                                   "1 leaf oid 77+11 OBJECT IDENTIFIER\n"
                                   "1 leaf level 88+3 INTEGER 9\n"
                                   "1 leaf opt 91+4 INTEGER 128\n"
                                   "1 enter expl 95+14\n"
                                   "2 leaf id 99+3 INTEGER 3\n"
                                   "2 leaf name 102+7 UTF8String\n"
                                   "1 leave expl 95+14\n"
                                   "1 enter items 109+48\n"
                                   "2 leaf [0]=number 111+11 INTEGER -9223372036854775808\n"
                                   "2 leaf [1]=text 122+8 UTF8String\n"
                                   "2 enter [2]=inner 130+10\n"
                                   "3 leaf id 132+3 INTEGER 77\n"
                                   "3 leaf name 135+2 UTF8String\n"
                                   "3 leaf - 137+3 unknown\n"
                                   "2 leave [2]=inner 130+10\n"
                                   "2 enter [3]=list 140+9\n"
                                   "3 leaf [0]=wrapped 142+5 INTEGER -1\n"
                                   "3 enter [1]=list 147+2\n"
                                   "3 leave [1]=list 147+2\n"
                                   "2 leave [3]=list 140+9\n"
                                   "2 leaf [4]=? 149+3 unknown\n"
                                   "2 leaf [5]=wrapped 152+5 INTEGER 0\n"
                                   "1 leave items 109+48\n"
                                   "1 leaf pick=number 157+6 INTEGER -5\n"
                                   "1 leaf small 163+4 INTEGER 11\n"
                                   "1 leaf raw 167+12 any element\n"
                                   "1 leaf added 179+4 INTEGER 1\n"
                                   "1 leaf maybe=flag 183+6 BOOLEAN 0\n"
                                   "1 leaf - 189+6 unknown\n"
                                   "1 leaf - 195+3 unknown\n"
                                   "0 leave - 0+198\n";
    struct span in = hex_octets(full_hex);
    static struct shown_lines lines;
    struct err err = ERR_INIT;

    lines.len = 0;
    ck_assert_msg(asn_show(&t_all_type, in, &arena, show_line, &lines, &err), "%s: %s", err.path,
                  err.text);
    ck_assert_str_eq(lines.text, expected);
    hex_free(in);
}
END_TEST

static bool stop_at_once(void *sink, const struct asn_shown *shown, struct err *err)
{
    (void)sink;
    (void)shown;
    return err_set(err, ERR_IO, "enough");
}

START_TEST(show_says_where_it_stops)
{
    struct span in = hex_octets("3009 a307 a305 a303 800200");
    static struct shown_lines lines;
    struct err err = ERR_INIT;

    lines.len = 0;
    ck_assert(!asn_show(&t_items_type, in, &arena, show_line, &lines, &err));
    ck_assert_int_eq(err.band, ERR_MALFORMED);
    err_init(&err);
    ck_assert(!asn_show(&t_items_type, in, &arena, stop_at_once, NULL, &err));
    ck_assert_int_eq(err.band, ERR_IO);
    hex_free(in);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("engine");
    TCase *tcase = tcase_create("core");
    SRunner *runner;
    int failed;

    tcase_set_timeout(tcase, 120);
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, full_value_is_as_x690_says);
    tcase_add_test(tcase, absent_components);
    tcase_add_loop_test(tcase, bad_input_is_refused_with_its_place, 0, COUNT(refused));
    tcase_add_loop_test(tcase, odd_ber_means_the_same, 0, COUNT(same));
    tcase_add_test(tcase, truncations_of_everything);
    tcase_add_test(tcase, flipped_octets);
    tcase_add_test(tcase, slack_changes_nothing);
    tcase_add_test(tcase, numbers_of_every_size);
    tcase_add_test(tcase, bad_values_are_refused);
    tcase_add_test(tcase, hole_is_left_out);
    tcase_add_test(tcase, buffers_of_every_size);
    tcase_add_test(tcase, values_behind_one_another);
    tcase_add_test(tcase, nesting_is_bounded);
    tcase_add_test(tcase, time_is_linear);
    tcase_add_test(tcase, arena_bounds_what_is_decoded);
    tcase_add_loop_test(tcase, unknown_things_are_kept, 0, COUNT(kept));
    tcase_add_test(tcase, show_names_everything);
    tcase_add_test(tcase, show_says_where_it_stops);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
