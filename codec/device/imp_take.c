/*
 * imp_take.c - types of a stream to shapes, see imp_shape.h.
 *
 *   rows of the description                           rows of the shape
 *   x  index 0, repeat 2, struct A   --+
 *   x  index 2, struct B             --+------------>  x  array of 4, struct A or B, or none
 *   x  index 3, a null pointer       --+
 *   y  array 32, uint8               --------------->  y  array of 32, uint8
 *
 * Types rest on those with smaller ids, so that they are taken in the order of their ids.
 */
#include "codec/device/imp_shape.h"

#include <stdlib.h>

#include "codec/base/err.h"
#include "codec/savevm/lay_types.h"
#include "codec/schema/asn_limits.h"

enum { LABEL_MAX = 100 }; /* octets of a name that a message shows */

struct taker {
    struct imp_table *table;
    const struct imp_seen *seen;
    const struct lay_types *types;
    struct err *err;
};

void imp_seen_init(struct imp_seen *seen)
{
    seen->shapes = NULL;
    seen->count = 0;
    seen->cap = 0;
}

void imp_seen_done(struct imp_seen *seen)
{
    free(seen->shapes);
    imp_seen_init(seen);
}

static bool reject(struct taker *taker, const struct wire_field *field, const char *what)
{
    err_at_path(taker->err, "%.*s", field->name.len < LABEL_MAX ? (int)field->name.len : LABEL_MAX,
                field->name.p);
    return err_set(taker->err, ERR_FINDINGS, "%s", what);
}

/* Adds a shape to shapes, unless it is there. */
static bool add_shape(struct taker *taker, struct imp_shapes *shapes, const struct imp_shape *shape)
{
    const struct imp_shape **items;

    for (size_t i = 0; i < shapes->count; i++) {
        if (shapes->items[i] == shape) {
            return true;
        }
    }
    items = arena_array(taker->table->arena, shapes->count + 1, sizeof(*items), taker->err);
    if (items == NULL) {
        return false;
    }
    if (shapes->count > 0) {
        memcpy(items, shapes->items, shapes->count * sizeof(*items));
    }
    items[shapes->count++] = shape;
    shapes->items = items;
    return true;
}

/* Adds the shape of a type. */
static bool add_type(struct taker *taker, const struct wire_field *field, struct imp_shapes *shapes,
                     uint32_t id)
{
    const struct imp_shape *shape =
        id - 1 < taker->seen->count ? taker->seen->shapes[id - 1] : NULL;

    return shape != NULL ? add_shape(taker, shapes, shape)
                         : reject(taker, field, "a struct that no module can hold");
}

/* A field of which the description tells no more than a name. */
static bool take_hole(struct taker *taker, const struct wire_field *field, struct imp_row *row)
{
    if (field->has_index) {
        return reject(taker, field, "elements that are not described");
    }
    row->kind = IMP_LEAF;
    row->hole = true;
    row->varies = true;
    row->is_array = false;
    row->count = 1;
    return true;
}

/* Takes every step-th struct that stands in a field, from one of them on. */
static bool take_members(struct taker *taker, const struct wire_field *field,
                         struct imp_shapes *shapes, size_t from, size_t step)
{
    for (size_t i = from; i < field->members.count; i += step) {
        if (!add_type(taker, field, shapes, field->members.items[i])) {
            return false;
        }
    }
    imp_shapes_sort(shapes);
    return true;
}

static bool take_tree(struct taker *taker, const struct wire_field *field,
                      const struct lay_step *step, struct imp_row *row)
{
    row->kind = IMP_GTREE;
    switch (step->op) {
    case LAY_TREE:
        return take_members(taker, field, &row->shapes, 0, 1);
    case LAY_TREE_KEYED:
        return take_members(taker, field, &row->keys, 0, 2) &&
               take_members(taker, field, &row->shapes, 1, 2);
    case LAY_INT:
    case LAY_BOOL:
    case LAY_OCTETS:
    case LAY_STRUCT:
    case LAY_SUBSECTION:
    case LAY_LIST:
        break;
    }
    return take_hole(taker, field, row);
}

struct inline_name {
    const char *type;
    enum imp_kind kind;
};

