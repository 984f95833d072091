/*
 * test_schema_tables.c - resolved modules as tables: those the generator has written as C and those
 * made at run time are the same; what tables cannot hold is refused at its place.
 *
 * schema_sample.h is made of schema_sample.asn1 with --prefix sample --raw Kept.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "codec/schema/asn_build.h"
#include "codec/schema/asn_emit.h"
#include "codec/schema/asn_parser.h"
#include "codec/schema/asn_print.h"
#include "codec/schema/asn_resolve.h"
#include "schema_front.h"
#include "schema_sample.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define M(body) "M DEFINITIONS IMPLICIT TAGS ::= BEGIN " body " END"

static const char *const raw[] = {"Kept"};

static char *read_sample(void)
{
    char path[1024];
    char *text = calloc(1, 65536);
    FILE *file;

    (void)snprintf(path, sizeof(path), "%s/tests/unit/schema_sample.asn1", TEST_SOURCE_DIR);
    file = fopen(path, "rb");
    ck_assert_msg(file != NULL, "%s", path);
    ck_assert(fread(text, 1, 65535, file) > 0);
    (void)fclose(file);
    return text;
}

static void sample_front(struct front *front)
{
    char *text = read_sample();

    ck_assert_msg(front_resolve(front, text), "%s", front->err.text);
    free(text);
}

static void same_tag(const struct asn_tag *a, const struct asn_tag *b)
{
    ck_assert_uint_eq(a->len, b->len);
    ck_assert_mem_eq(a->octets, b->octets, a->len);
}

static void same_type(const struct asn_type *a, const struct asn_type *b);

static void same_member(const struct asn_member *a, const struct asn_member *b)
{
    ck_assert_str_eq(a->name, b->name);
    same_tag(&a->tag, &b->tag);
    ck_assert_uint_eq(a->offset, b->offset);
    ck_assert_uint_eq(a->present_offset, b->present_offset);
    ck_assert_uint_eq(a->flags, b->flags);
    ck_assert_int_eq(a->default_value, b->default_value);
    same_type(a->type, b->type);
}

/* Goes into types without memory of where it has been: the sample is small and has no cycles. */
static void same_type(const struct asn_type *a, const struct asn_type *b)
{
    ck_assert_str_eq(a->name, b->name);
    ck_assert_int_eq(a->op, b->op);
    ck_assert_uint_eq(a->flags, b->flags);
    same_tag(&a->tag, &b->tag);
    ck_assert_msg(a->size == b->size, "%s: %u octets, or %u", a->name, a->size, b->size);
    ck_assert_int_eq(a->min, b->min);
    ck_assert_uint_eq(a->max, b->max);
    ck_assert_uint_eq(a->member_count, b->member_count);
    ck_assert_uint_eq(a->unknown_offset, b->unknown_offset);
    ck_assert_uint_eq(a->name_count, b->name_count);
    for (uint32_t i = 0; i < a->member_count; i++) {
        same_member(&a->members[i], &b->members[i]);
    }
    for (uint32_t i = 0; i < a->name_count; i++) {
        ck_assert_str_eq(a->names[i].name, b->names[i].name);
        ck_assert_int_eq(a->names[i].value, b->names[i].value);
    }
    ck_assert_int_eq(a->element == NULL, b->element == NULL);
    if (a->element != NULL) {
        same_type(a->element, b->element);
    }
}

START_TEST(built_and_emitted_tables_are_the_same)
{
    struct front front;
    struct asn_tables tables;

    sample_front(&front);
    ck_assert_msg(asn_build(&front.model, raw, 1, &tables, &front.err), "%s", front.err.text);
    ck_assert_uint_eq(tables.count, SAMPLE_TYPES_COUNT);
    for (uint32_t i = 0; i < tables.count; i++) {
        same_type(tables.types[i], sample_types[i]);
        ck_assert_ptr_eq(asn_tables_find(&tables, sample_types[i]->name), tables.types[i]);
    }
    ck_assert_ptr_null(asn_tables_find(&tables, "Leave"));
    front_done(&front);
}
END_TEST

