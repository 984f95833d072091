/*
 * test_device_library.c - modules from a user's files and folders, which of all modules is asked
 * when, and the reader that refuses a type that contradicts its module.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "codec/base/err.h"
#include "codec/device/mod_join.h"
#include "codec/device/mod_library.h"
#include "codec/stream/form_lower.h"
#include "device_make.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define MODULE(name, vmsd, fields)                                                                 \
    "Vmber-" name " DEFINITIONS IMPLICIT TAGS ::= BEGIN\n"                                         \
    "IMPORTS UInt8, UInt32 FROM Vmber-Leaf Buffer FROM Vmber-Vmstate;\n"                           \
    "-- <" vmsd ">\n" name " ::= SEQUENCE { " fields " ... }\nEND\n"

static char folder[] = TEST_BINARY_DIR "/test_device_library.XXXXXX";
static char paths[16][256]; /* files, to be removed */
static size_t path_count;
static struct mod_library lib;
static struct lay_types types;
static struct err err;

static void setup(void)
{
    memcpy(folder + sizeof(folder) - 7, "XXXXXX", 6);
    ck_assert_ptr_nonnull(mkdtemp(folder));
    path_count = 0;
    mod_library_init(&lib);
    lay_types_init(&types);
    err_init(&err);
}

static void teardown(void)
{
    for (size_t i = 0; i < path_count; i++) {
        ck_assert_int_eq(unlink(paths[i]), 0);
    }
    ck_assert_int_eq(rmdir(folder), 0);
    lay_types_done(&types);
    mod_library_done(&lib);
}

static const char *write_file(const char *name, struct span text)
{
    char *path = paths[path_count++];
    FILE *file;

    ck_assert_uint_le(path_count, COUNT(paths));
    ck_assert_int_lt(snprintf(path, sizeof(paths[0]), "%s/%s", folder, name),
                     (int)sizeof(paths[0]));
    file = fopen(path, "wb");
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(text.p, 1, text.len, file), text.len);
    ck_assert_int_eq(fclose(file), 0);
    return path;
}

static void refuses(const char *path, enum err_band band, const char *text)
{
    uint32_t count = lib.user_count;

    err_init(&err);
    ck_assert(!mod_library_add_path(&lib, path, &err));
    ck_assert_int_eq(err.band, band);
    ck_assert_msg(strstr(err.text, text) != NULL, "%s", err.text);
    ck_assert_ptr_null(strchr(err.text, '\n'));
    ck_assert_uint_eq(lib.user_count, count);
}

static const char *name_of(const struct mod_found *found)
{
    return mod_text(found->set, found->set->modules[found->module].name);
}

/* The names of all modules that a search finds, those that are not built in. */
static void finds(const char *name, bool suffixes, const char *expected)
{
    struct mod_search search;
    struct mod_found found;
    char names[1024] = "";

    mod_search_begin(&search, &lib, span_str(name), suffixes);
    while (mod_search_next(&search, &found)) {
        if (found.set != &mod_builtin_set) {
            size_t len = strlen(names);

            (void)snprintf(names + len, sizeof(names) - len, "%s ", name_of(&found));
        }
    }
    ck_assert_str_eq(names, expected);
}

START_TEST(a_file_is_added)
{
    const char *path = write_file("a.asn1", span_str(MODULE("A", "\"zz-a\" 1", "a UInt32,")));

    ck_assert_msg(mod_library_add_path(&lib, path, &err), "%s", err.text);
    finds("zz-a", false, "Vmber-A ");
    finds("zz-b", false, "");
    ck_assert_uint_eq(mod_library_set_count(&lib), 2);
}
END_TEST

