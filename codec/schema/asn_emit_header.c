/* asn_emit_header.c - the structs, enums and declarations; see asn_emit.h. */
#include <inttypes.h>
#include <stdio.h>

#include "codec/schema/asn_emitting.h"
#include "codec/schema/asn_name.h"

enum { DOC_BEHIND_MAX = 48 }; /* a longer comment stands above its field */

bool asn_emit_has_struct(const struct asn_plan_type *type)
{
    return type->op == ASN_SEQUENCE || type->op == ASN_SEQUENCE_OF || type->op == ASN_CHOICE;
}

char *asn_emit_c_type(const struct asn_emitter *emitter, const struct asn_plan_type *type,
                      char *out, size_t cap)
{
    const char *name = "";

    switch (type->op) {
    case ASN_BOOLEAN:
        name = "bool";
        break;
    case ASN_U8:
    case ASN_NULL:
        name = "uint8_t";
        break;
    case ASN_U16:
        name = "uint16_t";
        break;
    case ASN_U32:
        name = "uint32_t";
        break;
    case ASN_U64:
        name = "uint64_t";
        break;
    case ASN_I8:
        name = "int8_t";
        break;
    case ASN_I16:
        name = "int16_t";
        break;
    case ASN_I32:
    case ASN_ENUMERATED:
        name = "int32_t";
        break;
    case ASN_I64:
        name = "int64_t";
        break;
    case ASN_OCTETS:
    case ASN_UTF8:
    case ASN_OID:
    case ASN_RAW:
        name = emitter->octets;
        break;
    case ASN_SEQUENCE:
    case ASN_SEQUENCE_OF:
    case ASN_CHOICE:
        (void)snprintf(out, cap, "struct %s_%s", emitter->prefix, type->layout->c_name);
        return out;
    }
    (void)snprintf(out, cap, "%s", name);
    return out;
}

/* Comments of the notation; asn_doc.c has seen to it that they cannot end a comment of C. */
static void put_doc(struct asn_text *text, const char *doc, unsigned depth)
{
    bool lines = doc != NULL && strchr(doc, '\n') != NULL;

    if (doc == NULL) {
        return;
    }
    asn_text_indent(text, depth);
    if (!lines) {
        asn_text_put(text, "/* %s */\n", doc);
        return;
    }
    asn_text_put(text, "/*\n");
    while (*doc != '\0') {
        size_t len = strcspn(doc, "\n");

        asn_text_indent(text, depth);
        asn_text_put(text, len > 0 ? " * %.*s\n" : " *%.*s\n", (int)len, doc);
        doc += len + (doc[len] == '\n');
    }
    asn_text_indent(text, depth);
    asn_text_put(text, " */\n");
}

static void put_number(struct asn_text *text, struct asn_number number)
{
    if (asn_number_fits_int64(number) && asn_number_int64(number) == INT32_MIN) {
        asn_text_put(text, "-2147483647 - 1");
    } else {
        asn_text_put(text, "%s%" PRIu64, number.negative ? "-" : "", number.magnitude);
    }
}

static bool fits_int32(struct asn_number number)
{
    return asn_number_fits_int64(number) && asn_number_int64(number) >= INT32_MIN &&
           asn_number_int64(number) <= INT32_MAX;
}

/* The constant of an item or alternative. */
static void put_constant(const struct asn_emitter *emitter, struct asn_text *text,
                         const struct asn_plan_type *type, const char *name)
{
    char upper[ASN_EMIT_NAME_MAX];
    const char *joined = asn_name_join(emitter->model, type->c_name, name, emitter->err);

    if (joined == NULL) {
        text->failed = true;
        return;
    }
    asn_text_put(text, "%s_%s", emitter->prefix_upper,
                 asn_name_upper(joined, upper, sizeof(upper)));
}

/* A number in a macro. */
static void put_literal(struct asn_text *text, struct asn_number number)
{
    if (asn_number_fits_int64(number) && asn_number_int64(number) == INT64_MIN) {
        asn_text_put(text, "INT64_MIN");
    } else if (number.negative) {
        asn_text_put(text, "INT64_C(-%" PRIu64 ")", number.magnitude);
    } else {
        asn_text_put(text, "UINT64_C(%" PRIu64 ")", number.magnitude);
    }
}