/* clang-format off */
static const struct leaf_row {
    const char *name;
    enum asn_op op;
    uint8_t tag;
    int64_t min;
    uint64_t max;
} leaves[] = {
    {"u8",        ASN_U8,      0x02, 0, 255},
    {"u16",       ASN_U16,     0x02, 0, 256},
    {"u32",       ASN_U32,     0x02, 65536, UINT32_MAX},
    {"u64",       ASN_U64,     0x02, 0, UINT64_MAX},
    {"u64b",      ASN_U64,     0x02, 0, UINT64_MAX},
    {"i8",        ASN_I8,      0x02, -1, 1},
    {"i16",       ASN_I16,     0x02, -129, 0},
    {"i32",       ASN_I32,     0x02, INT32_MIN, INT32_MAX},
    {"i64",       ASN_I64,     0x02, INT64_MIN, 2147483648},
    {"i64b",      ASN_I64,     0x02, INT64_MIN, INT64_MAX},
    {"i64c",      ASN_I64,     0x02, INT64_MIN, 16},
    {"i64d",      ASN_I64,     0x02, 0, 255},
    {"u64c",      ASN_U64,     0x02, 0, UINT64_MAX},
    {"bool",      ASN_BOOLEAN, 0x01, 0, 0},
    {"null",      ASN_NULL,    0x05, 0, 0},
    {"oid",       ASN_OID,     0x06, 0, 0},
    {"octets",    ASN_OCTETS,  0x04, 0, UINT64_MAX},
    {"some",      ASN_OCTETS,  0x04, 1, 16},
    {"exactly",   ASN_OCTETS,  0x04, 4, 4},
    {"utf8",      ASN_UTF8,    0x0c, 0, 255},
    {"ia5",       ASN_UTF8,    0x16, 0, UINT64_MAX},
    {"printable", ASN_UTF8,    0x13, 0, UINT64_MAX},
    {"visible",   ASN_UTF8,    0x1a, 1, UINT64_MAX},
};
/* clang-format on */

START_TEST(leaves_have_their_widths)
{
    ck_assert_uint_eq(sample_leaves_type.member_count, COUNT(leaves));
    for (size_t i = 0; i < COUNT(leaves); i++) {
        const struct asn_member *member = &sample_leaves_type.members[i];

        ck_assert_str_eq(member->name, leaves[i].name);
        ck_assert_int_eq(member->type->op, leaves[i].op);
        ck_assert_uint_eq(member->tag.len, 1);
        ck_assert_uint_eq(member->tag.octets[0], leaves[i].tag);
        ck_assert_int_eq(member->type->min, leaves[i].min);
        ck_assert_uint_eq(member->type->max, leaves[i].max);
        ck_assert_int_eq(member->type->flags,
                         i == 11 || i == 12 || i == 18 ? ASN_RANGE_EXTENSIBLE : 0);
    }
}
END_TEST

START_TEST(constants_have_their_values)
{
    static const uint8_t oid[] = {0x2b, 0x06, 0x01, 0x04, 0x01, 0x81, 0xfd, 0x59, 0x01};
    struct sample_names names = {0};

    ck_assert_uint_eq(sizeof(sample_sample_oid_oid), sizeof(oid));
    ck_assert_mem_eq(sample_sample_oid_oid, oid, sizeof(oid));
    ck_assert(SAMPLE_GREATEST == UINT64_MAX && SAMPLE_LEAST == INT64_MIN && SAMPLE_SWITCHED_ON);
    ck_assert_int_eq(SAMPLE_LEVEL_LOW, INT32_MIN);
    ck_assert_int_eq(SAMPLE_LEVEL_BEYOND, 1);
    ck_assert_int_eq(SAMPLE_FLAG_ALL, 255);
    ck_assert(SAMPLE_FLAG_HUGE == UINT64_C(4294967296));
    ck_assert_int_eq(SAMPLE_PICK_FOUR, 3);
    names.struct_ = true;
    names.errno_ = names.old_style = names.camel_case = names.struct_;
    ck_assert(names.camel_case && names.u_int32_list.items == NULL);
}
END_TEST

