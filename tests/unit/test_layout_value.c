/*
 * test_layout_value.c - types, values, views and the text of descriptions: every form of BER that
 * is allowed, every fault that is not, and the bounds.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "codec/ber/ber_reader.h"
#include "codec/savevm/lay_json.h"
#include "codec/savevm/lay_limits.h"
#include "codec/savevm/lay_text.h"
#include "codec/savevm/lay_value.h"
#include "codec/savevm/lay_visit.h"
#include "codec/savevm/lay_vmdesc.h"
#include "layout_field.h"

START_TEST(test_integers)
{
    static const struct {
        const char *type;
        uint32_t size;
        const char *payload;
        const char *value;
        size_t value_len;
    } rows[] = {
        {"uint8", 1, "\x00", "\x30\x03\x02\x01\x00", 5},
        {"uint8", 1, "\x7f", "\x30\x03\x02\x01\x7f", 5},
        {"uint8", 1, "\x80", "\x30\x04\x02\x02\x00\x80", 6},
        {"int8", 1, "\x80", "\x30\x03\x02\x01\x80", 5},
        {"int16", 2, "\xff\x7f", "\x30\x04\x02\x02\xff\x7f", 6},
        {"int16", 2, "\xff\xff", "\x30\x03\x02\x01\xff", 5},
        {"uint16", 2, "\xff\xff", "\x30\x05\x02\x03\x00\xff\xff", 7},
        {"int32", 4, "\x80\x00\x00\x00", "\x30\x06\x02\x04\x80\x00\x00\x00", 8},
        {"uint32", 4, "\x80\x00\x00\x00", "\x30\x07\x02\x05\x00\x80\x00\x00\x00", 9},
        {"uint32 equal", 4, "\x00\x00\x01\x00", "\x30\x04\x02\x02\x01\x00", 6},
        {"timer", 8, "\xff\xff\xff\xff\xff\xff\xff\xff", "\x30\x03\x02\x01\xff", 5},
        {"uint64", 8, "\xff\xff\xff\xff\xff\xff\xff\xff",
         "\x30\x0b\x02\x09\x00\xff\xff\xff\xff\xff\xff\xff\xff", 13},
        {"int64 equal", 8, "\x00\x00\x00\x00\x00\x00\x00\x80", "\x30\x04\x02\x02\x00\x80", 6},
        {"bool", 1, "\x01", "\x30\x03\x01\x01\xff", 5},
        {"bool", 1, "\xff", "\x30\x03\x01\x01\x01", 5},
        {"bool", 1, "\x00", "\x30\x03\x01\x01\x00", 5},
        {"bool", 1, "\x5a", "\x30\x03\x01\x01\x5a", 5},
        {"uint64", 1, "\x30", "\x30\x03\x04\x01\x30", 5},
        {"buffer", 3, "abc",
         "\x30\x05\x04\x03"
         "abc",
         7},
        {"buffer", 0, "", "\x30\x02\x04\x00", 4},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        uint32_t id = add_one(field_of("f", rows[i].type, rows[i].size));

        lift_is(id, span_of(rows[i].payload, rows[i].size), rows[i].value, rows[i].value_len);
    }
}
END_TEST

START_TEST(test_lengths)
{
    static const uint32_t sizes[] = {1, 124, 125, 126, 127, 128, 129, 255, 256, 65535, 65536};
    uint8_t *octets = calloc(1, 65536);

    ck_assert_ptr_nonnull(octets);
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        const struct lay_where where = {span_str("dev"), 0, 0};
        uint32_t id = add_one(field_of("f", "buffer", sizes[i]));
        struct ber_head head;
        struct span whole;
        struct span value;
        struct buf room;

        buf_init(&room, 1 << 20);
        ck_assert(
            lay_value_lift(&types, id, span_of(octets, sizes[i]), &where, &room, &value, &err));
        ck_assert(ber_check(value, BER_PROFILE, &whole, &err) && whole.len == value.len);
        ck_assert(ber_element(value, &whole, &head, &err) && ber_head_is_minimal(&head));
        buf_done(&room);
    }
    free(octets);
}
END_TEST

START_TEST(test_arrays)
{
    struct wire_field octets = field_of("o", "uint8", 1);
    struct wire_field words = field_of("w", "uint16", 2);
    struct wire_field run = field_of("r", "int32", 4);

    octets.has_array = true;
    octets.array = 3;
    lift_is(add_one(octets), span_str("abc"),
            "\x30\x05\x04\x03"
            "abc",
            7);
    words.has_array = true;
    words.array = 2;
    lift_is(add_one(words), span_of("\x00\x01\x12\x34", 4),
            "\x30\x09\x30\x07\x02\x01\x01\x02\x02\x12\x34", 11);
    words.array = 0;
    lift_is(add_one(words), span_of("", 0), "\x30\x02\x30\x00", 4);
    run.has_index = true;
    run.repeat = 2;
    lift_is(add_one(run), span_of("\xff\xff\xff\xff\x00\x00\x00\x05", 8),
            "\x30\x08\x30\x06\x02\x01\xff\x02\x01\x05", 10);
    run.repeat = 1; /* a row of one is a row */
    lift_is(add_one(run), span_of("\x00\x00\x00\x05", 4), "\x30\x05\x30\x03\x02\x01\x05", 7);
    octets.has_extent = true;
    octets.extent = 5;
    lift_is(add_one(octets), span_str("abcde"),
            "\x30\x07\x04\x05"
            "abcde",
            9);
}
END_TEST

