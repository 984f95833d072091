/*
 * map_compile.c - structs, maps, and what holds what; see map_compile.h.
 *
 * Sizes and the names that rules use are looked at when all rows are known. Structs do not hold
 * themselves, so the functions here that call themselves end, MAP_DEPTH_MAX deep at most.
 */
#include "compat/map_compile.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "codec/base/arena.h"
#include "codec/device/mod_set.h"
#include "compat/map_compiling.h"
#include "compat/map_listing.h"

bool map_fail(struct map_compiling *c, struct asn_spot place, const char *fmt, ...)
{
    char text[ERR_TEXT_MAX];
    va_list ap;

    va_start(ap, fmt);
    (void)vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    return asn_fail(&c->model->diag, c->err, ERR_MALFORMED, place, "%s", text);
}

static bool is_leaf_module(const char *name)
{
    return strcmp(name, "Vmber-Leaf") == 0 || strcmp(name, "Vmber-Vmstate") == 0;
}

static bool is_struct(const struct asn_assignment *one)
{
    return one->kind == ASN_ASSIGN_TYPE && one->type->kind == ASN_KIND_SEQUENCE &&
           !is_leaf_module(one->module->name);
}

bool map_is_names(const struct asn_assignment *one)
{
    return one->kind == ASN_ASSIGN_TYPE && !is_leaf_module(one->module->name) &&
           ((one->type->kind == ASN_KIND_BIT_STRING && one->type->items != NULL) ||
            (one->type->kind == ASN_KIND_INTEGER && one->type->items != NULL) ||
            one->type->kind == ASN_KIND_CHOICE);
}

/* ---- names ---- */

static bool add_items(struct map_compiling *c, const struct asn_node *node)
{
    for (const struct asn_item *item = node->items; item != NULL; item = item->next) {
        struct map_item *out = &c->items[c->item_count];

        if (c->item_count == MAP_ROWS_MAX) {
            return map_fail(c, item->place, "more than %d named bits and numbers", MAP_ROWS_MAX);
        }
        if (item->number.negative) {
            return map_fail(c, item->place, "%s is below 0", item->name);
        }
        c->item_count++;
        out->number = item->number.magnitude;
        if (!mod_pool_add(&c->pool, span_str(item->name), &out->name, c->err)) {
            return false;
        }
    }
    return true;
}

static bool add_choices(struct map_compiling *c, const struct asn_node *node)
{
    for (const struct asn_component *one = node->components; one != NULL; one = one->next) {
        struct map_choice *out = &c->choices[c->choice_count];
        const struct asn_node *type = one->type;
        struct map_note note;

        if (c->choice_count == MAP_TYPES_MAX) {
            return map_fail(c, one->place, "more than %d alternatives", MAP_TYPES_MAX);
        }
        c->choice_count++;
        if (type->kind != ASN_KIND_REFERENCE || !map_is_names(type->target) ||
            type->target->type->kind == ASN_KIND_CHOICE) {
            return map_fail(c, one->place, "%s is no type with named bits or numbers", one->name);
        }
        if (!map_note_read(c, one->doc, one->doc_place, one->place, &note)) {
            return false;
        }
        if (note.has_string || note.has_number || note.words != 0) {
            return map_fail(c, note.place, "expected <if ...> on %s", one->name);
        }
        out->names = c->names_of[type->target->index];
        out->rules = note.rules;
        out->rule_count = note.rule_count;
        for (uint32_t i = 0; i < note.rule_count; i++) {
            if (c->rules[note.rules + i].op != MAP_RULE_IF) {
                return map_fail(c, c->rule_places[note.rules + i], "expected if");
            }
        }
    }
    return true;
}

static bool compile_names(struct map_compiling *c, const struct asn_assignment *one)
{
    struct map_names *out = &c->names[c->names_of[one->index]];

    out->is_choice = one->type->kind == ASN_KIND_CHOICE;
    out->items = out->is_choice ? c->choice_count : c->item_count;
    if (!mod_pool_add(&c->pool, span_str(one->name), &out->name, c->err) ||
        !(out->is_choice ? add_choices(c, one->type) : add_items(c, one->type))) {
        return false;
    }
    out->item_count = (out->is_choice ? c->choice_count : c->item_count) - out->items;
    return true;
}

