/*
 * map_section.c - see map_section.h.
 *
 * Structs inside one another are gone through by functions that call themselves, LAY_DEPTH_MAX deep
 * at most: a type of the table is no deeper. Types that hold no blob are not gone into, however
 * many elements there are of them.
 */
#include "compat/map_section.h"

#include <stdio.h>
#include <stdlib.h>

#include "codec/savevm/lay_compile.h"
#include "codec/savevm/lay_limits.h"
#include "codec/savevm/leg_text.h"
#include "compat/map_hint.h"
#include "compat/map_lift.h"
#include "compat/map_scrub.h"

/* Whether a type holds blobs: lay_type's blobs. */
enum { HOLDS_UNKNOWN, HOLDS_NONE, HOLDS_SOME };

struct place {
    struct span name;
    bool has_index;
    uint32_t index;
};

struct lifting {
    struct map_lifter *lifter;
    struct lay_types *types;
    struct span name; /* of the section */
    uint32_t root;    /* its type */
    struct span payload;
    uint8_t *octets; /* the payload, to be scrubbed; NULL: it is lifted */
    struct map_context context;
    struct place path[LAY_DEPTH_MAX + 1];
    uint32_t depth;
    struct wire_field *rows; /* a stack: those of structs that change */
    size_t row_count;
    size_t row_cap;
    uint32_t *ids; /* a stack: elements, members and subsections of those structs */
    size_t id_count;
    size_t id_cap;
    struct err *err;
};

static bool find_owners(struct map_lifter *lifter, struct err *err)
{
    const struct map_set *set = lifter->set;

    for (uint32_t i = 0; i < set->map_count; i++) {
        lifter->owners[i] = (uint8_t)form_feature_find(map_string(set, set->maps[i].feature));
        if (lifter->owners[i] == FORM_FEATURES) {
            return err_set(err, ERR_INTERNAL, "map %s is of %s, which is no feature",
                           map_text(set, set->maps[i].name), map_text(set, set->maps[i].feature));
        }
    }
    for (uint32_t i = 0; i < set->rule_count; i++) {
        if (set->rules[i].op == MAP_RULE_FEATURE &&
            form_feature_find(map_string(set, (uint32_t)set->rules[i].number)) == FORM_FEATURES) {
            return err_set(err, ERR_INTERNAL, "a row is there with %s, which is no feature",
                           map_text(set, (uint32_t)set->rules[i].number));
        }
    }
    return true;
}

bool map_lifter_init(struct map_lifter *lifter, const struct map_set *set, struct err *err)
{
    memset(lifter, 0, sizeof(*lifter));
    lifter->only = MAP_NONE;
    lifter->set = set != NULL ? set : &map_builtin_set;
    lifter->features = FORM_FEATURES_ALL;
    lifter->owners = calloc(lifter->set->map_count + 1, sizeof(*lifter->owners));
    lifter->tallies = calloc(lifter->set->map_count + 1, sizeof(*lifter->tallies));
    lifter->missed = calloc(MAP_MISFITS_KEPT, sizeof(*lifter->missed));
    lifter->cleaned = calloc(MAP_MISFITS_KEPT, sizeof(*lifter->cleaned));
    if (lifter->owners == NULL || lifter->tallies == NULL || lifter->missed == NULL ||
        lifter->cleaned == NULL) {
        map_lifter_done(lifter);
        return err_memory(err);
    }
    if (!find_owners(lifter, err)) {
        map_lifter_done(lifter);
        return false;
    }
    return true;
}

void map_lifter_done(struct map_lifter *lifter)
{
    free(lifter->owners);
    free(lifter->tallies);
    free(lifter->missed);
    free(lifter->cleaned);
    memset(lifter, 0, sizeof(*lifter));
}

/* ---- which fields are blobs ---- */

