/* mod_match.c - see mod_joining.h: fields of a module, and rows of a description. */
#include "codec/device/mod_joining.h"

uint64_t mod_rows_count(const struct mod_rows *rows)
{
    uint64_t count = 0;

    for (size_t i = rows->first; i < rows->end; i++) {
        count += mod_row_count(&rows->in->wire.fields.items[i]);
    }
    return count;
}

/* Whether a field has that type name of QEMU's. */
static bool field_is(const struct mod_joining *j, const struct mod_field *field, const char *name)
{
    return span_eq_str(mod_string(j->set, field->type_name), name);
}

/* What QEMU 7.2 calls a null pointer, migration/vmstate.c, and what 10.0 does. */
bool mod_row_is_null(const struct wire_field *row)
{
    return !row->has_element && !row->has_members && !row->has_extent && row->has_size &&
           row->size == 1 &&
           (span_eq_str(row->type, "uint64") || span_eq_str(row->type, "nullptr"));
}

/* Whether a row is structs that are not described. */
static bool row_is_hole(const struct mod_joining *j, const struct wire_field *row)
{
    const struct lay_type *element =
        row->has_element ? lay_types_get(j->types, row->element) : NULL;

    return element != NULL &&
           (row->has_extent || element->wire.form == WIRE_DESCRIPTION_FORM_EMPTY);
}

bool mod_is_struct(const struct mod_joining *j, uint32_t type, uint32_t with)
{
    const struct lay_type *t = lay_types_get(j->types, type);
    const struct mod_type *m = &j->set->types[with];

    return t != NULL && t->wire.form == WIRE_DESCRIPTION_FORM_VMSTATE &&
           t->wire.version == m->version && span_eq(t->wire.name, mod_string(j->set, m->vmsd));
}

static bool fits(uint64_t count, const struct mod_field *field)
{
    return count >= field->min && (field->max == MOD_VARIES || count <= field->max);
}

/* All octets of a row. */
static uint64_t row_octets(const struct mod_struct *in, size_t i)
{
    const struct wire_field *row = &in->wire.fields.items[i];

    return row->has_extent ? row->extent : (uint64_t)in->steps[i].text_size * mod_row_count(row);
}

/* A field that takes octets which the source describes, but not so that a module could follow. */
static bool takes_all(const struct mod_joining *j, const struct mod_field *field)
{
    return field->op == MOD_UNSEEN ||
           (field->op == MOD_OCTETS && !field->is_array &&
            (field_is(j, field, "struct") || field_is(j, field, "gtree")));
}

static bool match_all(const struct mod_joining *j, const struct mod_rows *rows,
                      const struct mod_field *field)
{
    const struct wire_field *row = &rows->in->wire.fields.items[rows->first];
    uint64_t octets = row_octets(rows->in, rows->first);

    if (rows->end - rows->first != 1 || octets > LAY_VALUE_MAX) {
        return false;
    }
    if (field->op == MOD_UNSEEN) {
        return true;
    }
    return (field->size == MOD_VARIES || field->size == octets) &&
           span_eq(row->type, mod_string(j->set, field->type_name)) &&
           (row->has_element ? row_is_hole(j, row) : field_is(j, field, "gtree"));
}

/* Whether one row of a leaf has the width and the form of a field. */
static bool match_leaf_row(const struct mod_joining *j, const struct mod_rows *rows, size_t i,
                           const struct mod_field *field)
{
    const struct wire_field *row = &rows->in->wire.fields.items[i];
    const struct lay_step *step = &rows->in->steps[i];

    if (row->has_extent || (field->size != MOD_VARIES && field->size != row->size) ||
        !span_eq(row->type, mod_string(j->set, field->type_name))) {
        return false;
    }
    if (field->as_octets) {
        return step->op == LAY_OCTETS || (step->op == LAY_INT && !step->is_array);
    }
    return (field->op == MOD_INT && step->op == LAY_INT && step->is_signed == field->is_signed) ||
           (field->op == MOD_BOOL && step->op == LAY_BOOL) ||
           (field->op == MOD_OCTETS && (step->op == LAY_OCTETS || row->has_layout));
}

/* Whether rows are as many elements as a field says. A plain row is an array of one, if need be. */
static bool match_count(const struct mod_rows *rows, const struct mod_field *field)
{
    const struct wire_field *row = &rows->in->wire.fields.items[rows->first];

    if (field->is_array) {
        return rows->in->steps[rows->first].first == 0 && fits(mod_rows_count(rows), field) &&
               (!field->as_octets || rows->end - rows->first == 1);
    }
    return rows->end - rows->first == 1 && !row->has_array && !row->has_index && row->repeat == 1 &&
           !row->sequence;
}