START_TEST(places_have_their_tags)
{
    const struct asn_member *m = sample_absent_type.members;

    ck_assert_mem_eq(sample_absent_type.tag.octets, "\x7f\x1f", 2);
    ck_assert_mem_eq(sample_tagged_type.tag.octets, "\xa3", 1);
    ck_assert_ptr_eq(sample_tagged_type.members, m);
    ck_assert_uint_eq(sample_pick_type.tag.len, 0);
    ck_assert_mem_eq(sample_tagged_pick_type.tag.octets, "\xa4", 1);
    ck_assert_uint_eq(sample_kept_type.tag.len, 0);
    ck_assert_int_eq(sample_kept_type.op, ASN_RAW);
    /* j is behind the marker and has a default; l is behind it and has to be there in new streams.
     */
    ck_assert_uint_eq(m[9].flags, ASN_DEFAULT | ASN_ADDITION);
    ck_assert_int_eq(m[9].default_value, 255);
    ck_assert_uint_eq(m[11].flags, ASN_ADDITION);
    ck_assert_uint_eq(m[11].present_offset, offsetof(struct sample_absent, has_l));
    ck_assert_uint_eq(m[8].tag.len, 0);
    /* Module Sample-Other tags explicitly. */
    ck_assert_uint_eq(sample_other_type.members[0].flags, ASN_EXPLICIT);
    ck_assert_uint_eq(sample_other_type.members[0].tag.octets[0], 0xa0);
    ck_assert_int_eq(sample_narrow_type.op, ASN_U8);
}
END_TEST

#define NOT ERR_UNSUPPORTED

/* clang-format off */
static const struct bad_row {
    const char *text;
    const char *raw;
    uint32_t column;
    const char *message;
} bads[] = {
    {M("A ::= BIT STRING"), NULL, 45, "not supported in tables: BIT STRING"},
    {M("A ::= SEQUENCE { a SEQUENCE OF A }"), NULL, 70, "A contains itself, and no type between is raw"},
    {M("A ::= SEQUENCE { a SEQUENCE OF B } B ::= CHOICE { a A }"), NULL, 91, "A contains itself, and no type between is raw"},
    {M("A ::= NULL"), "B", 0, "there is no type B to keep raw"},
    {M("A ::= [1] EXPLICIT NULL"), NULL, 45, "not supported in tables: an EXPLICIT tag other than on a component or a CHOICE"},
    {M("A ::= SEQUENCE { a [0] [1] NULL }"), NULL, 62, "not supported in tables: a second tag before one type"},
    {M("A ::= SEQUENCE OF [0] EXPLICIT NULL"), NULL, 57, "not supported in tables: an EXPLICIT tag other than on a component or a CHOICE"},
    {M("A ::= SEQUENCE { a [0] B } B ::= SEQUENCE {}"), "B", 58, "not supported in tables: an IMPLICIT tag on a raw type"},
    {M("A ::= INTEGER (-1..18446744073709551615)"), NULL, 45, "not supported in tables: a range with negative values and values above 9223372036854775807"},
    {M("A ::= INTEGER (18446744073709551615)"), NULL, 45, "not supported in tables: a least value above 9223372036854775807"},
    {M("A ::= OCTET STRING (SIZE (18446744073709551615))"), NULL, 45, "not supported in tables: a least size above 9223372036854775807"},
    {M("A ::= ENUMERATED { a(2147483648) }"), NULL, 58, "not supported in tables: a number of an enumeration outside -2147483648..2147483647"},
    {M("A ::= SEQUENCE { a INTEGER (0..MAX) DEFAULT 18446744073709551615 }"), NULL, 83, "not supported in tables: a DEFAULT above 9223372036854775807"},
    {M("A ::= SEQUENCE { a OCTET STRING DEFAULT ''H }"), NULL, 79, "not supported in tables: a DEFAULT that is no BOOLEAN, INTEGER or ENUMERATED"},
    {M("Foo-Bar ::= NULL FooBar ::= NULL"), NULL, 67, "Foo-Bar and FooBar are both foo_bar in C"},
    {M("A ::= SEQUENCE { b SEQUENCE {} } A-B ::= NULL"), NULL, 80, "a_b and A-B are both a_b in C"},
    {M("A ::= SEQUENCE { a-b NULL, aB BOOLEAN }"), NULL, 66, "a-b and aB are both a_b in C"},
    {M("A ::= SEQUENCE { a NULL OPTIONAL, has-a BOOLEAN }"), NULL, 73, "the presence of an optional component and has-a are both has_a in C"},
    {M("A ::= SEQUENCE { unknown NULL, ... }"), NULL, 45, "unknown and the list of unknown additions are both unknown in C"},
    {M("A ::= ENUMERATED { b-c } A-B ::= ENUMERATED { c }"), NULL, 85, "b-c and c are both a_b_c in C"},
    {M("a-b INTEGER ::= 1 A ::= ENUMERATED { b }"), NULL, 76, "a-b and b are both a_b in C"},
};
/* clang-format on */

