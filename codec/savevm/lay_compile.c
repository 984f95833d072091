/* lay_compile.c - see lay_compile.h. */
#include "codec/savevm/lay_compile.h"

#include "codec/base/err.h"
#include "codec/ber/ber_prim.h"
#include "codec/savevm/lay_limits.h"
#include "codec/savevm/leg_text.h"

/*
 * Leaf types that are read as a number, by the name and the size that say the same thing: QEMU 7.2
 * calls a null pointer of one octet "uint64". VMStateInfo.name in QEMU 7.2
 * migration/vmstate-types.c and its users; "int32 le" is "less or equal"; "int64 equal" is the
 * unsigned one.
 */
struct leaf_name {
    const char *name;
    uint32_t size;
    enum lay_op op;
    bool is_signed;
};

/* clang-format off */
static const struct leaf_name leaf_names[] = {
    {"bool",         1, LAY_BOOL, false},
    {"int8",         1, LAY_INT,  true},
    {"int16",        2, LAY_INT,  true},
    {"int32",        4, LAY_INT,  true},
    {"int32 equal",  4, LAY_INT,  true},
    {"int32 le",     4, LAY_INT,  true},
    {"int64",        8, LAY_INT,  true},
    {"int64 equal",  8, LAY_INT,  false},
    {"timer",        8, LAY_INT,  true},
    {"uint8",        1, LAY_INT,  false},
    {"uint8 equal",  1, LAY_INT,  false},
    {"uint16",       2, LAY_INT,  false},
    {"uint16 equal", 2, LAY_INT,  false},
    {"uint32",       4, LAY_INT,  false},
    {"uint32 equal", 4, LAY_INT,  false},
    {"uint64",       8, LAY_INT,  false},
    {"uint64 equal", 8, LAY_INT,  false},
};
/* clang-format on */

/* The sums of a type while its rows are made; 64 bits, so that adding terms of 32 cannot wrap. */
struct sums {
    uint64_t size;
    uint64_t nodes;
    uint64_t ber_max;
    uint64_t ber_min;
    uint32_t depth;
};

static uint64_t head_size(uint64_t contents)
{
    return 1 + ber_length_size(contents);
}

static const struct leaf_name *find_leaf(struct span name, uint32_t size)
{
    for (size_t i = 0; i < sizeof(leaf_names) / sizeof(leaf_names[0]); i++) {
        if (span_eq_str(name, leaf_names[i].name)) {
            return leaf_names[i].size == size ? &leaf_names[i] : NULL;
        }
    }
    return NULL;
}

/* Adds one element of a leaf's row to sums. */
static void sums_leaf(struct sums *sums, const struct lay_step *step)
{
    sums->size += step->size;
    sums->nodes++;
    if (step->op == LAY_OCTETS) {
        sums->ber_max += head_size(step->size) + step->size;
        sums->ber_min += head_size(step->size) + step->size;
    } else {
        sums->ber_max += 2 + (uint64_t)step->size + (step->is_signed ? 0 : 1);
        sums->ber_min += 3;
    }
}

static bool sums_struct(struct sums *sums, const struct lay_types *types, uint32_t id,
                        struct err *err)
{
    const struct lay_type *type = lay_types_get(types, id);

    if (type == NULL) {
        return err_set(err, ERR_MALFORMED, "type %u is used before it is described", (unsigned)id);
    }
    if (type->depth >= LAY_DEPTH_MAX) {
        return err_set(err, ERR_LIMIT, "structs nest deeper than %d", LAY_DEPTH_MAX);
    }
    sums->size += type->size;
    sums->nodes += type->nodes;
    sums->ber_max += type->ber_max;
    sums->ber_min += type->ber_min;
    sums->depth = sums->depth < type->depth ? type->depth : sums->depth;
    return true;
}

/* Puts a SEQUENCE around what sums holds. */
static void sums_sequence(struct sums *sums)
{
    sums->nodes++;
    sums->ber_max += head_size(sums->ber_max);
    sums->ber_min += head_size(sums->ber_min);
}

static bool sums_ok(const struct sums *sums, struct err *err)
{
    if (sums->size > LAY_VALUE_MAX) {
        return err_set(err, ERR_LIMIT, "a value of more than %d octets", LAY_VALUE_MAX);
    }
    if (sums->nodes > (uint64_t)LAY_NODES_PER_OCTET * sums->size + LAY_NODES_FREE) {
        return err_set(err, ERR_LIMIT, "more values than octets allow");
    }
    return true;
}

