/* lay_compile.c - see lay_compile.h. */
#include "codec/savevm/lay_compile.h"

#include "codec/base/err.h"
#include "codec/ber/ber_prim.h"
#include "codec/ber/ber_tag.h"
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
    bool has_layout;
};

/* What is known of a type while its rows are made. */
struct rows {
    struct sums total;
    struct sums array;                 /* the rows of the array that is not at its end */
    uint32_t array_tag;                /* its tag, or LAY_NO_TAG */
    uint64_t elements;                 /* of the array that the last row belongs to */
    bool any_tag;                      /* tags are in use */
    uint8_t tags[LAY_TAG_MAX / 8 + 1]; /* a bit for each that has been seen, if any_tag */
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
    sums->has_layout |= type->has_layout;
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
    to->has_layout |= from->has_layout;
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

/* A leaf of so many octets is laid out as a struct. */
static bool layout_step(const struct lay_types *types, const struct wire_field *field,
                        uint32_t size, struct lay_step *step, struct sums *sums, struct err *err)
{
    const struct sums none = {0};

    *sums = none;
    sums->has_layout = true;
    step->op = LAY_STRUCT;
    step->type = field->layout;
    return sums_struct(sums, types, field->layout, err) &&
           (sums->size == size || err_set(err, ERR_MALFORMED, "%u octets, laid out as %llu",
                                          (unsigned)size, (unsigned long long)sums->size));
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
    if (field->has_layout && !field->has_extent) {
        return layout_step(types, field, field->size, step, sums, err);
    }
    leaf = step->member_count == 0 ? find_leaf(field->type, field->size) : NULL;
    if (leaf != NULL) {
        step->op = leaf->op;
        step->is_signed = leaf->is_signed;
        step->is_little = field->order == WIRE_BYTE_ORDER_LITTLE;
    }
    return true;
}

static uint32_t element_count(const struct wire_field *field)
{
    return field->has_array ? field->array : field->repeat;
}

/*
 * Whether next is more elements of the array that field is, where at elements stand before it. QEMU
 * gives no two fields of a struct the same name; from 10.0 on it counts no null pointers, and not
 * the last element. What has an extent is no elements.
 */
static bool continues_array(const struct wire_field *field, const struct wire_field *next,
                            uint64_t at)
{
    return !field->has_extent && !next->has_extent && !field->sequence && !next->sequence &&
           (!next->has_index || next->index == at) && span_eq(field->name, next->name);
}

static bool check_field(const struct wire_field *field, struct err *err)
{
    if (field->repeat == 0 || (field->has_array && field->repeat != 1)) {
        return err_set(err, ERR_MALFORMED, "an array of %u times %u", (unsigned)field->array,
                       (unsigned)field->repeat);
    }
    if (field->sequence &&
        (field->has_array || field->has_index || field->has_extent || field->repeat != 1)) {
        return err_set(err, ERR_MALFORMED, "an array is said to be one element");
    }
    if (field->has_layout && !field->has_extent &&
        (!field->has_size || field->has_element || field->has_members)) {
        return err_set(err, ERR_MALFORMED, "a layout of what is no leaf");
    }
    if (field->order != WIRE_BYTE_ORDER_BIG && field->order != WIRE_BYTE_ORDER_LITTLE) {
        return err_set(err, ERR_UNSUPPORTED, "byte order %d", (int)field->order);
    }
    return true;
}

/* Octets that a context tag takes more than the one octet of a universal one. */
static uint32_t tag_more(uint32_t tag)
{
    return tag == LAY_NO_TAG || tag < BER_TAG_LONG ? 0 : tag < 0x80 ? 1 : 2;
}

static void sums_tag(struct sums *sums, uint32_t tag)
{
    sums->ber_max += tag_more(tag);
    sums->ber_min += tag_more(tag);
}

/* Takes a tag that no other row of the type may have. */
static bool take_tag(struct rows *rows, uint32_t tag, struct lay_step *step, struct err *err)
{
    uint8_t bit = (uint8_t)(1U << tag % 8);

    if (tag > LAY_TAG_MAX) {
        return err_set(err, ERR_LIMIT, "tag %u is above %d", (unsigned)tag, LAY_TAG_MAX);
    }
    if (!rows->any_tag) {
        memset(rows->tags, 0, sizeof(rows->tags));
        rows->any_tag = true;
    }
    if ((rows->tags[tag / 8] & bit) != 0) {
        return err_set(err, ERR_MALFORMED, "tag %u is there twice", (unsigned)tag);
    }
    rows->tags[tag / 8] |= bit;
    step->tag = tag;
    return true;
}

/* Says in step how the elements of field i of the type stand in the value, and what tag they have.
 */
static bool place_row(const struct wire_type_description *wire, size_t i, struct rows *rows,
                      struct lay_step *step, struct err *err)
{
    const struct wire_field *field = &wire->fields.items[i];
    bool first = i == 0 || !continues_array(field - 1, field, rows->elements);
    bool last;