/* A field whose struct stands in the field itself: a list's, or one. */
static bool take_inline(struct taker *taker, const struct wire_field *field, struct imp_row *row)
{
    static const struct inline_name names[] = {
        {"tmp", IMP_TMP},
        {"vstruct", IMP_VSTRUCT},
        {"qtailq", IMP_QTAILQ},
        {"qlist", IMP_QLIST},
    };

    for (size_t i = 0; !field->has_size && i < sizeof(names) / sizeof(names[0]); i++) {
        bool is_list = names[i].kind == IMP_QTAILQ || names[i].kind == IMP_QLIST;

        if (span_eq_str(field->type, names[i].type) && (!is_list || !row->is_array)) {
            row->kind = names[i].kind;
            return !field->has_members || take_members(taker, field, &row->shapes, 0, 1);
        }
    }
    return reject(taker, field, "a struct that does not have the size it is said to have");
}

static bool is_empty(const struct lay_types *types, uint32_t id)
{
    const struct lay_type *type = lay_types_get(types, id);

    return type != NULL && type->wire.form == WIRE_DESCRIPTION_FORM_EMPTY;
}

static bool take_row(struct taker *taker, const struct wire_field *field,
                     const struct lay_step *step, struct imp_row *row)
{
    memset(row, 0, sizeof(*row));
    row->name = field->name;
    row->type = field->type;
    row->is_array = field->has_array || field->repeat != 1 || field->has_index;
    row->count = field->has_array ? field->array : field->repeat;
    if (field->has_element && !span_eq_str(field->type, "struct")) {
        return reject(taker, field, "a struct of a type that is not called so");
    }
    if (span_eq_str(field->type, "gtree") && !row->is_array) {
        return take_tree(taker, field, step, row);
    }
    if (field->has_element && is_empty(taker->types, field->element) && field->has_index &&
        field->has_size && field->size == 1) {
        row->kind = IMP_STRUCT;
        row->nullable = true;
        return true;
    }
    if (field->has_element && !field->has_size) {
        row->kind = IMP_STRUCT;
        return add_type(taker, field, &row->shapes, field->element);
    }
    if (field->has_element && (field->has_extent || is_empty(taker->types, field->element))) {
        return take_hole(taker, field, row);
    }
    if (field->has_element || field->has_members || !field->has_size) {
        return take_inline(taker, field, row);
    }
    row->size = field->size;
    return true;
}

/* Whether the elements of a row are null pointers: QEMU before 10.0 calls one "uint64". */
static bool is_null_row(const struct imp_row *row)
{
    return row->kind == IMP_LEAF && row->is_array && row->size == 1 &&
           (span_eq_str(row->type, "uint64") || span_eq_str(row->type, "nullptr"));
}

static void swap_rows(struct imp_row *a, struct imp_row *b)
{
    struct imp_row c = *a;

    *a = *b;
    *b = c;
}

/* Adds the elements of a row to the array that the row before has begun. */
static bool join_rows(struct taker *taker, const struct wire_field *field, struct imp_row *array,
                      struct imp_row *row)
{
    uint64_t count = (uint64_t)array->count + row->count;

    if (is_null_row(array) && row->kind != IMP_LEAF) {
        swap_rows(array, row);
    }
    if (is_null_row(row) && array->kind != IMP_LEAF) {
        array->nullable = true;
    } else if (array->kind != row->kind ||
               (array->kind == IMP_LEAF && !span_eq(array->type, row->type))) {
        return reject(taker, field, "elements of several types");
    } else if (array->kind == IMP_LEAF) {
        array->varies = array->varies || row->varies || array->size != row->size;
    } else {
        array->nullable = array->nullable || row->nullable;
        for (size_t i = 0; i < row->shapes.count; i++) {
            if (!add_shape(taker, &array->shapes, row->shapes.items[i])) {
                return false;
            }
        }
    }
    array->count = count < UINT32_MAX ? (uint32_t)count : UINT32_MAX;
    return true;
}

static uint32_t turn_of(const struct imp_shape *shape, struct span name)
{
    uint32_t turn = 0;

    for (size_t i = 0; i < shape->row_count; i++) {
        turn += span_eq(shape->rows[i].name, name);
    }
    return turn;
}

static bool take_rows(struct taker *taker, const struct lay_type *type, struct imp_shape *shape)
{
    const struct wire_field *fields = type->wire.fields.items;

    for (size_t i = 0; i < type->wire.fields.count; i++) {
        struct imp_row *row = &shape->rows[shape->row_count];

        if (!take_row(taker, &fields[i], &type->steps[i], row)) {
            return false;
        }
        if (i > 0 && type->steps[i].is_array && !type->steps[i].opens) {
            if (!join_rows(taker, &fields[i], row - 1, row)) {
                return false;
            }
            continue;
        }
        if (shape->row_count == ASN_MEMBERS_MAX) {
            return reject(taker, &fields[i], "more fields than a type may have");
        }
        row->turn = turn_of(shape, row->name);
        shape->row_count++;
    }
    for (size_t i = 0; i < shape->row_count; i++) {
        imp_shapes_sort(&shape->rows[i].shapes);
    }
    return true;
}

