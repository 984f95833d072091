/*
 * test_device_modules.c - device modules from notation to listing: what is taken, what is refused
 * and where, and how much is too much.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "codec/base/err.h"
#include "codec/device/mod_annotation.h"
#include "codec/device/mod_library.h"
#include "codec/device/mod_listing.h"
#include "codec/savevm/lay_limits.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Assignments begin on line 4. */
#define IMPORTS                                                                                    \
    "IMPORTS UInt8, UInt16, UInt32, UInt64, Int8, Int16, Int32, Int64 FROM Vmber-Leaf\n"           \
    "Timer, Buffer, UInt8Array, NullPointer, Unseen, Unknown FROM Vmber-Vmstate;\n"
#define M(body) "Vmber-A DEFINITIONS IMPLICIT TAGS ::= BEGIN\n" IMPORTS body "\nEND\n"

/* A root of one component, which stands on line 5. */
#define C(component) M("-- <\"a\" 1>\nA ::= SEQUENCE {" component "\n...}")

enum { MESSAGE_MAX = 2048 };

static struct mod_library lib;
static struct err err;

static void setup(void)
{
    mod_library_init(&lib);
    err_init(&err);
}

static void teardown(void)
{
    mod_library_done(&lib);
}

static bool add(const char *text)
{
    err_init(&err);
    return mod_library_add_text(&lib, "a.asn1", span_str(text), &err);
}

/* The listing of the only module that was added, to be freed. */
static char *listing(uint32_t user)
{
    struct buf out;
    char *text;

    buf_init(&out, 1 << 20);
    ck_assert(mod_listing(mod_library_set(&lib, user), 0, &out, &err));
    text = calloc(1, out.len + 1);
    ck_assert_ptr_nonnull(text);
    memcpy(text, out.p, out.len);
    buf_done(&out);
    return text;
}

/* ---- what is taken ---- */

