/*
 * test_schema_library.c - modules as a library: one header and one C file each, and what cannot be
 * one is refused at its place.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "codec/schema/asn_emit.h"
#include "codec/schema/asn_parser.h"
#include "codec/schema/asn_resolve.h"
#include "schema_front.h"

enum { FILES_MAX = 16 };

static const char shared[] = "S DEFINITIONS ::= BEGIN U8 ::= INTEGER (0..255) "
                             "Kept ::= OCTET STRING END";

struct file {
    char name[64];
    char *text;
};

struct files {
    struct file list[FILES_MAX];
    size_t count;
    size_t fail_at; /* counted from 1; 0: never */
};

static bool take(void *ctx, const char *name, const struct buf *text, struct err *err)
{
    struct files *files = ctx;
    struct file *file = &files->list[files->count++];

    ck_assert_uint_lt(files->count, FILES_MAX);
    (void)snprintf(file->name, sizeof(file->name), "%s", name);
    file->text = calloc(1, text->len + 1);
    ck_assert_ptr_nonnull(file->text);
    memcpy(file->text, text->p, text->len);
    return files->count != files->fail_at || err_set(err, ERR_IO, "no");
}

static const char *text_of(const struct files *files, const char *name)
{
    for (size_t i = 0; i < files->count; i++) {
        if (strcmp(files->list[i].name, name) == 0) {
            return files->list[i].text;
        }
    }
    ck_abort_msg("there is no %s", name);
    return "";
}

static void files_done(struct files *files)
{
    for (size_t i = 0; i < files->count; i++) {
        free(files->list[i].text);
    }
}

/* Emits S and, if they are not NULL, a.asn1 and b-c.asn1. */
static bool emit(struct front *front, const char *a, const char *b, struct files *files)
{
    const struct asn_emit_library_options options = {"p", "things", "run.h", 1};

    ck_assert(front_parse(front, span_str(shared), SIZE_MAX));
    ck_assert(a == NULL || asn_parse(&front->model, "x/a.asn1", span_str(a), &front->err));
    ck_assert(b == NULL || asn_parse(&front->model, "b-c.asn1", span_str(b), &front->err));
    ck_assert_msg(asn_resolve(&front->model, &front->err), "%s", front->err.text);
    return asn_emit_library(&front->model, &options, take, files, &front->err);
}

static void has(const char *text, const char *part)
{
    ck_assert_msg(strstr(text, part) != NULL, "no '%s' in\n%s", part, text);
}

START_TEST(modules_become_files)
{
    static const char a[] =
        "-- What it is.\n"
        "A DEFINITIONS IMPLICIT TAGS ::= BEGIN IMPORTS U8, Kept FROM S;\n"
        "-- The root.\n"
        "Root ::= SEQUENCE {\n"
        "    class [0] U8 OPTIONAL, -- of C++\n"
        "    ring SEQUENCE (SIZE (4)) OF Root-Ring,\n"
        "    some Kept (SIZE (1)), -- short\n"
        "    -- above\n"
        "    more Kept (SIZE (2..5)), -- and so long that it cannot stand behind the field\n"
        "    flag BOOLEAN,\n"
        "    pick CHOICE { x [0] U8, y [1] UTF8String (SIZE (0..9)), ... },\n"
        "    ... }\n"
        "Root-Ring ::= SEQUENCE { new U8 } END";
    static const char b[] = "B DEFINITIONS ::= BEGIN BC ::= SEQUENCE OF BOOLEAN END";
    struct files files = {0};
    struct front front;
    const char *h;
    const char *c;

    ck_assert_msg(emit(&front, a, b, &files), "%s", front.err.text);
    ck_assert_uint_eq(files.count, 7);
    h = text_of(&files, "include/p/things/a.h");
    has(h, "/*\n * a.h - A\n *\n * What it is.\n *\n * Made by asn_gen of a.asn1;");
    has(h, "#ifndef P_THINGS_A_H\n#define P_THINGS_A_H\n\n#include <p/value.h>\n");
    has(h, "\nstruct p_root_ring {\n    uint8_t new_;\n};\n");
    has(h, "struct p_root_ring_list {\n    size_t count;\n    struct p_root_ring *items;\n};\n");
    has(h,
        "/* The root. */\nstruct p_root {\n    bool has_class_;\n    uint8_t class_; /* of C++ */\n"
        "    struct p_root_ring_list ring; /* 4 items */\n"
        "    struct p_octets some; /* 1 octet; short */\n");
    has(h, "the field\n     */\n    struct p_octets more; /* 2 to 5 octets */\n    bool flag;\n");
    has(h, "    int32_t which; /* enum p_root_pick_which, or P_UNKNOWN */\n");
    has(h, "        struct p_octets y; /* 0 to 9 characters */\n");
    has(h, "    struct p_octets unknown;\n};\n\n#define P_ROOT_MODULE \"A\"\n");
    has(h, "P_API bool p_root_decode(const void *value, size_t len, struct p_arena *arena,\n"
           "    struct p_root *out, struct p_error *error);\n");
    has(h, "P_API bool p_root_encode(const struct p_root *value, struct p_arena *arena,\n"
           "    struct p_octets *out, struct p_error *error);\n");
    ck_assert_ptr_null(strstr(h, "asn_type"));
    ck_assert_ptr_null(strstr(h, "codec/"));
    c = text_of(&files, "things/a.c");
    has(c, "#include <p/things/a.h>\n\n#include \"run.h\"\n#include \"things/shared.h\"\n");
    has(c, ".offset = offsetof(struct p_root, class_),\n");
    has(c, "\nconst struct asn_type p_root_type = {\n");
    has(c, "    return p_table_decode(&p_root_type, value, len, arena, out, error);\n");
    has(text_of(&files, "include/p/things/b-c.h"), "struct p_bc {\n    size_t count;\n");
    has(text_of(&files, "include/p/things/b-c.h"), "#ifndef P_THINGS_B_C_H\n");
    has(text_of(&files, "things/b-c.c"), ".element = &p_universal_boolean_type,\n");
    has(text_of(&files, "things/shared.h"), "extern const struct asn_type p_u8_type;\n");
    has(text_of(&files, "things/shared.c"), "\nconst struct asn_type p_universal_boolean_type");
    has(text_of(&files, "include/p/things.h"),
        "#include <p/things/a.h>\n#include <p/things/b-c.h>\n");
    has(text_of(&files, "include/p/things.h"),
        "#define P_EACH_THINGS(X) \\\n    X(root, \"A\") \\\n    X(bc, \"B\")\n");
    files_done(&files);
    front_done(&front);
}
END_TEST