/* Returns the map that takes such rows, or MAP_NONE. */
static uint32_t target_of(const struct lifting *l, const struct wire_type_description *wire,
                          const struct lay_step *step, size_t i)
{
    const struct wire_field *field = &wire->fields.items[i];
    const struct map_set *set = l->lifter->set;
    bool old_style = wire->form == WIRE_DESCRIPTION_FORM_OLD_STYLE;
    uint32_t map;

    if (step->op != LAY_OCTETS || (step->size == 0 && !old_style)) {
        return MAP_NONE;
    }
    if (field->has_extent) { /* whatever the elements are called */
        return map_set_target(set, MAP_FOR_FIELD, wire->name, field->name);
    }
    if (!field->has_size || field->has_element || field->has_members ||
        (field->has_array && !step->is_array)) {
        return MAP_NONE;
    }
    if (l->lifter->only != MAP_NONE) {
        return old_style ? l->lifter->only : MAP_NONE;
    }
    map = step->is_array ? MAP_NONE : map_set_target(set, MAP_FOR_FIELD, wire->name, field->name);
    if (map == MAP_NONE && old_style) {
        return map_set_target(set, MAP_FOR_SECTION, l->name, span_of("", 0));
    }
    return map != MAP_NONE ? map : map_set_target(set, MAP_FOR_TYPE, field->type, span_of("", 0));
}

/* Whether the feature that owns a map is on. */
static bool is_on(const struct map_lifter *lifter, uint32_t map)
{
    return (lifter->features & FORM_FEATURE_BIT(lifter->owners[map])) != 0;
}

/* Returns the map for row i of a type, or MAP_NONE. Blobs are scrubbed that are not lifted, too. */
static uint32_t map_for(const struct lifting *l, const struct wire_type_description *wire,
                        const struct lay_step *step, size_t i)
{
    uint32_t map = target_of(l, wire, step, i);

    return map != MAP_NONE && (l->octets != NULL || is_on(l->lifter, map)) ? map : MAP_NONE;
}

static bool holds_blobs(struct lifting *l, uint32_t id);

/* The types that a row names, one after the other; 0: no more. */
static uint32_t held_type(const struct lay_step *step, uint32_t i)
{
    if (step->op == LAY_STRUCT || step->op == LAY_SUBSECTION) {
        return i == 0 ? step->type : 0;
    }
    return step->op >= LAY_LIST && i < step->member_count ? step->members[i] : 0;
}

static bool row_holds(struct lifting *l, const struct lay_type *type, uint32_t i)
{
    const struct lay_step *step = &type->steps[i];
    uint32_t held;

    if (i < type->wire.fields.count && map_for(l, &type->wire, step, i) != MAP_NONE) {
        return true;
    }
    for (uint32_t k = 0; (held = held_type(step, k)) != 0; k++) {
        if (holds_blobs(l, held)) {
            return true;
        }
    }
    return false;
}

static bool holds_blobs(struct lifting *l, uint32_t id)
{
    const struct lay_type *type = lay_types_get(l->types, id);
    bool some = false;

    if (type->blobs != HOLDS_UNKNOWN) {
        return type->blobs == HOLDS_SOME;
    }
    if (type->wire.form == WIRE_DESCRIPTION_FORM_OLD_STYLE) {
        /* Sections share it: its name says nothing. It has one field, and is in no struct. */
        return type->step_count == 1 && id == l->root && row_holds(l, type, 0);
    }
    for (uint32_t i = 0; i < type->step_count && !some; i++) {
        some = row_holds(l, type, i);
    }
    l->types->items[id - 1].blobs = some ? HOLDS_SOME : HOLDS_NONE;
    return some;
}

/* ---- one blob ---- */

static void put_path(const struct lifting *l, char *out, size_t cap)
{
    size_t len;

    leg_text_label(l->name, out, cap / 2);
    len = strlen(out);
    for (uint32_t i = 0; i < l->depth && len < cap; i++) {
        char label[LAY_LABEL_MAX];
        int n;

        leg_text_label(l->path[i].name, label, sizeof(label));
        n = l->path[i].has_index
                ? snprintf(out + len, cap - len, " > %s[%u]", label, (unsigned)l->path[i].index)
                : snprintf(out + len, cap - len, " > %s", label);
        len += n > 0 ? (size_t)n : 0;
    }
}

