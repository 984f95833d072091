/*
 * test_layout_rows.c - rows that are one array, arrays of one, and context tags: how they are
 * lifted, lowered, seen, and what is refused.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "codec/base/arena.h"
#include "codec/savevm/lay_limits.h"
#include "codec/savevm/lay_value.h"
#include "layout_field.h"

/* Rows that go on with one array are one SEQUENCE, of whatever they are. */
START_TEST(test_groups)
{
    uint32_t element = add_one(field_of("v", "uint8", 1));
    struct wire_field fields[4];
    struct wire_field list = field_of("l", "qtailq", 0);

    fields[0] = field_of("p", "uint64", 1); /* a null pointer */
    fields[1] = struct_of("p", element);
    fields[2] = field_of("p", "uint8", 1);
    fields[3] = field_of("q", "uint8", 1);
    for (uint32_t i = 0; i < 4; i++) {
        fields[i].has_index = true;
        fields[i].index = i + 3;
    }
    fields[1].repeat = 2;
    fields[2].index = 6;
    lift_is(add(fields, 3, NULL, 0), span_str("0abc"),
            "\x30\x12\x30\x10\x04\x01"
            "0\x30\x03\x02\x01"
            "a\x30\x03\x02\x01"
            "b\x02\x01"
            "c",
            20);
    fields[2].index = 7; /* a gap: another array, of octets */
    lift_is(add(fields, 3, NULL, 0), span_str("0abc"),
            "\x30\x12\x30\x0d\x04\x01"
            "0\x30\x03\x02\x01"
            "a\x30\x03\x02\x01"
            "b\x04\x01"
            "c",
            20);
    fields[2].index = 6;
    fields[3].index = 7; /* another name */
    lift_is(add(&fields[2], 2, NULL, 0), span_str("cd"),
            "\x30\x06\x04\x01"
            "c\x04\x01"
            "d",
            8);
    fields[3].name = fields[2].name;
    lift_is(add(&fields[2], 2, NULL, 0), span_str("cd"),
            "\x30\x08\x30\x06\x02\x01"
            "c\x02\x01"
            "d",
            10);
    fields[3].has_extent = true; /* octets are no element */
    fields[3].extent = 2;
    lift_is(add(&fields[2], 2, NULL, 0), span_str("cde"),
            "\x30\x07\x04\x01"
            "c\x04\x02"
            "de",
            9);
    /* Elements that are lists. */
    list.has_size = false;
    list.has_members = true;
    list.members.count = 1;
    list.members.items = &element;
    list.has_index = true;
    fields[0] = list;
    fields[1] = list;
    fields[1].index = 1;
    fields[1].has_members = false;
    lift_is(add(fields, 2, NULL, 0), span_of("\1a\0\0", 4),
            "\x30\x0b\x30\x09\x30\x05\x30\x03\x02\x01"
            "a\x30\x00",
            13);
}
END_TEST

/* QEMU 10.0 gives the last element no index, and null pointers a count of their own. */
START_TEST(test_groups_without_index)
{
    uint32_t element = add_one(field_of("v", "uint8", 1));
    struct wire_field fields[4];

    fields[0] = struct_of("p", element);
    fields[0].has_index = true;
    fields[0].repeat = 2;
    fields[1] = struct_of("p", element);
    fields[2] = field_of("q", "uint8", 1);
    lift_is(add(fields, 3, NULL, 0), span_str("abcd"),
            "\x30\x14\x30\x0f\x30\x03\x02\x01"
            "a\x30\x03\x02\x01"
            "b\x30\x03\x02\x01"
            "c\x02\x01"
            "d",
            22);
    fields[0] = field_of("p", "nullptr", 1);
    fields[0].has_array = true;
    fields[0].array = 2;
    fields[2] = field_of("p", "nullptr", 1);
    lift_is(add(fields, 3, NULL, 0), span_str("00a0"),
            "\x30\x10\x30\x0e\x04\x01"
            "0\x04\x01"
            "0\x30\x03\x02\x01"
            "a\x04\x01"
            "0",
            18);
}
END_TEST