static const struct good_row {
    const char *text;
    const char *form; /* the listing behind its first line; TAB is a space here */
} goods[] = {
    {C("a UInt32,"), "type A a 1\nfield a a uint32 - unsigned one 1 4 - -\n"},
    {C("a-b Int8, -- <\"a[B]\"> for people"),
     "type A a 1\nfield a-b a[B] int8 - integer one 1 1 - -\n"},
    {C("a-b-c Int16,"), "type A a 1\nfield a-b-c a_b_c int16 - integer one 1 2 - -\n"},
    {C("a UInt64, b Int64, c Timer, d BOOLEAN, e Int32,"),
     "type A a 1\nfield a a uint64 - unsigned one 1 8 - -\nfield b b int64 - integer one 1 8 - -\n"
     "field c c timer - integer one 1 8 - -\nfield d d bool - boolean one 1 1 - -\n"
     "field e e int32 - integer one 1 4 - -\n"},
    {C("a Buffer, b Buffer (SIZE (7)),"),
     "type A a 1\nfield a a buffer - octets one 1 * - -\nfield b b buffer - octets one 1 7 - -\n"},
    {C("a UInt8Array, b UInt8Array (SIZE (7)), c [3] UInt8Array (SIZE (1..7)) OPTIONAL,"),
     "type A a 1\nfield a a uint8 - octets string 0.. 1 - -\n"
     "field b b uint8 - octets string 7 1 - -\nfield c c uint8 3 octets string 1..7 1 - -\n"},
    {C("a SEQUENCE OF UInt32, b SEQUENCE (SIZE (2)) OF BOOLEAN, c SEQUENCE (SIZE (2..MAX)) OF "
       "Buffer (SIZE (3)),"),
     "type A a 1\nfield a a uint32 - unsigned array 0.. 4 - -\n"
     "field b b bool - boolean array 2 1 - -\nfield c c buffer - octets array 2.. 3 - -\n"},
    {C("a [0] Unseen OPTIONAL, -- <unseen>"), "type A a 1\nfield a a  0 unseen one 1 - - -\n"},
    {M("-- <\"a\" 1>\nA ::= SEQUENCE { a B, b SEQUENCE OF B, c SEQUENCE OF CHOICE { null "
       "NullPointer, value B }, d B, -- <tmp>\n e B, -- <vstruct \"E\">\n ... }\n"
       "-- <\"a/b\" 2>\nB ::= SEQUENCE { ... }"),
     "type A a 1\nfield a a struct - struct one 1 - B -\nfield b b struct - struct array 0.. - B "
     "-\n"
     "field c c struct - struct nullable 0.. - B -\nfield d d tmp - struct one 1 - B -\n"
     "field e E vstruct - struct one 1 - B -\ntype B a/b 2\n"},
    {M("-- <\"a\" 1>\nA ::= SEQUENCE { a SEQUENCE OF B, -- <qtailq>\n b SEQUENCE OF B, -- <qlist>\n"
       "c SEQUENCE OF CHOICE { key UInt64, value B }, -- <gtree>\n"
       "d SEQUENCE OF CHOICE { key [0] B, value [1] B }, -- <gtree>\n"
       "e [9] B OPTIONAL, -- <subsection>\n ... }\n"
       "-- <\"a/b\" 2>\nB ::= SEQUENCE { ... }"),
     "type A a 1\nfield a a qtailq - list one 0.. - B -\nfield b b qlist - list one 0.. - B -\n"
     "field c c gtree - tree one 0.. - B -\nfield d d gtree - tree one 0.. - B B\n"
     "subsection e a/b subsection 9 struct one 1 - B -\ntype B a/b 2\n"},
    {M("-- <\"a\\\\\\\"\\x2d\\x00\" 1>\nA ::= SEQUENCE { a Mine, ... }\nMine ::= UInt32 -- "
       "<\"m\">\n"
       "n INTEGER ::= 3"),
     "type A a\\x5c\"-\\x00 1\nfield a a m - unsigned one 1 4 - -\n"},
    {C("n UInt8, s Int32, a SEQUENCE OF UInt32, -- <by \"n\">\n"
       "b-c Buffer, -- <\"b[C]\" by \"s\">\n c [0] UInt8Array OPTIONAL, -- <by \"n\">\n"
       "d [1] BOOLEAN OPTIONAL, -- <by \"n\">\n"),
     "type A a 1\nfield n n uint8 - unsigned one 1 1 - -\nfield s s int32 - integer one 1 4 - -\n"
     "field a a uint32 - unsigned array 0.. 4 - - n\nfield b-c b[C] buffer - octets one 1 * - - s\n"
     "field c c uint8 0 octets string 0.. 1 - - n\nfield d d bool 1 boolean one 1 1 - - n\n"},
    {M("-- <\"slirp\" old-style>\nA ::= SEQUENCE { data Buffer, ... }"),
     "type A slirp 0\nfield data data buffer - octets one 1 * - -\n"},
};

static char *with_tabs(const char *form)
{
    char *text = strdup(form);

    ck_assert_ptr_nonnull(text);
    for (char *p = text; *p != '\0'; p++) {
        *p = *p == ' ' ? '\t' : *p;
    }
    return text;
}

#define OPTIONALS                                                                                  \
    "A ::= SEQUENCE { a [0] UInt8 OPTIONAL, b [1] UInt8 OPTIONAL, c [2] UInt8 OPTIONAL, ... }"

/* The order of alternatives counts: it is that of the notation. */
START_TEST(constraints_are_listed)
{
    char *found;

    ck_assert_msg(
        add(M("-- <\"a\" 1>\n" OPTIONALS
              "(WITH COMPONENTS {..., a PRESENT, b ABSENT} | WITH COMPONENTS {..., b PRESENT})"
              "(WITH COMPONENTS {..., c PRESENT})")),
        "%s", err.text);
    found = listing(0);
    ck_assert_ptr_nonnull(strstr(found, "\neither\t+a -b\t+b\neither\t+c\n"));
    free(found);
}
END_TEST

START_TEST(good_modules_have_one_listing)
{
    const struct good_row *row = &goods[_i];
    char *form;
    char *found;

    ck_assert_msg(add(row->text), "%s", err.text);
    form = with_tabs(row->form);
    found = listing(0);
    ck_assert_ptr_nonnull(strchr(found, '\n'));
    ck_assert_str_eq(strchr(found, '\n') + 1, form);
    free(found);
    free(form);
}
END_TEST

/* ---- what is refused, and where ---- */