/* ---- structs ---- */

/* Gives every struct and every set of names its number, and reads what is said of it. */
static bool number_types(struct map_compiling *c)
{
    for (const struct asn_module *module = c->model->modules; module != NULL;
         module = module->next) {
        for (const struct asn_assignment *one = module->assignments; one != NULL; one = one->next) {
            c->type_of[one->index] = MAP_NONE;
            c->names_of[one->index] = MAP_NONE;
            if (map_is_names(one)) {
                if (c->names_count == MAP_TYPES_MAX) {
                    return map_fail(c, one->place, "more than %d types", MAP_TYPES_MAX);
                }
                c->names_of[one->index] = c->names_count++;
            }
            if (is_struct(one)) {
                if (c->type_count == MAP_TYPES_MAX) {
                    return map_fail(c, one->place, "more than %d structs", MAP_TYPES_MAX);
                }
                c->type_of[one->index] = c->type_count++;
            }
        }
    }
    return true;
}

static bool add_map(struct map_compiling *c, const struct asn_assignment *one,
                    const struct map_note *note)
{
    struct map_map *map = &c->maps[c->map_count];

    for (uint32_t i = 0; i < note->target_count; i++) {
        c->targets[note->targets + i].map = c->map_count;
    }
    map->type = c->type_of[one->index];
    c->map_count++;
    return mod_pool_add(&c->pool, note->string, &map->name, c->err) &&
           mod_pool_add(&c->pool, note->feature, &map->feature, c->err);
}

/* Reads what is said of a struct: a map, a subsection, or nothing. */
static bool read_type_note(struct map_compiling *c, const struct asn_assignment *one)
{
    struct map_note *note = &c->notes[one->index];
    struct map_type *type = &c->types[c->type_of[one->index]];
    bool is_map;

    if (!map_note_read(c, one->doc, one->doc_place, one->place, note) ||
        !mod_pool_add(&c->pool, span_str(one->name), &type->name, c->err) ||
        !mod_pool_add(&c->pool, span_str(one->module->name), &type->module, c->err)) {
        return false;
    }
    type->vmsd = MOD_EMPTY;
    is_map = (note->words & MAP_WORD_MAP) != 0;
    if (note->given && (!note->has_string || note->has_number == is_map || note->rule_count > 0 ||
                        (note->words & ~(unsigned)MAP_WORD_MAP) != 0 ||
                        (!is_map && note->target_count > 0) || is_map != (note->feature.len > 0))) {
        return map_fail(c, note->place,
                        "expected <\"name\" map of \"feature\" for ...> or "
                        "<\"vmsd name\" version> on %s",
                        one->name);
    }
    if (is_map) {
        return add_map(c, one, note);
    }
    type->version = note->number;
    return !note->given || mod_pool_add(&c->pool, note->string, &type->vmsd, c->err);
}

/* A tag means one row, whatever stands between; a name the same. */
static bool check_rows(struct map_compiling *c, const struct map_type *type)
{
    bool behind = false;

    for (uint32_t i = 0; i < type->row_count; i++) {
        const struct map_row *row = &c->rows[type->rows + i];
        const struct asn_component *component = c->components[type->rows + i];

        if (behind && !row->is_subsection) {
            return map_fail(c, component->place, "%s stands behind a subsection", component->name);
        }
        behind = row->is_subsection;
        for (uint32_t k = 0; k < i; k++) {
            const struct map_row *other = &c->rows[type->rows + k];

            if (row->tag != MAP_NO_TAG && row->tag == other->tag) {
                return map_fail(c, component->place, "the tag of %s is that of another row",
                                component->name);
            }
            if (row->name == other->name) {
                return map_fail(c, component->place, "the name of %s is that of another row",
                                component->name);
            }
        }
    }
    return true;
}

