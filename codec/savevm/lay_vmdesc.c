/*
 * lay_vmdesc.c - see lay_vmdesc.h.
 *
 * The text is walked with a stack of the objects that are open. Three stacks of results grow and
 * shrink with it: fields of the types that are being described, ids of their subsections and of the
 * members of fields. A type is added when its last member has been read, so that ids of what it
 * uses are smaller than its own.
 */
#include "codec/savevm/lay_vmdesc.h"

#include <stdlib.h>

#include "codec/base/err.h"
#include "codec/savevm/lay_limits.h"

enum object_kind { OBJECT_DEVICE, OBJECT_STRUCT, OBJECT_SUBSECTION, OBJECT_FIELD };

/* An open object, and the type described in it as far as it has been read. */
struct object {
    enum object_kind kind;
    uint32_t at;      /* token of the next member's name */
    uint32_t end;     /* token behind the object */
    uint32_t list_at; /* token of the next element of the open "fields" or "subsections" */
    uint32_t list_end;
    enum object_kind list_kind;
    bool has_type; /* "vmsd_name" was read */
    struct span type_name;
    uint32_t version;
    uint32_t field_base;  /* its fields start here on the stack */
    uint32_t id_base;     /* its subsections start here on the stack */
    uint32_t member_base; /* FIELD: its members start here on the stack of ids */
    struct wire_field field;
    struct lay_device device;
};

struct reader {
    struct lay_vmdesc *desc;
    const struct lay_json *json;
    struct lay_types *types;
    struct object objects[LAY_DEPTH_MAX * 2 + 4];
    uint32_t depth;
    struct wire_field *fields;
    uint32_t field_count;
    uint32_t field_cap;
    uint32_t *ids;
    uint32_t id_count;
    uint32_t id_cap;
    bool is_signed; /* an instance_id was negative */
};

void lay_vmdesc_init(struct lay_vmdesc *desc)
{
    lay_json_init(&desc->json);
    arena_init(&desc->arena, LAY_TYPES_BYTES_MAX);
    desc->devices = NULL;
    desc->device_count = 0;
    desc->device_cap = 0;
    desc->style = WIRE_VMDESC_STYLE_COMPACT;
    desc->page_size = 0;
    desc->configuration = 0;
}

void lay_vmdesc_done(struct lay_vmdesc *desc)
{
    lay_json_done(&desc->json);
    arena_done(&desc->arena);
    free(desc->devices);
    lay_vmdesc_init(desc);
}

static bool fault(const struct reader *r, uint32_t token, const char *what, struct err *err)
{
    return err_set(err, ERR_MALFORMED, "%s at octet %u of the description", what,
                   (unsigned)r->json->tokens[token].start);
}

static bool read_u32(const struct reader *r, uint32_t token, uint32_t *out, struct err *err)
{
    int64_t v;

    if (!lay_json_int(r->json, token, &v, err)) {
        return false;
    }
    if (v < 0 || v > UINT32_MAX) {
        return fault(r, token, "a number out of range", err);
    }
    *out = (uint32_t)v;
    return true;
}

static bool push_id(struct reader *r, uint32_t id, struct err *err)
{
    if (r->id_count == r->id_cap) {
        uint32_t cap = r->id_cap == 0 ? 64 : r->id_cap * 2;
        uint32_t *more = realloc(r->ids, cap * sizeof(*more));

        if (more == NULL) {
            return err_memory(err);
        }
        r->ids = more;
        r->id_cap = cap;
    }
    r->ids[r->id_count++] = id;
    return true;
}

/* Whether b may be counted into the row a ends. */
static bool continues_row(const struct wire_field *a, const struct wire_field *b)
{
    return !a->has_array && !b->has_array && !a->has_members && !b->has_members &&
           a->has_index == b->has_index && (!a->has_index || b->index == a->index + a->repeat) &&
           a->has_size == b->has_size && a->size == b->size && a->has_element == b->has_element &&
           a->element == b->element && a->repeat < UINT32_MAX && span_eq(a->name, b->name) &&
           span_eq(a->type, b->type);
}

static bool push_field(struct reader *r, uint32_t base, const struct wire_field *field,
                       struct err *err)
{
    if (r->field_count > base && continues_row(&r->fields[r->field_count - 1], field)) {
        r->fields[r->field_count - 1].repeat++;
        r->fields[r->field_count - 1].has_repeat = true;
        return true;
    }
    if (r->field_count == r->field_cap) {
        uint32_t cap = r->field_cap == 0 ? 256 : r->field_cap * 2;
        struct wire_field *more = realloc(r->fields, cap * sizeof(*more));

        if (more == NULL) {
            return err_memory(err);
        }
        r->fields = more;
        r->field_cap = cap;
    }
    r->fields[r->field_count++] = *field;
    return true;
}