static const struct bad_row {
    const char *text;
    uint32_t line;
    uint32_t column;
    const char *message;
} bads[] = {
    /* annotations */
    {C("a UInt32, -- <\"a\" b>"), 5, 35, "unknown word 'b'"},
    {C("a UInt32, -- <\"a"), 5, 31, "a string without an end on its line"},
    {C("a UInt32, -- <\"a\" "), 5, 30, "an annotation without '>' on its line"},
    {C("a UInt32, -- <\"a\"tmp>"), 5, 34, "expected a space or '>'"},
    {C("a UInt32, -- <\"a\" \"b\">"), 5, 35, "a second string"},
    {C("a UInt32, -- <1 2>"), 5, 33, "a second number"},
    {C("a UInt32, -- <4294967296>"), 5, 31, "a number above 4294967295"},
    {C("a UInt32, -- <tmp tmp>"), 5, 35, "the same word again"},
    {C("a UInt32, -- <>"), 5, 30, "an annotation that says nothing"},
    {C("a UInt32, -- <?>"), 5, 31, "expected a string, a number, a word or '>'"},
    {C("a UInt32, -- <\"\\n\">"), 5, 32, "expected \\\", \\\\ or \\x and two hexadecimal digits"},
    {C("a UInt32, -- <\"\\x4\">"), 5, 32, "expected \\\", \\\\ or \\x and two hexadecimal digits"},
    {C("\n-- first\na UInt32, -- <\"b\">"), 7, 1,
     "an annotation that does not stand before all other comments"},
    {C("a UInt32, -- <3>"), 5, 30, "an annotation that means nothing on the field a"},
    {C("a UInt32, -- <array>"), 5, 30, "an annotation that means nothing on the field a"},
    {C("a UInt32, -- <qlist qtailq>"), 5, 30, "an annotation that means nothing on the field a"},
    {C("a UInt32, -- <tmp>"), 5, 30, "a is no struct"},
    /* leaves */
    {C("a INTEGER (0..255),"), 5, 19, "INTEGER without QEMU's name of the type"},
    {C("a OCTET STRING,"), 5, 19, "OCTET STRING without QEMU's name of the type"},
    {C("a UInt32 (0..9),"), 5, 19, "a range of its own; a field has that of UInt32"},
    {C("a Buffer (SIZE (1..2)),"), 5, 19, "a size of a that is no single number"},
    {C("a Buffer (SIZE (1, ...)),"), 5, 19, "a size with '...' in a"},
    {C("a Buffer (SIZE (1073741825)),"), 5, 19, "a size above 1073741824"},
    {C("a UTF8String,"), 5, 19, "no field of QEMU's is a UTF8String"},
    {C("a CHOICE { b NULL },"), 5, 19, "no field of QEMU's is a CHOICE"},
    {C("a SEQUENCE { ... },"), 5, 19, "the struct of a is no type with a name"},
    {C("a Mine, ... }\nMine ::= INTEGER (1..9) -- <\"m\">\n-- <\"b\" 1>\nB ::= SEQUENCE {"), 5, 19,
     "the range of Mine is that of no integer of 1 to 8 octets"},
    {M("A ::= SEQUENCE OF NULL -- <\"m\">"), 4, 27,
     "an annotation of a type that is no struct, INTEGER, BOOLEAN or OCTET STRING"},
    {M("A ::= INTEGER -- <array \"m\">"), 4, 18, "A is no OCTET STRING: an array in one string is"},
    {M("A ::= INTEGER -- <3>"), 4, 18, "expected <\"QEMU's name of the type\"> on A"},
    {C("a [0] Unseen OPTIONAL,"), 5, 17, "a is unseen, and does not say so"},
    {C("a Unseen, -- <unseen>"), 5, 17, "a is unseen, and not OPTIONAL"},
    {C("a [0] UInt8 OPTIONAL, -- <unseen>"), 5, 42, "a is unseen, and no OCTET STRING of any size"},
    /* arrays and lists */
    {C("a SEQUENCE OF UInt8,"), 5, 31,
     "integers of one octet are elements of a: it is an array in one OCTET STRING"},
    {C("a SEQUENCE OF UInt8Array,"), 5, 31, "an array of arrays in a"},
    {C("a SEQUENCE OF SEQUENCE OF UInt32,"), 5, 31,
     "no element of an array of QEMU's is a SEQUENCE OF"},
    {C("a SEQUENCE OF [3] UInt32,"), 5, 31, "the elements of a have a tag"},
    {C("a UInt32, -- <qlist>"), 5, 30, "a is no SEQUENCE OF"},
    {C("a SEQUENCE OF UInt32, -- <qlist>"), 5, 31, "the elements of a are no structs"},
    {C("a SEQUENCE OF UInt32, -- <gtree>"), 5, 31, "the elements of a are no keys and values"},
    {C("a SEQUENCE OF CHOICE { b NULL, c BOOLEAN }, -- <gtree>"), 5, 31,
     "the elements of a are no choice between a key of eight octets and a struct, or [0] and [1] "
     "of two structs"},
    {C("a SEQUENCE OF CHOICE { b NULL, c BOOLEAN },"), 5, 31,
     "the elements of a are no choice between NullPointer and a struct"},
    {C("a SEQUENCE OF CHOICE { b NULL },"), 5, 31,
     "the elements of a are no choice between two types"},
    {C("a SEQUENCE OF CHOICE { b [0] NULL, c BOOLEAN },"), 5, 52,
     "one of two alternatives of a has a tag"},
    /* tags */
    {C("a [0] UInt32,"), 5, 19, "a has a tag and is not OPTIONAL"},
    {C("a UInt32 OPTIONAL,"), 5, 17, "a is OPTIONAL without a tag"},
    {C("a UInt32 DEFAULT 3,"), 5, 17, "a has a DEFAULT"},
    {C("a [0] EXPLICIT UInt32 OPTIONAL,"), 5, 19,
     "the tag of a is not a single, implicit context tag"},
    {C("a [APPLICATION 0] UInt32 OPTIONAL,"), 5, 19,
     "the tag of a is not a single, implicit context tag"},
    {C("a [0] [1] UInt32 OPTIONAL,"), 5, 19, "the tag of a is not a single, implicit context tag"},
    {C("a [16384] UInt32 OPTIONAL,"), 5, 19, "the tag of a is above 16383"},
    {C("a [0] UInt32 OPTIONAL, b UInt32, c [0] UInt32 OPTIONAL,"), 5, 52,
     "the tag of c is that of another field"},
    {C("a B, ... }\nB ::= [3] UInt32\n-- <\"c\" 1>\nC ::= SEQUENCE {"), 5, 19,
     "B has a tag of its own"},
    /* structs */
    {M("A ::= SEQUENCE { ... }"), 4, 1, "A has no <\"vmsd name\" version>"},
    {M("-- <\"a\">\nA ::= SEQUENCE { ... }"), 4, 4,
     "expected <\"vmsd name\" version> or <\"idstr\" old-style> on A"},
    {M("-- <\"a\" 1 old-style>\nA ::= SEQUENCE { ... }"), 4, 4,
     "expected <\"vmsd name\" version> or <\"idstr\" old-style> on A"},
    {M("-- <\"a\" 1>\nA ::= SEQUENCE { a UInt32 }"), 5, 1, "A does not end in '...'"},
    {M("-- <\"a\" 1>\nA ::= [3] SEQUENCE { ... }"), 5, 7, "A has a tag of its own"},
    {M("-- <\"a\" 1>\nA ::= SEQUENCE { ..., a UInt32 }"), 5, 23, "a stands behind '...'"},
    {M("-- <\"a\" 1>\nA ::= SEQUENCE { a A, ... }"), 5, 18, "a holds a struct that holds it"},
    {M("-- <\"a\" 1>\nA ::= SEQUENCE { a B, ... }\n-- <\"b\" 1>\nB ::= SEQUENCE { b SEQUENCE OF A, "
       "... }"),
     7, 18, "b holds a struct that holds it"},
    {M("-- <\"a\" 1>\nA ::= SEQUENCE { ... }\n-- <\"b\" 1>\nB ::= SEQUENCE { ... }"), 7, 1,
     "B is no part of the first type of its module"},
    {C("a [0] A OPTIONAL, -- <subsection \"x\">"), 5, 38,
     "the subsection a has the name of its struct, no other"},
    {C("a A, -- <subsection>"), 5, 17, "the subsection a is not OPTIONAL"},
    {C("a [0] UInt32 OPTIONAL, -- <subsection>"), 5, 43, "the subsection a is no struct"},
    {M("-- <\"a\" 1>\nA ::= SEQUENCE { a [0] B OPTIONAL, -- <subsection>\nb UInt32, ... }\n"
       "-- <\"b\" 1>\nB ::= SEQUENCE { ... }"),
     6, 1, "the field b stands behind a subsection"},
    {M("-- <\"a\" old-style>\nA ::= SEQUENCE { a Buffer, ... }"), 5, 1,
     "A is old-style, and not one field data Buffer"},
    {M("-- <\"a\" old-style>\nA ::= SEQUENCE { ... }"), 5, 1,
     "A is old-style, and not one field data Buffer"},
    {M("-- <\"a\" 1>\nA ::= SEQUENCE { a B, ... }\n-- <\"b\" old-style>\nB ::= SEQUENCE { data "
       "Buffer, ... }"),
     6, 4, "B is old-style, and no root"},
    /* what counts, and what stands together */
    {C("a UInt32, -- <by>"), 5, 31, "unknown word 'by'"},
    {C("a UInt32, -- <by \"x\" by \"y\">"), 5, 41, "a second string"},
    {C("n UInt8, a UInt32, -- <by \"n\">"), 5, 39, "the number of a is not another field's"},
    {C("n UInt8, a SEQUENCE (SIZE (3)) OF UInt32, -- <by \"n\">"), 5, 62,
     "the number of a is not another field's"},
    {C("n UInt8, a [0] Unseen OPTIONAL, -- <unseen by \"n\">"), 5, 52,
     "an annotation that means nothing on the field a"},
    {C("a SEQUENCE OF UInt32, -- <by \"n\">\n n UInt8,"), 5, 42,
     "no INTEGER before a that is always there has the name behind 'by'"},
    {C("n [0] UInt8 OPTIONAL, a SEQUENCE OF UInt32, -- <by \"n\">"), 5, 64,
     "no INTEGER before a that is always there has the name behind 'by'"},
    {M("-- <\"a\" 1>\n" OPTIONALS "\n(WITH COMPONENTS {..., a PRESENT} | WITH COMPONENTS {...})"),
     6, 1, "an alternative without components"},
    /* modules */
    {M(""), 1, 1, "module Vmber-A has no type"},
    {M("a INTEGER ::= 3"), 1, 1, "module Vmber-A has no type"},
    {M("B ::= UInt32"), 4, 1, "B is the first type of its module, and no SEQUENCE"},
    {"Vmber-A DEFINITIONS EXPLICIT TAGS ::= BEGIN END", 1, 1,
     "module Vmber-A has no IMPLICIT TAGS"},
    {"Vmber-A DEFINITIONS AUTOMATIC TAGS ::= BEGIN END", 1, 1,
     "module Vmber-A has no IMPLICIT TAGS"},
    {"Vmber-A DEFINITIONS ::= BEGIN END", 1, 1, "module Vmber-A has no IMPLICIT TAGS"},
    {M("-- <\"a\" 1>\nA ::= SEQUENCE { ... }") "Vmber-B DEFINITIONS IMPLICIT TAGS ::= BEGIN\n"
                                               "IMPORTS A FROM Vmber-A; END",
     8, 16, "Vmber-A: a device module imports from Vmber-Leaf and Vmber-Vmstate only"},
    {M("-- <\"a\" 1>\nA ::= SEQUENCE { a Vmber-B.B, ... }") "Vmber-B DEFINITIONS IMPLICIT TAGS "
                                                            "::= BEGIN\n-- <\"b\" 1>\n"
                                                            "B ::= SEQUENCE { ... } END",
     5, 20, "the struct B of another module"},
    {M("UInt32 ::= NULL"), 4, 1, NULL},
};

