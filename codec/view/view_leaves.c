/*
 * view_leaves.c - see view_leaves.h.
 *
 * Functions here call themselves for structs inside structs, LAY_DEPTH_MAX deep at most: a type of
 * the table is no deeper, and has as many rows as a value of it has octets, but for some.
 */
#include "codec/view/view_leaves.h"

#include "codec/savevm/lay_compile.h"

struct walk {
    const struct lay_types *types;
    const struct view_leaves *to;
    struct span names[2 * LAY_DEPTH_MAX + 1];
    uint32_t depth;
    bool in_layout;
    struct err *err;
};

/* Structs of one kind: the first begins at first in the payload, the last at last. */
struct places {
    uint64_t times;
    uint64_t first;
    uint64_t last;
};

static struct places at(const struct places *around, uint64_t offset, uint32_t size, uint32_t count)
{
    struct places places = {around->times * count, around->first + offset, around->last + offset};

    places.last += count > 0 ? (uint64_t)size * (count - 1) : 0;
    return places;
}

static bool tell(struct walk *w, struct span name, struct span type, enum lay_op op, bool is_untold,
                 uint32_t size, const struct places *places)
{
    struct view_leaf leaf;

    leaf.name = name;
    leaf.type = type;
    leaf.op = op;
    leaf.is_untold = is_untold;
    leaf.in_layout = w->in_layout;
    leaf.fields = places->times;
    leaf.octets = places->times * size;
    leaf.begin = places->first;
    leaf.end = places->last + size;
    leaf.names = w->names;
    leaf.depth = w->depth;
    return places->times == 0 || w->to->leaf(w->to->ctx, &leaf, w->err);
}

static bool walk_type(struct walk *w, uint32_t id, const struct places *places);

/* The elements of a list or tree: one each of its members. */
static bool walk_members(struct walk *w, const struct lay_step *step, const struct places *places)
{
    uint64_t offset = step->op == LAY_LIST ? 0 : LAY_TREE_COUNT_LEN;
    bool ok = true;

    for (uint32_t i = 0; ok && i < step->member_count; i++) {
        struct places member;

        if (step->op != LAY_TREE_KEYED || i % 2 == 0) {
            offset += LAY_MARKER_LEN;
        }
        if (step->op == LAY_TREE) {
            member = at(places, offset, LAY_TREE_KEY_LEN, 1);
            ok = tell(w, span_str("key"), span_str("uint64"), LAY_INT, false, LAY_TREE_KEY_LEN,
                      &member);
            offset += LAY_TREE_KEY_LEN;
        }
        member = at(places, offset, 0, 1);
        ok = ok && walk_type(w, step->members[i], &member);
        offset += lay_types_get(w->types, step->members[i])->size;
    }
    return ok;
}

static bool walk_field(struct walk *w, const struct wire_field *field, const struct lay_step *step,
                       const struct places *places)
{
    bool was_in = w->in_layout;
    bool ok;

    if (step->op <= LAY_OCTETS) {
        bool is_untold = field->has_extent || field->has_element || field->has_members;

        return tell(w, field->name, field->type, step->op, is_untold, step->size, places);
    }
    if (field->has_layout && !was_in) {
        w->to->lifted(w->to->ctx, places->times * step->size);
        w->in_layout = true;
    }
    w->names[w->depth++] = field->name;
    ok = step->op == LAY_STRUCT ? walk_type(w, step->type, places) : walk_members(w, step, places);
    w->depth--;
    w->in_layout = was_in;
    return ok;
}

static bool walk_type(struct walk *w, uint32_t id, const struct places *places)
{
    const struct lay_type *type = lay_types_get(w->types, id);
    size_t fields = type->wire.fields.count;
    uint64_t offset = 0;
    bool ok = true;

    /* What is nowhere costs no octets, so nothing bounds how often it is not there. */
    for (uint32_t i = 0; ok && places->times > 0 && i < type->step_count; i++) {
        const struct lay_step *step = &type->steps[i];
        struct places row = at(places, offset + step->head_len, step->size, step->count);

        if (i < fields) {
            ok = walk_field(w, &type->wire.fields.items[i], step, &row);
        } else {
            w->names[w->depth++] = lay_types_get(w->types, step->type)->wire.name;
            ok = walk_type(w, step->type, &row);
            w->depth--;
        }
        offset += (uint64_t)step->size * step->count;
    }
    return ok;
}

bool view_leaves_of(const struct lay_types *types, uint32_t type, const struct view_leaves *to,
                    struct err *err)
{
    const struct places one = {1, 0, 0};
    struct walk w;

    w.types = types;
    w.to = to;
    w.depth = 0;
    w.in_layout = false;
    w.err = err;
    return walk_type(&w, type, &one);
}