static bool match_leaf(const struct mod_joining *j, const struct mod_rows *rows,
                       const struct mod_field *field)
{
    for (size_t i = rows->first; i < rows->end; i++) {
        if (!match_leaf_row(j, rows, i, field)) {
            return false;
        }
    }
    return match_count(rows, field);
}

static bool match_struct(const struct mod_joining *j, const struct mod_rows *rows,
                         const struct mod_field *field)
{
    for (size_t i = rows->first; i < rows->end; i++) {
        const struct wire_field *row = &rows->in->wire.fields.items[i];
        const struct lay_step *step = &rows->in->steps[i];

        if (field->nullable && mod_row_is_null(row)) {
            continue;
        }
        if (step->op != LAY_STRUCT || !span_eq(row->type, mod_string(j->set, field->type_name)) ||
            !mod_is_struct(j, step->type, field->type)) {
            return false;
        }
    }
    return match_count(rows, field);
}

/* Lists and trees. A tree without elements does not say what its keys are. */
static bool match_list(const struct mod_joining *j, const struct mod_rows *rows,
                       const struct mod_field *field)
{
    const struct wire_field *row = &rows->in->wire.fields.items[rows->first];
    const struct lay_step *step = &rows->in->steps[rows->first];
    bool keyed = field->op == MOD_TREE && field->key != MOD_NONE;
    enum lay_op op = field->op == MOD_LIST             ? LAY_LIST
                     : keyed && step->member_count > 0 ? LAY_TREE_KEYED
                                                       : LAY_TREE;
    uint64_t count = (uint64_t)step->member_count * (op == LAY_TREE ? 2 : 1);

    if (rows->end - rows->first != 1 || step->is_array || step->op != op || !fits(count, field) ||
        !span_eq(row->type, mod_string(j->set, field->type_name))) {
        return false;
    }
    for (uint32_t i = 0; i < step->member_count; i++) {
        if (!mod_is_struct(j, step->members[i], keyed && i % 2 == 0 ? field->key : field->type)) {
            return false;
        }
    }
    return true;
}

bool mod_match(const struct mod_joining *j, const struct mod_rows *rows,
               const struct mod_field *field)
{
    switch ((enum mod_op)field->op) {
    case MOD_INT:
    case MOD_BOOL:
        return match_leaf(j, rows, field);
    case MOD_OCTETS:
        return takes_all(j, field) ? match_all(j, rows, field) : match_leaf(j, rows, field);
    case MOD_STRUCT:
        return match_struct(j, rows, field);
    case MOD_LIST:
    case MOD_TREE:
        return match_list(j, rows, field);
    case MOD_UNSEEN:
        return match_all(j, rows, field);
    }
    return false;
}

/* Joins the members of a row. A list of ids is copied when the first changes. */
static bool join_members(struct mod_joining *j, const struct wire_field *row,
                         const struct mod_field *field, struct mod_wanted *wanted)
{
    bool keyed = field->op == MOD_TREE && field->key != MOD_NONE;
    uint32_t *copy = NULL;

    wanted->members = row->members.items;
    for (size_t i = 0; i < row->members.count; i++) {
        uint32_t with = keyed && i % 2 == 0 ? field->key : field->type;
        uint32_t joined;

        if (!mod_join_struct(j, row->name, row->members.items[i], with, &joined)) {
            return false;
        }
        if (joined == row->members.items[i] && copy == NULL) {
            continue;
        }
        if (copy == NULL) {
            copy = arena_array(&j->arena, row->members.count, sizeof(*copy), &j->stop);
            if (copy == NULL) {
                return mod_stop(j);
            }
            memcpy(copy, row->members.items, row->members.count * sizeof(*copy));
            wanted->members = copy;
        }
        copy[i] = joined;
    }
    return true;
}

bool mod_take(struct mod_joining *j, struct mod_struct *in, const struct mod_rows *rows,
              const struct mod_field *field)
{
    for (size_t i = rows->first; i < rows->end; i++) {
        const struct wire_field *row = &in->wire.fields.items[i];
        struct mod_wanted wanted = {0};

        wanted.tag = i == rows->first ? field->tag : MOD_NO_TAG;
        if (takes_all(j, field)) {
            wanted.has_extent = true;
            wanted.extent = (uint32_t)row_octets(in, i);
        }
        wanted.sequence = field->is_array && rows->end - rows->first == 1 && !row->has_array &&
                          !row->has_index && row->repeat == 1;
        wanted.element = row->element;
        if (row->has_members) {
            wanted.members = row->members.items;
        }
        if (field->type != MOD_NONE && row->has_members) {
            if (!join_members(j, row, field, &wanted)) {
                return false;
            }
        } else if (field->type != MOD_NONE && row->has_element &&
                   !mod_join_struct(j, row->name, row->element, field->type, &wanted.element)) {
            return false;
        }
        if (!mod_join_row(j, in, i, &wanted)) {
            return false;
        }
    }
    return true;
}