static void note_missed(const struct lifting *l, uint32_t map, struct span blob,
                        const struct err *why)
{
    struct map_lifter *lifter = l->lifter;

    lifter->tallies[map].missed++;
    lifter->tallies[map].missed_octets += blob.len;
    if (lifter->missed_count++ < MAP_MISFITS_KEPT) {
        struct map_missed *missed = &lifter->missed[lifter->missed_count - 1];

        missed->map = map;
        missed->at = (uint64_t)(blob.p - l->payload.p);
        missed->octets = blob.len;
        missed->why = *why;
        put_path(l, missed->field, sizeof(missed->field));
    }
}

static bool refuse(const struct lifting *l, uint32_t map, struct span blob, struct err *why)
{
    const struct map_set *set = l->lifter->set;
    uint64_t offset = why->legacy_offset != ERR_NO_OFFSET ? why->legacy_offset : 0;
    char path[ERR_PATH_MAX];

    map_hint(set, map, &l->context, blob, why);
    put_path(l, path, sizeof(path));
    (void)err_set(l->err, ERR_UNSUPPORTED, "map %s does not fit: %s",
                  map_text(set, set->maps[map].name), why->text);
    (void)err_at_path(l->err, "%s%s%s", path, why->path[0] != '\0' ? " > " : "", why->path);
    return err_at_legacy(l->err, (uint64_t)(blob.p - l->payload.p) + offset);
}

static void note_cleaned(void *ctx, const struct map_scrubbed *run)
{
    const struct lifting *l = ctx;
    struct map_lifter *lifter = l->lifter;
    char field[ERR_PATH_MAX];
    size_t len;
    struct map_cleaned *last = NULL;

    put_path(l, field, sizeof(field));
    len = strlen(field);
    (void)snprintf(field + len, sizeof(field) - len, " > %s", run->path);
    lifter->cleaned_octets += run->len;
    if (lifter->cleaned_count > 0 && lifter->cleaned_count <= MAP_MISFITS_KEPT) {
        last = &lifter->cleaned[lifter->cleaned_count - 1];
    }
    if (last == NULL || strcmp(last->field, field) != 0) { /* a ring may have two runs */
        if (lifter->cleaned_count++ >= MAP_MISFITS_KEPT) {
            return;
        }
        last = &lifter->cleaned[lifter->cleaned_count - 1];
        memcpy(last->field, field, sizeof(field));
        last->octets = 0;
        last->nonzero = 0;
    }
    last->octets += run->len;
    last->nonzero += run->nonzero;
}

/* What a blob that does not fit leads to. */
static bool miss(struct lifting *l, uint32_t map, struct span blob, struct err *why)
{
    if (err_is_memory(why)) {
        return err_memory(l->err);
    }
    note_missed(l, map, blob, why);
    return !l->lifter->strict || refuse(l, map, blob, why);
}

static bool scrub_blob(struct lifting *l, uint32_t map, struct span blob)
{
    struct err why = ERR_INIT;
    uint8_t *octets = l->octets + (blob.p - l->payload.p);

    return map_scrub(l->lifter->set, map, &l->context, octets, blob.len, note_cleaned, l, &why) ||
           (is_on(l->lifter, map) && !err_is_memory(&why)) || /* lifting says it */
           miss(l, map, blob, &why);
}

/* Reads a blob by its map; *id is 0 if it does not fit. */
static bool lift_blob(struct lifting *l, uint32_t map, struct span blob, uint32_t *id)
{
    struct err why = ERR_INIT;

    *id = 0;
    if (l->octets != NULL) {
        return scrub_blob(l, map, blob);
    }
    if (!map_lift(l->lifter->set, map, &l->context, blob, l->types, id, &why)) {
        *id = 0;
        return miss(l, map, blob, &why);
    }
    l->lifter->tallies[map].lifted++;
    l->lifter->tallies[map].lifted_octets += blob.len;
    return true;
}

