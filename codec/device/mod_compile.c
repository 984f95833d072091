/*
 * mod_compile.c - modules and structs; mod_compile_field.c has what is in a struct,
 * mod_compile_hold.c what holds what. See mod_compile.h for the rules.
 *
 * Structs of a module are numbered as they are written, so that its root is the first; fields of a
 * struct follow those of the one before.
 */
#include "codec/device/mod_compile.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "codec/base/arena.h"
#include "codec/device/mod_compiling.h"
#include "codec/device/mod_limits.h"
#include "codec/device/mod_listing.h"

bool mod_is_leaf_module(const char *name)
{
    return strcmp(name, "Vmber-Leaf") == 0 || strcmp(name, "Vmber-Vmstate") == 0;
}

static bool fail(const struct mod_compiling *c, struct asn_spot place, const char *fmt,
                 const char *name)
{
    return asn_fail(&c->model->diag, c->err, ERR_MALFORMED, place, fmt, name);
}

bool mod_compile_string(struct mod_compiling *c, struct asn_spot place, struct span text,
                        uint32_t *string)
{
    struct err inner = ERR_INIT;

    if (mod_pool_add(&c->pool, text, string, &inner)) {
        return true;
    }
    return err_is_memory(&inner)
               ? err_memory(c->err)
               : asn_fail(&c->model->diag, c->err, inner.band, place, "%s", inner.text);
}

/* The annotation of a type that is no struct: none, or QEMU's name of a leaf. */
static bool check_leaf_note(struct mod_compiling *c, const struct asn_assignment *one,
                            const struct mod_annotation *note)
{
    enum asn_kind kind = one->type->base->kind;

    if (!note->given) {
        return true;
    }
    if (kind != ASN_KIND_BOOLEAN && kind != ASN_KIND_INTEGER && kind != ASN_KIND_OCTET_STRING) {
        return fail(c, note->place, "an annotation of a type that is no %s",
                    "struct, INTEGER, BOOLEAN or OCTET STRING");
    }
    if (!note->has_string || note->has_number || (note->words & ~(unsigned)MOD_WORD_ARRAY) != 0) {
        return fail(c, note->place, "expected <\"QEMU's name of the type\"> on %s", one->name);
    }
    return (note->words & MOD_WORD_ARRAY) == 0 || kind == ASN_KIND_OCTET_STRING ||
           fail(c, note->place, "%s is no OCTET STRING: an array in one string is", one->name);
}

static bool check_struct_note(struct mod_compiling *c, const struct asn_assignment *one,
                              const struct mod_annotation *note)
{
    bool old_style = (note->words & MOD_WORD_OLD_STYLE) != 0;

    if (!note->given) {
        return fail(c, one->place, "%s has no <\"vmsd name\" version>", one->name);
    }
    if (!note->has_string || note->has_number == old_style ||
        (note->words & ~(unsigned)MOD_WORD_OLD_STYLE) != 0) {
        return fail(c, note->place,
                    "expected <\"vmsd name\" version> or <\"idstr\" old-style> on %s", one->name);
    }
    if (one->type->tags != NULL) {
        return fail(c, one->type->tags->place, "%s has a tag of its own", one->name);
    }
    return (one->type->extensible && !one->type->closed) ||
           fail(c, one->place, "%s does not end in '...'", one->name);
}

static bool check_limit(struct mod_compiling *c, struct asn_spot place, uint64_t count, int max,
                        const char *what)
{
    return count <= (uint64_t)max || asn_fail(&c->model->diag, c->err, ERR_LIMIT, place,
                                              "more than %d %s in modules", max, what);
}

