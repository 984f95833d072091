/*
 * test_device_memory.c - device modules when memory runs out: every allocation fails in turn, and
 * what comes back is ERR_LIMIT with nothing changed and nothing leaked.
 */
#include <check.h>
#include <stdlib.h>

#include "codec/base/err.h"
#include "codec/device/mod_join.h"
#include "codec/device/mod_library.h"
#include "device_make.h"
#include "memory_fails.h"

static const char module_text[] =
    "Vmber-A DEFINITIONS IMPLICIT TAGS ::= BEGIN\n"
    "IMPORTS UInt32 FROM Vmber-Leaf;\n"
    "-- <\"a\" 1>\n"
    "A ::= SEQUENCE { x [0] UInt32 OPTIONAL, list SEQUENCE OF A-B, -- <qtailq>\n"
    "s1 [1] A-B OPTIONAL, -- <subsection>\n ... }\n"
    "-- <\"b\" 1>\n"
    "A-B ::= SEQUENCE { y [0] UInt32 OPTIONAL, ... }\n"
    "END\n";

#define ELEMENT D("b", 1, F("y", "uint32", 4))

START_TEST(a_library_is_as_it_was)
{
    bool whole = false;
    size_t n;

    for (n = 1; !whole; n++) {
        struct mod_library lib;
        struct err err = ERR_INIT;

        mod_library_init(&lib);
        memory_arm(n, false);
        whole = mod_library_add_text(&lib, "a", span_str(module_text), &err);
        memory_arm(0, false);
        if (!whole) {
            ck_assert_msg(err.band == ERR_LIMIT, "%s", err.text);
            ck_assert_uint_eq(lib.user_count, 0);
        }
        mod_library_done(&lib);
    }
    ck_assert_uint_gt(n, 10);
}
END_TEST

START_TEST(what_is_joined_is_as_it_was)
{
    static const char body[] = D2(
        "a", 1, F("x", "uint32", 4) "," L("list", "qtailq", 11, ELEMENT "," ELEMENT), B(ELEMENT));
    struct mod_library lib;
    struct err err = ERR_INIT;
    bool whole = false;
    size_t n;

    mod_library_init(&lib);
    ck_assert(mod_library_add_text(&lib, "a", span_str(module_text), &err));
    for (n = 1; !whole; n++) {
        struct lay_types types;
        uint32_t joined = 77;
        uint32_t id;

        lay_types_init(&types);
        id = device_type(&types, body);
        /* So many others that the table has to grow for what is added, and a block is full. */
        for (uint32_t i = 0; types.count < types.cap; i++) {
            struct wire_type_description wire = lay_types_get(&types, id)->wire;

            wire.version = 100 + i;
            ck_assert(lay_types_intern(&types, &wire, &joined, &err));
        }
        joined = 77;
        memory_arm(n, false);
        whole = mod_join_section(&lib, &types, span_of("", 0), id, &joined, &err);
        memory_arm(0, false);
        if (!whole) {
            ck_assert_msg(err_is_memory(&err), "%s", err.text);
            ck_assert_uint_eq(joined, 77);
            err_init(&err);
        }
        lay_types_done(&types);
    }
    ck_assert_uint_gt(n, 3);
    mod_library_done(&lib);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("device_memory");
    TCase *all = tcase_create("all");
    SRunner *runner;
    int failed;

    tcase_set_timeout(all, 120);
    tcase_add_test(all, a_library_is_as_it_was);
    tcase_add_test(all, what_is_joined_is_as_it_was);
    suite_add_tcase(suite, all);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