/* Files of a folder are one set, in the order of their names; other files are not looked at. */
START_TEST(a_folder_is_added)
{
    (void)write_file("b.asn1", span_str(MODULE("B", "\"zz-a\" 1", "")));
    (void)write_file("a.asn1",
                     span_str(MODULE("A", "\"zz-a\" 1", "") MODULE("C", "\"zz-a\" 2", "")));
    (void)write_file("c.txt", span_str("no module"));
    (void)write_file(".c.asn1", span_str("no module"));
    ck_assert_msg(mod_library_add_path(&lib, folder, &err), "%s", err.text);
    finds("zz-a", false, "Vmber-A Vmber-B Vmber-C ");
}
END_TEST

/* A folder that asn1c can compile as it is has the leaf modules in it. */
START_TEST(leaf_modules_may_be_given)
{
    (void)write_file("leaf.asn1", mod_builtin_leaf);
    (void)write_file("vmstate.asn1", mod_builtin_vmstate);
    (void)write_file("zz.asn1", span_str(MODULE("A", "\"zz-a\" 1", "a UInt8, b Buffer,")));
    ck_assert_msg(mod_library_add_path(&lib, folder, &err), "%s", err.text);
    finds("zz-a", false, "Vmber-A ");
}
END_TEST

START_TEST(what_cannot_be_added_is_said)
{
    char path[512];

    (void)snprintf(path, sizeof(path), "%s/none.asn1", folder);
    refuses(path, ERR_IO, "cannot open");
    refuses(folder, ERR_USAGE, "ends in .asn1");
    refuses(write_file("leaf.asn1", mod_builtin_leaf), ERR_USAGE, "no module that describes");
    refuses(write_file("a.asn1", span_str(MODULE("A", "\"zz-a\" 1", "a\nInt,"))), ERR_MALFORMED,
            "/a.asn1:5:1: ");
    ck_assert_uint_eq(lib.diag.line, 5);
    ck_assert_uint_eq(lib.diag.column, 1);
    ck_assert_str_eq(lib.diag.excerpt, "Int, ... }");
    refuses(path, ERR_IO, "cannot open");
    ck_assert_uint_eq(lib.diag.line, 0);
}
END_TEST

/* What a stranger may send: each meets a limit or is refused in one sentence. */
START_TEST(hostile_modules_are_refused)
{
    struct buf big;

    refuses(write_file("cycle.asn1",
                       span_str("Vmber-A DEFINITIONS IMPLICIT TAGS ::= BEGIN IMPORTS B FROM "
                                "Vmber-B;\n-- <\"zz-a\" 1>\nA ::= SEQUENCE { b B, ... } END\n"
                                "Vmber-B DEFINITIONS IMPLICIT TAGS ::= BEGIN IMPORTS A FROM "
                                "Vmber-A;\n-- <\"zz-b\" 1>\nB ::= SEQUENCE { a A, ... } END\n")),
            ERR_MALFORMED, "imports from Vmber-Leaf and Vmber-Vmstate only");
    refuses(write_file("self.asn1", span_str("Vmber-A DEFINITIONS IMPLICIT TAGS ::= BEGIN\n"
                                             "-- <\"zz-a\" 1>\nA ::= SEQUENCE { b B, ... }\n"
                                             "B ::= C C ::= B END\n")),
            ERR_MALFORMED, "self.asn1:4:");
    refuses(write_file("open.asn1", span_str("Vmber-A DEFINITIONS IMPLICIT TAGS ::= BEGIN\n"
                                             "A ::= SEQUENCE { b SEQUENCE {")),
            ERR_MALFORMED, "open.asn1:2:");
    refuses(write_file("zero.asn1", span_of("Vmber-A\0DEFINITIONS", 19)), ERR_MALFORMED,
            "zero.asn1:1:");
    buf_init(&big, 8 * 1024 * 1024);
    ck_assert(buf_put(&big, "A DEFINITIONS IMPLICIT TAGS ::= BEGIN A ::= ", 44, NULL));
    while (big.len <= ASN_SOURCE_MAX) {
        ck_assert(buf_put(&big, "SEQUENCE OF ", 12, NULL));
    }
    refuses(write_file("huge.asn1", buf_span(&big)), ERR_LIMIT, "a file of more than");
    big.len = 100000;
    refuses(write_file("deep.asn1", buf_span(&big)), ERR_LIMIT, "more than 32");
    buf_done(&big);
    finds("zz-a", true, "");
}
END_TEST