/* Multiplies sums by count; sums_ok bounds the terms so that nothing wraps. */
static bool sums_times(struct sums *sums, uint32_t count, struct err *err)
{
    if (!sums_ok(sums, err)) {
        return false;
    }
    if (count > LAY_VALUE_MAX) {
        return err_set(err, ERR_LIMIT, "an array of %u elements", (unsigned)count);
    }
    sums->size *= count;
    sums->nodes *= count;
    if (!sums_ok(sums, err)) {
        return false;
    }
    sums->ber_max *= count; /* an octet or a value takes few octets of BER: below 2^40 */
    sums->ber_min *= count;
    return true;
}

static void sums_add(struct sums *to, const struct sums *from)
{
    to->size += from->size;
    to->nodes += from->nodes;
    to->ber_max += from->ber_max;
    to->ber_min += from->ber_min;
    to->depth = to->depth < from->depth ? from->depth : to->depth;
}

/* Sums up the types described inside a field, and what QEMU writes between them. */
static bool members_sums(const struct lay_types *types, const struct lay_step *step,
                         struct sums *sums, struct err *err)
{
    uint64_t markers = ((uint64_t)step->member_count + 1) * LAY_MARKER_LEN;

    for (uint32_t i = 0; i < step->member_count; i++) {
        if (!sums_struct(sums, types, step->members[i], err) || !sums_ok(sums, err)) {
            return false;
        }
    }
    switch (step->op) {
    case LAY_STRUCT:
        return true;
    case LAY_LIST:
        break;
    case LAY_TREE:
        markers += LAY_TREE_COUNT_LEN + (uint64_t)step->member_count * LAY_TREE_KEY_LEN;
        sums->nodes += step->member_count;
        sums->ber_max += (uint64_t)step->member_count * (2 + LAY_TREE_KEY_LEN + 1);
        sums->ber_min += (uint64_t)step->member_count * 3;
        break;
    case LAY_TREE_KEYED:
        markers = LAY_TREE_COUNT_LEN + ((uint64_t)step->member_count / 2 + 1) * LAY_MARKER_LEN;
        break;
    case LAY_INT:
    case LAY_BOOL:
    case LAY_OCTETS:
    case LAY_SUBSECTION:
        return err_set(err, ERR_INTERNAL, "no members here");
    }
    sums->size += markers;
    sums_sequence(sums);
    return true;
}

/* A gtree does not say whether its keys are described: its size does. */
static bool tree_step(const struct lay_types *types, uint32_t size, struct lay_step *step,
                      struct sums *sums, struct err *err)
{
    static const enum lay_op ops[] = {LAY_TREE, LAY_TREE_KEYED};

    for (size_t i = 0; i < sizeof(ops) / sizeof(ops[0]); i++) {
        const struct sums none = {0};

        *sums = none;
        step->op = ops[i];
        if (!members_sums(types, step, sums, err)) {
            return false;
        }
        if (sums->size == size && (ops[i] == LAY_TREE || step->member_count % 2 == 0)) {
            return true;
        }
    }
    step->op = LAY_OCTETS;
    return true;
}

/* Finds the op of one element of a field; sums gets it unless it is a leaf. */
static bool element_step(const struct lay_types *types, const struct wire_field *field,
                         struct lay_step *step, struct sums *sums, struct err *err)
{
    const struct leaf_name *leaf;

    step->op = LAY_OCTETS;
    step->size = field->size;
    if (field->has_element && !field->has_size) {
        step->op = LAY_STRUCT;
        step->type = field->element;
        return sums_struct(sums, types, field->element, err);
    }
    if (field->has_element) {
        return lay_types_get(types, field->element) != NULL ||
               err_set(err, ERR_MALFORMED, "type %u is used before it is described",
                       (unsigned)field->element);
    }
    if (span_eq_str(field->type, "gtree") && field->has_size) {
        return tree_step(types, field->size, step, sums, err);
    }
    if (!field->has_size) {
        bool is_list = span_eq_str(field->type, "qtailq") || span_eq_str(field->type, "qlist");

        if (!is_list && step->member_count != 1) {
            return err_set(err, ERR_MALFORMED, "a field without a size");
        }
        step->op = is_list ? LAY_LIST : LAY_STRUCT;
        step->type = is_list ? 0 : step->members[0];
        return members_sums(types, step, sums, err);
    }
    leaf = step->member_count == 0 ? find_leaf(field->type, field->size) : NULL;
    if (leaf != NULL) {
        step->op = leaf->op;
        step->is_signed = leaf->is_signed;
    }
    return true;
}

