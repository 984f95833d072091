/*
 * test_device_guess.c - sections laid out by modules alone, where the payload itself or its length
 * says how; which modules are asked; bounds.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "codec/device/mod_join.h"
#include "guess_section.h"
#include "memory_fails.h"

/* ---- what the payload says itself, and what its length says ---- */

START_TEST(test_plain)
{
    bare_module("Plain", "-- <\"plain\" 1>\n"
                         "Plain ::= SEQUENCE {\n"
                         "  a UInt32, b UInt8, c BOOLEAN, d Timer, e UnusedBuffer (SIZE (3)),\n"
                         "  f UInt8Array (SIZE (5)), g SEQUENCE (SIZE (3)) OF UInt16,\n"
                         "  h Plain-Part, i SEQUENCE (SIZE (2)) OF Plain-Part, ... }\n"
                         "-- <\"part\" 4>\n"
                         "Plain-Part ::= SEQUENCE { x Int64, y Buffer (SIZE (2)), ... }\n");
    bare_begin("0000:00:01.0/plain");
    bare_u32("a", 1);
    bare_u8("b", 0x7e);
    bare_number("c", "bool", 1, 1);
    bare_number("d", "timer", 8, UINT64_MAX);
    bare_fill("e", "unused_buffer", 3, 0, 0);
    bare_fill("f", "uint8", 1, 5, 0);
    bare_fill("g", "uint16", 2, 3, 9);
    make_struct(&bare.m, "h", 0, -1, "part", 4);
    bare_number("x", "int64", 8, 5);
    make_leaf(&bare.m, "y", "buffer", 2);
    make_struct_end(&bare.m);
    make_struct(&bare.m, "i", 2, -1, "part", 4);
    bare_number("x", "int64", 8, 5);
    make_leaf(&bare.m, "y", "buffer", 2);
    make_struct_end(&bare.m);
    make_counted(&bare.m, 10);
    bare_same("0000:00:01.0/plain");
}
END_TEST

static void optional_module(void)
{
    bare_module("Optional", "-- <\"optional\" 1>\n"
                            "Optional ::= SEQUENCE {\n"
                            "  a UInt32, b [0] UInt32 OPTIONAL, c [1] UInt16 OPTIONAL,\n"
                            "  d [2] Buffer (SIZE (7)) OPTIONAL, e Optional-Part,\n"
                            "  f SEQUENCE (SIZE (3)) OF Optional-Part,\n"
                            "  g [3] SEQUENCE (SIZE (100)) OF UInt16 OPTIONAL, ... }\n"
                            "-- <\"part\" 1>\n"
                            "Optional-Part ::= SEQUENCE {\n"
                            "  x UInt8, y [0] UInt64 OPTIONAL, ... }\n");
}

/* Whether it is there, by bits: b, c, d, y, g. */
static void optional(unsigned which)
{
    bare_begin("optional");
    bare_u32("a", 3);
    if (which & 1) {
        bare_u32("b", 4);
    }
    if (which & 2) {
        make_leaf(&bare.m, "c", "uint16", 2);
    }
    if (which & 4) {
        make_leaf(&bare.m, "d", "buffer", 7);
    }
    make_struct(&bare.m, "e", 0, -1, "part", 1);
    bare_u8("x", 1);
    if (which & 8) {
        make_leaf(&bare.m, "y", "uint64", 8);
    }
    make_struct_end(&bare.m);
    for (int i = 0; i < 3; i++) {
        make_struct(&bare.m, "f", 0, i, "part", 1);
        bare_u8("x", 1);
        if (which & 8) {
            make_leaf(&bare.m, "y", "uint64", 8);
        }
        make_struct_end(&bare.m);
    }
    for (uint32_t i = 0; (which & 16) && i < 100; i++) {
        make_leaf_index(&bare.m, "g", i, "uint16", 2);
    }
}

START_TEST(test_optional_fields_by_length)
{
    optional_module();
    for (unsigned which = 0; which < 32; which++) {
        optional(which);
        bare_same("optional");
    }
}
END_TEST

START_TEST(test_optional_fields_that_do_not_fit)
{
    optional_module();
    optional(31);
    make_counted(&bare.m, 1);
    bare_none("optional", ERR_MALFORMED, "octets fit no form of Vmber-Optional");
    optional(0);
    bare.m.tail.len--;
    bare_none("optional", ERR_MALFORMED, "octets fit no form of Vmber-Optional");
}
END_TEST

