/*
 * mod_join.c - see mod_join.h: modules that may describe a section, and structs.
 *
 * Structs inside one another are joined by functions that call themselves, LAY_DEPTH_MAX deep at
 * most: a type of the table is no deeper. A type that stands in many places is joined once with
 * each struct of the module.
 *
 * Most types stay what they are; nothing of a type is copied before something of it has to change.
 */
#include "codec/device/mod_join.h"

#include <stdlib.h>

#include "codec/device/mod_joining.h"
#include "codec/device/mod_library.h"
#include "codec/device/mod_limits.h"
#include "codec/savevm/leg_text.h"

static uint32_t pair_hash(uint32_t type, uint32_t with)
{
    return (uint32_t)(((uint64_t)type << 32 | with) * UINT64_C(0x9e3779b97f4a7c15) >> 32);
}

/* Returns the slot of a pair, or the free one where it belongs. */
static struct mod_pair *find_pair(const struct mod_joining *j, uint32_t type, uint32_t with)
{
    for (uint32_t i = pair_hash(type, with);; i++) {
        struct mod_pair *pair = &j->pairs[i & (j->pair_slots - 1)];

        if (pair->type == 0 || (pair->type == type && pair->with == with)) {
            return pair;
        }
    }
}

/* Doubles the slots when half of them are taken. */
static bool grow_pairs(struct mod_joining *j)
{
    struct mod_pair *old = j->pairs;
    uint32_t old_slots = j->pair_slots;
    struct mod_pair *more;

    if (j->pair_count < old_slots / 2) {
        return true;
    }
    if (j->pair_count >= MOD_PAIRS_MAX) {
        (void)err_set(&j->stop, ERR_LIMIT, "more than %d types in one section", MOD_PAIRS_MAX);
        return mod_stop(j);
    }
    more = calloc((size_t)old_slots * 2, sizeof(*more));
    if (more == NULL) {
        (void)err_memory(&j->stop);
        return mod_stop(j);
    }
    j->pairs = more;
    j->pair_slots = old_slots * 2;
    for (uint32_t i = 0; i < old_slots; i++) {
        if (old[i].type != 0) {
            *find_pair(j, old[i].type, old[i].with) = old[i];
        }
    }
    if (old != j->few) {
        free(old);
    }
    return true;
}

static bool put_pair(struct mod_joining *j, uint32_t type, uint32_t with, uint32_t joined)
{
    const struct mod_pair pair = {type, with, joined};

    if (!grow_pairs(j)) {
        return false;
    }
    *find_pair(j, type, with) = pair;
    j->pair_count++;
    return true;
}

static void joining_init(struct mod_joining *j, struct lay_types *types, bool check,
                         struct err *why)
{
    j->types = types;
    j->check = check;
    j->why = why;
    j->why_progress = 0;
    err_init(&j->stop);
    j->fields = NULL;
    j->field_count = 0;
    j->field_cap = 0;
    j->pairs = j->few;
    arena_init(&j->arena, LAY_TYPES_BYTES_MAX);
}

/* Begins with a candidate. */
static void joining_begin(struct mod_joining *j, const struct mod_set *set)
{
    if (j->pairs != j->few) {
        free(j->pairs);
    }
    memset(j->few, 0, sizeof(j->few));
    arena_reset(&j->arena);
    j->set = set;
    j->depth = 0;
    j->progress = 0;
    j->field_count = 0;
    j->pairs = j->few;
    j->pair_slots = MOD_PAIRS_FEW;
    j->pair_count = 0;
}

static void joining_done(struct mod_joining *j)
{
    if (j->pairs != j->few) {
        free(j->pairs);
    }
    free(j->fields);
    arena_done(&j->arena);
}

/* Copies the fields of a struct to the stack, where they can change. */
static bool copy_fields(struct mod_joining *j, struct mod_struct *in)
{
    size_t count = in->wire.fields.count;

    if (j->field_cap - j->field_count < count) {
        size_t cap = (j->field_count + count) * 2;
        struct wire_field *more = realloc(j->fields, cap * sizeof(*more));

        if (more == NULL) {
            (void)err_memory(&j->stop);
            return mod_stop(j);
        }
        j->fields = more;
        j->field_cap = cap;
    }
    memcpy(j->fields + j->field_count, in->wire.fields.items, count * sizeof(*j->fields));
    in->field_base = j->field_count;
    j->field_count += count;
    in->fields_change = true;
    in->changes = true;
    return true;
}