START_TEST(so_many_sets_are_taken)
{
    static const char text[] = MODULE("A", "\"zz-a\" 1", "");

    for (uint32_t i = 0; i < MOD_USER_SETS_MAX; i++) {
        ck_assert(mod_library_add_text(&lib, "a", span_str(text), &err));
    }
    ck_assert(!mod_library_add_text(&lib, "a", span_str(text), &err));
    ck_assert_int_eq(err.band, ERR_LIMIT);
}
END_TEST

/* ---- which module is asked when ---- */

static void add(const char *text)
{
    ck_assert_msg(mod_library_add_text(&lib, "a.asn1", span_str(text), &err), "%s", err.text);
}

START_TEST(sets_are_asked_in_their_order)
{
    struct mod_found found;
    struct mod_found other;

    add(MODULE("A", "\"zz-a\" 2", "") MODULE("B", "\"zz-a\" 1", ""));
    add(MODULE("A", "\"zz-a\" 1", "a UInt32,") MODULE("C", "\"zz-a\" 0", ""));
    finds("zz-a", false, "Vmber-B Vmber-A Vmber-C Vmber-A ");
    ck_assert(mod_library_find(&lib, span_str("Vmber-A"), span_of(NULL, 0), &found));
    ck_assert_ptr_eq(found.set, mod_library_set(&lib, 0));
    ck_assert(mod_library_find(&lib, span_str("Vmber-C"), span_of(NULL, 0), &found));
    ck_assert_str_eq(name_of(&found), "Vmber-C");
    found.set = mod_library_set(&lib, 1);
    found.module = mod_set_module(found.set, span_str("Vmber-A"));
    ck_assert(mod_library_find(&lib, span_str("Vmber-A"),
                               span_of(found.set->modules[found.module].digest, 16), &other));
    ck_assert_ptr_eq(other.set, found.set);
    ck_assert_uint_eq(other.module, found.module);
    ck_assert(
        !mod_library_find(&lib, span_str("Vmber-A"), span_of("0123456789abcdef", 16), &other));
    ck_assert(!mod_library_find(&lib, span_str("Vmber-ZZ"), span_of(NULL, 0), &other));
}
END_TEST

START_TEST(a_section_goes_by_what_its_path_ends_in)
{
    add(MODULE("A", "\"zz-a\" 1", "") MODULE("B", "\"c/zz-a\" 1", "")
            MODULE("C", "\"0:4/c/zz-a\" 1", ""));
    finds("0:4/c/zz-a", true, "Vmber-C Vmber-B Vmber-A ");
    finds("0:4/c/zz-a", false, "Vmber-C ");
    finds("5/zz-a", true, "Vmber-A ");
    finds("zz-a/", true, "");
    finds("", true, "");
    finds("/", true, "");
}
END_TEST

START_TEST(built_in_modules_describe_themselves)
{
    struct mod_found found;

    for (uint32_t i = 0; i < mod_builtin_set.module_count; i++) {
        const struct mod_module *module = &mod_builtin_set.modules[i];

        ck_assert(mod_library_find(&mod_library_builtin, mod_string(&mod_builtin_set, module->name),
                                   span_of(module->digest, HASH_DIGEST_LEN), &found));
        ck_assert_ptr_eq(found.set, &mod_builtin_set);
        ck_assert_uint_eq(found.module, i);
    }
}
END_TEST