START_TEST(test_optional_fields_of_single_structs)
{
    optional_module();
    optional(0);
    make_counted(&bare.m, 16); /* two of four */
    bare_none("optional", ERR_MALFORMED, "fits in more than one form");
}
END_TEST

START_TEST(test_fields_of_one_size_are_ambiguous)
{
    bare_module("Twin", "-- <\"twin\" 1>\n"
                        "Twin ::= SEQUENCE {\n"
                        "  a [0] UInt32 OPTIONAL, b [1] UInt32 OPTIONAL, ... }\n");
    bare_begin("twin");
    bare_same("twin");
    bare_begin("twin");
    bare_u32("a", 1);
    bare_none("twin", ERR_MALFORMED, "fits in more than one form");
    bare_begin("twin");
    bare_u32("a", 1);
    bare_u32("b", 1);
    bare_same("twin");
}
END_TEST

static void part(const char *name, bool more, bool last)
{
    make_struct(&bare.m, name, 0, -1, "sub/part", 1);
    bare_u8("x", 5);
    if (more || last) {
        make_subsections(&bare.m);
    }
    if (more) {
        make_sub(&bare.m, "sub/part/more", 2);
        bare_u32("y", 5);
        make_sub_end(&bare.m);
    }
    if (last) {
        make_sub(&bare.m, "sub/part/last", 1);
        make_sub_end(&bare.m);
    }
    make_struct_end(&bare.m);
}

START_TEST(test_subsections_say_themselves)
{
    bare_module("Sub", "-- <\"sub\" 1>\n"
                       "Sub ::= SEQUENCE {\n"
                       "  a Sub-Part, b Buffer, c Sub-Part,\n"
                       "  one [0] Sub-One OPTIONAL, -- <subsection>\n"
                       "  two [1] Sub-Two OPTIONAL, -- <subsection>\n"
                       "  ... }\n"
                       "-- <\"sub/part\" 1>\n"
                       "Sub-Part ::= SEQUENCE { x UInt8,\n"
                       "  more [0] Sub-PartMore OPTIONAL, -- <subsection>\n"
                       "  last [1] Sub-PartLast OPTIONAL, -- <subsection>\n"
                       "  ... }\n"
                       "-- <\"sub/part/more\" 2>\n"
                       "Sub-PartMore ::= SEQUENCE { y UInt32, ... }\n"
                       "-- <\"sub/part/last\" 1>\n"
                       "Sub-PartLast ::= SEQUENCE { ... }\n"
                       "-- <\"sub/one\" 7>\n"
                       "Sub-One ::= SEQUENCE { z Sub-Part, ... }\n"
                       "-- <\"sub/two\" 1>\n"
                       "Sub-Two ::= SEQUENCE { z Buffer, ... }\n");
    for (unsigned which = 0; which < 64; which++) {
        bare_begin("sub");
        part("a", (which & 1) != 0, (which & 2) != 0);
        make_leaf(&bare.m, "b", "buffer", 9);
        part("c", false, (which & 4) != 0);
        if ((which & 24) != 0) {
            make_subsections(&bare.m);
        }
        if ((which & 8) != 0) {
            make_sub(&bare.m, "sub/one", 7);
            part("z", (which & 32) != 0, false);
            make_sub_end(&bare.m);
        }
        if ((which & 16) != 0) {
            make_sub(&bare.m, "sub/two", 1);
            make_leaf(&bare.m, "z", "buffer", 3 * which);
            make_sub_end(&bare.m);
        }
        bare_same("sub");
    }
}
END_TEST

START_TEST(test_a_subsection_is_never_part_of_a_string)
{
    bare_module("Tail",
                "-- <\"tail\" 1>\n"
                "Tail ::= SEQUENCE { a Buffer, b [0] Tail-B OPTIONAL, -- <subsection>\n ... }\n"
                "-- <\"tail/b\" 1>\n"
                "Tail-B ::= SEQUENCE { c UInt32, ... }\n");
    bare_begin("tail");
    make_leaf(&bare.m, "a", "buffer", 20);
    make_subsections(&bare.m);
    make_sub(&bare.m, "tail/b", 1);
    bare_u32("c", 1);
    make_sub_end(&bare.m);
    bare_same("tail");
    bare_begin("tail");
    make_leaf(&bare.m, "a", "buffer", 20);
    make_subsections(&bare.m);
    make_sub(&bare.m, "tail/b", 1);
    make_leaf(&bare.m, "c", "uint16", 2); /* damaged */
    make_sub_end(&bare.m);
    bare_none("tail", ERR_MALFORMED, "octets fit no form of Vmber-Tail");
}
END_TEST

