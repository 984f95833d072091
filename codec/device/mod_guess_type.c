/*
 * mod_guess_type.c - what a trial laid, as types: the description that QEMU would have sent of it.
 *
 * QEMU describes an array by its first element ("array_len") unless the field, or anything in a
 * struct of it, is conditional (vmsd_can_compress, QEMU 7.2 migration/vmstate.c); then element by
 * element ("index"). A module knows that by the tags. An array that is optional because it may have
 * no element is not conditional; one of fixed length is.
 *
 * Tags and the name of the module are not put in here: mod_join does that, as for any description.
 */
#include <stdlib.h>

#include "codec/base/err.h"
#include "codec/device/mod_guessing.h"

void guess_types_init(struct guess_types *build, const struct guess_sizes *sizes,
                      struct lay_types *types)
{
    memset(build, 0, sizeof(*build));
    build->sizes = sizes;
    build->types = types;
    arena_init(&build->arena, MOD_GUESS_BYTES_MAX);
}

void guess_types_done(struct guess_types *build)
{
    arena_done(&build->arena);
    free(build->fields);
    free(build->subsections);
    free(build->elements);
    memset(build, 0, sizeof(*build));
}

/* Makes room for one more of size octets behind count. */
static bool grow(void **items, uint32_t count, uint32_t *cap, size_t size, struct err *err)
{
    uint32_t more = *cap == 0 ? 64 : *cap * 2;
    void *p;

    if (count < *cap) {
        return true;
    }
    p = realloc(*items, more * size);
    if (p == NULL) {
        return err_memory(err);
    }
    *items = p;
    *cap = more;
    return true;
}

static bool push_id(uint32_t **ids, uint32_t *count, uint32_t *cap, uint32_t id, struct err *err)
{
    void *p = *ids;
    bool ok = grow(&p, *count, cap, sizeof(id), err);

    *ids = p;
    if (ok) {
        (*ids)[(*count)++] = id;
    }
    return ok;
}

static bool push_field(struct guess_types *b, const struct wire_field *field, struct err *err)
{
    void *p = b->fields;
    bool ok = grow(&p, b->field_count, &b->field_cap, sizeof(*field), err);

    b->fields = p;
    if (ok) {
        b->fields[b->field_count++] = *field;
    }
    return ok;
}

bool guess_types_open(struct guess_types *b, struct err *err)
{
    struct guess_open *open = &b->open[b->depth];

    if (b->depth == LAY_DEPTH_MAX) {
        return err_set(err, ERR_LIMIT, "structs nest deeper than %d", LAY_DEPTH_MAX);
    }
    open->fields = b->field_count;
    open->subsections = b->subsection_count;
    open->elements = b->element_count;
    b->depth++;
    return true;
}

bool guess_types_close(struct guess_types *b, const struct mod_type *type, struct err *err)
{
    const struct guess_open *open = &b->open[--b->depth];
    struct wire_type_description wire = {0};
    uint32_t id;

    wire.form = WIRE_DESCRIPTION_FORM_VMSTATE;
    wire.name = mod_string(b->sizes->set, type->vmsd);
    wire.version = type->version;
    if (b->depth == 0 && b->sizes->module->old_style) {
        wire.form = WIRE_DESCRIPTION_FORM_OLD_STYLE;
        wire.name = span_of("", 0);
        wire.version = 0;
    }
    wire.fields.count = b->field_count - open->fields;
    wire.fields.items = wire.fields.count > 0 ? b->fields + open->fields : NULL;
    wire.subsections.count = b->subsection_count - open->subsections;
    wire.subsections.items = wire.subsections.count > 0 ? b->subsections + open->subsections : NULL;
    wire.has_subsections = wire.subsections.count > 0;
    if (!lay_types_intern(b->types, &wire, &id, err)) {
        return false;
    }
    b->field_count = open->fields;
    b->subsection_count = open->subsections;
    b->element_count = open->elements;
    return push_id(&b->elements, &b->element_count, &b->element_cap, id, err);
}

bool guess_types_null(struct guess_types *b, struct err *err)
{
    return push_id(&b->elements, &b->element_count, &b->element_cap, 0, err);
}

static struct wire_field field_of(const struct guess_types *b, const struct mod_field *field)
{
    struct wire_field wire = {0};

    wire.name = mod_string(b->sizes->set, field->name);
    wire.type = mod_string(b->sizes->set, field->type_name);
    wire.repeat = 1;
    return wire;
}

