/* layout_field.c - see layout_field.h. */
#include "layout_field.h"

#include <check.h>
#include <stdio.h>

#include "codec/savevm/lay_value.h"

struct lay_types types;
struct err err;

void layout_field_setup(void)
{
    lay_types_init(&types);
    err_init(&err);
}

void layout_field_teardown(void)
{
    lay_types_done(&types);
}

struct wire_field field_of(const char *name, const char *type, uint32_t size)
{
    struct wire_field field = {0};

    field.name = span_str(name);
    field.type = span_str(type);
    field.has_size = true;
    field.size = size;
    field.repeat = 1;
    return field;
}

struct wire_field struct_of(const char *name, uint32_t id)
{
    struct wire_field field = field_of(name, "struct", 0);

    field.has_size = false;
    field.has_element = true;
    field.element = id;
    return field;
}

struct wire_field tagged(struct wire_field field, uint32_t tag)
{
    field.has_tag = true;
    field.tag = tag;
    return field;
}

uint32_t add(struct wire_field *fields, size_t count, uint32_t *subs, size_t sub_count)
{
    struct wire_type_description wire = {0};
    uint32_t id = 0;

    wire.name = span_str("t");
    wire.version = 1;
    wire.fields.count = count;
    wire.fields.items = fields;
    wire.has_subsections = sub_count > 0;
    wire.subsections.count = sub_count;
    wire.subsections.items = subs;
    err_init(&err);
    return lay_types_intern(&types, &wire, &id, &err) ? id : 0;
}

uint32_t add_one(struct wire_field field)
{
    return add(&field, 1, NULL, 0);
}

bool lower(uint32_t id, const void *p, size_t n, struct buf *out)
{
    const struct lay_where where = {span_str("dev"), 0x100, 0x200};

    err_init(&err);
    buf_clear(out);
    return lay_value_lower(&types, id, span_of(p, n), &where, out, &err);
}

void lift_is(uint32_t id, struct span payload, const void *p, size_t n)
{
    const struct lay_where where = {span_str("dev"), 0, 0};
    struct span value;
    struct buf room;
    struct buf out;

    buf_init(&room, 1 << 20);
    buf_init(&out, 1 << 20);
    err_init(&err);
    ck_assert_msg(lay_value_lift(&types, id, payload, &where, &room, &value, &err), "%s", err.text);
    ck_assert_msg(span_eq(value, span_of(p, n)), "%s",
                  (const char *)lay_types_get(&types, id)->wire.fields.items[0].type.p);
    ck_assert(lower(id, value.p, value.len, &out));
    ck_assert(span_eq(buf_span(&out), payload));
    ck_assert_uint_ge(value.len, lay_types_get(&types, id)->ber_min);
    ck_assert_uint_le(value.len, lay_types_get(&types, id)->ber_max);
    buf_done(&room);
    buf_done(&out);
}

bool see(void *ctx, enum lay_visit_event event, const struct lay_node *node, struct err *e)
{
    static const char *const kinds[] = {"struct", "sub", "array", "list", "int", "bool", "octets"};
    struct seen *seen = ctx;
    char index[16] = "";

    (void)e;
    if (event == LAY_VISIT_LEAVE) {
        seen->len += (size_t)snprintf(seen->text + seen->len, sizeof(seen->text) - seen->len, "}");
        return true;
    }
    if (node->has_index) {
        (void)snprintf(index, sizeof(index), "[%u]", (unsigned)node->index);
    }
    seen->len += (size_t)snprintf(
        seen->text + seen->len, sizeof(seen->text) - seen->len, "%s %.*s%s %u+%u %u+%u%s ",
        kinds[node->kind], (int)node->name.len, node->name.p, index, (unsigned)node->legacy_offset,
        (unsigned)node->legacy_size, (unsigned)node->ber_offset, (unsigned)node->ber_size,
        event == LAY_VISIT_ENTER ? " {" : ";");
    return true;
}