START_TEST(test_subsection)
{
    struct wire_field field = field_of("f", "uint8", 1);
    uint32_t sub = add(&field, 1, NULL, 0);
    uint32_t id = add(&field, 1, &sub, 1);

    lift_is(id, span_of("\x07\x05\x01t\x00\x00\x00\x01\x08", 9),
            "\x30\x08\x02\x01\x07\x30\x03\x02\x01\x08", 10);
}
END_TEST

START_TEST(test_any_ber)
{
    static const struct {
        const char *value;
        size_t len;
    } rows[] = {
        {"\x30\x80\x02\x01\x07\x04\x03"
         "abc\x00\x00",
         12},
        {"\x30\x81\x08\x02\x01\x07\x04\x03"
         "abc",
         11},
        {"\x30\x84\x00\x00\x00\x08\x02\x01\x07\x04\x03"
         "abc",
         14},
        {"\x30\x0b\x02\x81\x01\x07\x04\x82\x00\x03"
         "abc",
         13},
        {"\x30\x0c\x02\x01\x07\x24\x07\x04\x02"
         "ab\x04\x01"
         "c",
         14},
        {"\x30\x0e\x02\x01\x07\x24\x80\x04\x02"
         "ab\x04\x01"
         "c\x00\x00",
         16},
        {"\x30\x80\x02\x01\x07\x24\x80\x24\x80\x04\x01"
         "a\x00\x00\x04\x02"
         "bc\x00\x00\x00\x00",
         22},
    };
    struct wire_field fields[] = {field_of("n", "uint8", 1), field_of("b", "buffer", 3)};
    uint32_t id = add(fields, 2, NULL, 0);
    struct buf out;

    buf_init(&out, 1 << 20);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        ck_assert_msg(lower(id, rows[i].value, rows[i].len, &out), "%zu: %s", i, err.text);
        ck_assert(span_eq(buf_span(&out), span_str("\7abc")));
        for (size_t n = 0; n < rows[i].len; n++) { /* no part of a value is one */
            ck_assert(!lower(id, rows[i].value, n, &out));
            ck_assert(out.len == 0);
        }
    }
    buf_done(&out);
}
END_TEST