START_TEST(hooks_ask_the_library)
{
    struct lay_modules hooks = mod_library_hooks(&lib);
    uint32_t id = device_type(&types, D("zz-a", 1, F("a", "uint32", 4)));
    uint32_t joined;

    ck_assert(!hooks.join(hooks.ctx, &types, span_str("zz-a"), id, &joined, &err));
    ck_assert_int_eq(err.band, ERR_UNSUPPORTED);
    add(MODULE("A", "\"zz-a\" 1", "a UInt32,"));
    ck_assert(hooks.join(hooks.ctx, &types, span_str("zz-a"), id, &joined, NULL));
    ck_assert(lay_types_get(&types, joined)->wire.has_module);
    hooks = mod_library_hooks(NULL);
    err_init(&err);
    ck_assert(!hooks.join(hooks.ctx, &types, span_str("zz-a"), id, &joined, &err));
    ck_assert(
        !hooks.guess(hooks.ctx, &types, span_str("zz-a"), 1, span_of("abcd", 4), &joined, &err));
    ck_assert_int_eq(err.band, ERR_UNSUPPORTED);
}
END_TEST

/* ---- a reader ---- */

/* Hands a type of the table to a reader that knows the library. */
static bool lower(uint32_t id, const struct mod_library *modules, struct err *why)
{
    struct form_lower lowered;
    struct form_record record;
    struct wire_body body;
    struct out out;
    uint64_t length;
    bool ok;

    memset(&record, 0, sizeof(record));
    memset(&body, 0, sizeof(body));
    memset(&out, 0, sizeof(out));
    body.which = WIRE_BODY_TYPE_DESCRIPTION;
    body.u.type_description = lay_types_get(&types, id)->wire;
    body.u.type_description.id = 1;
    record.body = &body;
    record.ber_offset = 4711;
    ck_assert(form_lower_init(&lowered, why));
    lowered.modules = modules;
    ok = form_lower_put(&lowered, &record, &out, &length, why);
    form_lower_done(&lowered);
    return ok;
}

START_TEST(a_reader_refuses_a_type_that_contradicts_its_module)
{
    struct wire_type_description wire;
    uint32_t joined;
    uint32_t id;

    add(MODULE("A", "\"zz-a\" 1", "a UInt32, b [0] UInt32 OPTIONAL,"));
    id = device_type(&types, D("zz-a", 1, F("a", "uint32", 4)));
    ck_assert(mod_join_section(&lib, &types, span_of("", 0), id, &joined, &err));
    ck_assert(lower(id, &lib, &err));
    ck_assert(lower(joined, &lib, &err));
    ck_assert(lower(joined, NULL, &err));
    id = device_type(&types, D("zz-a", 1, F("a", "uint32", 4) "," F("c", "uint32", 4)));
    wire = lay_types_get(&types, joined)->wire;
    wire.fields = lay_types_get(&types, id)->wire.fields;
    ck_assert(lay_types_intern(&types, &wire, &id, &err));
    ck_assert(lower(id, NULL, &err)); /* not known to this one */
    ck_assert(!lower(id, &lib, &err));
    ck_assert_int_eq(err.band, ERR_MALFORMED);
    ck_assert_uint_eq(err.ber_offset, 4711);
    ck_assert_str_eq(err.text, "the description of type 1 contradicts module Vmber-A: field 'c' is "
                               "not in the module (behind 'a')");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("device_library");
    TCase *all = tcase_create("all");
    SRunner *runner;
    int failed;

    tcase_set_timeout(all, 120);
    tcase_add_checked_fixture(all, setup, teardown);
    tcase_add_test(all, a_file_is_added);
    tcase_add_test(all, a_folder_is_added);
    tcase_add_test(all, leaf_modules_may_be_given);
    tcase_add_test(all, what_cannot_be_added_is_said);
    tcase_add_test(all, hostile_modules_are_refused);
    tcase_add_test(all, so_many_sets_are_taken);
    tcase_add_test(all, sets_are_asked_in_their_order);
    tcase_add_test(all, a_section_goes_by_what_its_path_ends_in);
    tcase_add_test(all, built_in_modules_describe_themselves);
    tcase_add_test(all, hooks_ask_the_library);
    tcase_add_test(all, a_reader_refuses_a_type_that_contradicts_its_module);
    suite_add_tcase(suite, all);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