/* The octets of a leaf, laid out as a struct, little-endian. */
START_TEST(test_layout)
{
    struct wire_field inner[2];
    struct wire_field field = field_of("blob", "virtio", 3);

    inner[0] = field_of("id", "uint16", 2);
    inner[0].order = WIRE_BYTE_ORDER_LITTLE;
    inner[1] = field_of("n", "int8", 1);
    field.has_layout = true;
    field.layout = add(inner, 2, NULL, 0);
    lift_is(add_one(field), span_of("\x02\x01\xff", 3),
            "\x30\x09\x30\x07\x02\x02\x01\x02\x02\x01\xff", 11);
    field.size = 4;
    ck_assert_uint_eq(add_one(field), 0);
    ck_assert_str_eq(err.text, "4 octets, laid out as 3");
    field.has_element = true;
    field.element = field.layout;
    ck_assert_uint_eq(add_one(field), 0);
    ck_assert_str_eq(err.text, "a layout of what is no leaf");
    field.has_extent = true; /* of all elements */
    field.extent = 3;
    ck_assert(lay_types_get(&types, add_one(field))->has_layout);
    lift_is(add_one(field), span_of("\x02\x01\xff", 3),
            "\x30\x09\x30\x07\x02\x02\x01\x02\x02\x01\xff", 11);
    field.extent = 4;
    ck_assert_uint_eq(add_one(field), 0);
    ck_assert_str_eq(err.text, "4 octets, laid out as 3");
    field.has_extent = false;
    field.has_element = false;
    field.size = 3;
    field.has_array = true;
    field.array = 2;
    lift_is(add_one(field), span_of("\x02\x01\xff\x03\x01\xfe", 6),
            "\x30\x14\x30\x12\x30\x07\x02\x02\x01\x02\x02\x01\xff"
            "\x30\x07\x02\x02\x01\x03\x02\x01\xfe",
            22);
    field.has_array = false;
    field.layout = 9999;
    ck_assert_uint_eq(add_one(field), 0);
    inner[0].order = 7;
    ck_assert_uint_eq(add_one(inner[0]), 0);
    ck_assert_str_eq(err.text, "byte order 7");
}
END_TEST

START_TEST(test_sequence)
{
    struct wire_field field = field_of("f", "uint16", 2);
    uint32_t id = add_one(field);

    field.sequence = true;
    lift_is(add_one(field), span_of("\0\7", 2), "\x30\x05\x30\x03\x02\x01\x07", 7);
    ck_assert_uint_ne(add_one(field), id);
    field = field_of("f", "uint8", 1);
    field.sequence = true;
    lift_is(add_one(field), span_str("\7"), "\x30\x03\x04\x01\x07", 5);
    field = struct_of("f", id);
    field.sequence = true;
    lift_is(add_one(field), span_of("\0\7", 2), "\x30\x07\x30\x05\x30\x03\x02\x01\x07", 9);
    ck_assert_uint_ne(add_one(field), 0);
    field.has_index = true;
    ck_assert_uint_eq(add_one(field), 0);
    ck_assert_str_eq(err.text, "an array is said to be one element");
    field.has_index = false;
    field.repeat = 2;
    ck_assert_uint_eq(add_one(field), 0);
    field.repeat = 1;
    field.has_array = true;
    field.array = 1;
    ck_assert_uint_eq(add_one(field), 0);
    field.has_array = false;
    field.has_extent = true;
    ck_assert_uint_eq(add_one(field), 0);
    ck_assert_str_eq(err.path, "type t > f");
}
END_TEST

