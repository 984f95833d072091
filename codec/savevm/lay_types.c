/* lay_types.c - see lay_types.h: the table. */
#include "codec/savevm/lay_types.h"

#include <stdlib.h>

#include "codec/base/err.h"
#include "codec/ber/ber_prim.h"
#include "codec/savevm/lay_compile.h"
#include "codec/savevm/lay_limits.h"

enum {
    LAY_SLOTS_MIN = 512,  /* half of them are types: a small machine has 200 */
    LAY_PROBES_MAX = 128, /* a table that is half full needs some ten */
};

void lay_types_init(struct lay_types *types)
{
    arena_init(&types->arena, LAY_TYPES_BYTES_MAX);
    types->items = NULL;
    types->count = 0;
    types->cap = 0;
    types->told_count = 0;
    types->checked = 0;
    types->slots = NULL;
    types->slot_count = 0;
}

void lay_types_done(struct lay_types *types)
{
    free(types->items);
    free(types->slots);
    arena_done(&types->arena);
    lay_types_init(types);
}

static uint64_t hash_number(uint64_t hash, uint64_t v)
{
    hash = (hash ^ v) * UINT64_C(0x9e3779b97f4a7c15);
    return hash ^ hash >> 29;
}

static uint64_t hash_octets(uint64_t hash, struct span s)
{
    uint64_t last = s.len;

    for (; s.len >= 8; s = span_from(s, 8)) {
        hash = hash_number(hash, ber_load64(s.p));
    }
    for (size_t i = 0; i < s.len; i++) {
        last = last << 8 | s.p[i];
    }
    return hash_number(hash, last);
}

/* Of names, types and numbers: what a type that is derived has as the one it is made of. */
static uint64_t hash_shape(const struct wire_type_description *wire)
{
    uint64_t hash = hash_octets(wire->version, wire->name);

    for (size_t i = 0; i < wire->fields.count; i++) {
        const struct wire_field *field = &wire->fields.items[i];

        hash = hash_octets(hash, field->name);
        hash = hash_octets(hash, field->type);
        hash = hash_number(hash, field->has_size ? field->size + UINT64_C(1) : 0);
        hash = hash_number(hash, field->has_array ? field->array + UINT64_C(1) : 0);
        hash = hash_number(hash, field->has_index ? field->index + UINT64_C(1) : 0);
        hash = hash_number(hash, field->repeat);
    }
    return hash;
}

/* Adds what else a field says; i is its number, so that most need not be looked at. */
static uint64_t hash_field(uint64_t hash, const struct wire_field *field, size_t i)
{
    if (field->has_element) {
        hash = hash_number(hash ^ i, field->element);
    }
    for (size_t k = 0; field->has_members && k < field->members.count; k++) {
        hash = hash_number(hash ^ i, field->members.items[k]);
    }
    if (field->has_extent || field->has_tag || field->sequence || field->has_layout ||
        field->order != WIRE_BYTE_ORDER_BIG) { /* most have none of them */
        hash = hash_number(hash ^ i, field->has_extent ? field->extent + UINT64_C(1) : 0);
        hash = hash_number(hash, field->has_tag ? field->tag + UINT64_C(1) : 0);
        hash = hash_number(hash, field->sequence);
        hash = hash_number(hash, field->has_layout ? field->layout : 0);
        hash = hash_number(hash, (uint64_t)field->order);
    }
    return hash;
}

static uint64_t hash_type(uint64_t shape, const struct wire_type_description *wire)
{
    uint64_t hash = shape;

    for (size_t i = 0; i < wire->fields.count; i++) {
        hash = hash_field(hash, &wire->fields.items[i], i);
    }
    for (size_t i = 0; wire->has_subsections && i < wire->subsections.count; i++) {
        hash = hash_number(hash, wire->subsections.items[i]);
    }
    for (size_t i = 0; wire->has_subsection_tags && i < wire->subsection_tags.count; i++) {
        hash = hash_number(hash, wire->subsection_tags.items[i]);
    }
    if (wire->has_module) {
        hash = hash_octets(hash_octets(hash, wire->module.name), wire->module.digest);
    }
    for (size_t i = 0; wire->has_features && i < wire->features.count; i++) {
        hash = hash_octets(hash, wire->features.items[i].name);
    }
    return hash;
}

