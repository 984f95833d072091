/*
 * mod_gen_main.c - the built-in device modules: notation in, one C source out.
 *
 *     mod_gen --out-c FILE LEAF.asn1 VMSTATE.asn1 [MODULE.asn1]...
 *
 * The source defines what mod_set.h declares: mod_builtin_set, as arrays of numbers, and the text
 * of the two leaf modules. The same files give the same source, in whatever folder they are.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "codec/base/arena.h"
#include "codec/device/mod_compile.h"
#include "codec/schema/asn_resolve.h"
#include "codec/schema/gen/gen_files.h"

enum {
    COLUMN_MAX = 95, /* of a line of numbers */
};

static const char usage[] = "usage: mod_gen --out-c FILE LEAF VMSTATE [MODULE]...\n";

/* Numbers, several to a line. */
struct table {
    FILE *out;
    int column;
};

static void table_begin(struct table *t, FILE *out, const char *type, const char *name)
{
    t->out = out;
    t->column = 0;
    (void)fprintf(out, "\nstatic const %s %s[] = {\n", type, name);
}

static void table_put(struct table *t, const char *element)
{
    int len = (int)strlen(element);

    if (t->column > 0 && t->column + len + 2 > COLUMN_MAX) {
        (void)fputs("\n", t->out);
        t->column = 0;
    }
    t->column += fprintf(t->out, "%s%s,", t->column > 0 ? " " : "    ", element);
}

static void table_put_number(struct table *t, uint32_t number)
{
    char text[16];

    (void)snprintf(text, sizeof(text), "%" PRIu32 "u", number);
    table_put(t, text);
}

/* C has no empty arrays. */
static void table_end(struct table *t, bool empty, const char *zero)
{
    (void)fprintf(t->out, "%s%s};\n", empty ? zero : "", empty || t->column > 0 ? "\n" : "");
}

static void put_octets(FILE *out, const char *name, struct span octets)
{
    struct table table;

    table_begin(&table, out, "uint8_t", name);
    for (size_t i = 0; i < octets.len; i++) {
        char text[8];

        (void)snprintf(text, sizeof(text), "%u", (unsigned)octets.p[i]);
        table_put(&table, text);
    }
    table_end(&table, octets.len == 0, "    0");
}

static void put_modules(FILE *out, const struct mod_set *set)
{
    struct table table;

    table_begin(&table, out, "struct mod_module", "modules");
    for (uint32_t i = 0; i < set->module_count; i++) {
        const struct mod_module *m = &set->modules[i];

        (void)fprintf(out,
                      "    {%" PRIu32 ", %" PRIu32 ", %" PRIu32 ", %" PRIu32 ", %" PRIu32 ", %d, {",
                      m->name, m->root, m->types, m->type_count, m->doc, m->old_style);
        for (size_t at = 0; at < sizeof(m->digest); at++) {
            (void)fprintf(out, "%s%u", at > 0 ? ", " : "", (unsigned)m->digest[at]);
        }
        (void)fputs("}},\n", out);
    }
    table_end(&table, set->module_count == 0, "    {0}");
    table_begin(&table, out, "uint32_t", "by_name");
    for (uint32_t i = 0; i < set->module_count; i++) {
        table_put_number(&table, set->by_name[i]);
    }
    table_end(&table, set->module_count == 0, "    0");
    table_begin(&table, out, "struct mod_slot", "slots");
    for (uint32_t i = 0; i < set->slot_count; i++) {
        char text[24];

        (void)snprintf(text, sizeof(text), "{%u, %u}", (unsigned)set->slots[i].first,
                       (unsigned)set->slots[i].count);
        table_put(&table, text);
    }
    table_end(&table, false, "");
}

static void put_types(FILE *out, const struct mod_set *set)
{
    struct table table;

    table_begin(&table, out, "struct mod_type", "types");
    for (uint32_t i = 0; i < set->type_count; i++) {
        const struct mod_type *type = &set->types[i];

        (void)fprintf(out,
                      "    {%" PRIu32 ", %" PRIu32 ", %" PRIu32 "u, %" PRIu32 ", %" PRIu32
                      ", %" PRIu32 ", %" PRIu32 ", %" PRIu32 ", %d},\n",
                      type->name, type->vmsd, type->version, type->fields, type->field_count,
                      type->terms, type->term_count, type->value_count, type->has_values);
    }
    table_end(&table, set->type_count == 0, "    {0}");
}

