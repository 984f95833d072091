/* asn_emit_tables.c - the C file: one table a type; see asn_emit.h. */
#include <inttypes.h>

#include "codec/schema/asn_emitting.h"

/* The name of an op in C. */
static const char *op_name(enum asn_op op)
{
    switch (op) {
    case ASN_BOOLEAN:
        return "ASN_BOOLEAN";
    case ASN_U8:
        return "ASN_U8";
    case ASN_U16:
        return "ASN_U16";
    case ASN_U32:
        return "ASN_U32";
    case ASN_U64:
        return "ASN_U64";
    case ASN_I8:
        return "ASN_I8";
    case ASN_I16:
        return "ASN_I16";
    case ASN_I32:
        return "ASN_I32";
    case ASN_I64:
        return "ASN_I64";
    case ASN_ENUMERATED:
        return "ASN_ENUMERATED";
    case ASN_NULL:
        return "ASN_NULL";
    case ASN_OCTETS:
        return "ASN_OCTETS";
    case ASN_UTF8:
        return "ASN_UTF8";
    case ASN_OID:
        return "ASN_OID";
    case ASN_SEQUENCE:
        return "ASN_SEQUENCE";
    case ASN_SEQUENCE_OF:
        return "ASN_SEQUENCE_OF";
    case ASN_CHOICE:
        return "ASN_CHOICE";
    case ASN_RAW:
        return "ASN_RAW";
    }
    return "";
}

struct flag_row {
    uint32_t flag;
    const char *name;
};

static const struct flag_row flag_rows[] = {
    {ASN_OPTIONAL, "ASN_OPTIONAL"},     {ASN_DEFAULT, "ASN_DEFAULT"},
    {ASN_ADDITION, "ASN_ADDITION"},     {ASN_EXPLICIT, "ASN_EXPLICIT"},
    {ASN_EXTENSIBLE, "ASN_EXTENSIBLE"}, {ASN_RANGE_EXTENSIBLE, "ASN_RANGE_EXTENSIBLE"},
};

static void put_flags(struct asn_text *text, uint32_t flags)
{
    const char *between = "";

    asn_text_put(text, ".flags = ");
    for (size_t i = 0; i < sizeof(flag_rows) / sizeof(flag_rows[0]); i++) {
        if ((flags & flag_rows[i].flag) != 0) {
            asn_text_put(text, "%s%s", between, flag_rows[i].name);
            between = " | ";
        }
    }
    asn_text_put(text, "%s", between[0] == '\0' ? "0" : "");
}

static void put_tag(struct asn_text *text, const struct asn_tag *tag)
{
    asn_text_put(text, ".tag = {%u, {", (unsigned)tag->len);
    for (unsigned i = 0; i < tag->len; i++) {
        asn_text_put(text, "%s0x%02x", i > 0 ? ", " : "", (unsigned)tag->octets[i]);
    }
    asn_text_put(text, "%s}}", tag->len == 0 ? "0" : "");
}

static void put_int64(struct asn_text *text, int64_t n)
{
    if (n == INT64_MIN) {
        asn_text_put(text, "INT64_MIN");
    } else {
        asn_text_put(text, "%" PRId64, n);
    }
}

static void put_uint64(struct asn_text *text, uint64_t n)
{
    if (n == UINT64_MAX) {
        asn_text_put(text, "UINT64_MAX");
    } else if (n > INT32_MAX) {
        asn_text_put(text, "UINT64_C(%" PRIu64 ")", n);
    } else {
        asn_text_put(text, "%" PRIu64, n);
    }
}

static void put_member(const struct asn_emitter *emitter, struct asn_text *text,
                       const struct asn_plan_type *type, const struct asn_plan_member *member)
{
    const char *inside = type->op == ASN_CHOICE ? "u." : "";

    asn_text_put(text, "    {.name = \"%s\",\n     .type = &%s_%s_type,\n     ",
                 member->component->name, emitter->prefix, member->type->c_name);
    put_tag(text, &member->tag);
    asn_text_put(text, ",\n     .offset = offsetof(struct %s_%s, %s%s),\n", emitter->prefix,
                 type->c_name, inside, member->c_name);
    if (member->has_present) {
        asn_text_put(text, "     .present_offset = offsetof(struct %s_%s, has_%s),\n",
                     emitter->prefix, type->c_name, member->c_name);
    } else {
        asn_text_put(text, "     .present_offset = ASN_NO_OFFSET,\n");
    }
    asn_text_put(text, "     ");
    put_flags(text, member->flags);
    if ((member->flags & ASN_DEFAULT) != 0) {
        asn_text_put(text, ",\n     .default_value = ");
        put_int64(text, member->default_value);
    }
    asn_text_put(text, "},\n");
}