START_TEST(test_faults)
{
    static const struct {
        const char *value;
        size_t len;
        const char *path;
        uint64_t legacy;
        uint64_t ber;
        const char *text;
    } rows[] = {
        {"\x31\x08\x02\x01\x07\x04\x03"
         "abc",
         10, "dev", 0x100, 0x200, "expected SEQUENCE (0x30), found SET (0x31)"},
        {"\x30\x08\x04\x01\x07\x04\x03"
         "abc",
         10, "dev > n", 0x100, 0x202, "expected INTEGER (0x02), found OCTET STRING (0x04)"},
        {"\x30\x09\x02\x02\x01\x00\x04\x03"
         "abc",
         11, "dev > n", 0x100, 0x202, "INTEGER does not fit an unsigned number of 1 octets"},
        {"\x30\x08\x02\x01\xff\x04\x03"
         "abc",
         10, "dev > n", 0x100, 0x202, "INTEGER does not fit an unsigned number of 1 octets"},
        {"\x30\x09\x02\x02\x00\x07\x04\x03"
         "abc",
         11, "dev > n", 0x100, 0x202, "INTEGER of 2 octets is not minimal"},
        {"\x30\x09\x02\x01\x07\x04\x04"
         "abcd",
         11, "dev > b", 0x101, 0x207, "expected 3 octets, found 4"},
        {"\x30\x0b\x02\x01\x07\x04\x03"
         "abc\x02\x01\x00",
         13, "dev", 0x104, 0x20a, "3 octets more than the type has fields for"},
        {"\x30\x08\x02\x01\x07\x04\x03"
         "abcd",
         11, "dev", 0x104, 0x20a, "1 octets behind the value"},
        {"\x30\x08\x02\x01\x07\x04\x04"
         "abcd",
         11, "dev > b", 0x101, 0x205, "OCTET STRING (0x04) runs past the end of the one around it"},
        {"\x30\x0b\x02\x01\x07\x24\x06\x02\x01\x00\x04\x01"
         "a",
         13, "dev > b", 0x101, 0x207, "a segment that is no OCTET STRING"},
        {"\x30\x0a\x02\x01\x07\x24\x05\x04\x03"
         "abcd",
         13, "dev", 0x104, 0x20c, "1 octets behind the value"},
    };
    struct wire_field fields[] = {field_of("n", "uint8", 1), field_of("b", "buffer", 3)};
    uint32_t id = add(fields, 2, NULL, 0);
    struct buf out;

    buf_init(&out, 1 << 20);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        ck_assert(!lower(id, rows[i].value, rows[i].len, &out));
        ck_assert_str_eq(err.text, rows[i].text);
        ck_assert_str_eq(err.path, rows[i].path);
        ck_assert_uint_eq(err.legacy_offset, rows[i].legacy);
        ck_assert_uint_eq(err.ber_offset, rows[i].ber);
        ck_assert_int_eq(err.band, ERR_MALFORMED);
    }
    ck_assert(!lower(99, "\x30\x00", 2, &out));
    ck_assert_str_eq(err.text, "type 99 is not described");
    buf_done(&out);
}
END_TEST

START_TEST(test_types_refused)
{
    struct wire_field field = field_of("f", "uint8", 1);
    struct wire_type_description wire = {0};
    uint32_t one = 1;
    uint32_t two = 2;

    ck_assert_uint_eq(add_one(struct_of("s", 1)), 0); /* before it is there */
    ck_assert_uint_eq(add(NULL, 0, &one, 1), 0);
    field.repeat = 0;
    ck_assert_uint_eq(add_one(field), 0);
    field.repeat = 2;
    field.has_array = true;
    field.array = 2;
    ck_assert_uint_eq(add_one(field), 0);
    field = field_of("f", "uint8", 1);
    field.has_size = false;
    ck_assert_uint_eq(add_one(field), 0);
    field = field_of("f", "buffer", UINT32_MAX); /* LAY_VALUE_MAX */
    ck_assert_uint_eq(add_one(field), 0);
    ck_assert_int_eq(err.band, ERR_LIMIT);
    field = field_of("f", "buffer", 0); /* values without octets */
    field.has_array = true;
    field.array = 1 << 20;
    ck_assert_uint_eq(add_one(field), 0);
    ck_assert_int_eq(err.band, ERR_LIMIT);
    field = field_of("f", "buffer", LAY_VALUE_MAX);
    field.has_array = true;
    field.array = UINT32_MAX;
    ck_assert_uint_eq(add_one(field), 0);
    ck_assert_int_eq(err.band, ERR_LIMIT);

    field = field_of("f", "uint8", 1);
    ck_assert_uint_eq(add_one(field), 1);
    ck_assert_uint_eq(add_one(field), 1); /* equal ones are one */
    ck_assert_uint_eq(add_one(struct_of("s", 1)), 2);
    ck_assert_uint_eq(add(&field, 1, &two, 1), 3);
    wire.name = span_str("x");
    wire.id = 5;
    err_init(&err);
    ck_assert(!lay_types_add(&types, &wire, &err));
    ck_assert_str_eq(err.text, "expected the description of type 4, found type 5");
    lay_types_rollback(&types, 1);
    ck_assert_uint_eq(add_one(struct_of("other", 1)), 2);
    ck_assert_ptr_null(lay_types_get(&types, 0));
    ck_assert_ptr_null(lay_types_get(&types, 3));
}
END_TEST