static bool is_as_wanted(const struct wire_field *row, const struct mod_wanted *wanted)
{
    return (row->has_tag ? row->tag : MOD_NO_TAG) == wanted->tag &&
           row->sequence == wanted->sequence && row->has_extent == wanted->has_extent &&
           (!row->has_extent || row->extent == wanted->extent) &&
           (!row->has_element || row->element == wanted->element) &&
           (!row->has_members || row->members.items == wanted->members);
}

bool mod_join_row(struct mod_joining *j, struct mod_struct *in, size_t i,
                  const struct mod_wanted *wanted)
{
    struct wire_field *row = &in->wire.fields.items[i];

    if (is_as_wanted(row, wanted)) {
        return true;
    }
    if (j->check) {
        char name[80];

        leg_text_label(row->name, name, sizeof(name));
        return mod_why(j, "field '%s' is tagged or nested otherwise", name);
    }
    if (!in->fields_change && !copy_fields(j, in)) {
        return false;
    }
    row = &j->fields[in->field_base + i];
    row->has_tag = wanted->tag != MOD_NO_TAG;
    row->tag = row->has_tag ? wanted->tag : 0;
    row->has_sequence = wanted->sequence;
    row->sequence = wanted->sequence;
    row->has_extent = wanted->has_extent;
    row->extent = wanted->extent;
    row->element = wanted->element;
    if (row->has_members) {
        row->members.items = (uint32_t *)wanted->members;
    }
    return true;
}

/* Where the rows of the array, or the one row, end that begin with row first. */
static size_t rows_end(const struct mod_struct *in, size_t first)
{
    size_t end = first + 1;

    while (end < in->wire.fields.count && in->steps[end].is_array && !in->steps[end].opens) {
        end++;
    }
    return end;
}

/*
 * Whether an optional field is better taken for absent, though the rows match it: fields of the
 * same name that must be there follow, and no other rows are there for them.
 */
static bool is_for_next(const struct mod_rows *rows, const struct mod_field *field,
                        const struct mod_field *end)
{
    const struct mod_struct *in = rows->in;
    const struct wire_field *items = in->wire.fields.items;
    uint32_t needed = 0;
    uint32_t there = 1;

    if (field->tag == MOD_NO_TAG || field + 1 == end || field[1].name != field->name) {
        return false;
    }
    for (const struct mod_field *next = field + 1; next < end && next->name == field->name;
         next++) {
        needed += next->tag == MOD_NO_TAG;
    }
    for (size_t row = rows->end; there <= needed && row < in->wire.fields.count &&
                                 span_eq(items[row].name, items[rows->first].name);
         row = rows_end(in, row)) {
        there++;
    }
    return there <= needed;
}

/*
 * Finds the field that rows are, from field *at of count on; all that are passed are optional. If
 * there is none, *near is a field of that name, or count.
 */
static bool find_field(const struct mod_joining *j, const struct mod_rows *rows, uint32_t count,
                       uint32_t *at, uint32_t *near)
{
    const struct mod_field *fields = &j->set->fields[rows->in->type->fields];
    struct span name = rows->in->wire.fields.items[rows->first].name;

    *near = count;
    for (uint32_t i = *at; i < count; i++) {
        if (span_eq(mod_string(j->set, fields[i].name), name)) {
            if (!mod_match(j, rows, &fields[i])) {
                *near = *near == count ? i : *near;
            } else if (!is_for_next(rows, &fields[i], fields + count)) {
                *at = i;
                return true;
            }
        }
        if (fields[i].tag == MOD_NO_TAG) {
            break;
        }
    }
    return false;
}

/* Fields of a struct of the module that are no subsections. */
static uint32_t count_fields(const struct mod_joining *j, const struct mod_type *type)
{
    uint32_t count = type->field_count;

    while (count > 0 && j->set->fields[type->fields + count - 1].is_subsection) {
        count--;
    }
    return count;
}