static bool push_object(struct reader *r, enum object_kind kind, uint32_t token, struct err *err)
{
    struct object *object;

    if (r->json->tokens[token].kind != LAY_JSON_OBJECT) {
        return fault(r, token, "expected an object", err);
    }
    if (r->depth == sizeof(r->objects) / sizeof(r->objects[0])) {
        return err_set(err, ERR_LIMIT, "the description nests deeper than %d structs",
                       LAY_DEPTH_MAX);
    }
    object = &r->objects[r->depth++];
    memset(object, 0, sizeof(*object));
    object->kind = kind;
    object->at = token + 1;
    object->end = r->json->tokens[token].next;
    object->field_base = r->field_count;
    object->member_base = r->id_count;
    object->id_base = r->id_count;
    object->field.repeat = 1;
    object->field.name = span_of("", 0);
    object->field.type = object->field.name;
    object->type_name = object->field.name;
    return true;
}

/* Adds the type an object has described, and takes its parts off the stacks. */
static bool close_type(struct reader *r, struct object *object, int32_t form, uint32_t *id,
                       struct err *err)
{
    struct wire_type_description wire = {0};

    wire.name = object->type_name;
    wire.version = object->version;
    wire.form = form;
    wire.fields.count = r->field_count - object->field_base;
    wire.fields.items = wire.fields.count > 0 ? r->fields + object->field_base : NULL;
    wire.subsections.count = r->id_count - object->id_base;
    wire.subsections.items = wire.subsections.count > 0 ? r->ids + object->id_base : NULL;
    wire.has_subsections = wire.subsections.count > 0;
    if (!lay_types_intern(r->types, &wire, id, err)) {
        return false;
    }
    r->field_count = object->field_base;
    r->id_count = object->id_base;
    object->has_type = false;
    object->type_name = span_of("", 0);
    object->version = 0;
    return true;
}

/* "vmsd_name" begins a type; in a field there may be several, one behind the other. */
static bool member_vmsd_name(struct reader *r, struct object *object, uint32_t value,
                             struct err *err)
{
    if (object->has_type) {
        uint32_t id;

        if (object->kind != OBJECT_FIELD) {
            return fault(r, value, "a second vmsd_name", err);
        }
        if (!close_type(r, object, WIRE_DESCRIPTION_FORM_VMSTATE, &id, err) ||
            !push_id(r, id, err)) {
            return false;
        }
    }
    object->has_type = true;
    object->field_base = r->field_count;
    object->id_base = r->id_count;
    return lay_json_string(r->json, value, &r->desc->arena, &object->type_name, err);
}

static bool member_list(struct reader *r, struct object *object, enum object_kind kind,
                        uint32_t value, struct err *err)
{
    if (r->json->tokens[value].kind != LAY_JSON_ARRAY) {
        return fault(r, value, "expected an array", err);
    }
    object->list_at = value + 1;
    object->list_end = r->json->tokens[value].next;
    object->list_kind = kind;
    return true;
}

/* A member that only fields have. */
static bool member_of_field(struct reader *r, struct object *object, uint32_t key, struct err *err)
{
    struct wire_field *field = &object->field;
    uint32_t value = key + 1;

    if (lay_json_is(r->json, key, "name")) {
        return lay_json_string(r->json, value, &r->desc->arena, &field->name, err);
    }
    if (lay_json_is(r->json, key, "type")) {
        return lay_json_string(r->json, value, &r->desc->arena, &field->type, err);
    }
    if (lay_json_is(r->json, key, "size")) {
        field->has_size = true;
        return read_u32(r, value, &field->size, err);
    }
    if (lay_json_is(r->json, key, "array_len")) {
        field->has_array = true;
        return read_u32(r, value, &field->array, err);
    }
    if (lay_json_is(r->json, key, "index")) {
        field->has_index = true;
        return read_u32(r, value, &field->index, err);
    }
    if (lay_json_is(r->json, key, "struct")) {
        return push_object(r, OBJECT_STRUCT, value, err);
    }
    return true;
}