START_TEST(test_lists_and_trees_say_themselves)
{
    static const uint8_t key[8] = {0, 0, 0, 0, 0, 0, 0, 9};

    bare_module("List",
                "-- <\"list\" 1>\n"
                "List ::= SEQUENCE {\n"
                "  a SEQUENCE OF List-Item, -- <qtailq>\n"
                "  b SEQUENCE OF CHOICE { key UInt64, value List-Item }, -- <gtree>\n"
                "  c SEQUENCE OF CHOICE { key [0] List-Key, value [1] List-Item }, -- <gtree>\n"
                "  d [0] Buffer OPTIONAL, ... }\n"
                "-- <\"item\" 1>\n"
                "List-Item ::= SEQUENCE { v UInt32, w [0] UInt8 OPTIONAL, ... }\n"
                "-- <\"key\" 1>\n"
                "List-Key ::= SEQUENCE { low UInt64, ... }\n");
    for (unsigned i = 0; i < 27; i++) {
        uint8_t count[4] = {0, 0, 0, 0};

        bare_begin("list");
        make_inline(&bare.m, "a", "qtailq");
        for (unsigned k = 0; k < i % 3; k++) {
            make_octets(&bare.m, "\1", 1);
            make_inline_type(&bare.m, "item", 1);
            bare_u32("v", 4);
            make_inline_type_end(&bare.m);
        }
        make_octets(&bare.m, "", 1);
        make_inline_end(&bare.m);
        make_inline(&bare.m, "b", "gtree");
        count[3] = (uint8_t)(i / 3 % 3);
        make_octets(&bare.m, count, 4);
        for (unsigned k = 0; k < i / 3 % 3; k++) {
            make_octets(&bare.m, "\1", 1);
            make_octets(&bare.m, key, 8);
            make_inline_type(&bare.m, "item", 1);
            bare_u32("v", 4);
            make_inline_type_end(&bare.m);
        }
        make_octets(&bare.m, "", 1);
        make_inline_end(&bare.m);
        make_inline(&bare.m, "c", "gtree");
        count[3] = (uint8_t)(i / 9);
        make_octets(&bare.m, count, 4);
        for (unsigned k = 0; k < i / 9; k++) {
            make_octets(&bare.m, "\1", 1);
            make_inline_type(&bare.m, "key", 1);
            bare_number("low", "uint64", 8, 5);
            make_inline_type_end(&bare.m);
            make_inline_type(&bare.m, "item", 1);
            bare_u32("v", 4);
            make_inline_type_end(&bare.m);
        }
        make_octets(&bare.m, "", 1);
        make_inline_end(&bare.m);
        bare_same("list");
    }
}
END_TEST

/* ---- modules ---- */

START_TEST(test_modules_of_one_name)
{
    bare_also("One", "-- <\"name\" 1>\nOne ::= SEQUENCE { a UInt32, ... }\n");
    bare_also("Two", "-- <\"name\" 1>\nTwo ::= SEQUENCE { a UInt16, b BOOLEAN, ... }\n");
    bare_module("Three", "-- <\"name\" 1>\nThree ::= SEQUENCE { a UInt16, b UInt8, ... }\n");
    bare_begin("x/name");
    bare_u32("a", 1);
    bare_same("x/name");
    bare_begin("x/name");
    make_leaf(&bare.m, "a", "uint16", 2);
    bare_u8("b", 2);
    bare_same("x/name");
    bare_begin("x/name"); /* two or three */
    make_leaf(&bare.m, "a", "uint16", 2);
    bare_u8("b", 1);
    bare_none("x/name", ERR_MALFORMED, "fits in more than one form");
}
END_TEST

/* The section that was made is laid out by that module. */
static void by(const char *name, const char *expected)
{
    struct span payload = bare_payload(name);
    uint32_t type = 0;

    ck_assert_msg(bare_guess(name, payload, &type), "%s", bare.err.text);
    ck_assert(span_eq_str(lay_types_get(&bare.types, type)->wire.module.name, expected));
}