/* Notes that a field is there, for the constraints of its struct. */
static void note_there(const struct mod_joining *j, struct mod_struct *in, uint32_t at)
{
    const struct mod_term *terms = &j->set->terms[in->type->terms];

    for (uint32_t i = 0; i < in->type->term_count; i++) {
        if (terms[i].ident == j->set->fields[in->type->fields + at].ident) {
            in->there |= UINT64_C(1) << i;
        }
    }
}

/*
 * Whether a row is an integer that is no array and always there, as most are, and nothing has to be
 * added to it. It says no more than mod_match and mod_take would.
 */
static CC_INLINE bool is_plain(const struct mod_joining *j, const struct mod_struct *in, size_t i,
                               const struct mod_field *field)
{
    const struct wire_field *row = &in->wire.fields.items[i];
    const struct lay_step *step = &in->steps[i];

    return field->op == MOD_INT && step->op == LAY_INT && step->size == field->size &&
           step->is_signed == field->is_signed && field->tag == MOD_NO_TAG && !row->has_tag &&
           !field->is_array && !step->is_array && !row->has_extent &&
           span_eq(row->name, mod_string(j->set, field->name)) &&
           span_eq(row->type, mod_string(j->set, field->type_name));
}

static bool join_fields(struct mod_joining *j, struct mod_struct *in, uint32_t count)
{
    const struct mod_field *fields = &j->set->fields[in->type->fields];
    struct mod_rows rows = {in, 0, 0};
    uint32_t at = 0;
    uint32_t near;

    for (; rows.first < in->wire.fields.count; rows.first = rows.end) {
        if (at < count && is_plain(j, in, rows.first, &fields[at])) {
            rows.end = rows.first + 1;
            at++;
            j->progress++;
            continue;
        }
        rows.end = rows_end(in, rows.first);
        if (!find_field(j, &rows, count, &at, &near)) {
            return near < count ? mod_why_differs(j, &rows, &fields[near])
                                : mod_why_order(j, in, rows.first, at);
        }
        note_there(j, in, at);
        if (!mod_take(j, in, &rows, &fields[at++])) {
            return false;
        }
        j->progress++;
    }
    for (uint32_t i = at; i < count; i++) {
        if (fields[i].tag == MOD_NO_TAG) {
            return mod_why_order(j, in, rows.first, at);
        }
    }
    return true;
}

/* Finds the field that a subsection is, from field *at on. */
static bool find_subsection(const struct mod_joining *j, const struct mod_struct *in, uint32_t id,
                            uint32_t *at)
{
    for (uint32_t i = *at; i < in->type->field_count; i++) {
        if (mod_is_struct(j, id, j->set->fields[in->type->fields + i].type)) {
            *at = i;
            return true;
        }
    }
    return false;
}

static bool same_tags(const struct wire_type_description *wire, const uint32_t *tags, size_t count)
{
    return wire->has_subsection_tags && wire->subsection_tags.count == count &&
           memcmp(wire->subsection_tags.items, tags, count * sizeof(*tags)) == 0;
}

/* Joins the subsections; field at is the first that is one. */
static bool join_subsections(struct mod_joining *j, struct mod_struct *in, uint32_t at)
{
    size_t count = in->wire.has_subsections ? in->wire.subsections.count : 0;
    const uint32_t *items = in->wire.subsections.items;
    uint32_t *ids = in->ids;
    uint32_t *tags = in->tags;

    if (count > MOD_IDS_FEW) {
        ids = arena_array(&j->arena, count * 2, sizeof(*ids), &j->stop);
        if (ids == NULL) {
            return mod_stop(j);
        }
        tags = ids + count;
    }
    for (size_t i = 0; i < count; i++) {
        const struct mod_field *field;

        if (!find_subsection(j, in, items[i], &at)) {
            return mod_why_subsection(j, in, i, at);
        }
        note_there(j, in, at);
        field = &j->set->fields[in->type->fields + at++];
        tags[i] = field->tag;
        if (!mod_join_struct(j, mod_string(j->set, field->name), items[i], field->type, &ids[i])) {
            return false;
        }
        j->progress++;
    }
    if (count == 0 ||
        (memcmp(ids, items, count * sizeof(*ids)) == 0 && same_tags(&in->wire, tags, count))) {
        return true;
    }
    if (j->check) {
        return mod_why(j, "subsections are tagged or nested otherwise");
    }
    in->changes = true;
    in->wire.subsections.items = ids;
    in->wire.has_subsection_tags = true;
    in->wire.subsection_tags.items = tags;
    in->wire.subsection_tags.count = count;
    return true;
}

