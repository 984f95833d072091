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

static uint64_t hash_field(uint64_t hash, const struct wire_field *field)
{
    hash = hash_octets(hash, field->name);
    hash = hash_octets(hash, field->type);
    hash = hash_number(hash, field->has_size ? field->size + UINT64_C(1) : 0);
    hash = hash_number(hash, field->has_array ? field->array + UINT64_C(1) : 0);
    hash = hash_number(hash, field->has_index ? field->index + UINT64_C(1) : 0);
    hash = hash_number(hash, field->has_element ? field->element : 0);
    for (size_t i = 0; field->has_members && i < field->members.count; i++) {
        hash = hash_number(hash, field->members.items[i]);
    }
    return hash_number(hash, field->repeat);
}

static uint64_t hash_type(const struct wire_type_description *wire)
{
    uint64_t hash = hash_octets(wire->version, wire->name);

    for (size_t i = 0; i < wire->fields.count; i++) {
        hash = hash_field(hash, &wire->fields.items[i]);
    }
    for (size_t i = 0; wire->has_subsections && i < wire->subsections.count; i++) {
        hash = hash_number(hash, wire->subsections.items[i]);
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
           a->has_members == b->has_members && a->repeat == b->repeat &&
           (!a->has_members ||
            same_ids(a->members.count, a->members.items, b->members.count, b->members.items));
}

static bool same_type(const struct wire_type_description *a, const struct wire_type_description *b)
{
    if (a->version != b->version || a->form != b->form || !span_eq(a->name, b->name) ||
        a->fields.count != b->fields.count || a->has_subsections != b->has_subsections ||
        (a->has_subsections && !same_ids(a->subsections.count, a->subsections.items,
                                         b->subsections.count, b->subsections.items))) {
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

static bool copy_span(struct arena *arena, struct span *s, struct err *err)
{
    static const uint8_t none[1] = {0};

    if (s->len == 0) {
        s->p = none;
        return true;
    }
    s->p = arena_copy(arena, s->p, s->len, err);
    return s->p != NULL;
}

static bool copy_ids(struct arena *arena, size_t count, uint32_t **ids, struct err *err)
{
    uint32_t *copy = arena_array(arena, count, sizeof(*copy), err);

    if (copy == NULL) {
        return false;
    }
    if (count > 0) {
        memcpy(copy, *ids, count * sizeof(*copy));
    }
    *ids = copy;
    return true;
}

/* Makes *wire the owner, in arena, of all it points at. Additions are kept, too. */
static bool copy_wire(struct arena *arena, struct wire_type_description *wire, struct err *err)
{
    struct wire_field *fields = arena_array(arena, wire->fields.count, sizeof(*fields), err);

    if (fields == NULL || !copy_span(arena, &wire->name, err) ||
        !copy_span(arena, &wire->unknown, err)) {
        return false;
    }
    if (wire->fields.count > 0) {
        memcpy(fields, wire->fields.items, wire->fields.count * sizeof(*fields));
    }
    wire->fields.items = fields;
    for (size_t i = 0; i < wire->fields.count; i++) {
        struct wire_field *field = &fields[i];

        if (!copy_span(arena, &field->name, err) || !copy_span(arena, &field->type, err) ||
            !copy_span(arena, &field->unknown, err) ||
            (field->has_members &&
             !copy_ids(arena, field->members.count, &field->members.items, err))) {
            return false;
        }
    }
    return !wire->has_subsections ||
           copy_ids(arena, wire->subsections.count, &wire->subsections.items, err);
}

/* Adds a type that is not there. */
static bool append(struct lay_types *types, const struct wire_type_description *wire, uint64_t hash,
                   struct err *err)
{
    struct lay_type type = {0};

    if (!grow(types, err)) {
        return false;
    }
    type.wire = *wire;
    type.wire.id = types->count + 1;
    type.hash = hash;
    if (!copy_wire(&types->arena, &type.wire, err) ||
        !lay_compile(types, &type, &types->arena, err)) {
        return false;
    }
    types->items[types->count++] = type;
    put_slot(types, hash, types->count);
    return true;
}

bool lay_types_add(struct lay_types *types, const struct wire_type_description *wire,
                   struct err *err)
{
    if (wire->id != types->count + 1) {
        return err_set(err, ERR_MALFORMED, "expected the description of type %u, found type %u",
                       (unsigned)(types->count + 1), (unsigned)wire->id);
    }
    return append(types, wire, hash_type(wire), err);
}

bool lay_types_intern(struct lay_types *types, const struct wire_type_description *wire,
                      uint32_t *id, struct err *err)
{
    uint64_t hash = hash_type(wire);

    if (types->slot_count > 0) {
        const uint32_t *found = find_slot(types, wire, hash);

        if (found != NULL && *found != 0) {
            *id = *found;
            return true;
        }
    }
    if (!append(types, wire, hash, err)) {
        return false;
    }
    *id = types->count;
    return true;
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
    const struct wire_field *field = &type->wire.fields.items[i];

    return field->has_size ? field->size : type->steps[i].size;
}