START_TEST(test_depth)
{
    uint32_t id = add_one(field_of("f", "uint8", 1));
    uint32_t last = 0;
    struct buf out;

    for (int depth = 1; depth < 100 && id != 0; depth++) {
        last = id;
        id = add_one(struct_of("s", last));
        ck_assert(id != 0 || depth == LAY_DEPTH_MAX);
    }
    ck_assert_int_eq(err.band, ERR_LIMIT);
    ck_assert_uint_eq(lay_types_get(&types, last)->depth, LAY_DEPTH_MAX);
    buf_init(&out, 1 << 20);
    {
        const struct lay_where where = {span_str("dev"), 0, 0};
        struct span value;
        struct buf room;

        buf_init(&room, 1 << 20);
        ck_assert(lay_value_lift(&types, last, span_str("x"), &where, &room, &value, &err));
        ck_assert(lower(last, value.p, value.len, &out) && out.len == 1 && out.p[0] == 'x');
        buf_done(&room);
    }
    buf_done(&out);
}
END_TEST

/* Types in types in types: sizes multiply, and must stay numbers. */
START_TEST(test_bombs)
{
    uint32_t id = add_one(field_of("f", "uint8", 1));

    for (int i = 0; i < 60 && id != 0; i++) {
        struct wire_field field = struct_of("s", id);

        field.has_array = true;
        field.array = 1000;
        id = add_one(field);
    }
    ck_assert_uint_eq(id, 0);
    ck_assert_int_eq(err.band, ERR_LIMIT);
    id = add(NULL, 0, NULL, 0);
    for (int i = 0; i < 60 && id != 0; i++) {
        struct wire_field fields[8];

        for (int k = 0; k < 8; k++) {
            fields[k] = struct_of(k % 2 != 0 ? "a" : "b", id);
        }
        id = add(fields, 8, NULL, 0);
    }
    ck_assert_uint_eq(id, 0);
    ck_assert_int_eq(err.band, ERR_LIMIT);
}
END_TEST

START_TEST(test_view)
{
    static const char value[] = "\x30\x22\x02\x01\x07\x30\x06\x02\x01\x01\x02\x01\x02"
                                "\x30\x80\x30\x03\x01\x01\x01\x30\x03\x01\x01\x00\x00\x00"
                                "\x24\x05\x04\x01"
                                "a\x04\x00\x30\x00";
    const struct lay_where where = {span_str("dev"), 1000, 2000};
    struct wire_field inner = field_of("flag", "bool", 1);
    uint32_t element = add_one(inner);
    struct wire_field fields[4];
    struct seen seen = {"", 0};
    const struct lay_visitor visitor = {see, NULL, &seen};
    uint32_t sub = add(NULL, 0, NULL, 0);
    struct arena arena;
    uint32_t id;

    fields[0] = field_of("n", "uint8", 1);
    fields[1] = field_of("w", "uint16", 2);
    fields[1].has_array = true;
    fields[1].array = 2;
    fields[2] = struct_of("s", element);
    fields[2].has_index = true;
    fields[2].index = 4;
    fields[2].repeat = 2;
    fields[3] = field_of("b", "buffer", 1);
    id = add(fields, 4, &sub, 1);
    arena_init(&arena, 1 << 20);
    ck_assert_msg(
        lay_visit(&types, id, span_of(value, sizeof(value) - 1), &where, &arena, &visitor, &err),
        "%s", err.text);
    ck_assert_str_eq(seen.text,
                     "struct t 1000+15 2000+36 { int n 1000+1 2002+3; "
                     "array w 1001+4 2005+8 { int w[0] 1001+2 2007+3; int w[1] 1003+2 2010+3; }"
                     "array s 1005+2 2013+14 { "
                     "struct s[4] 1005+1 2015+5 { bool flag 1005+1 2017+3; }"
                     "struct s[5] 1006+1 2020+5 { bool flag 1006+1 2022+3; }}"
                     "octets b 1007+1 2027+7; sub t 1008+7 2034+2 { }}");
    arena_done(&arena);
}
END_TEST

static bool read_text(const char *text, struct lay_vmdesc *desc)
{
    err_init(&err);
    return lay_vmdesc_read(desc, &types, span_str(text), &err);
}