START_TEST(test_modules_that_are_asked_first)
{
    bare_module("Named", "-- <\"name\" 1>\nNamed ::= SEQUENCE { a UInt32, ... }\n");
    bare_module("Later", "-- <\"name\" 1>\nLater ::= SEQUENCE { a UInt16, b UInt16, ... }\n");
    bare_module("Longer", "-- <\"x/name\" 1>\nLonger ::= SEQUENCE { a UInt16, b UInt16, ... }\n");
    bare_begin("name");
    bare_u32("a", 1);
    by("name", "Vmber-Named");
    bare_begin("y/name");
    bare_u32("a", 1);
    by("y/name", "Vmber-Named");
    bare_begin("x/name");
    bare_u32("a", 1);
    by("x/name", "Vmber-Longer");
}
END_TEST

START_TEST(test_modules_that_say_the_same)
{
    bare_also("Once", "-- <\"name\" 1>\nOnce ::= SEQUENCE { a UInt32, ... }\n");
    bare_module("Again",
                "-- <\"name\" 1>\nAgain ::= SEQUENCE { a UInt32, b [0] UInt8 OPTIONAL, ... }\n");
    bare_begin("name");
    bare_u32("a", 1);
    bare_same("name");
    bare_begin("name");
    bare_u32("a", 1);
    bare_u8("b", 1);
    bare_same("name");
}
END_TEST

START_TEST(test_no_module)
{
    bare_module("Known", "-- <\"known\" 3>\nKnown ::= SEQUENCE { a UInt32, ... }\n");
    bare_begin("unknown");
    bare_none("unknown", ERR_UNSUPPORTED, "no module");
    bare_begin("known");
    bare_u32("a", 1);
    bare_none("known", ERR_MALFORMED, "version 1, module says 3");
}
END_TEST

START_TEST(test_old_style)
{
    static const char name[] = "old";

    bare_module("Old", "-- <\"old\" old-style>\nOld ::= SEQUENCE { data Buffer, ... }\n");
    make_done(&bare.m);
    make_begin(&bare.m, MAKE_NO_VMDESC);
    make_old_style(&bare.m, name, 131);
    make_end(&bare.m);
    {
        struct span payload = span_of(bare.m.tail.p + 1 + 4 + 1 + 3 + 8, 131);
        uint32_t type = 0;

        ck_assert_msg(bare_guess(name, payload, &type), "%s", bare.err.text);
        ck_assert_uint_eq(type, bare_joined(name));
    }
}
END_TEST

START_TEST(test_unseen_fields_are_not_guessed)
{
    bare_module("Unseen",
                "-- <\"unseen\" 1>\n"
                "Unseen2 ::= SEQUENCE { a UInt32, b [0] Unseen OPTIONAL, -- <unseen>\n ... }\n");
    bare_begin("unseen");
    bare_u32("a", 1);
    bare_same("unseen");
    bare_begin("unseen");
    bare_u32("a", 1);
    make_leaf(&bare.m, "b", "uint8", 1);
    bare_none("unseen", ERR_MALFORMED, "octets fit no form");
}
END_TEST

START_TEST(test_modules_that_differ_in_names)
{
    bare_also("First", "-- <\"name\" 1>\nFirst ::= SEQUENCE { a UInt32, b BOOLEAN, ... }\n");
    bare_module("Second", "-- <\"name\" 1>\nSecond ::= SEQUENCE { b UInt32, a BOOLEAN, ... }\n");
    bare_begin("name");
    bare_u32("a", 1);
    bare_number("b", "bool", 1, 1);
    bare_same("name");
}
END_TEST

START_TEST(test_structs_that_are_described_otherwise)
{
    bare_module("Forms", "-- <\"forms\" 1>\n"
                         "Forms ::= SEQUENCE { a Forms-Part, -- <tmp>\n"
                         "  b Forms-Part, -- <\"b b\" vstruct>\n ... }\n"
                         "-- <\"part\" 3>\n"
                         "Forms-Part ::= SEQUENCE { x UInt8, ... }\n");
    bare_begin("forms");
    make_inline(&bare.m, "a", "tmp");
    make_inline_type(&bare.m, "part", 3);
    bare_u8("x", 1);
    make_inline_type_end(&bare.m);
    make_inline_end(&bare.m);
    make_inline(&bare.m, "b b", "vstruct");
    make_inline_type(&bare.m, "part", 3);
    bare_u8("x", 1);
    make_inline_type_end(&bare.m);
    make_inline_end(&bare.m);
    bare_same("forms");
}
END_TEST