START_TEST(what_tables_cannot_hold_is_refused)
{
    const struct bad_row *row = &bads[_i];
    struct asn_emit_options options = {"p", "p.h", &row->raw, row->raw != NULL};
    struct front front;
    struct buf c;
    struct buf h;

    buf_init(&c, ASN_OUTPUT_MAX);
    buf_init(&h, ASN_OUTPUT_MAX);
    ck_assert_msg(front_resolve(&front, row->text), "%s", front.err.text);
    ck_assert(!asn_emit(&front.model, &options, &c, &h, &front.err));
    ck_assert_str_eq(front.model.diag.message, row->message);
    ck_assert_uint_eq(front.model.diag.column, row->column);
    ck_assert_int_eq(front.err.band, row->raw != NULL && row->column == 0 ? ERR_USAGE : NOT);
    ck_assert_uint_eq(c.len + h.len, 0);
    front_done(&front);
    buf_done(&h);
    buf_done(&c);
}
END_TEST

START_TEST(sizes_that_multiply_are_refused)
{
    struct front front;
    struct asn_tables tables;
    char text[8192] = "M DEFINITIONS AUTOMATIC TAGS ::= BEGIN T0 ::= SEQUENCE { a INTEGER } ";

    for (int i = 1; i < 70; i++) {
        size_t len = strlen(text);

        (void)snprintf(text + len, sizeof(text) - len, "T%d ::= SEQUENCE { a T%d, b T%d } ", i,
                       i - 1, i - 1);
    }
    (void)strcat(text, "END");
    ck_assert_msg(front_resolve(&front, text), "%s", front.err.text);
    ck_assert(!asn_build(&front.model, NULL, 0, &tables, &front.err));
    ck_assert_str_eq(front.model.diag.message, "a value of more than 1048576 octets in C");
    front_done(&front);
}
END_TEST

START_TEST(types_too_deep_are_refused)
{
    struct front front;
    struct asn_tables tables;
    char text[8192] = "M DEFINITIONS ::= BEGIN T0 ::= NULL ";

    for (int i = 1; i < 70; i++) {
        size_t len = strlen(text);

        (void)snprintf(text + len, sizeof(text) - len, "T%d ::= SEQUENCE OF T%d ", i, i - 1);
    }
    (void)strcat(text, "END");
    ck_assert_msg(front_resolve(&front, text), "%s", front.err.text);
    ck_assert(!asn_build(&front.model, NULL, 0, &tables, &front.err));
    ck_assert_str_eq(front.model.diag.message, "more than 64 types inside one another");
    front_done(&front);
}
END_TEST

/* Two modules in two files, given in either order, are the same C. */
START_TEST(order_of_files_does_not_matter)
{
    static const char *const files[] = {
        "N DEFINITIONS ::= BEGIN IMPORTS A FROM M; B ::= SEQUENCE OF A END",
        "M DEFINITIONS ::= BEGIN A ::= SEQUENCE { a NULL } END",
    };
    struct asn_emit_options options = {"p", "p.h", NULL, 0};
    struct buf out[4];

    for (size_t turn = 0; turn < 2; turn++) {
        struct front front;

        buf_init(&out[turn], ASN_OUTPUT_MAX);
        buf_init(&out[2 + turn], ASN_OUTPUT_MAX);
        ck_assert(front_parse(&front, span_str(files[turn]), SIZE_MAX));
        ck_assert(asn_parse(&front.model, "n.asn1", span_str(files[1 - turn]), &front.err));
        ck_assert_msg(asn_resolve(&front.model, &front.err), "%s", front.err.text);
        ck_assert(asn_emit(&front.model, &options, &out[turn], &out[2 + turn], &front.err));
        front_done(&front);
    }
    ck_assert(span_eq(buf_span(&out[0]), buf_span(&out[1])));
    ck_assert(span_eq(buf_span(&out[2]), buf_span(&out[3])));
    for (size_t i = 0; i < COUNT(out); i++) {
        buf_done(&out[i]);
    }
}
END_TEST

START_TEST(prefixes_are_c_names)
{
    static const char *const prefixes[] = {
        "", "A", "1a", "a-b", "_a", "a b", "abcdefghijklmnopqrstuvwxyzabcdefg"};

    for (size_t i = 0; i < COUNT(prefixes); i++) {
        struct asn_emit_options options = {prefixes[i], "p.h", NULL, 0};
        struct front front;
        struct buf out;

        buf_init(&out, ASN_OUTPUT_MAX);
        ck_assert(front_resolve(&front, M("A ::= NULL")));
        ck_assert(!asn_emit(&front.model, &options, &out, &out, &front.err));
        ck_assert_int_eq(front.err.band, ERR_USAGE);
        front_done(&front);
        buf_done(&out);
    }
}
END_TEST