START_TEST(bad_modules_are_refused_at_their_place)
{
    const struct bad_row *row = &bads[_i];
    char shown[MESSAGE_MAX];
    char *line;

    ck_assert_msg(!add(row->text), "taken: %s", row->text);
    ck_assert_uint_eq(lib.user_count, 0);
    if (row->message == NULL) {
        return;
    }
    ck_assert_msg(strcmp(lib.diag.message, row->message) == 0 && lib.diag.line == row->line &&
                      lib.diag.column == row->column,
                  "%s\nexpected %u:%u: %s\nfound    %u:%u: %s", row->text, (unsigned)row->line,
                  (unsigned)row->column, row->message, (unsigned)lib.diag.line,
                  (unsigned)lib.diag.column, lib.diag.message);
    ck_assert_str_eq(lib.diag.file, "a.asn1");
    ck_assert_ptr_nonnull(strstr(err.text, row->message));
    /* The caret stands under the place. */
    asn_diag_format(&lib.diag, shown, sizeof(shown));
    line = strrchr(shown, '\n');
    ck_assert_ptr_nonnull(line);
    ck_assert_uint_eq(strlen(line) - 1, 2 + row->column);
    ck_assert_str_eq(line + strlen(line) - 1, "^");
}
END_TEST

/* ---- digests ---- */

