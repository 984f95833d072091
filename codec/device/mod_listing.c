/* mod_listing.c - see mod_listing.h. */
#include "codec/device/mod_listing.h"

#include <inttypes.h>
#include <stdio.h>

#include "codec/base/err.h"
#include "codec/device/mod_limits.h"

/* A line being written; the first failure stays. */
struct lines {
    const struct mod_set *set;
    struct buf *out;
    struct err *err;
    bool ok;
};

static void put(struct lines *l, const char *text)
{
    l->ok = l->ok && buf_put(l->out, text, strlen(text), l->err);
}

static void put_number(struct lines *l, const char *before, uint32_t number)
{
    char text[32];

    (void)snprintf(text, sizeof(text), "%s%" PRIu32, before, number);
    put(l, text);
}

/* A TAB and a name. */
static void put_name(struct lines *l, uint32_t string)
{
    struct span name = mod_string(l->set, string);

    put(l, "\t");
    for (size_t i = 0; i < name.len; i++) {
        char text[8];

        if (name.p[i] < 0x20 || name.p[i] >= 0x7f || name.p[i] == '\\') {
            (void)snprintf(text, sizeof(text), "\\x%02x", name.p[i]);
        } else {
            text[0] = (char)name.p[i];
            text[1] = '\0';
        }
        put(l, text);
    }
}

static void put_type_name(struct lines *l, uint32_t type)
{
    if (type == MOD_NONE) {
        put(l, "\t-");
    } else {
        put_name(l, l->set->types[type].name);
    }
}

static const char *op_name(const struct mod_field *field)
{
    switch ((enum mod_op)field->op) {
    case MOD_INT:
        return field->is_signed ? "\tinteger" : "\tunsigned";
    case MOD_BOOL:
        return "\tboolean";
    case MOD_OCTETS:
        return "\toctets";
    case MOD_STRUCT:
        return "\tstruct";
    case MOD_LIST:
        return "\tlist";
    case MOD_TREE:
        return "\ttree";
    case MOD_UNSEEN:
        return "\tunseen";
    }
    return "";
}

static const char *form_name(const struct mod_field *field)
{
    if (field->as_octets) {
        return "\tstring";
    }
    if (field->nullable) {
        return "\tnullable";
    }
    return field->is_array ? "\tarray" : "\tone";
}

static void put_field(struct lines *l, const struct mod_field *field)
{
    bool sized = field->op == MOD_INT || field->op == MOD_BOOL || field->op == MOD_OCTETS;

    put(l, field->is_subsection ? "subsection" : "field");
    put_name(l, field->ident);
    put_name(l, field->name);
    put_name(l, field->type_name);
    if (field->tag == MOD_NO_TAG) {
        put(l, "\t-");
    } else {
        put_number(l, "\t", field->tag);
    }
    put(l, op_name(field));
    put(l, form_name(field));
    put_number(l, "\t", field->min);
    if (field->max == MOD_VARIES) {
        put(l, "..");
    } else if (field->max != field->min) {
        put_number(l, "..", field->max);
    }
    if (sized && field->size != MOD_VARIES) {
        put_number(l, "\t", field->size);
    } else {
        put(l, sized ? "\t*" : "\t-");
    }
    put_type_name(l, field->type);
    put_type_name(l, field->key);
    if (field->by != MOD_EMPTY) {
        put_name(l, field->by);
    }
    put(l, "\n");
}

/* A constraint is a line, an alternative a part of it: the fields that it names, + or -. */
static void put_terms(struct lines *l, const struct mod_type *type)
{
    for (uint32_t i = 0; i < type->term_count; i++) {
        const struct mod_term *term = &l->set->terms[type->terms + i];

        if (term->begins == MOD_BEGINS_CONSTRAINT) {
            put(l, i > 0 ? "\neither\t" : "either\t");
        } else {
            put(l, term->begins == MOD_BEGINS_ALTERNATIVE ? "\t" : " ");
        }
        put(l, term->present ? "+" : "-");
        put(l, mod_text(l->set, term->ident));
    }
    put(l, type->term_count > 0 ? "\n" : "");
}

bool mod_listing(const struct mod_set *set, uint32_t module, struct buf *out, struct err *err)
{
    const struct mod_module *m = &set->modules[module];
    struct lines lines = {set, out, err, true};

    put(&lines, "module");
    put_name(&lines, m->name);
    put(&lines, m->old_style ? "\told-style\n" : "\tvmstate\n");
    for (uint32_t i = 0; lines.ok && i < m->type_count; i++) {
        const struct mod_type *type = &set->types[m->types + i];

        put(&lines, "type");
        put_name(&lines, type->name);
        put_name(&lines, type->vmsd);
        put_number(&lines, "\t", type->version);
        put(&lines, "\n");
        for (uint32_t n = 0; n < type->field_count; n++) {
            put_field(&lines, &set->fields[type->fields + n]);
        }
        put_terms(&lines, type);
    }
    return lines.ok;
}

bool mod_listing_digest(const struct mod_set *set, uint32_t module, uint8_t digest[HASH_DIGEST_LEN],
                        struct err *err)
{
    struct buf text;
    bool ok;

    buf_init(&text, MOD_LISTING_MAX);
    ok = mod_listing(set, module, &text, err) && hash_digest_of(buf_span(&text), digest, err);
    buf_done(&text);
    return ok;
}
