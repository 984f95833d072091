/* lay_told.c - see lay_told.h. */
#include "codec/savevm/lay_told.h"

#include <stdlib.h>

#include "codec/base/err.h"
#include "codec/savevm/lay_limits.h"

/* A type that waits for those it uses. */
struct frame {
    uint32_t id;
    size_t row;  /* what it uses has been told up to this field, or the subsections behind all, */
    size_t item; /* and there up to this of the types it names */
};

/* How many types a field may name: its element, its layout, its members; or the subsections. */
static size_t count_ids(const struct wire_type_description *wire, size_t row)
{
    const struct wire_field *items = wire->fields.items;

    if (row == wire->fields.count) {
        return wire->has_subsections ? wire->subsections.count : 0;
    }
    return 2 + (items[row].has_members ? items[row].members.count : 0);
}

/* Returns one of them, or 0 if the field does not have it. */
static uint32_t id_at(const struct wire_type_description *wire, size_t row, size_t item)
{
    const struct wire_field *field;

    if (row == wire->fields.count) {
        return wire->subsections.items[item];
    }
    field = &wire->fields.items[row];
    if (item < 2) {
        return item == 0 ? (field->has_element ? field->element : 0)
                         : (field->has_layout ? field->layout : 0);
    }
    return field->members.items[item - 2];
}

/* Returns a type that the one of the frame uses and that has not been told, or 0. */
static uint32_t next_untold(const struct lay_types *types, struct frame *frame)
{
    const struct wire_type_description *wire = &types->items[frame->id - 1].wire;

    for (; frame->row <= wire->fields.count; frame->row++, frame->item = 0) {
        for (; frame->item < count_ids(wire, frame->row); frame->item++) {
            uint32_t id = id_at(wire, frame->row, frame->item);

            if (id != 0 && types->items[id - 1].told == 0) {
                return id;
            }
        }
    }
    return 0;
}

/* Puts the numbers on the wire in place of ids, in a copy if they are others. */
static bool number_ids(const struct lay_types *types, size_t count, uint32_t **ids,
                       struct arena *arena, struct err *err)
{
    uint32_t *copy;
    size_t i = 0;

    while (i < count && lay_told_id(types, (*ids)[i]) == (*ids)[i]) {
        i++;
    }
    if (i == count) {
        return true;
    }
    copy = arena_array(arena, count, sizeof(*copy), err);
    if (copy == NULL) {
        return false;
    }
    for (i = 0; i < count; i++) {
        copy[i] = lay_told_id(types, (*ids)[i]);
    }
    *ids = copy;
    return true;
}

/* Whether a field names no type, or only such as are called on the wire as they are here. */
static bool is_as_told(const struct lay_types *types, const struct wire_field *field)
{
    if (field->has_element && lay_told_id(types, field->element) != field->element) {
        return false;
    }
    if (field->has_layout && lay_told_id(types, field->layout) != field->layout) {
        return false;
    }
    for (size_t i = 0; field->has_members && i < field->members.count; i++) {
        if (lay_told_id(types, field->members.items[i]) != field->members.items[i]) {
            return false;
        }
    }
    return true;
}

/* Makes of wire what goes on the wire; what differs from the table lives in arena. */
static bool number_wire(const struct lay_types *types, struct wire_type_description *wire,
                        struct arena *arena, struct err *err)
{
    struct wire_field *fields;
    size_t i = 0;

    if (wire->has_subsections &&
        !number_ids(types, wire->subsections.count, &wire->subsections.items, arena, err)) {
        return false;
    }
    while (i < wire->fields.count && is_as_told(types, &wire->fields.items[i])) {
        i++;
    }
    if (i == wire->fields.count) {
        return true;
    }
    fields = arena_array(arena, wire->fields.count, sizeof(*fields), err);
    if (fields == NULL) {
        return false;
    }
    memcpy(fields, wire->fields.items, wire->fields.count * sizeof(*fields));
    for (; i < wire->fields.count; i++) {
        if (fields[i].has_element) {
            fields[i].element = lay_told_id(types, fields[i].element);
        }
        if (fields[i].has_layout) {
            fields[i].layout = lay_told_id(types, fields[i].layout);
        }
        if (fields[i].has_members &&
            !number_ids(types, fields[i].members.count, &fields[i].members.items, arena, err)) {
            return false;
        }
    }
    wire->fields.items = fields;
    return true;
}

/* Tells one type; all that it uses has been told. */
static bool tell(struct lay_types *types, uint32_t id, struct arena *arena, lay_told_fn fn,
                 void *ctx, struct err *err)
{
    struct wire_type_description wire = types->items[id - 1].wire;

    wire.id = types->told_count + 1;
    arena_reset(arena);
    if (!number_wire(types, &wire, arena, err) || !fn(ctx, &wire, err)) {
        return false;
    }
    types->items[id - 1].told = ++types->told_count;
    return true;
}

/* Puts a type on the stack. A field of known size names types that its own depth does not count. */
static bool push(struct frame **frames, uint32_t *depth, uint32_t *cap, uint32_t id,
                 struct err *err)
{
    if (*depth == *cap) {
        uint32_t more = *cap == 0 ? LAY_DEPTH_MAX : *cap * 2;
        struct frame *items = realloc(*frames, more * sizeof(*items));

        if (items == NULL) {
            return err_memory(err);
        }
        *frames = items;
        *cap = more;
    }
    (*frames)[(*depth)++] = (struct frame){id, 0, 0};
    return true;
}

bool lay_told_type(struct lay_types *types, uint32_t id, lay_told_fn fn, void *ctx, struct err *err)
{
    struct frame *frames = NULL;
    uint32_t depth = 0;
    uint32_t cap = 0;
    struct arena arena;
    bool ok;

    if (lay_told_id(types, id) != 0) {
        return true;
    }
    arena_init(&arena, LAY_TYPES_BYTES_MAX);
    ok = push(&frames, &depth, &cap, id, err);
    while (ok && depth > 0) {
        uint32_t next = next_untold(types, &frames[depth - 1]);

        ok = next != 0 ? push(&frames, &depth, &cap, next, err)
                       : tell(types, frames[--depth].id, &arena, fn, ctx, err);
    }
    arena_done(&arena);
    free(frames);
    return ok;
}