static void digest_of(const char *text, char out[HASH_DIGEST_LEN * 2 + 1])
{
    const struct mod_set *set;

    ck_assert_msg(add(text), "%s", err.text);
    set = mod_library_set(&lib, lib.user_count - 1);
    for (size_t i = 0; i < HASH_DIGEST_LEN; i++) {
        (void)snprintf(out + i * 2, 3, "%02x", set->modules[0].digest[i]);
    }
}

/* A released module's digest is for ever: this one must not change. */
START_TEST(digests_are_stable)
{
    char digest[HASH_DIGEST_LEN * 2 + 1];
    char other[HASH_DIGEST_LEN * 2 + 1];

    digest_of(C("a UInt32, b SEQUENCE (SIZE (4)) OF Buffer (SIZE (3)), c [0] Int8 OPTIONAL,"),
              digest);
    ck_assert_str_eq(digest, "663e50667302eb36328717a981aed3b2");
    /* Comments and spaces do not count, and neither does what stands in the set beside it. */
    digest_of("-- doc\n" C("a UInt32 , -- people\nb SEQUENCE SIZE (4) OF Buffer(SIZE(3)),"
                           "c [0] IMPLICIT Int8 OPTIONAL,"),
              other);
    ck_assert_str_eq(other, digest);
    digest_of(C("a UInt32, b SEQUENCE (SIZE (4)) OF Buffer (SIZE (3)), c [1] Int8 OPTIONAL,"),
              other);
    ck_assert_str_ne(other, digest);
}
END_TEST