/* enum for an ENUMERATED or for named numbers; those that are no int become macros. */
static void put_items(const struct asn_emitter *emitter, struct asn_text *text,
                      const struct asn_plan_type *type)
{
    bool any = false;

    for (const struct asn_item *item = type->items; item != NULL; item = item->next) {
        if (!fits_int32(item->number)) {
            continue;
        }
        if (!any) {
            asn_text_put(text, "enum %s_%s {\n", emitter->prefix, type->c_name);
        }
        any = true;
        put_doc(text, item->doc, 1);
        asn_text_indent(text, 1);
        put_constant(emitter, text, type, item->name);
        asn_text_put(text, " = ");
        put_number(text, item->number);
        asn_text_put(text, ",\n");
    }
    if (any) {
        asn_text_put(text, "};\n");
    }
    for (const struct asn_item *item = type->items; item != NULL; item = item->next) {
        if (!fits_int32(item->number)) {
            put_doc(text, item->doc, 0);
            asn_text_put(text, "#define ");
            put_constant(emitter, text, type, item->name);
            asn_text_put(text, " ");
            put_literal(text, item->number);
            asn_text_put(text, "\n");
        }
    }
}

/* Whether the type says how many octets or items its values have. */
static bool is_sized(const struct asn_plan_type *type)
{
    return (type->op == ASN_OCTETS || type->op == ASN_UTF8 || type->op == ASN_SEQUENCE_OF) &&
           type->max != UINT64_MAX;
}

static void put_size(struct asn_text *text, const struct asn_plan_type *type)
{
    if ((uint64_t)type->min < type->max) {
        asn_text_put(text, "%" PRId64 " to ", type->min);
    }
    asn_text_put(text, "%" PRIu64 " %s%s", type->max,
                 type->op == ASN_OCTETS ? "octet"
                 : type->op == ASN_UTF8 ? "character"
                                        : "item",
                 type->max != 1 ? "s" : "");
}

/* A field with its comment behind it, or above it if that is long. */
static void put_library_field(const struct asn_emitter *emitter, struct asn_text *text,
                              const struct asn_plan_member *member, unsigned depth)
{
    const char *doc = member->component->doc;
    const struct asn_plan_type *type = member->type;
    char c_type[ASN_EMIT_NAME_MAX];

    if (doc != NULL && (strchr(doc, '\n') != NULL || strlen(doc) > DOC_BEHIND_MAX)) {
        put_doc(text, doc, depth);
        doc = NULL;
    }
    if (member->has_present) {
        asn_text_indent(text, depth);
        asn_text_put(text, "bool has_%s;\n", member->c_name);
    }
    asn_text_indent(text, depth);
    asn_text_put(text, "%s %s;", asn_emit_c_type(emitter, type, c_type, sizeof(c_type)),
                 member->c_name);
    if (is_sized(type)) {
        asn_text_put(text, " /* ");
        put_size(text, type);
        asn_text_put(text, "%s%s */", doc != NULL ? "; " : "", doc != NULL ? doc : "");
    } else if (doc != NULL) {
        asn_text_put(text, " /* %s */", doc);
    }
    asn_text_put(text, "\n");
}

static void put_field(const struct asn_emitter *emitter, struct asn_text *text,
                      const struct asn_plan_member *member, unsigned depth)
{
    char c_type[ASN_EMIT_NAME_MAX];

    if (emitter->is_library) {
        put_library_field(emitter, text, member, depth);
        return;
    }
    put_doc(text, member->component->doc, depth);
    if (member->has_present) {
        asn_text_indent(text, depth);
        asn_text_put(text, "bool has_%s;\n", member->c_name);
    }
    asn_text_indent(text, depth);
    asn_text_put(text, "%s %s;", asn_emit_c_type(emitter, member->type, c_type, sizeof(c_type)),
                 member->c_name);
    if (member->type->op == ASN_ENUMERATED) {
        asn_text_put(text, " /* enum %s_%s */", emitter->prefix, member->type->layout->c_name);
    } else if (member->type->op == ASN_RAW) {
        asn_text_put(text, " /* one element, as it is */");
    }
    asn_text_put(text, "\n");
}