static bool check_together(struct mod_joining *j, const struct mod_struct *in)
{
    uint32_t broken = mod_set_broken(j->set, in->type, in->there);

    return broken == in->type->term_count || mod_why_together(j, in, broken);
}

/* Says what the struct has become, and adds it to the table if it has changed. */
static bool finish_struct(struct mod_joining *j, struct mod_struct *in, uint32_t *id)
{
    if (!in->changes) {
        *id = in->wire.id;
        return true;
    }
    if (in->fields_change) {
        in->wire.fields.items = &j->fields[in->field_base];
    }
    return lay_types_derive(j->types, in->wire.id, &in->wire, id, &j->stop) || mod_stop(j);
}

/* Takes what looking at a type of a reader's costs. */
static bool spend(struct mod_joining *j, const struct wire_type_description *wire)
{
    uint64_t parts = wire->fields.count + (wire->has_subsections ? wire->subsections.count : 0);

    for (size_t i = 0; i < wire->fields.count; i++) {
        const struct wire_field *field = &wire->fields.items[i];

        parts += field->has_members ? field->members.count : 0;
    }
    if (parts > MOD_CHECKED_MAX - j->types->checked) {
        (void)err_set(&j->stop, ERR_LIMIT, "more than %d fields to compare with modules",
                      MOD_CHECKED_MAX);
        return mod_stop(j);
    }
    j->types->checked += (uint32_t)parts;
    return true;
}

/* Joins a type; module: the type is a section's own and conforms to it, NULL: it is inside. */
static bool join_type(struct mod_joining *j, uint32_t id, uint32_t with,
                      const struct mod_module *module, uint32_t *joined)
{
    const struct lay_type *type = lay_types_get(j->types, id);
    struct mod_struct in;
    size_t field_base = j->field_count;
    uint32_t count;
    bool ok;

    if (j->check && !spend(j, &type->wire)) {
        return false;
    }
    in.wire = type->wire;
    in.steps = type->steps;
    in.type = &j->set->types[with];
    in.changes = false;
    in.fields_change = false;
    in.there = 0;
    count = count_fields(j, in.type);
    ok = join_fields(j, &in, count) && join_subsections(j, &in, count) && check_together(j, &in);
    if (ok && module != NULL) {
        struct span name = mod_string(j->set, module->name);
        struct span digest = span_of(module->digest, HASH_DIGEST_LEN);

        if (!in.wire.has_module || !span_eq(in.wire.module.name, name) ||
            !span_eq(in.wire.module.digest, digest)) {
            in.changes = true;
            in.wire.has_module = true;
            in.wire.module.name = name;
            in.wire.module.digest = digest;
            in.wire.module.unknown = span_of("", 0);
        }
    } else if (ok && in.wire.has_module) {
        in.changes = true;
        in.wire.has_module = false;
        ok = !j->check || mod_why(j, "a struct inside names a module");
    }
    ok = ok && finish_struct(j, &in, joined);
    j->field_count = field_base;
    return ok;
}

bool mod_join_struct(struct mod_joining *j, struct span field, uint32_t type, uint32_t with,
                     uint32_t *joined)
{
    const struct mod_pair *pair = find_pair(j, type, with);

    if (pair->type != 0) {
        *joined = pair->joined;
        return true;
    }
    if (j->depth == LAY_DEPTH_MAX) {
        (void)err_set(&j->stop, ERR_LIMIT, "structs nest deeper than %d", LAY_DEPTH_MAX);
        return mod_stop(j);
    }
    j->path[j->depth++] = field;
    if (!join_type(j, type, with, NULL, joined)) {
        return false;
    }
    j->depth--;
    return put_pair(j, type, with, *joined);
}