/* Adds what a struct needs room for. */
static bool count_struct(struct mod_compiling *c, const struct asn_assignment *one)
{
    uint32_t terms = 0;

    c->struct_of[one->index] = c->type_count++;
    c->field_count += one->type->count; /* of a file's octets, far from what it can hold */
    for (const struct asn_constraint *constraint = one->type->constraints; constraint != NULL;
         constraint = constraint->next) {
        for (const struct asn_inner *inner = constraint->inners; inner != NULL;
             inner = inner->next) {
            for (const struct asn_presence *p = inner->presences; p != NULL; p = p->next) {
                if (terms++ == MOD_TERMS_MAX) {
                    return asn_fail(&c->model->diag, c->err, ERR_LIMIT, p->place,
                                    "more than %d components in constraints of %s", MOD_TERMS_MAX,
                                    one->name);
                }
            }
        }
    }
    c->term_count += terms;
    return check_limit(c, one->place, c->type_count, MOD_TYPES_MAX, "structs") &&
           check_limit(c, one->place, c->field_count, MOD_FIELDS_MAX, "fields");
}

/* Reads all annotations of assignments and counts what has to be held. */
static bool read_notes(struct mod_compiling *c)
{
    for (const struct asn_module *module = c->model->modules; module != NULL;
         module = module->next) {
        bool device = !mod_is_leaf_module(module->name);

        c->module_count += device;
        for (const struct asn_assignment *one = module->assignments; one != NULL; one = one->next) {
            struct mod_annotation *note = &c->notes[one->index];
            bool holds = device && mod_is_struct_type(one);

            c->model->here = one->place;
            c->struct_of[one->index] = MOD_NONE;
            if (!mod_annotation_read(c->model, one->doc, one->doc_place, one->place, note,
                                     c->err) ||
                (one->kind == ASN_ASSIGN_TYPE &&
                 !(holds ? check_struct_note(c, one, note) : check_leaf_note(c, one, note)))) {
                return false;
            }
            if (holds && !count_struct(c, one)) {
                return false;
            }
        }
    }
    return true;
}

static bool allocate_set(struct mod_compiling *c, struct arena *arena)
{
    c->modules = arena_array(arena, c->module_count, sizeof(*c->modules), c->err);
    c->by_name = arena_array(arena, c->module_count, sizeof(*c->by_name), c->err);
    c->slot_count = 1;
    while (c->slot_count < c->module_count * 2 + 1) {
        c->slot_count *= 2;
    }
    c->slots = arena_array(arena, c->slot_count, sizeof(*c->slots), c->err);
    c->types = arena_array(arena, c->type_count, sizeof(*c->types), c->err);
    c->fields = arena_array(arena, c->field_count, sizeof(*c->fields), c->err);
    c->terms = arena_array(arena, c->term_count, sizeof(*c->terms), c->err);
    c->components = asn_alloc(c->model, c->field_count, sizeof(struct asn_component *), c->err);
    return c->modules != NULL && c->by_name != NULL && c->slots != NULL && c->types != NULL &&
           c->fields != NULL && c->terms != NULL && c->components != NULL;
}

static int compare_tags(const void *a, const void *b)
{
    const struct mod_field *const *one = a;
    const struct mod_field *const *two = b;

    if ((*one)->tag != (*two)->tag) {
        return (*one)->tag < (*two)->tag ? -1 : 1;
    }
    return *one < *two ? -1 : *one > *two;
}

/* X.680 asks this of neighbours only; here a tag means one field, for ever. */
static bool check_tags(struct mod_compiling *c, const struct mod_type *type)
{
    const struct mod_field **sorted = malloc((type->field_count + 1) * sizeof(*sorted));
    const struct mod_field *twice = NULL;

    if (sorted == NULL) {
        return err_memory(c->err);
    }
    for (uint32_t i = 0; i < type->field_count; i++) {
        sorted[i] = &c->fields[type->fields + i];
    }
    qsort(sorted, type->field_count, sizeof(*sorted), compare_tags);
    for (uint32_t i = 1; i < type->field_count && twice == NULL; i++) {
        if (sorted[i]->tag != MOD_NO_TAG && sorted[i]->tag == sorted[i - 1]->tag) {
            twice = sorted[i];
        }
    }
    free(sorted);
    return twice == NULL ||
           fail(c, c->components[twice - c->fields]->type->tags->place,
                "the tag of %s is that of another field", c->components[twice - c->fields]->name);
}