START_TEST(test_json_refused)
{
    static const char *const rows[] = {
        "",
        "{",
        "[]",
        "{}",
        "{} ",
        " {}",
        "{\"page_size\": 4096}",
        "{\"devices\": []}",
        "{\"page_size\": 0, \"devices\": []}",
        "{\"page_size\": \"4096\", \"devices\": []}",
        "{\"page_size\": 99999999999999999999, \"devices\": []}",
        "{\"page_size\": 4096, \"devices\": {}}",
        "{\"page_size\": 4096, \"devices\": [1]}",
        "{\"page_size\": 4096, \"devices\": [{}]}",
        "{\"page_size\": 4096, \"devices\": [{\"name\": 1}]}",
        "{\"page_size\": 4096, \"devices\": [{\"name\": \"a\", \"instance_id\": 1.5}]}",
        "{\"page_size\": 4096, \"devices\": [{\"name\": \"\\ud800\"}]}",
        "{\"page_size\": 4096, \"devices\": [{\"name\": \"\xff\"}]}",
        "{\"page_size\": 4096, \"devices\": [{\"name\": \"a\", \"fields\": [{\"name\": \"f\"}]}]}",
        "{\"page_size\": 4096, \"devices\": [{\"name\": \"a\", \"fields\": 1}]}",
        "{\"page_size\" 4096, \"devices\": []}",
        "{\"page_size\": 4096 4096, \"devices\": []}",
        "{\"page_size\": 4096, \"devices\"}",
        "{\"page_size\": {}: 1, \"devices\": []}",
        "{\"page_size\": 1: 2, \"devices\": []}",
        "{\"page_size\": 4096, \"devices\": []]",
        "{\"page_size\": 4096, \"devices\": [}]}",
        "{\"page_size\": 4096, \"devices\": [], \"x\": nonsense}",
        "{\"page_size\": 4096, \"devices\": [], \"x\": tru}",
        "{\"page_size\": 4096, \"devices\": [], \"x\": truer}",
        "{\"page_size\": 4096, \"devices\": [], \"x\": -}",
        "{\"page_size\": 4096, \"devices\": [], \"x\": 01}",
        "{\"page_size\": 4096, \"devices\": [], \"x\": 1.}",
        "{\"page_size\": 4096, \"devices\": [], \"x\": 1.e5}",
        "{\"page_size\": 4096, \"devices\": [], \"x\": 1e}",
        "{\"page_size\": 4096, \"devices\": [], \"x\": 1e+}",
        "{\"page_size\": 4096, \"devices\": [], \"x\": 1-2}",
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct lay_vmdesc desc;

        lay_vmdesc_init(&desc);
        ck_assert_msg(!read_text(rows[i], &desc), "%s", rows[i]);
        ck_assert_int_eq(err.band, ERR_MALFORMED);
        ck_assert_uint_eq(types.count, 0);
        lay_vmdesc_done(&desc);
    }
}
END_TEST

/* JSON's words and numbers, which mean nothing here. */
START_TEST(test_json_taken)
{
    struct lay_vmdesc desc;

    lay_vmdesc_init(&desc);
    ck_assert_msg(
        read_text("{\"page_size\": 4096, \"devices\": [], \"x\": [true, false, null, 0, -0, "
                  "10, 0.5, -1.25e+3, 1E9, 2e-0]}",
                  &desc),
        "%s", err.text);
    lay_vmdesc_done(&desc);
}
END_TEST

START_TEST(test_json_deep)
{
    static const char head[] = "{\"page_size\": 1, \"devices\": [], \"x\": ";
    struct lay_vmdesc desc;
    struct buf text;

    buf_init(&text, 1 << 20);
    ck_assert(buf_put(&text, head, sizeof(head) - 1, NULL));
    for (int i = 0; i < 1000; i++) {
        ck_assert(buf_put(&text, "[", 1, NULL));
    }
    for (int i = 0; i < 1000; i++) {
        ck_assert(buf_put(&text, "]", 1, NULL));
    }
    ck_assert(buf_put(&text, "}", 1, NULL));
    lay_vmdesc_init(&desc);
    err_init(&err);
    ck_assert(!lay_vmdesc_read(&desc, &types, buf_span(&text), &err));
    ck_assert_int_eq(err.band, ERR_LIMIT);
    ck_assert_str_eq(err.text, "the description nests deeper than 128 at octet 164 of it");
    lay_vmdesc_done(&desc);
    buf_done(&text);
}
END_TEST

