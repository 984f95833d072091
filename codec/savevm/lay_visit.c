/* lay_visit.c - see lay_visit.h. */
#include "codec/savevm/lay_visit.h"

#include "codec/base/arena.h"
#include "codec/base/err.h"
#include "codec/ber/ber_prim.h"
#include "codec/ber/ber_reader.h"
#include "codec/savevm/lay_compile.h"
#include "codec/savevm/lay_walk.h"

struct visit {
    struct arena *arena;
    const struct lay_visitor *visitor;
    uint32_t depth;
    struct lay_node open[LAY_VISIT_DEPTH_MAX]; /* what has been entered and not left */
};

/* Name, type and index of what stands at the current row of a level. */
static void name_row(const struct lay_level *level, struct lay_node *node)
{
    const struct wire_type_description *wire = &level->type->wire;
    const struct lay_step *step = &level->type->steps[level->step];

    if (level->step < wire->fields.count) {
        const struct wire_field *field = &wire->fields.items[level->step];

        node->name = field->name;
        node->type = field->type;
        node->within = wire->name;
        node->has_index = step->is_array || step->op >= LAY_LIST;
        node->index = (step->op >= LAY_LIST ? 0 : (uint32_t)step->first) + level->element;
    }
}

/* The same of a struct of that type; level: NULL if it is no row's. */
static void name_struct(const struct lay_level *level, const struct lay_type *type,
                        struct lay_node *node)
{
    node->name = type->wire.name;
    if (level != NULL && level->step < level->type->wire.fields.count) {
        name_row(level, node);
    }
    node->type = type->wire.name;
    node->type_id = type->wire.id;
    node->version = type->wire.version;
}

static struct lay_node node_at(const struct lay_walk *walk, enum lay_node_kind kind,
                               const uint8_t *begin, const uint8_t *end)
{
    const struct visit *v = walk->ctx;
    struct lay_node node = {0};

    node.kind = kind;
    node.depth = v->depth;
    node.legacy_offset =
        walk->where->legacy_offset == ERR_NO_OFFSET ? 0 : walk->where->legacy_offset;
    node.legacy_offset += walk->legacy;
    node.ber_offset = walk->where->ber_offset == ERR_NO_OFFSET ? 0 : walk->where->ber_offset;
    node.ber_offset += (uint64_t)(begin - walk->value.p);
    node.ber_size = (uint64_t)(end - begin);
    return node;
}

/* Where the TLV that open began ends; one of indefinite length has to be searched. */
static bool find_end(struct lay_walk *walk, const struct lay_open *open, const uint8_t **end)
{
    struct err mine = ERR_INIT;
    struct span whole;

    *end = open->end;
    if (!open->indefinite) {
        return true;
    }
    if (!ber_element(span_of(open->begin, (size_t)(open->end - open->begin)), &whole, NULL,
                     &mine)) {
        return lay_walk_fault(walk, ERR_MALFORMED, "%s", mine.text);
    }
    *end = whole.p + whole.len;
    return true;
}

/* An array: its rows together. A null pointer in front does not say what the others are. */
static void name_array(const struct lay_level *level, struct lay_node *node)
{
    const struct lay_step *step = &level->type->steps[level->step];
    const struct wire_field *field = &level->type->wire.fields.items[level->step];
    bool any = false;

    node->name = field->name;
    node->type = field->type;
    for (;; step++, field++) {
        node->count += step->count;
        node->legacy_size += (uint64_t)step->size * step->count;
        if (!any && step->op != LAY_OCTETS) {
            node->type = field->type;
            any = true;
        }
        if (step->closes) {
            return;
        }
    }
}

static void name_list(const struct lay_level *level, struct lay_node *node)
{
    const struct wire_field *field = &level->type->wire.fields.items[level->step];
    const struct lay_step *step = &level->type->steps[level->step];

    node->name = field->name;
    node->type = field->type;
    node->has_index = step->is_array;
    node->index = (uint32_t)step->first;
    node->count = step->member_count;
    node->legacy_size = step->size;
}

static bool visit_enter(struct lay_walk *walk, enum lay_part part, const struct lay_open *open)
{
    struct visit *v = walk->ctx;
    const struct lay_level *top = &walk->levels[walk->depth - 1];
    const struct lay_level *parent = walk->depth > 1 ? top - 1 : NULL;
    struct lay_node *node = &v->open[v->depth];
    const uint8_t *end;

    if (!find_end(walk, open, &end)) {
        return false;
    }
    switch (part) {
    case LAY_PART_STRUCT:
        *node = node_at(walk, LAY_NODE_STRUCT, open->begin, end);
        node->legacy_size = top->type->size;
        name_struct(parent, top->type, node);
        break;
    case LAY_PART_SUBSECTION:
        *node = node_at(walk, LAY_NODE_SUBSECTION, open->begin, end);
        node->legacy_size = top->type->size + LAY_SUBSECTION_HEAD_LEN + top->type->wire.name.len;
        name_struct(NULL, top->type, node);
        node->type = span_str("subsection");
        break;
    case LAY_PART_ARRAY:
        *node = node_at(walk, LAY_NODE_ARRAY, open->begin, end);
        name_array(top, node);
        break;
    case LAY_PART_LIST:
        *node = node_at(walk, LAY_NODE_LIST, open->begin, end);
        name_list(top, node);
        break;
    }
    v->depth++;
    return v->visitor->fn(v->visitor->ctx, LAY_VISIT_ENTER, node, walk->err);
}