/* Compares a section's type with one module, whose root has its name. */
static bool join_module(struct mod_joining *j, const struct mod_set *set, uint32_t module,
                        uint32_t type, uint32_t *joined)
{
    const struct mod_module *m = &set->modules[module];

    joining_begin(j, set);
    return join_type(j, type, m->root, m, joined);
}

/* Hands on what went wrong; first error wins. */
static bool report(const struct err *err, struct err *why)
{
    if (why != NULL && why->band == ERR_NONE) {
        *why = *err;
    }
    return false;
}

static bool is_old_style(const struct lay_type *type)
{
    return type->wire.form == WIRE_DESCRIPTION_FORM_OLD_STYLE;
}

/* Whether a module describes sections of that form, name and version, whatever their fields. */
static bool is_candidate(const struct mod_set *set, uint32_t module, const struct lay_type *type,
                         struct err *err)
{
    const struct mod_module *m = &set->modules[module];

    if (m->old_style || is_old_style(type)) {
        return m->old_style && is_old_style(type);
    }
    if (set->types[m->root].version != type->wire.version) {
        /* Versions go up: the last is the newest, and the one to name. */
        err_init(err);
        return err_set(err, ERR_MALFORMED, "version %u, module says %u",
                       (unsigned)type->wire.version, (unsigned)set->types[m->root].version);
    }
    return true;
}

bool mod_join_section(const struct mod_library *lib, struct lay_types *types, struct span idstr,
                      uint32_t type, uint32_t *joined, struct err *why)
{
    const struct lay_type *t = lay_types_get(types, type);
    struct mod_search search;
    struct mod_found found;
    struct mod_joining j;
    struct err fields;
    struct err version;
    bool ok = false;

    err_init(&fields);
    err_init(&version);
    if (t == NULL || t->wire.form == WIRE_DESCRIPTION_FORM_EMPTY) {
        return err_set(why, ERR_UNSUPPORTED, "no module");
    }
    mod_search_begin(&search, lib, is_old_style(t) ? idstr : t->wire.name, is_old_style(t));
    joining_init(&j, types, false, &fields);
    while (!ok && j.stop.band == ERR_NONE && mod_search_next(&search, &found)) {
        t = lay_types_get(types, type); /* the table moves when types are added */
        ok = is_candidate(found.set, found.module, t, &version) &&
             join_module(&j, found.set, found.module, type, joined);
    }
    joining_done(&j);
    if (ok) {
        types->items[*joined - 1].has_values =
            found.set->types[found.set->modules[found.module].root].has_values;
        return true;
    }
    if (fields.band == ERR_NONE && version.band == ERR_NONE) {
        return err_set(why, ERR_UNSUPPORTED, "no module");
    }
    return report(fields.band != ERR_NONE ? &fields : &version, why);
}

bool mod_check(const struct mod_library *lib, struct lay_types *types, uint32_t type,
               struct err *err)
{
    const struct lay_type *t = lay_types_get(types, type);
    struct mod_found found;
    struct mod_joining j;
    struct err why;
    uint32_t same;
    bool ok;

    if (t == NULL || !t->wire.has_module ||
        !mod_library_find(lib, t->wire.module.name, t->wire.module.digest, &found)) {
        return true;
    }
    err_init(&why);
    joining_init(&j, types, true, &why);
    ok = is_candidate(found.set, found.module, t, &why);
    if (ok && !is_old_style(t)) {
        joining_begin(&j, found.set);
        ok = mod_is_struct(&j, type, found.set->modules[found.module].root) ||
             err_set(&why, ERR_MALFORMED, "the type has another name");
    }
    ok = ok && join_module(&j, found.set, found.module, type, &same);
    joining_done(&j);
    if (ok) {
        return true;
    }
    if (why.band == ERR_LIMIT) {
        return report(&why, err);
    }
    (void)err_set(err, ERR_MALFORMED, "the description of type %u contradicts module %s%s%s",
                  (unsigned)type, mod_text(found.set, found.set->modules[found.module].name),
                  why.text[0] != '\0' ? ": " : "", why.text);
    return why.path[0] != '\0' ? err_at_path(err, "%s", why.path) : false;
}