static bool same_number(bool has_a, uint32_t a, bool has_b, uint32_t b)
{
    return has_a == has_b && (!has_a || a == b);
}

static bool same_ids(size_t count_a, const uint32_t *a, size_t count_b, const uint32_t *b)
{
    return count_a == count_b && (count_a == 0 || memcmp(a, b, count_a * sizeof(*a)) == 0);
}

static bool same_field(const struct wire_field *a, const struct wire_field *b)
{
    return span_eq(a->name, b->name) && span_eq(a->type, b->type) &&
           same_number(a->has_size, a->size, b->has_size, b->size) &&
           same_number(a->has_array, a->array, b->has_array, b->array) &&
           same_number(a->has_index, a->index, b->has_index, b->index) &&
           same_number(a->has_element, a->element, b->has_element, b->element) &&
           same_number(a->has_extent, a->extent, b->has_extent, b->extent) &&
           same_number(a->has_tag, a->tag, b->has_tag, b->tag) && a->sequence == b->sequence &&
           same_number(a->has_layout, a->layout, b->has_layout, b->layout) &&
           a->order == b->order && a->has_members == b->has_members && a->repeat == b->repeat &&
           span_eq(a->unknown, b->unknown) &&
           (!a->has_members ||
            same_ids(a->members.count, a->members.items, b->members.count, b->members.items));
}

static bool same_features(const struct wire_type_description *a,
                          const struct wire_type_description *b)
{
    if (a->has_features != b->has_features || !a->has_features) {
        return a->has_features == b->has_features;
    }
    if (a->features.count != b->features.count) {
        return false;
    }
    for (size_t i = 0; i < a->features.count; i++) {
        if (!span_eq(a->features.items[i].name, b->features.items[i].name) ||
            a->features.items[i].class != b->features.items[i].class) {
            return false;
        }
    }
    return true;
}

static bool same_type(const struct wire_type_description *a, const struct wire_type_description *b)
{
    if (!span_eq(a->unknown, b->unknown) || a->version != b->version || a->form != b->form ||
        !span_eq(a->name, b->name) || a->fields.count != b->fields.count ||
        a->has_subsections != b->has_subsections ||
        (a->has_subsections && !same_ids(a->subsections.count, a->subsections.items,
                                         b->subsections.count, b->subsections.items)) ||
        a->has_subsection_tags != b->has_subsection_tags ||
        (a->has_subsection_tags && !same_ids(a->subsection_tags.count, a->subsection_tags.items,
                                             b->subsection_tags.count, b->subsection_tags.items)) ||
        a->has_module != b->has_module ||
        (a->has_module && (!span_eq(a->module.name, b->module.name) ||
                           !span_eq(a->module.digest, b->module.digest))) ||
        !same_features(a, b)) {
        return false;
    }
    for (size_t i = 0; i < a->fields.count; i++) {
        if (!same_field(&a->fields.items[i], &b->fields.items[i])) {
            return false;
        }
    }
    return true;
}

/*
 * Returns the slot of the type equal to wire, or the free one where it belongs; NULL if neither is
 * near. Types whose hashes collide by intent are then only not found again.
 */
static uint32_t *find_slot(const struct lay_types *types, const struct wire_type_description *wire,
                           uint64_t hash)
{
    uint32_t i = (uint32_t)(hash >> 32);

    for (uint32_t probes = 0; probes < LAY_PROBES_MAX; probes++) {
        uint32_t *slot = &types->slots[(i + probes) & (types->slot_count - 1)];

        if (*slot == 0 || (wire != NULL && types->items[*slot - 1].hash == hash &&
                           same_type(&types->items[*slot - 1].wire, wire))) {
            return slot;
        }
    }
    return NULL;
}

static void put_slot(struct lay_types *types, uint64_t hash, uint32_t id)
{
    uint32_t *slot = find_slot(types, NULL, hash);

    if (slot != NULL) {
        *slot = id;
    }
}

/* Puts all types into slots again. */
static void rehash(struct lay_types *types)
{
    if (types->slot_count > 0) {
        memset(types->slots, 0, types->slot_count * sizeof(*types->slots));
    }
    for (uint32_t i = 0; i < types->count; i++) {
        put_slot(types, types->items[i].hash, i + 1);
    }
}