/* Texts that come back as they are: escapes, signs, the forms of all devices. */
START_TEST(test_text)
{
    static const char *const rows[] = {
        "{\"page_size\": 4096, \"devices\": []}",
        "{ \"page_size\" : 16384, \"devices\" : [  ] }",
        "{\"page_size\": 1, \"devices\": [{\"name\": \"a\\\"b\\\\c\\n\\t\\u0001\\u00E9\\u20AC"
        "\\uD83D\\uDE00\\u007F\", \"instance_id\": 4294967295, \"vmsd_name\": \"v\", "
        "\"version\": 2, \"fields\": []}]}",
        "{ \"page_size\" : 1, \"devices\" : [ { \"name\" : \"spapr\", \"instance_id\" : "
        "-2147483648, \"vmsd_name\" : \"v\", \"version\" : 2, \"fields\" : [  ] } ] }",
        "{\"configuration\": {\"vmsd_name\": \"configuration\", \"version\": 1, \"fields\": "
        "[{\"name\": \"len\", \"type\": \"uint32\", \"size\": 4}], \"subsections\": "
        "[{\"vmsd_name\": \"configuration/capabilities\", \"version\": 1, \"fields\": "
        "[{\"name\": \"caps_count\", \"type\": \"uint32\", \"size\": 4}, {\"name\": "
        "\"capabilities\", \"array_len\": 2, \"type\": \"capability\", \"size\": 16}]}]}, "
        "\"page_size\": 4096, \"devices\": [{\"name\": \"slirp\", \"instance_id\": 0, \"size\": 7, "
        "\"fields\": [{\"name\": \"data\", \"size\": 7, \"type\": \"buffer\"}]}]}",
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct wire_vmdesc_entry entries[4] = {0};
        struct wire_vmdesc_form form = {0};
        struct lay_vmdesc desc;
        struct lay_text text;
        struct buf out;

        lay_vmdesc_init(&desc);
        lay_text_init(&text);
        buf_init(&out, 1 << 20);
        ck_assert_msg(read_text(rows[i], &desc), "%s: %s", rows[i], err.text);
        form.style = desc.style;
        form.page_size = desc.page_size;
        form.has_configuration = desc.configuration != 0;
        form.configuration = desc.configuration;
        form.has_entries = true;
        form.entries.count = desc.device_count;
        form.entries.items = entries;
        ck_assert(desc.device_count <= 4);
        for (size_t k = 0; k < desc.device_count; k++) {
            entries[k].name = desc.devices[k].name;
            entries[k].instance = desc.devices[k].instance;
            entries[k].type = desc.devices[k].type;
        }
        ck_assert_msg(lay_text_write(&text, &types, &form, &out, &err), "%s", err.text);
        ck_assert_msg(span_eq(buf_span(&out), span_str(rows[i])), "%.*s", (int)out.len, out.p);
        buf_done(&out);
        lay_text_done(&text);
        lay_vmdesc_done(&desc);
    }
}
END_TEST

START_TEST(test_text_refused)
{
    struct wire_vmdesc_entry entry = {0};
    struct wire_vmdesc_form form = {0};
    struct lay_text text;
    struct buf out;

    lay_text_init(&text);
    buf_init(&out, 100);
    form.style = 7;
    ck_assert(!lay_text_write(&text, &types, &form, &out, &err));
    ck_assert_int_eq(err.band, ERR_UNSUPPORTED);
    err_init(&err);
    form.style = 0;
    form.has_configuration = true;
    form.configuration = 1;
    ck_assert(!lay_text_write(&text, &types, &form, &out, &err));
    err_init(&err);
    form.has_configuration = false;
    form.has_entries = true;
    form.entries.count = 1;
    form.entries.items = &entry;
    entry.name = span_str("x");
    entry.type = 3;
    ck_assert(!lay_text_write(&text, &types, &form, &out, &err));
    ck_assert_int_eq(err.band, ERR_MALFORMED);
    err_init(&err);
    entry.type = add_one(field_of("a long name that fills the room there is", "uint8", 1));
    buf_clear(&out);
    ck_assert(!lay_text_write(&text, &types, &form, &out, &err));
    ck_assert_int_eq(err.band, ERR_LIMIT);
    buf_done(&out);
    lay_text_done(&text);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("layout value");
    TCase *tcase = tcase_create("value");
    SRunner *runner;
    int failed;

    tcase_add_checked_fixture(tcase, layout_field_setup, layout_field_teardown);
    tcase_add_test(tcase, test_integers);
    tcase_add_test(tcase, test_lengths);
    tcase_add_test(tcase, test_arrays);
    tcase_add_test(tcase, test_subsection);
    tcase_add_test(tcase, test_any_ber);
    tcase_add_test(tcase, test_faults);
    tcase_add_test(tcase, test_types_refused);
    tcase_add_test(tcase, test_depth);
    tcase_add_test(tcase, test_bombs);
    tcase_add_test(tcase, test_view);
    tcase_add_test(tcase, test_json_refused);
    tcase_add_test(tcase, test_json_taken);
    tcase_add_test(tcase, test_json_deep);
    tcase_add_test(tcase, test_text);
    tcase_add_test(tcase, test_text_refused);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