static void put_fields(FILE *out, const struct mod_set *set)
{
    struct table table;

    table_begin(&table, out, "struct mod_field", "fields");
    for (uint32_t i = 0; i < set->field_count; i++) {
        const struct mod_field *f = &set->fields[i];
        const uint32_t numbers[] = {f->name, f->type_name, f->ident, f->tag, f->type,
                                    f->key,  f->size,      f->min,   f->max, f->by};

        (void)fputs("    {", out);
        for (size_t at = 0; at < sizeof(numbers) / sizeof(numbers[0]); at++) {
            (void)fprintf(out, "%" PRIu32 "u, ", numbers[at]);
        }
        (void)fprintf(out, "%u, %d, %d, %d, %d, %d},\n", (unsigned)f->op, f->is_signed, f->is_array,
                      f->is_subsection, f->nullable, f->as_octets);
    }
    table_end(&table, set->field_count == 0, "    {0}");
}

static void put_terms(FILE *out, const struct mod_set *set)
{
    struct table table;

    table_begin(&table, out, "struct mod_term", "terms");
    for (uint32_t i = 0; i < set->term_count; i++) {
        const struct mod_term *term = &set->terms[i];
        char text[40];

        (void)snprintf(text, sizeof(text), "{%" PRIu32 ", %d, %u}", term->ident, term->present,
                       (unsigned)term->begins);
        table_put(&table, text);
    }
    table_end(&table, set->term_count == 0, "    {0}");
}

static void put_set(FILE *out, const struct mod_set *set, struct span leaf, struct span vmstate)
{
    (void)fputs("/* Made by mod_gen from asn1/; see codec/device/mod_set.h. */\n"
                "#include \"codec/device/mod_set.h\"\n",
                out);
    put_modules(out, set);
    put_types(out, set);
    put_fields(out, set);
    put_terms(out, set);
    put_octets(out, "strings", span_of(set->strings, set->strings_len));
    put_octets(out, "leaf", leaf);
    put_octets(out, "vmstate", vmstate);
    (void)fprintf(out,
                  "\nconst struct span mod_builtin_leaf = {leaf, %zu};\n"
                  "const struct span mod_builtin_vmstate = {vmstate, %zu};\n"
                  "\nconst struct mod_set mod_builtin_set = {\n"
                  "    modules, by_name, slots, types, fields, terms, (const char *)strings,\n"
                  "    %" PRIu32 ", %" PRIu32 ", %" PRIu32 ", %" PRIu32 ", %" PRIu32 ", %" PRIu32
                  "};\n",
                  leaf.len, vmstate.len, set->module_count, set->slot_count, set->type_count,
                  set->field_count, set->term_count, set->strings_len);
}

static bool read_model(char **files, int count, struct asn_model *model, struct err *err)
{
    bool ok = true;

    for (int i = 0; ok && i < count; i++) {
        ok = gen_parse_file(files[i], model, err);
    }
    return ok && asn_resolve(model, err);
}

static bool write_source(const char *path, const struct asn_model *model, const struct mod_set *set,
                         struct err *err)
{
    FILE *file = fopen(path, "wb");
    bool ok;

    if (file == NULL) {
        return err_set(err, ERR_IO, "cannot create %s", path);
    }
    put_set(file, set, model->sources->text, model->sources->next->text);
    ok = !ferror(file);
    ok = fclose(file) == 0 && ok;
    return ok || err_set(err, ERR_IO, "cannot write %s", path);
}

int main(int argc, char **argv)
{
    struct arena notation;
    struct arena arena;
    struct asn_model model;
    struct mod_set set;
    struct err err = ERR_INIT;
    bool ok;

    if (argc < 5 || strcmp(argv[1], "--out-c") != 0) {
        (void)fputs(usage, stderr);
        return ERR_USAGE;
    }
    arena_init(&notation, GEN_MEMORY_MAX);
    arena_init(&arena, GEN_MEMORY_MAX);
    asn_model_init(&model, &notation);
    ok = read_model(argv + 3, argc - 3, &model, &err) && mod_compile(&model, &arena, &set, &err) &&
         write_source(argv[2], &model, &set, &err);
    if (!ok) {
        gen_complain(&model, &err);
    }
    arena_done(&arena);
    arena_done(&notation);
    return ok ? 0 : (int)err.band;
}
