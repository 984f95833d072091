/* import_inputs.c - see import_inputs.h. */
#include "import_inputs.h"

#include <check.h>
#include <stdlib.h>

#include "codec/base/err.h"
#include "codec/device/imp_print.h"
#include "codec/device/mod_join.h"
#include "codec/schema/asn_parser.h"
#include "codec/schema/asn_resolve.h"

static struct arena leaf_arena;
static struct asn_model leaf_model;
struct imp_leaves leaves;
struct imp imp;
struct buf text;
struct mod_library lib;
struct err err;

void setup(void)
{
    err_init(&err);
    arena_init(&leaf_arena, MOD_NOTATION_BYTES_MAX);
    asn_model_init(&leaf_model, &leaf_arena);
    ck_assert(asn_parse(&leaf_model, "leaf", mod_builtin_leaf, &err) &&
              asn_parse(&leaf_model, "vmstate", mod_builtin_vmstate, &err) &&
              asn_resolve(&leaf_model, &err) &&
              imp_leaves_read(&leaves, &leaf_model, &leaf_arena, &err));
    imp_init(&imp, &leaves);
    buf_init(&text, 1 << 20);
    mod_library_init(&lib);
}

void teardown(void)
{
    imp_done(&imp);
    buf_done(&text);
    mod_library_done(&lib);
    arena_done(&leaf_arena);
}

bool add_list(const char *body)
{
    size_t len = strlen(body);
    char *copy = malloc(len + 1);
    bool ok;

    if (copy == NULL) {
        return err_memory(&err);
    }
    memcpy(copy, body, len + 1);
    for (char *p = copy; *p != '\0'; p++) {
        *p = *p == '\'' ? '"' : *p;
    }
    ok = imp_catalog_read(&imp.catalog, span_of(copy, len), &err);
    free(copy);
    return ok;
}

bool add_section(const struct input *input, const struct lay_types *types, uint32_t id)
{
    struct imp_seen seen;
    unsigned label;
    bool ok;

    imp_seen_init(&seen);
    ok = imp_add_label(&imp, input->label, &label, &err) &&
         imp_section(&imp, &seen, types, id, span_str(input->name), label, &err);
    imp_seen_done(&seen);
    return ok;
}

bool add(const struct input *input)
{
    struct lay_types types;
    bool ok;

    if (input->name == NULL) {
        return add_list(input->body);
    }
    lay_types_init(&types);
    ok = add_section(input, &types, device_type(&types, input->body));
    lay_types_done(&types);
    return ok;
}

bool make(const struct input *inputs, size_t count, const struct imp_base *base)
{
    static const struct imp_base none = {NULL, NULL};

    for (size_t i = 0; i < count; i++) {
        if (!add(&inputs[i])) {
            return false;
        }
    }
    if (!imp_make(&imp, &err) || !imp_label(&imp, base != NULL ? base : &none, &err)) {
        return false;
    }
    buf_clear(&text);
    for (size_t i = 0; i < imp.module_count; i++) {
        if (!imp_print(&imp, &imp.modules[i], &text, &err)) {
            return false;
        }
    }
    return true;
}

/* Imports the inputs, and checks that each section joins what was made of them. */
void import(const struct input *inputs, size_t count, const struct imp_base *base)
{
    imp_done(&imp);
    imp_init(&imp, &leaves);
    mod_library_done(&lib);
    ck_assert_msg(make(inputs, count, base), "%s", err.text);
    ck_assert(buf_put(&text, "", 1, NULL));
    text.len--;
    if (text.len == 0) {
        return;
    }
    ck_assert_msg(mod_library_add_text(&lib, "made", buf_span(&text), &err), "%s\n%s", err.text,
                  (const char *)text.p);
    for (size_t i = 0; i < count && imp.left_out == 0; i++) {
        struct lay_types types;
        uint32_t joined = 0;
        uint32_t id;

        if (inputs[i].name == NULL) {
            continue;
        }
        lay_types_init(&types);
        id = device_type(&types, inputs[i].body);
        ck_assert_msg(mod_join_section(&lib, &types, span_str(inputs[i].name), id, &joined, &err),
                      "%s: %s\n%s", err.path, err.text, (const char *)text.p);
        lay_types_done(&types);
    }
}

void has(const char *part)
{
    ck_assert_msg(strstr((const char *)text.p, part) != NULL, "no '%s' in\n%s", part,
                  (const char *)text.p);
}

void conflicts(size_t count, const char *part)
{
    ck_assert_msg(imp.conflict_count == count, "%zu: %s", imp.conflict_count,
                  imp.conflict_count > 0 ? imp.conflicts[0] : "");
    if (count > 0) {
        ck_assert_msg(strstr(imp.conflicts[0], part) != NULL, "%s", imp.conflicts[0]);
    }
}
