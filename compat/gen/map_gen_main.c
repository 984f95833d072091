/*
 * map_gen_main.c - the built-in layout maps: notation in, one C source out.
 *
 *     map_gen --out-c FILE LEAF.asn1 MODULE.asn1...
 *
 * The source defines map_builtin_set of map_set.h, as arrays of numbers. The same files give the
 * same source, in whatever folder they are.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "codec/base/arena.h"
#include "codec/schema/asn_resolve.h"
#include "codec/schema/gen/gen_files.h"
#include "compat/map_compile.h"

enum {
    OCTETS_A_LINE = 24,
};

static const char usage[] = "usage: map_gen --out-c FILE LEAF MODULE...\n";

static void begin(FILE *out, const char *type, const char *name)
{
    (void)fprintf(out, "\nstatic const %s %s[] = {\n", type, name);
}

/* C has no empty arrays. */
static void end(FILE *out, uint32_t count)
{
    (void)fprintf(out, "%s};\n", count == 0 ? "    {0},\n" : "");
}

static void put_octets(FILE *out, const char *name, struct span octets)
{
    begin(out, "uint8_t", name);
    for (size_t i = 0; i < octets.len; i++) {
        (void)fprintf(out, "%s%u,", i % OCTETS_A_LINE == 0 ? "\n    " : " ", (unsigned)octets.p[i]);
    }
    (void)fputs("\n};\n", out);
}

static void put_maps(FILE *out, const struct map_set *set)
{
    begin(out, "struct map_map", "maps");
    for (uint32_t i = 0; i < set->map_count; i++) {
        (void)fprintf(out, "    {%" PRIu32 ", %" PRIu32 ", %" PRIu32 ", {", set->maps[i].name,
                      set->maps[i].type, set->maps[i].feature);
        for (size_t at = 0; at < HASH_DIGEST_LEN; at++) {
            (void)fprintf(out, "%s%u", at > 0 ? ", " : "", (unsigned)set->maps[i].digest[at]);
        }
        (void)fputs("}},\n", out);
    }
    end(out, set->map_count);
    begin(out, "struct map_target", "targets");
    for (uint32_t i = 0; i < set->target_count; i++) {
        (void)fprintf(out, "    {%" PRIu32 ", %" PRIu32 ", %" PRIu32 "},\n", set->targets[i].kind,
                      set->targets[i].name, set->targets[i].map);
    }
    end(out, set->target_count);
}

static void put_types(FILE *out, const struct map_set *set)
{
    begin(out, "struct map_type", "types");
    for (uint32_t i = 0; i < set->type_count; i++) {
        const struct map_type *t = &set->types[i];

        (void)fprintf(out,
                      "    {%" PRIu32 ", %" PRIu32 ", %" PRIu32 ", %" PRIu32 ", %" PRIu32
                      ", %" PRIu32 ", %" PRIu32 "u, %" PRIu32 ", %d, %d, %d, %d},\n",
                      t->name, t->vmsd, t->version, t->rows, t->row_count, t->module, t->size,
                      t->min_size, t->is_fixed, t->is_plain, t->is_closed, t->has_dont_care);
    }
    end(out, set->type_count);
    begin(out, "struct map_row", "rows");
    for (uint32_t i = 0; i < set->row_count; i++) {
        const struct map_row *r = &set->rows[i];
        const uint32_t numbers[] = {r->name, r->type_name, r->ident, r->tag,       r->type,
                                    r->size, r->count,     r->rules, r->rule_count};

        (void)fputs("    {", out);
        for (size_t at = 0; at < sizeof(numbers) / sizeof(numbers[0]); at++) {
            (void)fprintf(out, "%" PRIu32 "u, ", numbers[at]);
        }
        (void)fprintf(out, "%u, %u, %d, %d, %d, %d, %d, %d, %d, %d, %d},\n", (unsigned)r->op,
                      (unsigned)r->order, r->is_signed, r->is_array, r->is_subsection, r->maybe,
                      r->fits, r->rest, r->zero, r->pci_config, r->dont_care);
    }
    end(out, set->row_count);
}