/* ---- rows ---- */

static bool push_row(struct lifting *l, const struct wire_field *row)
{
    if (l->row_count == l->row_cap) {
        size_t cap = l->row_cap == 0 ? 64 : l->row_cap * 2;
        struct wire_field *more = realloc(l->rows, cap * sizeof(*more));

        if (more == NULL) {
            return err_memory(l->err);
        }
        l->rows = more;
        l->row_cap = cap;
    }
    l->rows[l->row_count++] = *row;
    return true;
}

static bool push_id(struct lifting *l, uint32_t id)
{
    if (l->id_count == l->id_cap) {
        size_t cap = l->id_cap == 0 ? 64 : l->id_cap * 2;
        uint32_t *more = realloc(l->ids, cap * sizeof(*more));

        if (more == NULL) {
            return err_memory(l->err);
        }
        l->ids = more;
        l->id_cap = cap;
    }
    l->ids[l->id_count++] = id;
    return true;
}

static bool lift_type(struct lifting *l, uint32_t id, size_t at, uint32_t *out);

/* A struct being gone through. */
struct within {
    struct wire_type_description wire;
    const struct lay_step *steps;
    size_t rows; /* where its rows begin on the stack, once one has changed */
    bool changes;
    form_feature_set uses; /* owners of the layouts of its rows */
};

/* Puts the rows before row i on the stack, when the first one changes. */
static bool begin_changes(struct lifting *l, struct within *in, size_t i)
{
    if (in->changes) {
        return true;
    }
    in->changes = true;
    in->rows = l->row_count;
    for (size_t k = 0; k < i; k++) {
        if (!push_row(l, &in->wire.fields.items[k])) {
            return false;
        }
    }
    return true;
}

/* What an element was, and what it becomes: a layout, or another struct. */
static bool is_struct(const struct wire_field *field)
{
    return field->has_element && !field->has_extent;
}

static uint32_t id_of(const struct wire_field *field)
{
    return is_struct(field) ? field->element : 0;
}

static void set_id(struct wire_field *field, uint32_t id)
{
    if (is_struct(field)) {
        field->element = id;
    } else {
        field->has_layout = id != 0;
        field->layout = id;
    }
}

/* Puts the elements of row i on the stack, with the ids from ids on; alike ones are one row. */
static bool put_elements(struct lifting *l, struct within *in, size_t i, size_t ids, uint32_t count)
{
    const struct wire_field *field = &in->wire.fields.items[i];
    bool splits = field->has_index && !field->has_array;
    uint32_t first = 0;
    bool same = true;
    bool changes = false;

    for (uint32_t k = 0; k < count; k++) {
        same = same && l->ids[ids + k] == l->ids[ids];
        changes = changes || l->ids[ids + k] != id_of(field);
    }
    if (!changes || (!same && !splits)) {
        return !in->changes || push_row(l, field);
    }
    if (!begin_changes(l, in, i)) {
        return false;
    }
    for (uint32_t k = 1; k <= count; k++) {
        struct wire_field row = *field;

        if (k < count && l->ids[ids + k] == l->ids[ids + first]) {
            continue;
        }
        set_id(&row, l->ids[ids + first]);
        if (!same) {
            row.index += first;
            row.repeat = k - first;
            row.has_repeat = row.repeat != 1;
            row.has_tag = row.has_tag && first == 0;
            row.tag = row.has_tag ? row.tag : 0;
        }
        if (!push_row(l, &row)) {
            return false;
        }
        first = k;
    }
    return true;
}

