/* map_listing.c - see map_listing.h. */
#include "compat/map_listing.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "codec/base/err.h"

const char *const map_variable_names[MAP_VARIABLES] = {
    "device", "transport", "version", "size", "left", "pci_size", "msix_entries",
};

enum { LISTING_MAX = 16 * 1024 * 1024 };

/* What is being written; the first failure stays. */
struct lines {
    const struct map_set *set;
    struct buf *out;
    struct err *err;
    bool ok;
    uint32_t types[MAP_TYPES_MAX]; /* structs in the order they are held */
    uint32_t type_count;
};

static void put(struct lines *l, const char *text)
{
    l->ok = l->ok && buf_put(l->out, text, strlen(text), l->err);
}

static void put_string(struct lines *l, uint32_t string)
{
    struct span text = map_string(l->set, string);

    l->ok = l->ok && buf_put(l->out, text.p, text.len, l->err);
}

static void put_name(struct lines *l, uint32_t string)
{
    put(l, "\t");
    put_string(l, string);
}

static void put_number(struct lines *l, const char *before, uint64_t number)
{
    char text[40];

    (void)snprintf(text, sizeof(text), "%s%" PRIu64, before, number);
    put(l, text);
}

/* A TAB and a number, or what stands for none. */
static void put_count(struct lines *l, uint32_t number, const char *none)
{
    if (number == MAP_VARIES) {
        put(l, "\t");
        put(l, none);
    } else {
        put_number(l, "\t", number);
    }
}

static void put_term(struct lines *l, const struct map_term *term)
{
    char op[4] = {' ', (char)term->op, ' ', '\0'};

    put(l, term->op != 0 ? op : " ");
    switch ((enum map_term_kind)term->kind) {
    case MAP_NUMBER:
        put_number(l, "", term->number);
        break;
    case MAP_STRING:
        put(l, "\"");
        put_string(l, (uint32_t)term->number);
        put(l, "\"");
        break;
    case MAP_VARIABLE:
        put(l, "$");
        put(l, map_variable_names[term->number]);
        break;
    case MAP_PATH:
        for (uint8_t i = 0; i < term->outer; i++) {
            put(l, "outer.");
        }
        for (uint8_t i = 0; i < term->path_len; i++) {
            put(l, i > 0 ? "." : "");
            put_string(l, term->path[i]);
        }
        break;
    }
}

static void put_terms(struct lines *l, uint32_t first, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        put_term(l, &l->set->terms[first + i]);
    }
}

static const char *const relations[] = {" ==", " !=", " <", " <=", " >", " >=", " &", " in"};

static void put_condition(struct lines *l, const struct map_rule *rule)
{
    put_terms(l, rule->left, rule->left_count);
    put(l, relations[rule->relation]);
    put_terms(l, rule->right, rule->right_count);
}

bool map_listing_condition(const struct map_set *set, const struct map_rule *rule, struct buf *out,
                           struct err *err)
{
    struct lines lines = {set, out, err, true, {0}, 0};

    put_condition(&lines, rule);
    return lines.ok;
}

static void put_rule(struct lines *l, const struct map_rule *rule)
{
    static const char *const ops[] = {"if",   "check", "feature", "length", "count",
                                      "size", "while", "magic",   "max",    "dont-care"};

    if (rule->op > MAP_RULE_DONT_CARE) {
        return;
    }
    put(l, "rule\t");
    put(l, ops[rule->op]);
    if (rule->op == MAP_RULE_MAGIC || rule->op == MAP_RULE_MAX || rule->op == MAP_RULE_WHILE) {
        put(l, rule->op == MAP_RULE_WHILE ? relations[rule->relation] : "");
        put_number(l, " ", rule->number);
        if (rule->op == MAP_RULE_WHILE) {
            put_number(l, " of ", rule->width);
        }
    }
    if (rule->op == MAP_RULE_FEATURE) {
        put(l, " ");
        put_string(l, (uint32_t)rule->number);
    }
    if (rule->op == MAP_RULE_DONT_CARE && rule->left_count > 0) {
        put(l, rule->right_count > 0 ? " ring" : " from");
    }
    if (rule->op == MAP_RULE_IF || rule->op == MAP_RULE_CHECK) {
        put_condition(l, rule);
    } else {
        put_terms(l, rule->left, rule->left_count);
        put_terms(l, rule->right, rule->right_count);
    }
    put(l, "\n");
}

static void hold(struct lines *l, uint32_t type)
{
    for (uint32_t i = 0; i < l->type_count; i++) {
        if (l->types[i] == type) {
            return;
        }
    }
    l->types[l->type_count++] = type;
}

static void put_row(struct lines *l, const struct map_row *row)
{
    static const char *const ops[] = {"\tinteger", "\tboolean", "\toctets", "\tstruct"};
    static const char *const orders[] = {"\tbig", "\tlittle", "\thost"};

    put(l, row->is_subsection ? "subsection" : "row");
    put_name(l, row->ident);
    put_name(l, row->name);
    put_name(l, row->type_name);
    put_count(l, row->tag, "-");
    put(l, ops[row->op]);
    put(l, row->op == MAP_INT ? orders[row->order] : "\t-");
    if (row->is_array) {
        put_count(l, row->count, "array");
    } else {
        put(l, "\tone");
    }
    put_count(l, row->size, "*");
    if (row->type == MAP_NONE) {
        put(l, "\t-");
    } else {
        put_name(l, l->set->types[row->type].name);
        hold(l, row->type);
    }
    put(l, "\t");
    put(l, row->is_signed ? " signed" : "");
    put(l, row->maybe ? " maybe" : "");
    put(l, row->fits ? " fits" : "");
    put(l, row->rest ? " rest" : "");
    put(l, row->zero ? " zero" : "");
    put(l, row->pci_config ? " pci-config" : "");
    put(l, "\n");
    for (uint32_t i = 0; i < row->rule_count; i++) {
        put_rule(l, &l->set->rules[row->rules + i]);
    }
}

static void put_head(struct lines *l, uint32_t map)
{
    static const char *const kinds[] = {"for\t", "for\tsection", "for\tfield"};

    put(l, "map");
    put_name(l, l->set->maps[map].name);
    put_name(l, l->set->types[l->set->maps[map].type].module);
    put(l, "\n");
    for (uint32_t i = 0; i < l->set->target_count; i++) {
        const struct map_target *target = &l->set->targets[i];

        if (target->map == map) {
            put(l, kinds[target->kind]);
            put_name(l, target->name);
            put(l, "\n");
        }
    }
}

bool map_listing(const struct map_set *set, uint32_t map, struct buf *out, struct err *err)
{
    struct lines lines = {set, out, err, true, {0}, 0};

    put_head(&lines, map);
    hold(&lines, set->maps[map].type);
    for (uint32_t i = 0; lines.ok && i < lines.type_count; i++) {
        const struct map_type *type = &set->types[lines.types[i]];

        put(&lines, "type");
        put_name(&lines, type->name);
        put_name(&lines, type->vmsd);
        put_number(&lines, "\t", type->version);
        put(&lines, "\n");
        for (uint32_t n = 0; n < type->row_count; n++) {
            put_row(&lines, &set->rows[type->rows + n]);
        }
    }
    return lines.ok;
}

bool map_listing_digest(const struct map_set *set, uint32_t map, uint8_t digest[HASH_DIGEST_LEN],
                        struct err *err)
{
    struct buf text;
    bool ok;

    buf_init(&text, LISTING_MAX);
    ok = map_listing(set, map, &text, err) && hash_digest_of(buf_span(&text), digest, err);
    buf_done(&text);
    return ok;
}