/* clang-format off */
static const struct bad_row {
    const char *a;
    const char *b;
    const char *message;
} bads[] = {
    {"A DEFINITIONS ::= BEGIN IMPORTS B FROM B; A ::= SEQUENCE { b B } END",
     "B DEFINITIONS ::= BEGIN B ::= SEQUENCE { c NULL } END",
     "not supported in a library: a type of a module that is not shared"},
    {"A DEFINITIONS ::= BEGIN IMPORTS B FROM B; A ::= SEQUENCE OF B END",
     "B DEFINITIONS ::= BEGIN B ::= NULL END",
     "not supported in a library: a type of a module that is not shared"},
    {"A DEFINITIONS ::= BEGIN IMPORTS B FROM B; A ::= B END",
     "B DEFINITIONS ::= BEGIN B ::= SEQUENCE { c NULL } END",
     "not supported in a library: a type of a module that is not shared"},
    {"A DEFINITIONS ::= BEGIN A ::= NULL END B DEFINITIONS ::= BEGIN B ::= NULL END", NULL,
     "not supported in a library: a second module in one file"},
    {"A DEFINITIONS ::= BEGIN END", NULL, "not supported in a library: a module without types"},
    {"A DEFINITIONS ::= BEGIN Foo-Bar ::= NULL FooBar ::= NULL END", NULL,
     "Foo-Bar and FooBar are both foo_bar in C"},
};
/* clang-format on */

START_TEST(what_is_no_library_is_refused)
{
    const struct bad_row *row = &bads[_i];
    struct files files = {0};
    struct front front;

    ck_assert(!emit(&front, row->a, row->b, &files));
    ck_assert_str_eq(front.model.diag.message, row->message);
    ck_assert_int_eq(front.err.band, ERR_UNSUPPORTED);
    files_done(&files);
    front_done(&front);
}
END_TEST

START_TEST(shared_types_have_no_parts)
{
    const struct asn_emit_library_options options = {"p", "things", "run.h", 1};
    struct files files = {0};
    struct front front;

    ck_assert(front_resolve(&front, "S DEFINITIONS ::= BEGIN S ::= SEQUENCE { a NULL } END"));
    ck_assert(!asn_emit_library(&front.model, &options, take, &files, &front.err));
    ck_assert_str_eq(front.model.diag.message,
                     "not supported in a library: a type with parts in a shared module");
    ck_assert_uint_eq(files.count, 0);
    front_done(&front);
}
END_TEST

START_TEST(names_are_c_names)
{
    static const struct asn_emit_library_options bad[] = {
        {"P", "things", "run.h", 1}, {"p", "Things", "run.h", 1}, {"p", "", "run.h", 1}};

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct files files = {0};
        struct front front;

        ck_assert(front_resolve(&front, shared));
        ck_assert(!asn_emit_library(&front.model, &bad[i], take, &files, &front.err));
        ck_assert_int_eq(front.err.band, ERR_USAGE);
        front_done(&front);
    }
}
END_TEST

START_TEST(a_file_that_cannot_be_written_ends_it)
{
    static const char a[] = "A DEFINITIONS ::= BEGIN A ::= BOOLEAN END";

    for (size_t fail_at = 1; fail_at <= 5; fail_at++) {
        struct files files = {.fail_at = fail_at};
        struct front front;

        ck_assert(!emit(&front, a, NULL, &files));
        ck_assert_int_eq(front.err.band, ERR_IO);
        ck_assert_uint_eq(files.count, fail_at);
        files_done(&files);
        front_done(&front);
    }
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("schema library");
    TCase *emitted = tcase_create("emitted");

    tcase_add_test(emitted, modules_become_files);
    tcase_add_loop_test(emitted, what_is_no_library_is_refused, 0,
                        (int)(sizeof(bads) / sizeof(bads[0])));
    tcase_add_test(emitted, shared_types_have_no_parts);
    tcase_add_test(emitted, names_are_c_names);
    tcase_add_test(emitted, a_file_that_cannot_be_written_ends_it);
    suite_add_tcase(s, emitted);
    return s;
}

int main(void)
{
    SRunner *runner = srunner_create(suite());
    int failed;

    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