START_TEST(modules_are_sorted)
{
    static const char text[] =
        "Vmber-B DEFINITIONS IMPLICIT TAGS ::= BEGIN\n-- <\"x\" 2>\nB ::= SEQUENCE { ... } END\n"
        "Vmber-C DEFINITIONS IMPLICIT TAGS ::= BEGIN\n-- <\"x\" 1>\nC ::= SEQUENCE { ... } END\n"
        "Vmber-A DEFINITIONS IMPLICIT TAGS ::= BEGIN\n-- <\"xy\" 1>\nA ::= SEQUENCE { ... } END\n"
        "Vmber-E DEFINITIONS IMPLICIT TAGS ::= BEGIN\n-- <\"w\" 9>\nE ::= SEQUENCE { ... } END\n"
        "Vmber-D DEFINITIONS IMPLICIT TAGS ::= BEGIN\n-- <\"x\" 1>\nD ::= SEQUENCE { ... } END\n";
    static const char *const names[] = {"Vmber-E", "Vmber-C", "Vmber-D", "Vmber-B", "Vmber-A"};
    const struct mod_set *set;
    uint32_t first;

    ck_assert_msg(add(text), "%s", err.text);
    set = mod_library_set(&lib, 0);
    ck_assert_uint_eq(set->module_count, COUNT(names));
    for (uint32_t i = 0; i < COUNT(names); i++) {
        ck_assert_str_eq(mod_text(set, set->modules[i].name), names[i]);
        ck_assert_uint_eq(mod_set_module(set, span_str(names[i])), i);
    }
    ck_assert_uint_eq(mod_set_module(set, span_str("Vmber-")), MOD_NONE);
    ck_assert_uint_eq(mod_set_range(set, span_str("x"), &first), 3);
    ck_assert_uint_eq(first, 1);
    ck_assert_uint_eq(mod_set_range(set, span_str("xyz"), &first), 0);
    ck_assert_uint_eq(mod_set_range(set, span_str("xy"), &first), 1);
    ck_assert_uint_eq(mod_string(set, MOD_EMPTY).len, 0);
}
END_TEST