/* Whether QEMU describes one element of an array in place of all. */
static bool compressed(const struct guess_types *b, const struct mod_field *field)
{
    bool varies = field->min != field->max;
    bool is_struct = field->op == MOD_STRUCT && guess_kind(b->sizes, field) == MOD_KIND_HOLE;

    return (field->tag == MOD_NO_TAG || varies) && !field->nullable &&
           (!is_struct || b->sizes->plain[field->type - b->sizes->module->types]);
}

/* Makes of a field the array of structs that QEMU before 10.0 does not describe, see lay_hole.h. */
static bool dig_hole(struct guess_types *b, struct wire_field *wire, struct err *err)
{
    struct wire_type_description empty = {0};

    empty.form = WIRE_DESCRIPTION_FORM_EMPTY;
    empty.name = span_of("", 0);
    wire->has_extent = true;
    wire->extent = wire->size;
    wire->size = 1;
    wire->has_element = true;
    return lay_types_intern(b->types, &empty, &wire->element, err);
}

bool guess_types_leaf(struct guess_types *b, const struct mod_field *field, uint32_t count,
                      uint32_t size, struct err *err)
{
    struct wire_field wire = field_of(b, field);

    wire.has_size = true;
    wire.size = size;
    if (count > 1 && compressed(b, field)) {
        wire.has_array = true;
        wire.array = count;
    } else if (count > 1) {
        wire.has_index = true;
        wire.has_repeat = true;
        wire.repeat = count;
    }
    if (guess_kind(b->sizes, field) == MOD_KIND_HOLE && !dig_hole(b, &wire, err)) {
        return false;
    }
    return push_field(b, &wire, err);
}

/* Says what an element is: a struct, or a null pointer. */
static void set_element(struct wire_field *wire, uint32_t id)
{
    wire->has_element = id != 0;
    wire->element = id;
    wire->has_size = id == 0;
    wire->size = id == 0 ? 1 : 0;
    if (id == 0) {
        wire->type = span_str("nullptr");
    }
}

/* Adds structs; those next to each other that are alike are one row. */
static bool add_structs(struct guess_types *b, const struct mod_field *field, const uint32_t *ids,
                        uint32_t count, struct err *err)
{
    uint32_t alike = 1;

    for (uint32_t i = 0; i < count; i += alike) {
        struct wire_field wire = field_of(b, field);

        alike = 1;
        while (i + alike < count && ids[i + alike] == ids[i]) {
            alike++;
        }
        set_element(&wire, ids[i]);
        if (count > 1 && alike == count && compressed(b, field)) {
            wire.has_array = true;
            wire.array = count;
        } else if (count > 1) {
            wire.has_index = true;
            wire.index = i;
            wire.has_repeat = alike > 1;
            wire.repeat = alike;
        }
        if (!push_field(b, &wire, err)) {
            return false;
        }
    }
    return true;
}

/* Adds a field whose structs are described in it. */
static bool add_members(struct guess_types *b, const struct mod_field *field, const uint32_t *ids,
                        uint32_t count, uint64_t octets, struct err *err)
{
    struct wire_field wire = field_of(b, field);

    if (field->op == MOD_STRUCT && count > 1) {
        wire.has_array = true;
        wire.array = count;
        for (uint32_t i = 1; i < count; i++) {
            if (ids[i] != ids[0]) {
                return err_set(err, ERR_UNSUPPORTED, "elements that cannot be described");
            }
        }
        count = 1;
    }
    if (field->op == MOD_TREE) {
        wire.has_size = true;
        wire.size = (uint32_t)octets;
    }
    if (count > 0) {
        uint32_t *items = arena_array(&b->arena, count, sizeof(*items), err);

        if (items == NULL) {
            return false;
        }
        memcpy(items, ids, count * sizeof(*items));
        wire.has_members = true;
        wire.members.count = count;
        wire.members.items = items;
    }
    return push_field(b, &wire, err);
}

bool guess_types_row(struct guess_types *b, const struct mod_field *field, uint32_t count,
                     uint64_t octets, struct err *err)
{
    const uint32_t *ids = count > 0 ? b->elements + b->element_count - count : NULL;
    bool inside = field->op != MOD_STRUCT || guess_kind(b->sizes, field) != MOD_KIND_HOLE;
    bool ok;

    if (field->is_subsection) {
        ok = push_id(&b->subsections, &b->subsection_count, &b->subsection_cap, ids[0], err);
    } else if (inside) {
        ok = add_members(b, field, ids, count, octets, err);
    } else {
        ok = add_structs(b, field, ids, count, err);
    }
    b->element_count -= count;
    return ok;
}