static bool member_of_device(struct reader *r, struct object *object, uint32_t key, struct err *err)
{
    uint32_t value = key + 1;

    if (lay_json_is(r->json, key, "name")) {
        return lay_json_string(r->json, value, &r->desc->arena, &object->device.name, err);
    }
    if (lay_json_is(r->json, key, "instance_id")) {
        int64_t v;

        if (!lay_json_int(r->json, value, &v, err)) {
            return false;
        }
        if (v < INT32_MIN || v > UINT32_MAX) {
            return fault(r, value, "a number out of range", err);
        }
        r->is_signed = r->is_signed || v < 0;
        object->device.instance = (uint32_t)(uint64_t)v;
        return true;
    }
    return true;
}

/* Reads the member at object->at; what is not known is passed over. */
static bool member(struct reader *r, struct object *object, struct err *err)
{
    uint32_t key = object->at;
    uint32_t value = key + 1;

    object->at = r->json->tokens[value].next;
    if (lay_json_is(r->json, key, "vmsd_name")) {
        return member_vmsd_name(r, object, value, err);
    }
    if (lay_json_is(r->json, key, "version")) {
        return read_u32(r, value, &object->version, err);
    }
    if (lay_json_is(r->json, key, "fields")) {
        return member_list(r, object, OBJECT_FIELD, value, err);
    }
    if (lay_json_is(r->json, key, "subsections")) {
        return member_list(r, object, OBJECT_SUBSECTION, value, err);
    }
    switch (object->kind) {
    case OBJECT_FIELD:
        return member_of_field(r, object, key, err);
    case OBJECT_DEVICE:
        return member_of_device(r, object, key, err);
    case OBJECT_STRUCT:
    case OBJECT_SUBSECTION:
        break;
    }
    return true;
}

/* Leaves out a size that follows from the types inside. */
static void drop_size(const struct reader *r, struct wire_field *field)
{
    uint64_t size = 0;

    if (!field->has_size || span_eq_str(field->type, "gtree")) {
        return;
    }
    if (field->has_element) {
        const struct lay_type *type = lay_types_get(r->types, field->element);

        if (type->wire.form == WIRE_DESCRIPTION_FORM_EMPTY) {
            return;
        }
        size = type->size;
    } else {
        size_t count = field->has_members ? field->members.count : 0;
        bool is_list = span_eq_str(field->type, "qtailq") || span_eq_str(field->type, "qlist");

        if (!is_list && count != 1) {
            return;
        }
        size = is_list ? count + 1 : 0; /* the markers */
        for (size_t i = 0; i < count; i++) {
            size += lay_types_get(r->types, field->members.items[i])->size;
        }
    }
    if (size == field->size) {
        field->has_size = false;
        field->size = 0;
    }
}

static bool close_field(struct reader *r, struct object *object, struct object *parent,
                        struct err *err)
{
    struct wire_field *field = &object->field;
    uint32_t count;

    if (object->has_type) {
        uint32_t id;

        if (!close_type(r, object, WIRE_DESCRIPTION_FORM_VMSTATE, &id, err) ||
            !push_id(r, id, err)) {
            return false;
        }
    }
    count = r->id_count - object->member_base;
    if (count > 0) {
        uint32_t *items = arena_array(&r->desc->arena, count, sizeof(*items), err);

        if (items == NULL) {
            return false;
        }
        memcpy(items, r->ids + object->member_base, count * sizeof(*items));
        field->has_members = true;
        field->members.count = count;
        field->members.items = items;
        r->id_count = object->member_base;
    }
    if (!field->has_size) {
        return fault(r, object->at - 1, "a field without a size ends", err);
    }
    drop_size(r, field);
    return push_field(r, parent->field_base, field, err);
}

static bool close_device(struct reader *r, struct object *object, struct err *err)
{
    struct lay_vmdesc *desc = r->desc;
    int32_t form =
        object->has_type ? WIRE_DESCRIPTION_FORM_VMSTATE : WIRE_DESCRIPTION_FORM_OLD_STYLE;

    if (object->device.name.p == NULL) {
        return fault(r, object->at - 1, "a device without a name ends", err);
    }
    if (!close_type(r, object, form, &object->device.type, err)) {
        return false;
    }
    if (desc->device_count == desc->device_cap) {
        size_t cap = desc->device_cap == 0 ? 64 : desc->device_cap * 2;
        struct lay_device *more = realloc(desc->devices, cap * sizeof(*more));

        if (more == NULL) {
            return err_memory(err);
        }
        desc->devices = more;
        desc->device_cap = cap;
    }
    desc->devices[desc->device_count++] = object->device;
    return true;
}