/* Makes the row of a field and adds it to total. */
static bool field_step(const struct lay_types *types, const struct wire_field *field,
                       struct lay_step *step, struct sums *total, struct err *err)
{
    struct sums sums = {0};

    step->members = field->has_members ? field->members.items : NULL;
    step->member_count = field->has_members ? (uint32_t)field->members.count : 0;
    if (field->repeat == 0 || (field->has_array && field->repeat != 1)) {
        return err_set(err, ERR_MALFORMED, "an array of %u times %u", (unsigned)field->array,
                       (unsigned)field->repeat);
    }
    if (!element_step(types, field, step, &sums, err)) {
        return false;
    }
    step->is_array = field->has_array || field->repeat != 1;
    step->count = field->has_array ? field->array : field->repeat;
    if (field->has_extent) {
        step->op = LAY_OCTETS;
        step->size = field->extent;
        step->is_array = false;
        step->count = 1;
    } else if (step->is_array && step->op == LAY_INT && step->size == 1) {
        step->op = LAY_OCTETS;
        step->size = step->count;
        step->is_array = false;
        step->count = 1;
    }
    if (!sums_ok(&sums, err)) {
        return false;
    }
    if (step->is_array && step->op >= LAY_LIST) {
        step->op = LAY_OCTETS; /* an array of lists: only the first is described */
        step->size = (uint32_t)sums.size;
    }
    if (step->op == LAY_INT || step->op == LAY_BOOL || step->op == LAY_OCTETS) {
        const struct sums none = {0};

        sums = none;
        sums_leaf(&sums, step);
    }
    if (!sums_ok(&sums, err)) {
        return false;
    }
    step->size = (uint32_t)sums.size;
    if (step->is_array) {
        if (!sums_times(&sums, step->count, err)) {
            return false;
        }
        sums_sequence(&sums);
    }
    sums_add(total, &sums);
    return sums_ok(total, err);
}

static bool subsection_step(const struct lay_types *types, uint32_t id, struct lay_step *step,
                            struct sums *total, struct err *err)
{
    const struct lay_type *type = lay_types_get(types, id);
    struct sums sums = {0};

    if (!sums_struct(&sums, types, id, err)) {
        return false;
    }
    if (type->wire.name.len > LAY_NAME_MAX || type->wire.form != WIRE_DESCRIPTION_FORM_VMSTATE) {
        return err_set(err, ERR_MALFORMED, "type %u can be no subsection", (unsigned)id);
    }
    step->op = LAY_SUBSECTION;
    step->type = id;
    step->count = 1;
    step->head_len = LAY_SUBSECTION_HEAD_LEN + (uint32_t)type->wire.name.len;
    sums.size += step->head_len;
    step->size = (uint32_t)sums.size;
    sums_add(total, &sums);
    return sums_ok(total, err);
}

bool lay_compile(const struct lay_types *types, struct lay_type *type, struct arena *arena,
                 struct err *err)
{
    const struct wire_type_description *wire = &type->wire;
    size_t subsections = wire->has_subsections ? wire->subsections.count : 0;
    struct sums sums = {0};

    if (wire->fields.count > UINT32_MAX / 2 || subsections > UINT32_MAX / 2) {
        return err_set(err, ERR_LIMIT, "a type of %zu fields", wire->fields.count);
    }
    if (wire->form == WIRE_DESCRIPTION_FORM_EMPTY && wire->fields.count + subsections > 0) {
        return err_set(err, ERR_MALFORMED, "an empty type with fields");
    }
    type->step_count = (uint32_t)(wire->fields.count + subsections);
    type->steps = arena_array(arena, type->step_count, sizeof(*type->steps), err);
    if (type->steps == NULL) {
        return false;
    }
    for (size_t i = 0; i < wire->fields.count; i++) {
        if (!field_step(types, &wire->fields.items[i], &type->steps[i], &sums, err)) {
            char name[LAY_LABEL_MAX];
            char field[LAY_LABEL_MAX];

            leg_text_label(wire->name, name, sizeof(name));
            leg_text_label(wire->fields.items[i].name, field, sizeof(field));
            return err_at_path(err, "type %s > %s", name, field);
        }
    }
    for (size_t i = 0; i < subsections; i++) {
        if (!subsection_step(types, wire->subsections.items[i],
                             &type->steps[wire->fields.count + i], &sums, err)) {
            return false;
        }
    }
    sums_sequence(&sums);
    type->size = (uint32_t)sums.size;
    type->nodes = sums.nodes;
    type->ber_max = sums.ber_max;
    type->ber_min = sums.ber_min;
    type->depth = sums.depth + 1;
    return true;
}