static void put_sequence(const struct asn_emitter *emitter, struct asn_text *text,
                         const struct asn_plan_type *type)
{
    asn_text_put(text, "struct %s_%s {\n", emitter->prefix, type->c_name);
    for (uint32_t i = 0; i < type->member_count; i++) {
        put_field(emitter, text, &type->members[i], 1);
    }
    if (type->unknown_offset != ASN_NO_OFFSET) {
        asn_text_put(text, "    %s unknown;\n", emitter->octets);
    } else if (type->member_count == 0) {
        asn_text_put(text, "    uint8_t nothing;\n");
    }
    asn_text_put(text, "};\n");
}

static void put_choice(const struct asn_emitter *emitter, struct asn_text *text,
                       const struct asn_plan_type *type)
{
    asn_text_put(text, "enum %s_%s_which {\n", emitter->prefix, type->c_name);
    for (uint32_t i = 0; i < type->member_count; i++) {
        asn_text_indent(text, 1);
        put_constant(emitter, text, type, type->members[i].component->name);
        asn_text_put(text, " = %" PRIu32 ",\n", i);
    }
    asn_text_put(text,
                 "};\nstruct %s_%s {\n    int32_t which; /* enum %s_%s_which, or %s_UNKNOWN */\n"
                 "    %s unknown;\n    union {\n",
                 emitter->prefix, type->c_name, emitter->prefix, type->c_name,
                 emitter->is_library ? emitter->prefix_upper : "ASN", emitter->octets);
    for (uint32_t i = 0; i < type->member_count; i++) {
        put_field(emitter, text, &type->members[i], 2);
    }
    asn_text_put(text, "    } u;\n};\n");
}

static void put_list(const struct asn_emitter *emitter, struct asn_text *text,
                     const struct asn_plan_type *type)
{
    char c_type[ASN_EMIT_NAME_MAX];

    asn_text_put(text, "struct %s_%s {\n    size_t count;\n    %s *items;\n};\n", emitter->prefix,
                 type->c_name, asn_emit_c_type(emitter, type->element, c_type, sizeof(c_type)));
}

void asn_emit_type(const struct asn_emitter *emitter, struct asn_text *text,
                   const struct asn_plan_type *type)
{
    char c_type[ASN_EMIT_NAME_MAX];
    bool own = type->layout == type;

    if ((type->name[0] == '\0' || emitter->is_library) &&
        (!own || (!asn_emit_has_struct(type) && type->items == NULL))) {
        return;
    }
    asn_text_put(text, "\n");
    put_doc(text, type->doc, 0);
    if (own && type->op == ASN_SEQUENCE) {
        put_sequence(emitter, text, type);
    } else if (own && type->op == ASN_CHOICE) {
        put_choice(emitter, text, type);
    } else if (own && type->op == ASN_SEQUENCE_OF) {
        put_list(emitter, text, type);
    } else if (own) {
        put_items(emitter, text, type);
    }
    if (type->name[0] == '\0' || emitter->is_library) {
        return;
    }
    asn_text_put(text, "extern const struct asn_type %s_%s_type;", emitter->prefix, type->c_name);
    if (!own || !asn_emit_has_struct(type)) {
        asn_text_put(text, " /* %s */", asn_emit_c_type(emitter, type, c_type, sizeof(c_type)));
    }
    asn_text_put(text, "\n");
}

/* Contents octets of an object identifier: X.690 8.19. Returns how many. */
static size_t put_arc(struct asn_text *text, uint64_t arc, bool first)
{
    unsigned groups = 1;

    while (groups < 10 && arc >> (7 * groups) != 0) {
        groups++;
    }
    for (unsigned i = 0; i < groups && text != NULL; i++) {
        unsigned seven = (unsigned)(arc >> (7 * (groups - 1 - i)) & 0x7f);

        asn_text_put(text, "%s0x%02x", first && i == 0 ? "" : ", ",
                     seven | (i + 1 < groups ? 0x80U : 0U));
    }
    return groups;
}