/* QEMU writes what a save_state function does as one buffer: migration/savevm.c, QEMU 7.2. */
static bool check_old_style(struct mod_compiling *c, const struct asn_assignment *one,
                            const struct mod_type *type)
{
    const struct mod_field *field = &c->fields[type->fields];
    bool ok = type->field_count == 1 && field->op == MOD_OCTETS && !field->is_array &&
              field->tag == MOD_NO_TAG &&
              span_eq_str(mod_pool_text(&c->pool, field->name), "data") &&
              span_eq_str(mod_pool_text(&c->pool, field->type_name), "buffer");

    return ok || fail(c, one->place, "%s is old-style, and not one field data Buffer", one->name);
}

/* Finds the INTEGER that counts a field of a struct: of that name of QEMU's, the last before it. */
static bool find_by(struct mod_compiling *c, const struct mod_type *type, struct mod_field *field)
{
    const struct mod_field *first = &c->fields[type->fields];
    const struct asn_component *component = c->components[field - c->fields];

    if (field->by == MOD_EMPTY) {
        return true;
    }
    for (const struct mod_field *by = field; by-- > first;) {
        if (by->name == field->by && by->op == MOD_INT && !by->is_array && by->tag == MOD_NO_TAG) {
            field->by = by->ident;
            return true;
        }
    }
    return fail(c, component->doc_place,
                "no INTEGER before %s that is always there has the name behind 'by'",
                component->name);
}

/* Makes the terms of a constraint. */
static bool compile_constraint(struct mod_compiling *c, const struct asn_constraint *constraint)
{
    enum mod_begins begins = MOD_BEGINS_CONSTRAINT;

    for (const struct asn_inner *inner = constraint->inners; inner != NULL; inner = inner->next) {
        if (inner->presences == NULL) {
            return fail(c, constraint->place, "%s", "an alternative without components");
        }
        for (const struct asn_presence *one = inner->presences; one != NULL; one = one->next) {
            struct mod_term *term = &c->terms[c->term_at++];

            term->present = one->present;
            term->begins = (uint8_t)begins;
            begins = MOD_BEGINS_NOTHING;
            if (!mod_compile_string(c, one->place, span_str(one->name), &term->ident)) {
                return false;
            }
        }
        begins = MOD_BEGINS_ALTERNATIVE;
    }
    return true;
}

/* Makes the fields of a struct. */
static bool compile_fields(struct mod_compiling *c, const struct asn_assignment *one,
                           struct mod_type *type)
{
    bool behind = false;

    type->fields = c->field_at;
    type->field_count = one->type->count;
    for (const struct asn_component *component = one->type->components; component != NULL;
         component = component->next) {
        struct mod_field *field = &c->fields[c->field_at];

        c->components[c->field_at++] = component;
        if (!mod_field_compile(c, one->module, component, field) || !find_by(c, type, field)) {
            return false;
        }
        if (behind && !field->is_subsection) {
            return fail(c, component->place, "the field %s stands behind a subsection",
                        component->name);
        }
        behind = field->is_subsection;
    }
    return true;
}

/* Makes the struct of an assignment, its fields and its terms. */
static bool compile_struct(struct mod_compiling *c, const struct asn_assignment *one)
{
    const struct mod_annotation *note = &c->notes[one->index];
    struct mod_type *type = &c->types[c->struct_of[one->index]];

    type->version = note->number;
    if (!mod_compile_string(c, one->place, span_str(one->name), &type->name) ||
        !mod_compile_string(c, note->place, note->string, &type->vmsd) ||
        !compile_fields(c, one, type)) {
        return false;
    }
    type->terms = c->term_at;
    for (const struct asn_constraint *constraint = one->type->constraints; constraint != NULL;
         constraint = constraint->next) {
        if (!compile_constraint(c, constraint)) {
            return false;
        }
    }
    type->term_count = c->term_at - type->terms;
    if ((note->words & MOD_WORD_OLD_STYLE) != 0 && !check_old_style(c, one, type)) {
        return false;
    }
    return check_tags(c, type);
}

