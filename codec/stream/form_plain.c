/* form_plain.c - see form_plain.h. */
#include "codec/stream/form_plain.h"

#include <stdlib.h>

#include "codec/base/err.h"
#include "codec/savevm/lay_limits.h"
#include "codec/stream/form_features.h"

void form_plain_init(struct form_plain *plain)
{
    memset(plain, 0, sizeof(*plain));
    lay_types_init(&plain->types);
    arena_init(&plain->arena, LAY_TYPES_BYTES_MAX);
}

void form_plain_done(struct form_plain *plain)
{
    lay_types_done(&plain->types);
    arena_done(&plain->arena);
    free(plain->items);
    plain->items = NULL;
}

static bool plain_ids(struct form_plain *p, size_t count, uint32_t **ids, struct err *err)
{
    uint32_t *copy = arena_array(&p->arena, count, sizeof(*copy), err);

    for (size_t i = 0; copy != NULL && i < count; i++) {
        copy[i] = form_plain_id(p, (*ids)[i]);
    }
    *ids = copy;
    return copy != NULL;
}

/* Whether row b goes on with the array of row a, with elements of the same type. */
static bool goes_on(const struct wire_field *a, const struct wire_field *b)
{
    return !a->has_extent && !b->has_extent && a->order == b->order && a->has_index &&
           b->has_index && !a->has_array && !b->has_array && !b->has_tag &&
           b->index == (uint64_t)a->index + a->repeat &&
           (uint64_t)a->repeat + b->repeat <= LAY_VALUE_MAX && span_eq(a->name, b->name) &&
           span_eq(a->type, b->type) && a->has_size == b->has_size && a->size == b->size &&
           !a->has_members && !b->has_members && a->has_element == b->has_element &&
           a->element == b->element && a->unknown.len == 0 && b->unknown.len == 0;
}

/* Puts the rows without their layouts into wire; what only layouts told apart is one row again. */
static bool plain_rows(struct form_plain *p, struct wire_type_description *wire, struct err *err)
{
    struct wire_field *rows = arena_array(&p->arena, wire->fields.count, sizeof(*rows), err);
    bool had_layout = false; /* the row before */
    size_t count = 0;

    if (rows == NULL) {
        return false;
    }
    for (size_t i = 0; i < wire->fields.count; i++) {
        struct wire_field *row = &rows[count];
        bool has_layout = wire->fields.items[i].has_layout;

        *row = wire->fields.items[i];
        row->has_layout = false;
        row->layout = 0;
        if (row->has_element) {
            row->element = form_plain_id(p, row->element);
        }
        if (row->has_members && !plain_ids(p, row->members.count, &row->members.items, err)) {
            return false;
        }
        if (count > 0 && (has_layout || had_layout || row->has_element) &&
            goes_on(&rows[count - 1], row)) {
            rows[count - 1].repeat += row->repeat;
            rows[count - 1].has_repeat = true;
        } else {
            count++;
        }
        had_layout = has_layout;
    }
    wire->fields.items = rows;
    wire->fields.count = count;
    return true;
}

/* Leaves out the features of layouts. */
static bool plain_features(struct form_plain *p, struct wire_type_description *wire,
                           struct err *err)
{
    struct wire_feature *items;
    size_t count = 0;

    if (!wire->has_features) {
        return true;
    }
    items = arena_array(&p->arena, wire->features.count, sizeof(*items), err);
    for (size_t i = 0; items != NULL && i < wire->features.count; i++) {
        enum form_feature_id id = form_feature_find(wire->features.items[i].name);

        if (id == FORM_FEATURES || (form_features_structured() & FORM_FEATURE_BIT(id)) == 0) {
            items[count++] = wire->features.items[i];
        }
    }
    wire->features.items = items;
    wire->features.count = count;
    wire->has_features = count > 0;
    return items != NULL;
}

/* Whether a type has layouts, or holds one that has. */
static bool holds_layouts(const struct form_plain *p, const struct wire_type_description *wire)
{
    bool holds = false;

    for (size_t i = 0; i < wire->fields.count; i++) {
        const struct wire_field *field = &wire->fields.items[i];

        holds = holds || field->has_layout ||
                (field->has_element && form_plain_differs(p, field->element));
        for (size_t k = 0; field->has_members && k < field->members.count; k++) {
            holds = holds || form_plain_differs(p, field->members.items[k]);
        }
    }
    for (size_t i = 0; wire->has_subsections && i < wire->subsections.count; i++) {
        holds = holds || form_plain_differs(p, wire->subsections.items[i]);
    }
    return holds;
}

bool form_plain_take(struct form_plain *p, const struct lay_types *read, struct err *err)
{
    struct wire_type_description wire = lay_types_get(read, read->count)->wire;
    struct form_plain_type *type;

    if (p->count == p->cap) {
        uint32_t cap = p->cap == 0 ? 256 : p->cap * 2;
        struct form_plain_type *more = realloc(p->items, cap * sizeof(*more));

        if (more == NULL) {
            return err_memory(err);
        }
        p->items = more;
        p->cap = cap;
    }
    type = &p->items[p->count++];
    type->has_layouts = holds_layouts(p, &wire);
    arena_reset(&p->arena);
    return (!wire.has_subsections ||
            plain_ids(p, wire.subsections.count, &wire.subsections.items, err)) &&
           plain_rows(p, &wire, err) && plain_features(p, &wire, err) &&
           lay_types_intern(&p->types, &wire, &type->id, err);
}