/* Makes room for one more type. */
static bool grow(struct lay_types *types, struct err *err)
{
    if (types->count == LAY_TYPES_MAX) {
        return err_set(err, ERR_LIMIT, "more than %d types", LAY_TYPES_MAX);
    }
    if (types->count == types->cap) {
        uint32_t cap = types->cap == 0 ? LAY_SLOTS_MIN / 2 : types->cap * 2;
        struct lay_type *items = realloc(types->items, cap * sizeof(*items));
        uint32_t *slots;

        if (items == NULL) {
            return err_memory(err);
        }
        types->items = items;
        slots = realloc(types->slots, cap * 2 * sizeof(*slots));
        if (slots == NULL) {
            return err_memory(err);
        }
        types->slots = slots;
        types->slot_count = cap * 2;
        types->cap = cap;
        rehash(types);
    }
    return true;
}

/* Copies octets, unless they are those of from, which the table has (NULL: it has none). */
static bool copy_span(struct arena *arena, struct span *s, const struct span *from, struct err *err)
{
    static const uint8_t none[1] = {0};

    if (s->len == 0) {
        s->p = none;
        return true;
    }
    if (from != NULL && s->p == from->p && s->len == from->len) {
        return true;
    }
    s->p = arena_copy(arena, s->p, s->len, err);
    return s->p != NULL;
}

static bool copy_ids(struct arena *arena, size_t count, uint32_t **ids, const uint32_t *from,
                     struct err *err)
{
    uint32_t *copy;

    if (*ids == from) {
        return true;
    }
    copy = arena_array(arena, count, sizeof(*copy), err);
    if (copy == NULL) {
        return false;
    }
    if (count > 0) {
        memcpy(copy, *ids, count * sizeof(*copy));
    }
    *ids = copy;
    return true;
}

/* Makes *field the owner of all it points at. */
static bool copy_field(struct arena *arena, struct wire_field *field, const struct wire_field *from,
                       struct err *err)
{
    const struct wire_field none = {0};

    from = from != NULL ? from : &none;
    return copy_span(arena, &field->name, &from->name, err) &&
           copy_span(arena, &field->type, &from->type, err) &&
           copy_span(arena, &field->unknown, &from->unknown, err) &&
           (!field->has_members ||
            copy_ids(arena, field->members.count, &field->members.items, from->members.items, err));
}

static bool copy_fields(struct arena *arena, struct wire_type_description_fields *fields,
                        const struct wire_type_description_fields *from, struct err *err)
{
    struct wire_field *copy;

    if (fields->count > 0 && fields->items == from->items) {
        return true;
    }
    copy = arena_array(arena, fields->count, sizeof(*copy), err);
    if (copy == NULL) {
        return false;
    }
    if (fields->count > 0) {
        memcpy(copy, fields->items, fields->count * sizeof(*copy));
    }
    fields->items = copy;
    for (size_t i = 0; i < fields->count; i++) {
        if (!copy_field(arena, &copy[i], i < from->count ? &from->items[i] : NULL, err)) {
            return false;
        }
    }
    return true;
}

static bool copy_features(struct arena *arena, struct wire_type_description_features *features,
                          const struct wire_feature *from, struct err *err)
{
    struct wire_feature *copy;

    if (features->items == from) {
        return true;
    }
    copy = arena_array(arena, features->count, sizeof(*copy), err);
    if (copy == NULL) {
        return false;
    }
    for (size_t i = 0; i < features->count; i++) {
        copy[i] = features->items[i];
        if (!copy_span(arena, &copy[i].name, NULL, err) ||
            !copy_span(arena, &copy[i].unknown, NULL, err)) {
            return false;
        }
    }
    features->items = copy;
    return true;
}

/*
 * Makes *wire the owner, in arena, of all it points at, but for what it has from a type of the
 * table. Additions are kept, too.
 */