/* Finds the root: the first type of a module. */
static bool find_root(struct mod_compiling *c, const struct asn_module *module,
                      const struct asn_assignment **root)
{
    const struct asn_assignment *one = module->assignments;

    while (one != NULL && one->kind != ASN_ASSIGN_TYPE) {
        one = one->next;
    }
    if (one == NULL) {
        return fail(c, module->place, "module %s has no type", module->name);
    }
    if (!mod_is_struct_type(one)) {
        return fail(c, one->place, "%s is the first type of its module, and no SEQUENCE",
                    one->name);
    }
    *root = one;
    return true;
}

static bool check_head(struct mod_compiling *c, const struct asn_module *module)
{
    if (module->tag_default != ASN_TAGS_IMPLICIT) {
        return fail(c, module->place, "module %s has no IMPLICIT TAGS", module->name);
    }
    for (const struct asn_import *import = module->imports; import != NULL; import = import->next) {
        if (!mod_is_leaf_module(import->module)) {
            return fail(c, import->place,
                        "%s: a device module imports from Vmber-Leaf and Vmber-Vmstate only",
                        import->module);
        }
    }
    return true;
}

static bool compile_module(struct mod_compiling *c, const struct asn_module *module,
                           struct mod_module *out)
{
    const struct asn_assignment *root = NULL;
    const char *doc = module->doc != NULL ? module->doc : "";

    if (!check_head(c, module) || !find_root(c, module, &root) ||
        !mod_compile_string(c, module->place, span_str(module->name), &out->name) ||
        !mod_compile_string(c, module->place, span_str(doc), &out->doc)) {
        return false;
    }
    out->root = c->struct_of[root->index];
    out->types = out->root;
    out->old_style = (c->notes[root->index].words & MOD_WORD_OLD_STYLE) != 0;
    for (const struct asn_assignment *one = root; one != NULL; one = one->next) {
        if (!mod_is_struct_type(one)) {
            continue;
        }
        if (one != root && (c->notes[one->index].words & MOD_WORD_OLD_STYLE) != 0) {
            return fail(c, c->notes[one->index].place, "%s is old-style, and no root", one->name);
        }
        if (!compile_struct(c, one)) {
            return false;
        }
        out->type_count++;
    }
    return true;
}

/* What modules are sorted by. */
struct sort_row {
    struct span vmsd; /* empty to sort by name alone */
    uint32_t version;
    struct span name;
    uint32_t index;
};

static int compare_rows(const void *a, const void *b)
{
    const struct sort_row *one = a;
    const struct sort_row *two = b;
    int order = span_compare(one->vmsd, two->vmsd);

    if (order == 0 && one->version != two->version) {
        order = one->version < two->version ? -1 : 1;
    }
    return order != 0 ? order : span_compare(one->name, two->name);
}

static bool sort_modules(struct mod_compiling *c, const struct mod_set *set)
{
    struct sort_row *rows = asn_alloc(c->model, c->module_count, sizeof(*rows), c->err);
    struct mod_module *copy = asn_alloc(c->model, c->module_count, sizeof(*copy), c->err);

    if (rows == NULL || copy == NULL) {
        return false;
    }
    for (uint32_t i = 0; i < c->module_count; i++) {
        const struct mod_type *root = &c->types[c->modules[i].root];

        copy[i] = c->modules[i];
        rows[i].vmsd = mod_string(set, root->vmsd);
        rows[i].version = root->version;
        rows[i].name = mod_string(set, copy[i].name);
        rows[i].index = i;
    }
    if (c->module_count > 0) {
        qsort(rows, c->module_count, sizeof(*rows), compare_rows);
    }
    for (uint32_t i = 0; i < c->module_count; i++) {
        c->modules[i] = copy[rows[i].index];
        rows[i].vmsd = span_of("", 0);
        rows[i].version = 0;
        rows[i].index = i;
    }
    if (c->module_count > 0) {
        qsort(rows, c->module_count, sizeof(*rows), compare_rows);
    }
    for (uint32_t i = 0; i < c->module_count; i++) {
        c->by_name[i] = rows[i].index;
    }
    return true;
}