static size_t put_arcs(struct asn_text *text, const struct asn_value *oid)
{
    size_t n = put_arc(text, oid->arc_numbers[0] * 40 + oid->arc_numbers[1], true);

    for (uint32_t i = 2; i < oid->arc_count; i++) {
        n += put_arc(text, oid->arc_numbers[i], false);
    }
    return n;
}

/* Value assignments: numbers as macros, object identifiers as contents octets. */
static void put_value(const struct asn_emitter *emitter, struct asn_text *text,
                      const struct asn_assignment *one)
{
    char upper[ASN_EMIT_NAME_MAX];
    const struct asn_value *value = one->value->is;
    const char *c_name = asn_name_snake(emitter->model, one->name, emitter->err);

    if (c_name == NULL) {
        text->failed = true;
        return;
    }
    (void)asn_name_upper(c_name, upper, sizeof(upper));
    if (value->kind == ASN_VALUE_INTEGER) {
        asn_text_put(text, "\n");
        put_doc(text, one->doc, 0);
        asn_text_put(text, "#define %s_%s ", emitter->prefix_upper, upper);
        put_literal(text, value->number);
        asn_text_put(text, "\n");
    } else if (value->kind == ASN_VALUE_BOOLEAN) {
        asn_text_put(text, "\n");
        put_doc(text, one->doc, 0);
        asn_text_put(text, "#define %s_%s %s\n", emitter->prefix_upper, upper,
                     value->boolean ? "true" : "false");
    } else if (value->kind == ASN_VALUE_OID) {
        asn_text_put(text, "\n");
        put_doc(text, one->doc, 0);
        asn_text_put(text, "extern const uint8_t %s_%s_oid[%zu];\n", emitter->prefix, c_name,
                     put_arcs(NULL, value));
    }
}

void asn_emit_header(const struct asn_emitter *emitter, struct asn_text *text)
{
    uint32_t named = 0;

    asn_text_put(text,
                 "/* Made by asn_gen; what is changed here is lost. */\n"
                 "#ifndef %s_ASN1_H\n#define %s_ASN1_H\n\n"
                 "#include <stdbool.h>\n#include <stddef.h>\n#include <stdint.h>\n\n"
                 "#include \"codec/schema/asn_table.h\"\n",
                 emitter->prefix_upper, emitter->prefix_upper);
    for (uint32_t i = 0; i < emitter->model->value_count; i++) {
        put_value(emitter, text, emitter->model->values[i]);
    }
    for (const struct asn_plan_type *type = emitter->plan->types; type != NULL; type = type->next) {
        asn_emit_type(emitter, text, type);
        named += type->name[0] != '\0';
    }
    asn_text_put(text,
                 "\n/* All types that have a name, each behind those it contains. */\n"
                 "enum { %s_TYPES_COUNT = %" PRIu32 " };\n"
                 "extern const struct asn_type *const %s_types[%s_TYPES_COUNT];\n\n#endif\n",
                 emitter->prefix_upper, named, emitter->prefix, emitter->prefix_upper);
}

/* The C file needs the octets of object identifiers too. */
static void define_oid(const struct asn_emitter *emitter, struct asn_text *text,
                       const struct asn_assignment *one)
{
    const char *c_name = asn_name_snake(emitter->model, one->name, emitter->err);

    if (c_name == NULL) {
        text->failed = true;
        return;
    }
    asn_text_put(text, "\nconst uint8_t %s_%s_oid[] = {", emitter->prefix, c_name);
    (void)put_arcs(text, one->value->is);
    asn_text_put(text, "};\n");
}

void asn_emit_oids(const struct asn_emitter *emitter, struct asn_text *text)
{
    for (uint32_t i = 0; i < emitter->model->value_count; i++) {
        if (emitter->model->values[i]->value->is->kind == ASN_VALUE_OID) {
            define_oid(emitter, text, emitter->model->values[i]);
        }
    }
}