/* Goes through the elements of a row of blobs or structs. */
static bool lift_elements(struct lifting *l, struct within *in, size_t i, size_t at, uint32_t map)
{
    const struct wire_field *field = &in->wire.fields.items[i];
    const struct lay_step *step = &in->steps[i];
    struct place *place = &l->path[l->depth++];
    size_t ids = l->id_count;
    bool ok = true;

    place->name = field->name;
    place->has_index = step->is_array;
    for (uint32_t k = 0; ok && k < step->count; k++) {
        size_t offset = at + (size_t)k * step->size;
        uint32_t id = 0;

        place->index = field->index + k;
        ok = (map != MAP_NONE ? lift_blob(l, map, span_of(l->payload.p + offset, step->size), &id)
                              : lift_type(l, step->type, offset, &id)) &&
             push_id(l, id);
        if (map != MAP_NONE && id != 0) {
            in->uses |= FORM_FEATURE_BIT(l->lifter->owners[map]);
        }
    }
    l->depth--;
    ok = ok && put_elements(l, in, i, ids, step->count);
    l->id_count = ids;
    return ok;
}

/* Goes through the types that are described inside a row. */
static bool lift_members(struct lifting *l, struct within *in, size_t i, size_t at)
{
    const struct wire_field *field = &in->wire.fields.items[i];
    const struct lay_step *step = &in->steps[i];
    struct place *place = &l->path[l->depth++];
    size_t ids = l->id_count;
    bool changes = false;
    bool ok = true;

    place->name = field->name;
    place->has_index = false;
    at += step->op == LAY_TREE || step->op == LAY_TREE_KEYED ? LAY_TREE_COUNT_LEN : 0;
    for (uint32_t k = 0; ok && k < step->member_count; k++) {
        uint32_t id = 0;

        if (step->op == LAY_LIST || (step->op == LAY_TREE_KEYED && k % 2 == 0)) {
            at += LAY_MARKER_LEN;
        } else if (step->op == LAY_TREE) {
            at += LAY_MARKER_LEN + LAY_TREE_KEY_LEN;
        }
        ok = lift_type(l, step->members[k], at, &id) && push_id(l, id);
        at += lay_types_get(l->types, step->members[k])->size;
        changes = changes || id != step->members[k];
    }
    l->depth--;
    if (ok && changes) {
        struct wire_field row = *field;
        uint32_t *members =
            arena_array(&l->types->arena, step->member_count, sizeof(*members), l->err);

        if (members == NULL) {
            return false;
        }
        memcpy(members, l->ids + ids, step->member_count * sizeof(*members));
        row.members.items = members;
        ok = begin_changes(l, in, i) && push_row(l, &row);
    } else if (ok && in->changes) {
        ok = push_row(l, field);
    }
    l->id_count = ids;
    return ok;
}

/* Goes through row i of a struct. */
static bool lift_row(struct lifting *l, struct within *in, size_t i, size_t at)
{
    const struct wire_field *field = &in->wire.fields.items[i];
    const struct lay_step *step = &in->steps[i];
    uint32_t map = map_for(l, &in->wire, step, i);
    uint32_t held;
    bool some = map != MAP_NONE;

    for (uint32_t k = 0; !some && !field->has_layout && (held = held_type(step, k)) != 0; k++) {
        some = holds_blobs(l, held);
    }
    if (!some || l->depth == LAY_DEPTH_MAX || (step->op >= LAY_LIST && step->count != 1)) {
        return !in->changes || push_row(l, field);
    }
    if (map != MAP_NONE || field->has_element) {
        return lift_elements(l, in, i, at, map);
    }
    return step->count == 1 ? lift_members(l, in, i, at) : !in->changes || push_row(l, field);
}