START_TEST(test_structs_that_no_one_describes)
{
    struct span payload;
    uint32_t type = 0;
    uint32_t again = 0;

    bare_module("Hole", "-- <\"hole\" 1>\n"
                        "Hole ::= SEQUENCE { a UInt8, b Hole-Struct, c UInt8, ... }\n"
                        "Hole-Struct ::= OCTET STRING -- <\"struct\">\n");
    bare_begin("hole");
    bare_u8("a", 1);
    make_leaf(&bare.m, "b", "buffer", 300);
    bare_u8("c", 1);
    payload = bare_payload("hole");
    ck_assert_msg(bare_guess("hole", payload, &type), "%s", bare.err.text);
    ck_assert_uint_eq(lay_types_get(&bare.types, type)->size, 302);
    ck_assert(mod_join_section(&bare.lib, &bare.types, span_str("hole"), type, &again, &bare.err));
    ck_assert_uint_eq(again, type);
}
END_TEST

/* ---- bounds ---- */

START_TEST(test_too_many_forms)
{
    char many[8000] = "-- <\"many\" 1>\nMany ::= SEQUENCE {\n";

    for (unsigned i = 0; i < 60; i++) {
        size_t n = strlen(many);

        (void)snprintf(many + n, sizeof(many) - n, "  f%u [%u] UInt%u OPTIONAL,\n", i, i,
                       i % 2 == 0 ? 8 : 16);
    }
    strcat(many, " ... }\n");
    bare_module("Many", many);
    bare_begin("many");
    make_counted(&bare.m, 40);
    bare_none("many", ERR_MALFORMED, "too many forms of Vmber-Many to try them all");
    bare_begin("many"); /* all or none is no choice */
    for (unsigned i = 0; i < 60; i++) {
        char name[8];

        (void)snprintf(name, sizeof(name), "f%u", i);
        make_leaf(&bare.m, name, i % 2 == 0 ? "uint8" : "uint16", i % 2 == 0 ? 1 : 2);
    }
    bare_same("many");
    bare_begin("many");
    bare_same("many");
}
END_TEST

START_TEST(test_structs_without_octets)
{
    bare_module("Void", "-- <\"void\" 1>\n"
                        "Void ::= SEQUENCE { n UInt32, a SEQUENCE OF Void-Part, ... }\n"
                        "-- <\"part\" 1>\n"
                        "Void-Part ::= SEQUENCE { x [0] UInt8 OPTIONAL, ... }\n");
    bare_begin("void");
    bare_u32("n", 0xfffffff0);
    bare_none("void", ERR_MALFORMED, "");
}
END_TEST

START_TEST(test_no_memory)
{
    struct span payload;
    uint32_t known = bare.types.count;
    uint32_t type = 0;
    size_t n = 0;
    bool ok;

    optional_module();
    optional(31);
    payload = bare_payload("optional");
    do {
        memory_arm(++n, false);
        ok = bare_guess("optional", payload, &type);
        memory_disarm();
        ck_assert(ok || (err_is_memory(&bare.err) && bare.types.count == known && type == 0));
    } while (!ok);
    ck_assert_uint_gt(n, 4);
    ck_assert_uint_eq(type, bare_joined("optional"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("device guess");
    TCase *tcase = tcase_create("guess");
    SRunner *runner;
    int failed;

    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, bare_setup, bare_teardown);
    tcase_add_test(tcase, test_plain);
    tcase_add_test(tcase, test_optional_fields_by_length);
    tcase_add_test(tcase, test_optional_fields_that_do_not_fit);
    tcase_add_test(tcase, test_optional_fields_of_single_structs);
    tcase_add_test(tcase, test_fields_of_one_size_are_ambiguous);
    tcase_add_test(tcase, test_subsections_say_themselves);
    tcase_add_test(tcase, test_a_subsection_is_never_part_of_a_string);
    tcase_add_test(tcase, test_lists_and_trees_say_themselves);
    tcase_add_test(tcase, test_modules_of_one_name);
    tcase_add_test(tcase, test_modules_that_are_asked_first);
    tcase_add_test(tcase, test_modules_that_say_the_same);
    tcase_add_test(tcase, test_no_module);
    tcase_add_test(tcase, test_old_style);
    tcase_add_test(tcase, test_unseen_fields_are_not_guessed);
    tcase_add_test(tcase, test_modules_that_differ_in_names);
    tcase_add_test(tcase, test_structs_that_are_described_otherwise);
    tcase_add_test(tcase, test_structs_that_no_one_describes);
    tcase_add_test(tcase, test_too_many_forms);
    tcase_add_test(tcase, test_structs_without_octets);
    tcase_add_test(tcase, test_no_memory);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
