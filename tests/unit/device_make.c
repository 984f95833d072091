/* device_make.c - see device_make.h. */
#include "device_make.h"

#include <check.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "codec/base/err.h"
#include "codec/savevm/lay_vmdesc.h"

uint32_t device_type(struct lay_types *types, const char *body)
{
    static const char head[] = "{'page_size':4096,'devices':[{'name':'dev','instance_id':0,";
    struct lay_vmdesc desc;
    struct err err = ERR_INIT;
    size_t len = sizeof(head) + strlen(body) + 4;
    char *text = malloc(len);
    uint32_t id;

    ck_assert_ptr_nonnull(text);
    (void)snprintf(text, len, "%s%s}]}", head, body);
    for (char *p = text; *p != '\0'; p++) {
        *p = *p == '\'' ? '"' : *p;
    }
    lay_vmdesc_init(&desc);
    ck_assert_msg(lay_vmdesc_read(&desc, types, span_str(text), &err), "%s: %s", text, err.text);
    ck_assert_uint_eq(desc.device_count, 1);
    id = desc.devices[0].type;
    lay_vmdesc_done(&desc);
    free(text);
    return id;
}

struct writer {
    const struct lay_types *types;
    char *out;
    size_t cap;
    size_t len;
};

static void put(struct writer *w, const char *fmt, ...) CC_PRINTF(2, 3);

static void put(struct writer *w, const char *fmt, ...)
{
    va_list ap;
    int n;

    va_start(ap, fmt);
    n = vsnprintf(w->out + w->len, w->cap - w->len, fmt, ap);
    va_end(ap);
    ck_assert_int_ge(n, 0);
    w->len += (size_t)n;
    ck_assert_uint_lt(w->len, w->cap);
}

static void put_type(struct writer *w, uint32_t id)
{
    const struct lay_type *type = lay_types_get(w->types, id);
    const struct wire_type_description *wire = &type->wire;
    const char *apart = "";

    put(w, "%.*s %" PRIu32 " ", (int)wire->name.len, (const char *)wire->name.p, wire->version);
    if (wire->has_module) {
        put(w, "<%.*s> ", (int)wire->module.name.len, (const char *)wire->module.name.p);
    }
    put(w, "{");
    for (size_t i = 0; i < wire->fields.count; i++) {
        const struct wire_field *field = &wire->fields.items[i];

        put(w, "%s%.*s", apart, (int)field->name.len, (const char *)field->name.p);
        if (field->has_tag) {
            put(w, "[%" PRIu32 "]", field->tag);
        }
        put(w, "%s", field->sequence ? "*" : "");
        if (field->has_extent) {
            put(w, "#%" PRIu32, field->extent);
        }
        for (size_t n = 0; field->has_members && n < field->members.count; n++) {
            put(w, " ");
            put_type(w, field->members.items[n]);
        }
        if (field->has_element) {
            put(w, " ");
            put_type(w, field->element);
        }
        apart = "; ";
    }
    for (size_t i = 0; wire->has_subsections && i < wire->subsections.count; i++) {
        put(w, "%s:", apart);
        if (wire->has_subsection_tags) {
            put(w, "[%" PRIu32 "] ", wire->subsection_tags.items[i]);
        }
        put_type(w, wire->subsections.items[i]);
        apart = "; ";
    }
    put(w, "}");
}

void device_form(const struct lay_types *types, uint32_t id, char *out, size_t cap)
{
    struct writer writer = {types, out, cap, 0};

    put_type(&writer, id);
}