static void put_rules(FILE *out, const struct map_set *set)
{
    begin(out, "struct map_rule", "rules");
    for (uint32_t i = 0; i < set->rule_count; i++) {
        const struct map_rule *r = &set->rules[i];

        (void)fprintf(out,
                      "    {%" PRIu64 "u, %" PRIu32 ", %" PRIu32 ", %" PRIu32 ", %" PRIu32
                      ", %u, %u, %u},\n",
                      r->number, r->left, r->left_count, r->right, r->right_count, (unsigned)r->op,
                      (unsigned)r->relation, (unsigned)r->width);
    }
    end(out, set->rule_count);
    begin(out, "struct map_term", "terms");
    for (uint32_t i = 0; i < set->term_count; i++) {
        const struct map_term *t = &set->terms[i];

        (void)fprintf(out, "    {%" PRIu64 "u, {", t->number);
        for (size_t at = 0; at < MAP_PATH_MAX; at++) {
            (void)fprintf(out, "%s%" PRIu32, at > 0 ? ", " : "", t->path[at]);
        }
        (void)fprintf(out, "}, %u, %u, %u, %u},\n", (unsigned)t->kind, (unsigned)t->op,
                      (unsigned)t->outer, (unsigned)t->path_len);
    }
    end(out, set->term_count);
}

static void put_names(FILE *out, const struct map_set *set)
{
    begin(out, "struct map_names", "names");
    for (uint32_t i = 0; i < set->names_count; i++) {
        const struct map_names *n = &set->names[i];

        (void)fprintf(out, "    {%" PRIu32 ", %" PRIu32 ", %" PRIu32 ", %d},\n", n->name, n->items,
                      n->item_count, n->is_choice);
    }
    end(out, set->names_count);
    begin(out, "struct map_choice", "choices");
    for (uint32_t i = 0; i < set->choice_count; i++) {
        const struct map_choice *c = &set->choices[i];

        (void)fprintf(out, "    {%" PRIu32 ", %" PRIu32 ", %" PRIu32 "},\n", c->names, c->rules,
                      c->rule_count);
    }
    end(out, set->choice_count);
    begin(out, "struct map_item", "items");
    for (uint32_t i = 0; i < set->item_count; i++) {
        (void)fprintf(out, "    {%" PRIu64 "u, %" PRIu32 "},\n", set->items[i].number,
                      set->items[i].name);
    }
    end(out, set->item_count);
}

static void put_set(FILE *out, const struct map_set *set)
{
    const uint32_t counts[] = {
        set->map_count,  set->target_count, set->type_count,   set->row_count,  set->rule_count,
        set->term_count, set->names_count,  set->choice_count, set->item_count, set->strings_len};

    (void)fputs("/* Made by map_gen from asn1/libraries/; see compat/map_set.h. */\n"
                "#include \"compat/map_set.h\"\n",
                out);
    put_maps(out, set);
    put_types(out, set);
    put_rules(out, set);
    put_names(out, set);
    put_octets(out, "strings", span_of(set->strings, set->strings_len));
    (void)fputs("\nconst struct map_set map_builtin_set = {\n"
                "    maps, targets, types, rows, rules, terms, names, choices, items,\n"
                "    (const char *)strings",
                out);
    for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
        (void)fprintf(out, ", %" PRIu32, counts[i]);
    }
    (void)fputs("};\n", out);
}

static bool read_model(char **files, int count, struct asn_model *model, struct err *err)
{
    bool ok = true;

    for (int i = 0; ok && i < count; i++) {
        ok = gen_parse_file(files[i], model, err);
    }
    return ok && asn_resolve(model, err);
}

static bool write_source(const char *path, const struct map_set *set, struct err *err)
{
    FILE *file = fopen(path, "wb");
    bool ok;

    if (file == NULL) {
        return err_set(err, ERR_IO, "cannot create %s", path);
    }
    put_set(file, set);
    ok = !ferror(file);
    ok = fclose(file) == 0 && ok;
    return ok || err_set(err, ERR_IO, "cannot write %s", path);
}

int main(int argc, char **argv)
{
    struct arena notation;
    struct arena arena;
    struct asn_model model;
    struct map_set set;
    struct err err = ERR_INIT;
    bool ok;

    if (argc < 4 || strcmp(argv[1], "--out-c") != 0) {
        (void)fputs(usage, stderr);
        return ERR_USAGE;
    }
    arena_init(&notation, GEN_MEMORY_MAX);
    arena_init(&arena, GEN_MEMORY_MAX);
    asn_model_init(&model, &notation);
    ok = read_model(argv + 3, argc - 3, &model, &err) && map_compile(&model, &arena, &set, &err) &&
         write_source(argv[2], &set, &err);
    if (!ok) {
        gen_complain(&model, &err);
    }
    arena_done(&arena);
    arena_done(&notation);
    return ok ? 0 : (int)err.band;
}