/* Names with any octets come back from the notation that quotes them. */
START_TEST(any_name_can_be_quoted)
{
    char name[300];
    struct buf out;
    char text[4096];
    int n;

    for (size_t i = 0; i < 256; i++) {
        name[i] = (char)i;
    }
    memcpy(name + 256, "a--b---c/**/*/>\"", 17);
    buf_init(&out, 1 << 16);
    ck_assert(mod_quote(&out, span_of(name, 272), &err));
    n = snprintf(text, sizeof(text), C("a UInt32, -- <%.*s>"), (int)out.len, (const char *)out.p);
    ck_assert_int_lt(n, (int)sizeof(text));
    buf_done(&out);
    ck_assert_msg(add(text), "%s", err.text);
    ck_assert(
        span_eq(mod_string(mod_library_set(&lib, 0), mod_library_set(&lib, 0)->fields[0].name),
                span_of(name, 272)));
}
END_TEST

/* ---- how much is too much ---- */

static struct buf big;

static void put(const char *fmt, unsigned a, unsigned b)
{
    char line[256];
    int n = snprintf(line, sizeof(line), fmt, a, b);

    ck_assert_int_lt(n, (int)sizeof(line));
    ck_assert(buf_put(&big, line, (size_t)n, NULL));
}

static bool add_big(void)
{
    bool ok;

    put("END\n", 0, 0);
    err_init(&err);
    ok = mod_library_add_text(&lib, "big.asn1", buf_span(&big), &err);
    buf_done(&big);
    return ok;
}

static void begin_big(void)
{
    buf_init(&big, 64 * 1024 * 1024);
    put("Vmber-A DEFINITIONS IMPLICIT TAGS ::= BEGIN\nIMPORTS UInt32 FROM Vmber-Leaf;\n", 0, 0);
}

/* Structs inside one another, count deep. */
static bool nested(unsigned count)
{
    begin_big();
    for (unsigned i = 0; i + 1 < count; i++) {
        put("-- <\"a%u\" 1>\n", i, 0);
        put("A%u ::= SEQUENCE { a A%u, ... }\n", i, i + 1);
    }
    put("-- <\"a\" 1>\nA%u ::= SEQUENCE { ... }\n", count - 1, 0);
    return add_big();
}

START_TEST(structs_nest_so_deep)
{
    ck_assert_msg(nested(LAY_DEPTH_MAX), "%s", err.text);
    ck_assert(!nested(LAY_DEPTH_MAX + 1));
    ck_assert_int_eq(err.band, ERR_LIMIT);
    ck_assert_str_eq(lib.diag.message, "structs nest deeper than 40");
    ck_assert(!nested(2000));
    ck_assert_int_eq(err.band, ERR_LIMIT);
}
END_TEST

/* Each struct holds the next ten times: 10^39 structs, if one went through them all. */
START_TEST(structs_in_many_places_are_seen_once)
{
    begin_big();
    for (unsigned i = 0; i + 1 < LAY_DEPTH_MAX; i++) {
        put("-- <\"a%u\" 1>\n", i, 0);
        put("A%u ::= SEQUENCE {", i, 0);
        for (unsigned n = 0; n < 10; n++) {
            put("a%u A%u,", n, i + 1);
        }
        put("...}\n", 0, 0);
    }
    put("-- <\"a\" 1>\nA%u ::= SEQUENCE { ... }\n", LAY_DEPTH_MAX - 1, 0);
    ck_assert_msg(add_big(), "%s", err.text);
}
END_TEST