static bool take_subs(struct taker *taker, const struct lay_type *type, struct imp_shape *shape)
{
    size_t count = type->wire.has_subsections ? type->wire.subsections.count : 0;

    shape->subs.items =
        arena_array(taker->table->arena, count, sizeof(*shape->subs.items), taker->err);
    if (shape->subs.items == NULL) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        uint32_t id = type->wire.subsections.items[i];

        if (id - 1 >= taker->seen->count || taker->seen->shapes[id - 1] == NULL) {
            return err_set(taker->err, ERR_FINDINGS, "a subsection that no module can hold");
        }
        shape->subs.items[shape->subs.count++] = taker->seen->shapes[id - 1];
    }
    return true;
}

/* What a save_state function writes is described as one buffer. */
static bool check_old_style(const struct taker *taker, const struct imp_shape *shape)
{
    const struct imp_row *row = shape->rows;

    return (shape->row_count == 1 && shape->subs.count == 0 && row->kind == IMP_LEAF &&
            !row->is_array && span_eq_str(row->name, "data") && span_eq_str(row->type, "buffer")) ||
           err_set(taker->err, ERR_FINDINGS, "an old-style section that is more than a buffer");
}

/* Gives the shape of one type, NULL if there is none. */
static bool take_type(struct taker *taker, uint32_t id, const struct imp_shape **out)
{
    const struct lay_type *type = lay_types_get(taker->types, id);
    struct imp_shape shape;
    bool ok;

    *out = NULL;
    if (type->wire.form == WIRE_DESCRIPTION_FORM_EMPTY) {
        return true;
    }
    memset(&shape, 0, sizeof(shape));
    shape.vmsd = type->wire.name;
    shape.version = type->wire.version;
    shape.old_style = type->wire.form == WIRE_DESCRIPTION_FORM_OLD_STYLE;
    shape.rows = calloc(type->wire.fields.count + 1, sizeof(*shape.rows));
    if (shape.rows == NULL) {
        return err_memory(taker->err);
    }
    ok = take_rows(taker, type, &shape) && take_subs(taker, type, &shape) &&
         (!shape.old_style || check_old_style(taker, &shape)) &&
         imp_table_intern(taker->table, &shape, out, taker->err);
    free(shape.rows);
    return ok;
}

static bool seen_grow(struct imp_seen *seen, uint32_t count, struct err *err)
{
    if (count > seen->cap) {
        const struct imp_shape **more = realloc(seen->shapes, (size_t)count * 2 * sizeof(*more));

        if (more == NULL) {
            return err_memory(err);
        }
        seen->shapes = more;
        seen->cap = count * 2;
    }
    return true;
}

bool imp_shape_take(struct imp_table *table, struct imp_seen *seen, const struct lay_types *types,
                    uint32_t type, const struct imp_shape **shape, struct err *err)
{
    struct err why = ERR_INIT;
    struct taker taker = {table, seen, types, &why};

    if (type - 1 >= types->count) {
        return err_set(err, ERR_INTERNAL, "type %u is not there", (unsigned)type);
    }
    if (!seen_grow(seen, type, err)) {
        return false;
    }
    while (seen->count < type) {
        const struct imp_shape *next = NULL;

        if (!take_type(&taker, seen->count + 1, &next) && why.band != ERR_FINDINGS) {
            *err = why;
            return false;
        }
        seen->shapes[seen->count++] = next;
    }
    *shape = seen->shapes[type - 1];
    if (*shape == NULL) {
        err_at_path(err, "%s", why.path);
        return err_set(err, ERR_FINDINGS, "%s", why.band != ERR_NONE ? why.text : "nothing in it");
    }
    return true;
}

/* The part of an idstr that names the device's kind: paths have colons or at signs in them. */
static struct span strip_path(struct span idstr)
{
    for (size_t i = idstr.len; i > 0; i--) {
        const uint8_t c = idstr.p[i - 1];

        if (c == '/' && i < idstr.len &&
            (memchr(idstr.p, ':', i) != NULL || memchr(idstr.p, '@', i) != NULL)) {
            return span_from(idstr, i);
        }
    }
    return idstr;
}

bool imp_shape_old(struct imp_table *table, const struct imp_shape *found, struct span idstr,
                   const struct imp_shape **shape, struct err *err)
{
    struct imp_shape named = *found;

    named.vmsd = strip_path(idstr);
    return imp_table_intern(table, &named, shape, err);
}