static bool visit_leave(struct lay_walk *walk, enum lay_part part)
{
    struct visit *v = walk->ctx;

    (void)part;
    v->depth--;
    return v->visitor->fn(v->visitor->ctx, LAY_VISIT_LEAVE, &v->open[v->depth], walk->err);
}

/* Joins the segments of the OCTET STRING at begin, and passes over it. */
static bool join(struct lay_walk *walk, const uint8_t *begin, const uint8_t *end,
                 struct span *octets)
{
    struct visit *v = walk->ctx;
    struct err mine = ERR_INIT;
    struct ber_head head;
    struct span whole;

    if (!ber_element(span_of(begin, (size_t)(end - begin)), &whole, &head, &mine) ||
        !ber_string(whole, &head, v->arena, octets, &mine)) {
        return lay_walk_fault(walk, mine.band, "%s", mine.text);
    }
    walk->at = whole.p + whole.len;
    return true;
}

/* Reads the contents of one leaf into node. */
static bool read_leaf(struct lay_walk *walk, const struct lay_step *step, const uint8_t *end,
                      struct lay_node *node)
{
    const uint8_t *begin = walk->at;
    const uint8_t *contents;
    bool segmented;
    size_t n;

    if (step->op == LAY_INT) {
        node->kind = LAY_NODE_INTEGER;
        node->is_signed = step->is_signed;
        if (!lay_walk_int(walk, step, end, &node->integer)) {
            return false;
        }
        n = step->is_signed ? ber_int_size((int64_t)node->integer) : ber_uint_size(node->integer);
        node->octets = span_of(walk->at - n, n);
        return true;
    }
    node->kind = step->op == LAY_BOOL ? LAY_NODE_BOOLEAN : LAY_NODE_OCTETS;
    if (!lay_walk_head(walk, step->op == LAY_BOOL ? BER_BOOLEAN : BER_OCTET_STRING,
                       lay_step_tag(step), end, &contents, &segmented)) {
        return false;
    }
    if (segmented) {
        if (!join(walk, begin, end, &node->octets)) {
            return false;
        }
    } else {
        node->octets = span_of(walk->at, (size_t)(contents - walk->at));
        walk->at = contents;
    }
    if (node->octets.len != step->size) {
        return lay_walk_fault(walk, ERR_MALFORMED, "expected %u octets, found %zu",
                              (unsigned)step->size, node->octets.len);
    }
    node->integer = step->op == LAY_BOOL ? lay_value_bool(node->octets.p[0]) : 0;
    return true;
}

static bool visit_row(struct lay_walk *walk, const struct lay_step *step, const uint8_t *end)
{
    struct visit *v = walk->ctx;
    struct lay_level *level = &walk->levels[walk->depth - 1];

    for (uint32_t i = 0; i < step->count; i++) {
        struct lay_node node = node_at(walk, LAY_NODE_OCTETS, walk->at, walk->at);
        const uint8_t *begin = walk->at;

        level->element = i;
        name_row(level, &node);
        if (!read_leaf(walk, step, end, &node)) {
            return false;
        }
        node.ber_size = (uint64_t)(walk->at - begin);
        node.legacy_size = step->size;
        if (!v->visitor->fn(v->visitor->ctx, LAY_VISIT_LEAF, &node, walk->err)) {
            return false;
        }
        walk->legacy += step->size;
    }
    return true;
}

static bool visit_marker(struct lay_walk *walk)
{
    (void)walk;
    return true;
}

static bool visit_again(struct lay_walk *walk, uint32_t size)
{
    const struct visit *v = walk->ctx;
    const struct lay_level *level = &walk->levels[walk->depth - 1];
    const uint8_t *last = walk->fields[walk->depth].begin;
    struct lay_node node;

    if (v->visitor->again == NULL) {
        return false;
    }
    node = node_at(walk, LAY_NODE_STRUCT, walk->at, walk->at + (walk->at - last));
    node.legacy_size = size;
    name_struct(level, lay_types_get(walk->types, level->type->steps[level->step].type), &node);
    return v->visitor->again(v->visitor->ctx, &node);
}

static bool visit_key(struct lay_walk *walk, const uint8_t *end)
{
    static const struct lay_step key = {
        .op = LAY_INT, .tag = LAY_NO_TAG, .count = 1, .size = LAY_TREE_KEY_LEN};
    struct visit *v = walk->ctx;
    struct lay_node node = node_at(walk, LAY_NODE_INTEGER, walk->at, walk->at);
    const uint8_t *begin = walk->at;

    if (!read_leaf(walk, &key, end, &node)) {
        return false;
    }
    node.name = span_str("key");
    node.type = span_str("uint64");
    node.has_index = true;
    node.index = walk->levels[walk->depth - 1].element;
    node.ber_size = (uint64_t)(walk->at - begin);
    node.legacy_size = LAY_TREE_KEY_LEN;
    return v->visitor->fn(v->visitor->ctx, LAY_VISIT_LEAF, &node, walk->err);
}

bool lay_visit(const struct lay_types *types, uint32_t type, struct span value,
               const struct lay_where *where, struct arena *arena,
               const struct lay_visitor *visitor, struct err *err)
{
    static const struct lay_walk_ops ops = {visit_enter,  visit_leave, visit_row,
                                            visit_marker, visit_key,   visit_again};
    struct lay_walk walk;
    struct visit v;

    v.arena = arena;
    v.visitor = visitor;
    v.depth = 0;
    return lay_walk_run(&walk, types, type, value, where, &ops, &v, err);
}