    step->first = !first ? rows->elements : field->has_index ? field->index : 0;
    step->count = element_count(field);
    rows->elements = (uint64_t)step->first + step->count;
    last = i + 1 == wire->fields.count || !continues_array(field, field + 1, rows->elements);
    step->is_array =
        !field->has_extent && (!first || !last || field->has_array || field->has_index ||
                               field->sequence || field->repeat != 1);
    if (step->is_array && step->op == LAY_INT && step->size == 1 && first && last) {
        step->op = LAY_OCTETS;
        step->size = step->count;
        step->is_array = false;
    } else if (step->is_array && step->op >= LAY_LIST && (field->has_array || step->count != 1)) {
        step->op = LAY_OCTETS; /* an array of lists: only the first is described */
        step->size = step->text_size;
    }
    if (field->has_extent) {
        step->op = LAY_OCTETS;
        step->size = field->extent;
    }
    step->count = step->is_array ? step->count : 1;
    step->opens = step->is_array && first;
    step->closes = step->is_array && last;
    step->tag = LAY_NO_TAG;
    if (field->has_tag && !first) {
        return err_set(err, ERR_MALFORMED, "a tag in the middle of an array");
    }
    return !field->has_tag || take_tag(rows, field->tag, step, err);
}

/* Makes the row of field i and adds it to the rows. */
static bool field_step(const struct lay_types *types, const struct wire_type_description *wire,
                       size_t i, struct lay_step *step, struct rows *rows, struct err *err)
{
    const struct wire_field *field = &wire->fields.items[i];
    struct sums sums = {0};

    step->members = field->has_members ? field->members.items : NULL;
    step->member_count = field->has_members ? (uint32_t)field->members.count : 0;
    if (!check_field(field, err) || !element_step(types, field, step, &sums, err) ||
        !sums_ok(&sums, err)) {
        return false;
    }
    step->text_size = field->has_size ? field->size : (uint32_t)sums.size;
    if (!place_row(wire, i, rows, step, err) ||
        (field->has_extent && field->has_layout &&
         !layout_step(types, field, field->extent, step, &sums, err))) {
        return false;
    }
    if (step->op <= LAY_OCTETS) {
        const struct sums none = {0};

        sums = none;
        sums_leaf(&sums, step);
    }
    if (!sums_ok(&sums, err)) {
        return false;
    }
    step->size = (uint32_t)sums.size;
    if (!step->is_array) {
        sums_tag(&sums, step->tag);
        sums_add(&rows->total, &sums);
        return sums_ok(&rows->total, err);
    }
    if (!sums_times(&sums, step->count, err)) {
        return false;
    }
    if (step->opens) {
        const struct sums none = {0};

        rows->array = none;
        rows->array_tag = step->tag;
    }
    sums_add(&rows->array, &sums);
    if (step->closes) {
        sums_sequence(&rows->array);
        sums_tag(&rows->array, rows->array_tag);
        sums_add(&rows->total, &rows->array);
    }
    return sums_ok(&rows->array, err) && sums_ok(&rows->total, err);
}

static bool subsection_step(const struct lay_types *types, const struct wire_type_description *wire,
                            size_t i, struct lay_step *step, struct rows *rows, struct err *err)
{
    uint32_t id = wire->subsections.items[i];
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
    step->tag = LAY_NO_TAG;
    if (wire->has_subsection_tags && !take_tag(rows, wire->subsection_tags.items[i], step, err)) {
        return false;
    }
    sums.size += step->head_len;
    step->size = (uint32_t)sums.size;
    sums_tag(&sums, step->tag);
    sums_add(&rows->total, &sums);
    return sums_ok(&rows->total, err);
}

/* What can be said of a description without its fields. */
static bool check_type(const struct wire_type_description *wire, size_t subsections,
                       struct err *err)
{
    if (wire->fields.count > UINT32_MAX / 2 || subsections > UINT32_MAX / 2) {
        return err_set(err, ERR_LIMIT, "a type of %zu fields", wire->fields.count);
    }
    if (wire->form == WIRE_DESCRIPTION_FORM_EMPTY && wire->fields.count + subsections > 0) {
        return err_set(err, ERR_MALFORMED, "an empty type with fields");
    }
    if (wire->has_subsection_tags && wire->subsection_tags.count != subsections) {
        return err_set(err, ERR_MALFORMED, "%zu tags for %zu subsections",
                       wire->subsection_tags.count, subsections);
    }
    return true;
}

bool lay_compile(const struct lay_types *types, struct lay_type *type, struct arena *arena,
                 struct err *err)
{
    const struct wire_type_description *wire = &type->wire;
    size_t subsections = wire->has_subsections ? wire->subsections.count : 0;
    const struct sums none = {0};
    struct rows rows; /* of which tags are set to zero when the first comes */

    if (!check_type(wire, subsections, err)) {
        return false;
    }
    type->step_count = (uint32_t)(wire->fields.count + subsections);
    type->steps = arena_array(arena, type->step_count, sizeof(*type->steps), err);
    if (type->steps == NULL) {
        return false;
    }
    rows.total = none;
    rows.array = none;
    rows.array_tag = LAY_NO_TAG;
    rows.any_tag = false;
    for (size_t i = 0; i < wire->fields.count; i++) {
        if (!field_step(types, wire, i, &type->steps[i], &rows, err)) {
            char name[LAY_LABEL_MAX];
            char field[LAY_LABEL_MAX];

            leg_text_label(wire->name, name, sizeof(name));
            leg_text_label(wire->fields.items[i].name, field, sizeof(field));
            return err_at_path(err, "type %s > %s", name, field);
        }
    }
    for (size_t i = 0; i < subsections; i++) {
        if (!subsection_step(types, wire, i, &type->steps[wire->fields.count + i], &rows, err)) {
            return false;
        }
    }
    sums_sequence(&rows.total);
    type->size = (uint32_t)rows.total.size;
    type->nodes = rows.total.nodes;
    type->ber_max = rows.total.ber_max;
    type->ber_min = rows.total.ber_min;
    type->depth = rows.total.depth + 1;
    type->has_layout = rows.total.has_layout;
    return true;
}