START_TEST(test_tags)
{
    uint32_t element = add_one(field_of("v", "uint8", 1));
    struct wire_field fields[8];
    uint32_t tags[] = {16383};

    fields[0] = tagged(field_of("n", "uint8", 1), 0);
    fields[1] = tagged(field_of("b", "bool", 1), 30);
    fields[2] = tagged(field_of("o", "buffer", 2), 31);
    fields[3] = tagged(struct_of("s", element), 127);
    fields[4] = tagged(field_of("w", "uint16", 2), 128);
    fields[4].has_array = true;
    fields[4].array = 1;
    fields[5] = tagged(field_of("g", "uint16", 2), 1);
    fields[5].has_index = true;
    fields[6] = field_of("g", "uint64", 1);
    fields[6].has_index = true;
    fields[6].index = 1;
    fields[7] = tagged(field_of("l", "qlist", 0), 2);
    fields[7].has_size = false;
    {
        struct wire_type_description wire = {0};
        uint32_t id = 0;

        wire.name = span_str("t");
        wire.version = 1;
        wire.fields.count = 8;
        wire.fields.items = fields;
        wire.has_subsections = true;
        wire.subsections.count = 1;
        wire.subsections.items = &element;
        wire.has_subsection_tags = true;
        wire.subsection_tags.count = 1;
        wire.subsection_tags.items = tags;
        ck_assert_msg(lay_types_intern(&types, &wire, &id, &err), "%s", err.text);
        lift_is(id,
                span_of("\x05\x01xys\x00\x06\x00\x07"
                        "0\x00\x05\x01t\x00\x00\x00\x01\x08",
                        19),
                "\x30\x29\x80\x01\x05\x9e\x01\xff\x9f\x1f\x02xy\xbf\x7f\x03\x02\x01s"
                "\xbf\x81\x00\x03\x02\x01\x06\xa1\x06\x02\x01\x07\x04\x01"
                "0\xa2\x00\xbf\xff\x7f\x03\x02\x01\x08",
                43);
        wire.subsection_tags.count = 0;
        ck_assert(!lay_types_intern(&types, &wire, &id, &err));
        ck_assert_str_eq(err.text, "0 tags for 1 subsections");
        wire.subsection_tags.count = 1;
        tags[0] = 31;
        err_init(&err);
        ck_assert(!lay_types_intern(&types, &wire, &id, &err));
        ck_assert_str_eq(err.text, "tag 31 is there twice");
        tags[0] = 16384;
        err_init(&err);
        ck_assert(!lay_types_intern(&types, &wire, &id, &err));
        ck_assert_str_eq(err.text, "tag 16384 is above 16383");
        ck_assert_int_eq(err.band, ERR_LIMIT);
    }
    fields[7] = tagged(fields[7], 128);
    ck_assert_uint_eq(add(fields, 8, NULL, 0), 0);
    ck_assert_str_eq(err.text, "tag 128 is there twice");
    ck_assert_str_eq(err.path, "type t > l");
    fields[6] = tagged(fields[6], 3);
    ck_assert_uint_eq(add(fields, 7, NULL, 0), 0);
    ck_assert_str_eq(err.text, "a tag in the middle of an array");
    ck_assert_uint_ne(add_one(tagged(field_of("f", "uint8", 1), 4)),
                      add_one(tagged(field_of("f", "uint8", 1), 5)));
}
END_TEST