static bool lift_subsections(struct lifting *l, struct within *in, size_t at, bool *changes)
{
    size_t count = in->wire.has_subsections ? in->wire.subsections.count : 0;
    size_t ids = l->id_count;

    *changes = false;
    for (size_t i = 0; i < count; i++) {
        const struct lay_step *step = &in->steps[in->wire.fields.count + i];
        uint32_t id = step->type;

        if (l->depth < LAY_DEPTH_MAX && holds_blobs(l, id)) {
            struct place *place = &l->path[l->depth++];

            place->name = lay_types_get(l->types, id)->wire.name;
            place->has_index = false;
            if (!lift_type(l, step->type, at + step->head_len, &id)) {
                return false;
            }
            l->depth--;
        }
        if (!push_id(l, id)) {
            return false;
        }
        *changes = *changes || id != step->type;
        at += step->size;
    }
    if (*changes) {
        uint32_t *copy = arena_array(&l->types->arena, count, sizeof(*copy), l->err);

        if (copy == NULL) {
            return false;
        }
        memcpy(copy, l->ids + ids, count * sizeof(*copy));
        in->wire.subsections.items = copy;
    }
    l->id_count = ids;
    return true;
}

/* Gives the type of the struct at at with the layouts of what it holds. */
static bool lift_type(struct lifting *l, uint32_t id, size_t at, uint32_t *out)
{
    const struct lay_type *type = lay_types_get(l->types, id);
    struct within in = {type->wire, type->steps, 0, false, 0};
    struct wire_feature features[FORM_FEATURES];
    struct wire_feature *items = features;
    struct err why = ERR_INIT;
    size_t rows = l->row_count;
    bool subs = false;

    *out = id;
    if (!holds_blobs(l, id)) {
        return true;
    }
    for (size_t i = 0; i < in.wire.fields.count; i++) {
        if (!lift_row(l, &in, i, at)) {
            return false;
        }
        at += (size_t)in.steps[i].size * in.steps[i].count;
    }
    if (!lift_subsections(l, &in, at, &subs)) {
        return false;
    }
    if (in.changes) {
        in.wire.fields.items = l->rows + in.rows;
        in.wire.fields.count = l->row_count - in.rows;
        if (in.wire.has_features) {
            items = arena_array(&l->types->arena, in.wire.features.count + FORM_FEATURES,
                                sizeof(*items), l->err);
            if (items == NULL) {
                return false;
            }
        }
        form_features_put(&in.wire, in.uses, items);
    }
    l->row_count = rows;
    if ((in.changes || subs) && !lay_types_derive(l->types, id, &in.wire, out, &why)) {
        *out = id; /* beyond a limit: it stays as it is */
        return !err_is_memory(&why) || err_memory(l->err);
    }
    return true;
}

/* Goes through a section, to lift its blobs or to scrub them. */
static bool run_section(struct lifting *l, struct span name, uint32_t version, uint32_t type,
                        uint32_t *lifted)
{
    const struct lay_type *t = lay_types_get(l->types, type);
    bool ok;

    *lifted = type;
    if (t == NULL || t->size != l->payload.len) {
        return true;
    }
    l->name = name;
    l->root = type;
    l->context = map_context_make(name, t->wire.name, version);
    l->context.features = l->lifter->features;
    if (l->lifter->only != MAP_NONE) {
        l->context.device = l->lifter->device;
        l->context.transport =
            l->lifter->transport.len > 0 ? l->lifter->transport : span_str("pci");
    }
    ok = lift_type(l, type, 0, lifted);
    free(l->rows);
    free(l->ids);
    return ok;
}

bool map_lift_section(void *ctx, struct lay_types *types, struct span name, uint32_t version,
                      uint32_t type, struct span payload, uint32_t *lifted, struct err *err)
{
    struct lifting l = {.lifter = ctx, .types = types, .payload = payload, .err = err};

    return run_section(&l, name, version, type, lifted);
}

bool map_scrub_section(void *ctx, struct lay_types *types, struct span name, uint32_t version,
                       uint32_t type, uint8_t *payload, size_t len, struct err *err)
{
    struct lifting l = {.lifter = ctx,
                        .types = types,
                        .payload = span_of(payload, len),
                        .octets = payload,
                        .err = err};
    uint32_t same;

    return run_section(&l, name, version, type, &same);
}