static bool digest_of(struct mod_compiling *c, const struct mod_set *set, uint32_t module)
{
    const char *name = mod_text(set, c->modules[module].name);
    struct err inner = ERR_INIT;

    if (mod_listing_digest(set, module, c->modules[module].digest, &inner)) {
        return true;
    }
    if (inner.band != ERR_LIMIT || err_is_memory(&inner)) {
        return err_set(c->err, inner.band, "%s", inner.text);
    }
    return asn_fail(&c->model->diag, c->err, ERR_LIMIT, asn_module_find(c->model, name)->place,
                    "the listing of %s has more than %d octets", name, MOD_LISTING_MAX);
}

/* Fills the slots; modules are sorted by vmsd name. */
static void fill_slots(struct mod_compiling *c, const struct mod_set *set)
{
    uint32_t end;

    for (uint32_t i = 0; i < c->module_count; i = end) {
        uint32_t vmsd = c->types[c->modules[i].root].vmsd;
        uint32_t slot = mod_set_slot(set, mod_string(set, vmsd));

        while (c->slots[slot].count != 0) {
            slot = (slot + 1) & (c->slot_count - 1);
        }
        end = i + 1;
        while (end < c->module_count && c->types[c->modules[end].root].vmsd == vmsd) {
            end++;
        }
        c->slots[slot].first = (uint16_t)i;
        c->slots[slot].count = (uint16_t)(end - i);
    }
}

/* Puts the parts together; the strings find a place of their own. */
static bool finish(struct mod_compiling *c, struct arena *arena, struct mod_set *out)
{
    struct mod_set set = {0};

    set.strings = arena_copy(arena, c->pool.octets.p, c->pool.octets.len, c->err);
    if (set.strings == NULL) {
        return false;
    }
    set.strings_len = (uint32_t)c->pool.octets.len;
    set.modules = c->modules;
    set.by_name = c->by_name;
    set.slots = c->slots;
    set.slot_count = c->slot_count;
    set.types = c->types;
    set.fields = c->fields;
    set.terms = c->terms;
    set.module_count = c->module_count;
    set.type_count = c->type_count;
    set.field_count = c->field_count;
    set.term_count = c->term_count;
    if (!sort_modules(c, &set)) {
        return false;
    }
    fill_slots(c, &set);
    for (uint32_t i = 0; i < c->module_count; i++) {
        if (!digest_of(c, &set, i)) {
            return false;
        }
    }
    *out = set;
    return true;
}

static bool compile_all(struct mod_compiling *c)
{
    uint32_t at = 0;

    for (const struct asn_module *module = c->model->modules; module != NULL;
         module = module->next) {
        if (!mod_is_leaf_module(module->name) && !compile_module(c, module, &c->modules[at++])) {
            return false;
        }
    }
    assert(at == c->module_count && c->field_at == c->field_count && c->term_at == c->term_count);
    return mod_compile_holding(c);
}

bool mod_compile(struct asn_model *model, struct arena *arena, struct mod_set *set, struct err *err)
{
    struct mod_compiling c = {0};
    bool ok;

    assert(model->resolved);
    c.model = model;
    c.err = err;
    if (!mod_pool_init(&c.pool, err)) {
        return false;
    }
    c.notes = asn_alloc(model, model->assignment_count, sizeof(*c.notes), err);
    c.struct_of = asn_alloc(model, model->assignment_count, sizeof(*c.struct_of), err);
    ok = c.notes != NULL && c.struct_of != NULL && read_notes(&c) && allocate_set(&c, arena) &&
         compile_all(&c) && finish(&c, arena, set);
    mod_pool_done(&c.pool);
    return ok;
}