static void put_members(const struct asn_emitter *emitter, struct asn_text *text,
                        const struct asn_plan_type *type)
{
    if (type->layout != type || type->member_count == 0) {
        return;
    }
    asn_text_put(text, "\nstatic const struct asn_member %s_%s_members[] = {\n", emitter->prefix,
                 type->c_name);
    for (uint32_t i = 0; i < type->member_count; i++) {
        put_member(emitter, text, type, &type->members[i]);
    }
    asn_text_put(text, "};\n");
}

static void put_names(const struct asn_emitter *emitter, struct asn_text *text,
                      const struct asn_plan_type *type)
{
    if (type->layout != type || type->op != ASN_ENUMERATED) {
        return;
    }
    asn_text_put(text, "\nstatic const struct asn_name %s_%s_names[] = {\n", emitter->prefix,
                 type->c_name);
    for (const struct asn_item *item = type->items; item != NULL; item = item->next) {
        asn_text_put(text, "    {\"%s\", ", item->name);
        put_int64(text, asn_number_int64(item->number));
        asn_text_put(text, "},\n");
    }
    asn_text_put(text, "};\n");
}

/* What only some types have; the rest is zero. */
static void put_parts(const struct asn_emitter *emitter, struct asn_text *text,
                      const struct asn_plan_type *type)
{
    const char *prefix = emitter->prefix;
    const char *layout = type->layout->c_name;

    if (type->member_count > 0) {
        asn_text_put(text, "    .members = %s_%s_members,\n    .member_count = %" PRIu32 ",\n",
                     prefix, layout, type->member_count);
    }
    if (type->unknown_offset != ASN_NO_OFFSET) {
        asn_text_put(text, "    .unknown_offset = offsetof(struct %s_%s, unknown),\n", prefix,
                     layout);
    } else {
        asn_text_put(text, "    .unknown_offset = ASN_NO_OFFSET,\n");
    }
    if (type->element != NULL) {
        asn_text_put(text, "    .element = &%s_%s_type,\n", prefix, type->element->c_name);
    }
    if (type->op == ASN_ENUMERATED) {
        asn_text_put(text, "    .names = %s_%s_names,\n    .name_count = %" PRIu32 ",\n", prefix,
                     layout, type->item_count);
    }
}

void asn_emit_table(const struct asn_emitter *emitter, struct asn_text *text,
                    const struct asn_plan_type *type)
{
    bool shared = type->name[0] != '\0' || (emitter->is_library && type->node == NULL);
    char c_type[ASN_EMIT_NAME_MAX];

    put_members(emitter, text, type);
    put_names(emitter, text, type);
    asn_text_put(text, "\n%sconst struct asn_type %s_%s_type = {\n    .name = \"%s\",\n",
                 shared ? "" : "static ", emitter->prefix, type->c_name, type->name);
    asn_text_put(text, "    .op = %s,\n    ", op_name(type->op));
    put_flags(text, type->flags);
    asn_text_put(text, ",\n    ");
    put_tag(text, &type->tag);
    asn_text_put(text, ",\n    .size = sizeof(%s),\n    .min = ",
                 asn_emit_c_type(emitter, type, c_type, sizeof(c_type)));
    put_int64(text, type->min);
    asn_text_put(text, ",\n    .max = ");
    put_uint64(text, type->max);
    asn_text_put(text, ",\n");
    put_parts(emitter, text, type);
    asn_text_put(text, "};\n");
}

void asn_emit_tables(const struct asn_emitter *emitter, const char *header, struct asn_text *text)
{
    asn_text_put(text, "/* Made by asn_gen; what is changed here is lost. */\n#include \"%s\"\n",
                 header);
    asn_emit_oids(emitter, text);
    for (const struct asn_plan_type *type = emitter->plan->types; type != NULL; type = type->next) {
        asn_emit_table(emitter, text, type);
    }
    asn_text_put(text, "\nconst struct asn_type *const %s_types[%s_TYPES_COUNT] = {\n",
                 emitter->prefix, emitter->prefix_upper);
    for (const struct asn_plan_type *type = emitter->plan->types; type != NULL; type = type->next) {
        if (type->name[0] != '\0') {
            asn_text_put(text, "    &%s_%s_type,\n", emitter->prefix, type->c_name);
        }
    }
    asn_text_put(text, "};\n");
}