/* clang-format off */
static const struct profile_row {
    const char *text;
    const char *raw;
    const char *profile; /* NULL: refused with */
    const char *message;
} profiles[] = {
    {"N DEFINITIONS ::= BEGIN IMPORTS A FROM M; B ::= [3] A b INTEGER ::= 7 END "
     "M DEFINITIONS AUTOMATIC TAGS ::= BEGIN -- doc\nA ::= SEQUENCE { a INTEGER (0..5, ...), b CHOICE {"
     " c NULL }, ..., d ENUMERATED { e, f, ... } DEFAULT f } v OBJECT IDENTIFIER ::= { iso 3 } END", NULL,
     "P DEFINITIONS IMPLICIT TAGS ::= BEGIN\n\nv OBJECT IDENTIFIER ::= { 1 3 }\n\n"
     "A ::= SEQUENCE {\n    a [0] INTEGER,\n    b [1] EXPLICIT CHOICE {\n        c [0] NULL\n    },\n"
     "    d [2] ENUMERATED {\n        e(0),\n        f(1)\n    } DEFAULT f\n}\n\n"
     "B ::= [3] EXPLICIT A\n\nEND\n", NULL},
    {M("A ::= SEQUENCE { a B, b INTEGER (v..w)(MIN..4), c OCTET STRING (SIZE (v)) } "
       "B ::= SEQUENCE SIZE (1..MAX) OF B v INTEGER ::= 2 w INTEGER ::= 9"), "B",
     "P DEFINITIONS IMPLICIT TAGS ::= BEGIN\n\nB ::= ANY\n\nA ::= SEQUENCE {\n    a B,\n"
     "    b INTEGER (2..4),\n    c OCTET STRING (SIZE (2))\n}\n\nEND\n", NULL},
    {M("A ::= SEQUENCE { a SEQUENCE OF A }"), NULL, NULL, "A contains itself, and no type between is raw"},
    {M("A ::= SEQUENCE {}"), NULL,
     "P DEFINITIONS IMPLICIT TAGS ::= BEGIN\n\nA ::= SEQUENCE OF INTEGER\n\nEND\n", NULL},
    {M("A ::= [1] [2] NULL"), NULL, NULL, "libtasn1 has no notation for a second tag"},
    {M("A ::= SEQUENCE OF [2] NULL"), NULL, NULL, "libtasn1 has no notation for a tag behind OF"},
    {M("A ::= ENUMERATED { a(-1) }"), NULL, NULL, "libtasn1 has no notation for a negative number in an enumeration"},
};
/* clang-format on */

START_TEST(profiles_are_for_libtasn1)
{
    const struct profile_row *row = &profiles[_i];
    struct front front;
    struct buf out;

    buf_init(&out, ASN_OUTPUT_MAX);
    ck_assert_msg(front_resolve(&front, row->text), "%s", front.err.text);
    ck_assert(asn_print_profile(&front.model, "P", &row->raw, row->raw != NULL, &out, &front.err) ==
              (row->profile != NULL));
    if (row->profile != NULL) {
        ck_assert(buf_put(&out, "", 1, NULL));
        ck_assert_str_eq((const char *)out.p, row->profile);
    } else {
        ck_assert_str_eq(front.model.diag.message, row->message);
    }
    front_done(&front);
    buf_done(&out);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("schema_tables");
    TCase *tcase = tcase_create("core");
    SRunner *runner;
    int failed;

    tcase_add_test(tcase, built_and_emitted_tables_are_the_same);
    tcase_add_test(tcase, leaves_have_their_widths);
    tcase_add_test(tcase, constants_have_their_values);
    tcase_add_test(tcase, places_have_their_tags);
    tcase_add_loop_test(tcase, what_tables_cannot_hold_is_refused, 0, COUNT(bads));
    tcase_add_test(tcase, sizes_that_multiply_are_refused);
    tcase_add_test(tcase, types_too_deep_are_refused);
    tcase_add_test(tcase, order_of_files_does_not_matter);
    tcase_add_test(tcase, prefixes_are_c_names);
    tcase_add_loop_test(tcase, profiles_are_for_libtasn1, 0, COUNT(profiles));
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