static bool compile_struct(struct map_compiling *c, const struct asn_assignment *one)
{
    struct map_type *type = &c->types[c->type_of[one->index]];

    if (one->module->tag_default != ASN_TAGS_IMPLICIT || one->type->tags != NULL ||
        !one->type->extensible || one->type->closed) {
        return map_fail(c, one->place,
                        "%s has a tag, does not end in '...', or is in a module without IMPLICIT "
                        "TAGS",
                        one->name);
    }
    if (one->type->count > MAP_STRUCT_ROWS_MAX || one->type->count > MAP_ROWS_MAX - c->row_count) {
        return map_fail(c, one->place, "more than %d rows", MAP_STRUCT_ROWS_MAX);
    }
    type->rows = c->row_count;
    type->row_count = one->type->count;
    for (const struct asn_component *component = one->type->components; component != NULL;
         component = component->next) {
        struct map_row *row = &c->rows[c->row_count];

        c->components[c->row_count++] = component;
        if (!map_row_compile(c, component, row)) {
            return false;
        }
    }
    return check_rows(c, type);
}

/* ---- what holds what ---- */

/* Whether a rule looks at the octets of a row, or says that others be read by it. */
static bool is_loose(const struct map_compiling *c, const struct map_row *row)
{
    bool loose = !row->zero && !row->pci_config;

    for (uint32_t i = 0; i < row->rule_count; i++) {
        uint8_t op = c->rules[row->rules + i].op;

        loose = loose && op >= MAP_RULE_DONT_CARE;
    }
    return loose;
}

/* Whether a rule asks for what stands outside the struct. */
static bool asks_outside(const struct map_compiling *c, uint32_t first, uint32_t count)
{
    bool outside = false;

    for (uint32_t i = first; i < first + count; i++) {
        outside = outside || c->terms[i].kind == MAP_VARIABLE || c->terms[i].outer > 0;
    }
    return outside;
}

static bool is_closed(const struct map_compiling *c, const struct map_row *row)
{
    bool closed = !row->pci_config;

    for (uint32_t i = row->rules; i < row->rules + row->rule_count; i++) {
        const struct map_rule *rule = &c->rules[i];

        closed = closed && !asks_outside(c, rule->left, rule->left_count) &&
                 !asks_outside(c, rule->right, rule->right_count);
    }
    return closed;
}

/* Finds out the sizes of a struct, of those that it holds first. done: 1 begun, 2 done. */
static bool measure(struct map_compiling *c, uint32_t index, uint8_t *done, uint32_t depth)
{
    struct map_type *type = &c->types[index];
    uint64_t min = 0;

    if (done[index] == 2) {
        return true;
    }
    if (done[index] == 1 || depth == MAP_DEPTH_MAX) {
        return map_fail(c, c->components[type->rows]->place,
                        "structs hold themselves, or nest deeper than %d", MAP_DEPTH_MAX);
    }
    done[index] = 1;
    type->is_fixed = true;
    type->is_plain = true;
    type->is_closed = true;
    for (uint32_t i = 0; i < type->row_count; i++) {
        struct map_row *row = &c->rows[type->rows + i];
        uint64_t element = row->size == MAP_VARIES ? 0 : row->size;
        bool fixed = row->tag == MAP_NO_TAG && row->order != MAP_HOST && row->count != MAP_VARIES;

        if (row->op == MAP_STRUCT) {
            if (!measure(c, row->type, done, depth + 1)) {
                return false;
            }
            element = c->types[row->type].min_size;
            row->size = c->types[row->type].size;
            type->is_plain = type->is_plain && c->types[row->type].is_plain;
            type->is_closed = type->is_closed && c->types[row->type].is_closed;
            type->has_dont_care = type->has_dont_care || c->types[row->type].has_dont_care;
            fixed = fixed && c->types[row->type].is_fixed;
        }
        if (row->is_array && element == 0) {
            return map_fail(c, c->components[type->rows + i]->place,
                            "elements that may have no octet");
        }
        fixed = fixed && row->size != MAP_VARIES;
        type->is_fixed = type->is_fixed && fixed;
        type->is_plain = type->is_plain && is_loose(c, row);
        type->is_closed = type->is_closed && is_closed(c, row);
        type->has_dont_care = type->has_dont_care || row->dont_care;
        if (row->tag == MAP_NO_TAG) {
            min += element * (row->count == MAP_VARIES ? 0 : row->count);
        }
        if (min > MAP_BLOB_MAX) {
            return map_fail(c, c->components[type->rows + i]->place, "more than %d octets",
                            MAP_BLOB_MAX);
        }
    }
    type->is_plain = type->is_plain && type->is_fixed;
    type->is_closed = type->is_closed && type->is_fixed;
    type->min_size = (uint32_t)min;
    type->size = type->is_fixed ? type->min_size : MAP_VARIES;
    done[index] = 2;
    return true;
}