/* Sixty-four components in constraints, and one more. */
START_TEST(a_struct_has_so_many_terms)
{
    for (unsigned more = 0; more < 2; more++) {
        begin_big();
        put("-- <\"a\" 1>\nA ::= SEQUENCE {", 0, 0);
        for (unsigned i = 0; i < 17; i++) {
            put("a%u [%u] BOOLEAN OPTIONAL,", i, i);
        }
        put("...}", 0, 0);
        for (unsigned i = 0; i < 4 + more; i++) {
            put("\n(WITH COMPONENTS {...", 0, 0);
            for (unsigned n = 0; n < (i < 4 ? 16 : 1); n++) {
                put(", a%u PRESENT", n, 0);
            }
            put("})", 0, 0);
        }
        put("\n", 0, 0);
        ck_assert_msg(add_big() == (more == 0), "%s", err.text);
    }
    ck_assert_int_eq(err.band, ERR_LIMIT);
    ck_assert_str_eq(lib.diag.message, "more than 64 components in constraints of A");
    ck_assert_uint_eq(lib.diag.line, 9);
    ck_assert_uint_eq(lib.diag.column, 24);
}
END_TEST

/* Many fields of a type with a long name are many octets of listing. */
START_TEST(a_listing_has_so_many_octets)
{
    begin_big();
    put("-- <\"a\" 1>\nA ::= SEQUENCE { a B0, b B1, c B2, d B3, e B4, ... }\n", 0, 0);
    for (unsigned i = 0; i < 5; i++) {
        put("-- <\"b\" 1>\nB%u ::= SEQUENCE {", i, 0);
        for (unsigned n = 0; n < 4000; n++) {
            put("a%u Long,", n, 0);
        }
        put("...}\n", 0, 0);
    }
    put("Long ::= OCTET STRING -- <\"", 0, 0);
    for (unsigned i = 0; i < 4000; i++) {
        put("x", 0, 0);
    }
    put("\">\n", 0, 0);
    ck_assert(!add_big());
    ck_assert_int_eq(err.band, ERR_LIMIT);
    ck_assert_str_eq(err.text,
                     "big.asn1:1:1: the listing of Vmber-A has more than 67108864 octets");
}
END_TEST

START_TEST(a_million_fields_are_too_many)
{
    begin_big();
    put("-- <\"a\" 1>\nA ::= SEQUENCE {", 0, 0);
    for (unsigned i = 0; i < 1000000 && big.len < 4000000; i++) {
        put("a%u UInt32,", i, 0);
    }
    put("...}\n", 0, 0);
    ck_assert(!add_big());
    ck_assert_int_eq(err.band, ERR_LIMIT);
    ck_assert_ptr_nonnull(strstr(err.text, "more than 4096 components"));
    /* The same, 4000 to a struct. */
    begin_big();
    for (unsigned i = 0; big.len < 4000000; i++) {
        put("-- <\"a\" 1>\nA%u ::= SEQUENCE {", i, 0);
        for (unsigned n = 0; n < 4000; n++) {
            put("a%u BOOLEAN,", n, 0);
        }
        put("...}\n", 0, 0);
    }
    ck_assert(!add_big());
}
END_TEST

START_TEST(a_huge_file_is_refused)
{
    begin_big();
    while (big.len <= ASN_SOURCE_MAX) {
        put("                                                                \n", 0, 0);
    }
    ck_assert(!add_big());
    ck_assert_int_eq(err.band, ERR_LIMIT);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("device_modules");
    TCase *all = tcase_create("all");
    SRunner *runner;
    int failed;

    tcase_set_timeout(all, 300);
    tcase_add_checked_fixture(all, setup, teardown);
    tcase_add_loop_test(all, good_modules_have_one_listing, 0, COUNT(goods));
    tcase_add_test(all, constraints_are_listed);
    tcase_add_loop_test(all, bad_modules_are_refused_at_their_place, 0, COUNT(bads));
    tcase_add_test(all, digests_are_stable);
    tcase_add_test(all, modules_are_sorted);
    tcase_add_test(all, any_name_can_be_quoted);
    tcase_add_test(all, structs_nest_so_deep);
    tcase_add_test(all, structs_in_many_places_are_seen_once);
    tcase_add_test(all, a_struct_has_so_many_terms);
    tcase_add_test(all, a_listing_has_so_many_octets);
    tcase_add_test(all, a_million_fields_are_too_many);
    tcase_add_test(all, a_huge_file_is_refused);
    suite_add_tcase(suite, all);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