/* Ends the innermost object and hands what it described to the one around it. */
static bool close_object(struct reader *r, uint32_t *id, struct err *err)
{
    struct object *object = &r->objects[r->depth - 1];
    struct object *parent = r->depth > 1 ? object - 1 : NULL;
    int32_t form = WIRE_DESCRIPTION_FORM_VMSTATE;

    r->depth--;
    switch (object->kind) {
    case OBJECT_FIELD:
        return close_field(r, object, parent, err);
    case OBJECT_DEVICE:
        return close_device(r, object, err);
    case OBJECT_STRUCT:
        if (!object->has_type) {
            form = WIRE_DESCRIPTION_FORM_EMPTY;
            r->field_count = object->field_base;
            r->id_count = object->id_base;
        }
        if (!close_type(r, object, form, id, err)) {
            return false;
        }
        if (parent != NULL) {
            parent->field.has_element = true;
            parent->field.element = *id;
        }
        return true;
    case OBJECT_SUBSECTION:
        if (!object->has_type) {
            return fault(r, object->at - 1, "a subsection without a name ends", err);
        }
        return close_type(r, object, form, id, err) && push_id(r, *id, err);
    }
    return err_set(err, ERR_INTERNAL, "no such object");
}

/* Reads the object at token, and all inside it. */
static bool read_object(struct reader *r, enum object_kind kind, uint32_t token, uint32_t *id,
                        struct err *err)
{
    r->depth = 0;
    r->field_count = 0;
    r->id_count = 0;
    if (!push_object(r, kind, token, err)) {
        return false;
    }
    while (r->depth > 0) {
        struct object *top = &r->objects[r->depth - 1];
        bool ok;

        if (top->list_at < top->list_end) {
            uint32_t element = top->list_at;

            top->list_at = r->json->tokens[element].next;
            ok = push_object(r, top->list_kind, element, err);
        } else if (top->at < top->end) {
            ok = member(r, top, err);
        } else {
            ok = close_object(r, id, err);
        }
        if (!ok) {
            return false;
        }
    }
    return true;
}

static bool read_devices(struct reader *r, uint32_t token, struct err *err)
{
    uint32_t end = r->json->tokens[token].next;
    uint32_t id;

    if (r->json->tokens[token].kind != LAY_JSON_ARRAY) {
        return fault(r, token, "expected an array", err);
    }
    for (uint32_t i = token + 1; i < end; i = r->json->tokens[i].next) {
        if (!read_object(r, OBJECT_DEVICE, i, &id, err)) {
            return false;
        }
    }
    return true;
}

static bool read_root(struct reader *r, struct err *err)
{
    struct lay_vmdesc *desc = r->desc;
    bool has_devices = false;
    bool has_page_size = false;

    for (uint32_t key = 1; key < r->json->count; key = r->json->tokens[key + 1].next) {
        uint32_t value = key + 1;
        int64_t page_size;

        if (lay_json_is(r->json, key, "devices")) {
            if (!read_devices(r, value, err)) {
                return false;
            }
            has_devices = true;
        } else if (lay_json_is(r->json, key, "configuration")) {
            if (!read_object(r, OBJECT_STRUCT, value, &desc->configuration, err)) {
                return false;
            }
        } else if (lay_json_is(r->json, key, "page_size")) {
            if (!lay_json_int(r->json, value, &page_size, err)) {
                return false;
            }
            desc->page_size = (uint64_t)page_size;
            has_page_size = page_size > 0;
        }
    }
    return (has_devices && has_page_size) ||
           err_set(err, ERR_MALFORMED, "the JSON describes no stream");
}

bool lay_vmdesc_read(struct lay_vmdesc *desc, struct lay_types *types, struct span text,
                     struct err *err)
{
    uint32_t known = types->count;
    struct reader *r;
    bool ok;

    if (!lay_json_parse(&desc->json, text, err)) {
        return false;
    }
    r = calloc(1, sizeof(*r));
    if (r == NULL) {
        return err_memory(err);
    }
    r->desc = desc;
    r->json = &desc->json;
    r->types = types;
    desc->device_count = 0;
    desc->configuration = 0;
    ok = read_root(r, err);
    desc->style = r->is_signed                ? WIRE_VMDESC_STYLE_SPACED_SIGNED
                  : text.p[1] == (uint8_t)' ' ? WIRE_VMDESC_STYLE_SPACED
                                              : WIRE_VMDESC_STYLE_COMPACT;
    free(r->fields);
    free(r->ids);
    free(r);
    if (!ok) {
        lay_types_rollback(types, known);
        desc->device_count = 0;
    }
    return ok;
}