/* Any BER under tags, and values whose tags are others. */
START_TEST(test_tags_read)
{
    static const struct {
        const char *value;
        size_t len;
        const char *text; /* NULL: it is taken */
    } rows[] = {
        {"\x30\x08\x80\x01\x07\x9f\x1f\x02yz", 10, NULL},
        {"\x30\x80\x80\x81\x01\x07\xbf\x1f\x80\x04\x01y\x04\x01z\x00\x00\x00\x00", 19, NULL},
        {"\x30\x0c\x80\x01\x07\xbf\x1f\x06\x04\x01y\x04\x01z", 14, NULL},
        {"\x30\x08\x02\x01\x07\x9f\x1f\x02yz", 10, "expected [0] (0x80), found INTEGER (0x02)"},
        {"\x30\x08\x81\x01\x07\x9f\x1f\x02yz", 10, "expected [0] (0x80), found [1] (0x81)"},
        {"\x30\x08\xa0\x01\x07\x9f\x1f\x02yz", 10, "expected [0] (0x80), found [0] (0xa0)"},
        {"\x30\x08\x40\x01\x07\x9f\x1f\x02yz", 10,
         "expected [0] (0x80), found [APPLICATION 0] (0x40)"},
        {"\x30\x08\x80\x01\x07\x04\x03yza", 10,
         "expected [31] (0x9f1f), found OCTET STRING (0x04)"},
        {"\x30\x08\x80\x01\x07\x9f\x20\x02yz", 10, "expected [31] (0x9f1f), found [32] (0x9f20)"},
        {"\x30\x08\x80\x01\x07\x9f\x1f\x03yz", 10,
         "[31] (0x9f1f) runs past the end of the one around it"},
        {"\x30\x09\x80\x02\x00\x07\x9f\x1f\x02yz", 11, "INTEGER of 2 octets is not minimal"},
    };
    struct wire_field fields[] = {tagged(field_of("n", "uint8", 1), 0),
                                  tagged(field_of("b", "buffer", 2), 31)};
    uint32_t id = add(fields, 2, NULL, 0);
    struct buf out;

    buf_init(&out, 1 << 20);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        bool ok = lower(id, rows[i].value, rows[i].len, &out);

        ck_assert_msg(ok == (rows[i].text == NULL), "%zu: %s", i, err.text);
        if (ok) {
            ck_assert(span_eq(buf_span(&out), span_str("\7yz")));
        } else {
            ck_assert_str_eq(err.text, rows[i].text);
        }
    }
    buf_done(&out);
}
END_TEST

/* An array of several rows is one; its elements keep their own kinds. */
START_TEST(test_view_groups)
{
    static const char value[] = "\x30\x11\xa0\x0d\x04\x01"
                                "0\x30\x03\x02\x01\x05\x30\x03\x30\x01\x00\x04\x00";
    const struct lay_where where = {span_str("dev"), 1000, 2000};
    uint32_t element = add_one(field_of("v", "uint8", 1));
    struct wire_field fields[4];
    struct seen seen = {"", 0};
    const struct lay_visitor visitor = {see, NULL, &seen};
    struct arena arena;
    uint32_t id;

    fields[0] = tagged(field_of("p", "uint64", 1), 0);
    fields[1] = struct_of("p", element);
    fields[2] = field_of("p", "qlist", 0);
    fields[2].has_size = false;
    for (uint32_t i = 0; i < 3; i++) {
        fields[i].has_index = true;
        fields[i].index = i + 3;
    }
    fields[3] = field_of("b", "buffer", 0);
    id = add(fields, 4, NULL, 0);
    arena_init(&arena, 1 << 20);
    ck_assert(
        !lay_visit(&types, id, span_of(value, sizeof(value) - 1), &where, &arena, &visitor, &err));
    ck_assert_str_eq(err.path, "dev > p[5]");
    memset(&seen, 0, sizeof(seen));
    err_init(&err);
    ck_assert_msg(lay_visit(&types, id,
                            span_of("\x30\x0e\xa0\x0a\x04\x01"
                                    "0\x30\x03\x02\x01\x05\x30\x00\x04\x00",
                                    16),
                            &where, &arena, &visitor, &err),
                  "%s", err.text);
    ck_assert_str_eq(seen.text, "struct t 1000+3 2000+16 { array p 1000+3 2002+12 { "
                                "octets p[3] 1000+1 2004+3; "
                                "struct p[4] 1001+1 2007+5 { int v 1001+1 2009+3; }"
                                "list p[5] 1002+1 2012+2 { }}"
                                "octets b 1003+0 2014+2; }");
    arena_done(&arena);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("layout rows");
    TCase *tcase = tcase_create("rows");
    SRunner *runner;
    int failed;

    tcase_add_checked_fixture(tcase, layout_field_setup, layout_field_teardown);
    tcase_add_test(tcase, test_groups);
    tcase_add_test(tcase, test_groups_without_index);
    tcase_add_test(tcase, test_layout);
    tcase_add_test(tcase, test_sequence);
    tcase_add_test(tcase, test_tags);
    tcase_add_test(tcase, test_tags_read);
    tcase_add_test(tcase, test_view_groups);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