/* Whether rows of that name may be used, from row before of a struct backwards. */
static bool resolves(const struct map_compiling *c, uint32_t index, uint32_t before,
                     const uint32_t *path, uint32_t len)
{
    const struct map_type *type = &c->types[index];

    for (uint32_t i = 0; i < before; i++) {
        const struct map_row *row = &c->rows[type->rows + i];

        if (row->name == path[0] && !row->is_array) {
            return len == 1 ? row->op == MAP_INT || row->op == MAP_BOOL
                            : row->op == MAP_STRUCT &&
                                  resolves(c, row->type, c->types[row->type].row_count, path + 1,
                                           len - 1);
        }
    }
    return false;
}

/* The same of a struct outside, and every one that may be there. */
static bool resolves_outside(const struct map_compiling *c, uint32_t index, uint32_t outer,
                             const struct map_term *term)
{
    bool held = false;

    for (uint32_t t = 0; t < c->type_count; t++) {
        for (uint32_t i = 0; i < c->types[t].row_count; i++) {
            const struct map_row *row = &c->rows[c->types[t].rows + i];

            if (row->type != index) {
                continue;
            }
            held = true;
            if (!(outer > 1 ? resolves_outside(c, t, outer - 1, term)
                            : resolves(c, t, i, term->path, term->path_len))) {
                return false;
            }
        }
    }
    return held;
}

/* Checks the names that a rule of row i of a struct uses; a check may use the row's own. */
static bool check_terms(struct map_compiling *c, uint32_t index, uint32_t i, bool own,
                        uint32_t first, uint32_t count)
{
    for (uint32_t k = first; k < first + count; k++) {
        const struct map_term *term = &c->terms[k];

        if (term->kind == MAP_PATH &&
            !(term->outer == 0 ? resolves(c, index, i + (own ? 1 : 0), term->path, term->path_len)
                               : resolves_outside(c, index, term->outer, term))) {
            return map_fail(c, c->term_places[k], "no number of that name stands before here");
        }
        if (term->kind == MAP_VARIABLE && term->number <= MAP_TRANSPORT && count > 1) {
            return map_fail(c, c->term_places[k], "a string is no number");
        }
    }
    return true;
}

static bool check_names(struct map_compiling *c)
{
    for (uint32_t t = 0; t < c->type_count; t++) {
        for (uint32_t i = 0; i < c->types[t].row_count; i++) {
            const struct map_row *row = &c->rows[c->types[t].rows + i];

            for (uint32_t k = row->rules; k < row->rules + row->rule_count; k++) {
                struct map_rule *rule = &c->rules[k];
                bool own = rule->op == MAP_RULE_CHECK;

                if (!check_terms(c, t, i, own, rule->left, rule->left_count) ||
                    !check_terms(c, t, i, own, rule->right, rule->right_count)) {
                    return false;
                }
                if (rule->op >= MAP_RULE_BITS && rule->op <= MAP_RULE_EXTENDED_CAPABILITIES) {
                    rule->number = c->names_of[rule->number];
                }
            }
        }
    }
    return true;
}