static bool copy_wire(struct arena *arena, struct wire_type_description *wire,
                      const struct wire_type_description *from, struct err *err)
{
    return copy_fields(arena, &wire->fields, &from->fields, err) &&
           copy_span(arena, &wire->name, &from->name, err) &&
           copy_span(arena, &wire->unknown, &from->unknown, err) &&
           (!wire->has_subsections ||
            copy_ids(arena, wire->subsections.count, &wire->subsections.items,
                     from->subsections.items, err)) &&
           (!wire->has_subsection_tags ||
            copy_ids(arena, wire->subsection_tags.count, &wire->subsection_tags.items,
                     from->subsection_tags.items, err)) &&
           (!wire->has_module ||
            (copy_span(arena, &wire->module.name, &from->module.name, err) &&
             copy_span(arena, &wire->module.digest, &from->module.digest, err) &&
             copy_span(arena, &wire->module.unknown, &from->module.unknown, err))) &&
           (!wire->has_features ||
            copy_features(arena, &wire->features, from->features.items, err));
}

/* Whether the rows of a description are those of another, whatever else it says. */
static bool same_rows(const struct wire_type_description *a, const struct wire_type_description *b)
{
    return a->form == b->form && a->fields.items == b->fields.items &&
           a->fields.count == b->fields.count && a->has_subsections == b->has_subsections &&
           a->has_subsection_tags == b->has_subsection_tags &&
           a->subsections.items == b->subsections.items &&
           a->subsections.count == b->subsections.count &&
           a->subsection_tags.items == b->subsection_tags.items &&
           a->subsection_tags.count == b->subsection_tags.count;
}

/* Adds a type that is not there, made of type from, or of none (0). */
static bool append(struct lay_types *types, uint32_t from, const struct wire_type_description *wire,
                   uint64_t shape, uint64_t hash, struct err *err)
{
    const struct lay_type none = {0};
    struct lay_type old = none;
    struct lay_type type = none;

    if (!grow(types, err)) {
        return false;
    }
    if (from != 0) {
        old = types->items[from - 1];
    }
    type.wire = *wire;
    type.wire.id = types->count + 1;
    type.shape = shape;
    type.hash = hash;
    if (!copy_wire(&types->arena, &type.wire, &old.wire, err)) {
        return false;
    }
    if (from != 0 && same_rows(&type.wire, &old.wire)) {
        type.steps = old.steps;
        type.step_count = old.step_count;
        type.size = old.size;
        type.nodes = old.nodes;
        type.ber_max = old.ber_max;
        type.ber_min = old.ber_min;
        type.depth = old.depth;
        type.has_layout = old.has_layout;
    } else if (!lay_compile(types, &type, &types->arena, err)) {
        return false;
    }
    types->items[types->count++] = type;
    put_slot(types, hash, types->count);
    return true;
}

bool lay_types_add(struct lay_types *types, const struct wire_type_description *wire,
                   struct err *err)
{
    uint64_t shape = hash_shape(wire);

    if (wire->id != types->count + 1) {
        return err_set(err, ERR_MALFORMED, "expected the description of type %u, found type %u",
                       (unsigned)(types->count + 1), (unsigned)wire->id);
    }
    return append(types, 0, wire, shape, hash_type(shape, wire), err);
}

bool lay_types_derive(struct lay_types *types, uint32_t from,
                      const struct wire_type_description *wire, uint32_t *id, struct err *err)
{
    bool same = from != 0 && types->items[from - 1].wire.fields.count == wire->fields.count;
    uint64_t shape = same ? types->items[from - 1].shape : hash_shape(wire);
    uint64_t hash = hash_type(shape, wire);

    if (types->slot_count > 0) {
        const uint32_t *found = find_slot(types, wire, hash);

        if (found != NULL && *found != 0) {
            *id = *found;
            return true;
        }
    }
    if (!append(types, from, wire, shape, hash, err)) {
        return false;
    }
    *id = types->count;
    return true;
}

bool lay_types_intern(struct lay_types *types, const struct wire_type_description *wire,
                      uint32_t *id, struct err *err)
{
    return lay_types_derive(types, 0, wire, id, err);
}

void lay_types_rollback(struct lay_types *types, uint32_t count)
{
    if (count < types->count) {
        types->count = count;
        rehash(types);
    }
}

uint32_t lay_field_size(const struct lay_type *type, size_t i)
{
    return type->steps[i].text_size;
}