/* Marks what a struct holds as part of a map. */
static void mark(const struct map_compiling *c, uint32_t index, uint8_t *seen)
{
    if (seen[index] != 0) {
        return;
    }
    seen[index] = 1;
    for (uint32_t i = 0; i < c->types[index].row_count; i++) {
        const struct map_row *row = &c->rows[c->types[index].rows + i];

        if (row->type != MAP_NONE) {
            mark(c, row->type, seen);
        }
    }
}

static bool check_structs(struct map_compiling *c)
{
    uint8_t *done = asn_alloc(c->model, c->type_count, 2, c->err);
    uint8_t *seen = done != NULL ? done + c->type_count : NULL;

    if (done == NULL) {
        return false;
    }
    for (uint32_t t = 0; t < c->type_count; t++) {
        if (!measure(c, t, done, 0)) {
            return false;
        }
    }
    if (!check_names(c)) {
        return false;
    }
    for (uint32_t i = 0; i < c->map_count; i++) {
        mark(c, c->maps[i].type, seen);
    }
    for (uint32_t t = 0; t < c->type_count; t++) {
        if (seen[t] == 0 && c->types[t].row_count > 0) {
            return map_fail(c, c->components[c->types[t].rows]->place, "%s is part of no map",
                            (const char *)c->pool.octets.p + c->types[t].name);
        }
    }
    return true;
}

/* ---- the set ---- */

/* Which of two targets comes first. */
static int compare_targets(const char *strings, const struct map_target *a,
                           const struct map_target *b)
{
    if (a->kind != b->kind) {
        return a->kind < b->kind ? -1 : 1;
    }
    return strcmp(strings + a->name, strings + b->name);
}

/* There are few, nearly in order. */
static void sort_targets(const char *strings, struct map_target *targets, uint32_t count)
{
    for (uint32_t i = 1; i < count; i++) {
        const struct map_target target = targets[i];
        uint32_t k = i;

        for (; k > 0 && compare_targets(strings, &targets[k - 1], &target) > 0; k--) {
            targets[k] = targets[k - 1];
        }
        targets[k] = target;
    }
}

static bool check_targets(struct map_compiling *c)
{
    const char *strings = (const char *)c->pool.octets.p;

    sort_targets(strings, c->targets, c->target_count);
    for (uint32_t i = 1; i < c->target_count; i++) {
        if (compare_targets(strings, &c->targets[i - 1], &c->targets[i]) == 0) {
            return err_set(c->err, ERR_MALFORMED, "two maps are for \"%s\"",
                           strings + c->targets[i].name);
        }
    }
    for (uint32_t i = 0; i < c->map_count; i++) {
        for (uint32_t k = 0; k < i; k++) {
            if (c->maps[i].name == c->maps[k].name) {
                return err_set(c->err, ERR_MALFORMED, "two maps are called \"%s\"",
                               strings + c->maps[i].name);
            }
        }
    }
    return true;
}

static const void *keep(struct arena *arena, const void *items, uint32_t count, size_t size,
                        struct err *err)
{
    return arena_copy(arena, items, count * size, err);
}

static bool finish(struct map_compiling *c, struct arena *arena, struct map_set *out)
{
    struct map_set set = {0};

    set.strings_len = (uint32_t)c->pool.octets.len;
    set.strings = keep(arena, c->pool.octets.p, set.strings_len, 1, c->err);
    set.map_count = c->map_count;
    set.target_count = c->target_count;
    set.type_count = c->type_count;
    set.row_count = c->row_count;
    set.rule_count = c->rule_count;
    set.term_count = c->term_count;
    set.names_count = c->names_count;
    set.choice_count = c->choice_count;
    set.item_count = c->item_count;
    set.targets = keep(arena, c->targets, c->target_count, sizeof(*c->targets), c->err);
    set.types = keep(arena, c->types, c->type_count, sizeof(*c->types), c->err);
    set.rows = keep(arena, c->rows, c->row_count, sizeof(*c->rows), c->err);
    set.rules = keep(arena, c->rules, c->rule_count, sizeof(*c->rules), c->err);
    set.terms = keep(arena, c->terms, c->term_count, sizeof(*c->terms), c->err);
    set.names = keep(arena, c->names, c->names_count, sizeof(*c->names), c->err);
    set.choices = keep(arena, c->choices, c->choice_count, sizeof(*c->choices), c->err);
    set.items = keep(arena, c->items, c->item_count, sizeof(*c->items), c->err);
    set.maps = c->maps;
    if (c->err->band != ERR_NONE) {
        return false;
    }
    for (uint32_t i = 0; i < c->map_count; i++) {
        if (!map_listing_digest(&set, i, c->maps[i].digest, c->err)) {
            return false;
        }
    }
    set.maps = keep(arena, c->maps, c->map_count, sizeof(*c->maps), c->err);
    *out = set;
    return set.maps != NULL;
}

static bool allocate(struct map_compiling *c)
{
    struct asn_model *model = c->model;
    uint32_t all = model->assignment_count;

    c->notes = asn_alloc(model, all, sizeof(*c->notes), c->err);
    c->type_of = asn_alloc(model, all, sizeof(*c->type_of), c->err);
    c->names_of = asn_alloc(model, all, sizeof(*c->names_of), c->err);
    c->components = asn_alloc(model, MAP_ROWS_MAX, sizeof(*c->components), c->err);
    c->term_places = asn_alloc(model, MAP_TERMS_MAX, sizeof(*c->term_places), c->err);
    c->rule_places = asn_alloc(model, MAP_RULES_MAX, sizeof(*c->rule_places), c->err);
    c->maps = asn_alloc(model, MAP_TYPES_MAX, sizeof(*c->maps), c->err);
    c->targets = asn_alloc(model, MAP_TYPES_MAX, sizeof(*c->targets), c->err);
    c->types = asn_alloc(model, MAP_TYPES_MAX, sizeof(*c->types), c->err);
    c->rows = asn_alloc(model, MAP_ROWS_MAX, sizeof(*c->rows), c->err);
    c->rules = asn_alloc(model, MAP_RULES_MAX, sizeof(*c->rules), c->err);
    c->terms = asn_alloc(model, MAP_TERMS_MAX, sizeof(*c->terms), c->err);
    c->names = asn_alloc(model, MAP_TYPES_MAX, sizeof(*c->names), c->err);
    c->choices = asn_alloc(model, MAP_TYPES_MAX, sizeof(*c->choices), c->err);
    c->items = asn_alloc(model, MAP_ROWS_MAX, sizeof(*c->items), c->err);
    return c->err->band == ERR_NONE;
}

typedef bool (*compile_fn)(struct map_compiling *c, const struct asn_assignment *one);

/* Does something with all structs, or all names, of the modules. */
static bool each(struct map_compiling *c, bool (*is)(const struct asn_assignment *), compile_fn fn)
{
    for (const struct asn_module *module = c->model->modules; module != NULL;
         module = module->next) {
        for (const struct asn_assignment *one = module->assignments; one != NULL; one = one->next) {
            if (is(one) && !fn(c, one)) {
                return false;
            }
        }
    }
    return true;
}

bool map_compile(struct asn_model *model, struct arena *arena, struct map_set *set, struct err *err)
{
    struct map_compiling c = {0};
    bool ok;

    assert(model->resolved);
    c.model = model;
    c.err = err;
    if (!mod_pool_init(&c.pool, err)) {
        return false;
    }
    ok = allocate(&c) && number_types(&c) && each(&c, map_is_names, compile_names) &&
         each(&c, is_struct, read_type_note) && each(&c, is_struct, compile_struct) &&
         check_structs(&c) && check_targets(&c) && finish(&c, arena, set);
    mod_pool_done(&c.pool);
    return ok;
}
