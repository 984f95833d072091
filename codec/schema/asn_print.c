/* asn_print.c - see asn_print.h. */
#include "codec/schema/asn_print.h"

#include <inttypes.h>

#include "codec/schema/asn_order.h"
#include "codec/schema/asn_resolve.h"
#include "codec/schema/asn_text.h"

enum {
    WIDTH = 76,           /* columns of a list of symbols */
    PROFILE_NAME_MAX = 64 /* ASN1_MAX_NAME_SIZE of libtasn1 4 */
};

struct printer {
    struct asn_text text;
    bool docs;
    const struct asn_order *profile; /* NULL: the normal form */
};

static void print_type(struct printer *printer, const struct asn_node *node, unsigned depth);

static void print_doc(struct printer *printer, const char *doc, unsigned depth)
{
    if (doc == NULL || !printer->docs) {
        return;
    }
    while (*doc != '\0') {
        const char *end = strchr(doc, '\n');
        int len = (int)(end != NULL ? (size_t)(end - doc) : strlen(doc));

        asn_text_indent(&printer->text, depth);
        asn_text_put(&printer->text, len > 0 ? "-- %.*s\n" : "--%.*s\n", len, doc);
        doc += len + (end != NULL);
    }
}

static void print_number(struct printer *printer, struct asn_number number)
{
    asn_text_put(&printer->text, "%s%" PRIu64, number.negative ? "-" : "", number.magnitude);
}

static void print_arcs(struct printer *printer, const struct asn_arc *arc)
{
    asn_text_put(&printer->text, "{");
    for (; arc != NULL; arc = arc->next) {
        if (arc->name == NULL) {
            asn_text_put(&printer->text, " %" PRIu64, arc->number);
        } else if (arc->has_number) {
            asn_text_put(&printer->text, " %s(%" PRIu64 ")", arc->name, arc->number);
        } else {
            asn_text_put(&printer->text, " %s", arc->name);
        }
    }
    asn_text_put(&printer->text, " }");
}

static void print_value(struct printer *printer, const struct asn_value *value)
{
    struct asn_text *text = &printer->text;
    const char *chars = (const char *)value->text.p;
    int len = (int)value->text.len;

    switch (value->kind) {
    case ASN_VALUE_BOOLEAN:
        asn_text_put(text, "%s", value->boolean ? "TRUE" : "FALSE");
        break;
    case ASN_VALUE_INTEGER:
        print_number(printer, value->number);
        break;
    case ASN_VALUE_NULL:
        asn_text_put(text, "NULL");
        break;
    case ASN_VALUE_CHARACTERS:
        asn_text_put(text, "\"%.*s\"", len, chars);
        break;
    case ASN_VALUE_BITS:
        asn_text_put(text, "'%.*s'B", len, chars);
        break;
    case ASN_VALUE_HEX:
        asn_text_put(text, "'%.*s'H", len, chars);
        break;
    case ASN_VALUE_OID:
        print_arcs(printer, value->arcs);
        break;
    case ASN_VALUE_NAME:
        asn_text_put(text, "%s%s%s", value->module != NULL ? value->module : "",
                     value->module != NULL ? "." : "", value->name);
        break;
    case ASN_VALUE_MIN:
        asn_text_put(text, "MIN");
        break;
    case ASN_VALUE_MAX:
        asn_text_put(text, "MAX");
        break;
    }
}

/* In the profile a DEFAULT is a literal: libtasn1 knows no value assignments but of OIDs. */
static void print_default(struct printer *printer, const struct asn_component *one)
{
    const struct asn_value *value = one->value;

    if (printer->profile != NULL) {
        value = value->is;
        if (one->type->base->kind == ASN_KIND_ENUMERATED) {
            const struct asn_item *item = one->type->base->items;

            while (item->next != NULL && asn_number_compare(item->number, value->number) != 0) {
                item = item->next;
            }
            asn_text_put(&printer->text, "%s", item->name);
            return;
        }
    }
    print_value(printer, value);
}

static void print_tags(struct printer *printer, const struct asn_node *node)
{
    char tag[40];

    for (const struct asn_tagging *one = node->tags; one != NULL; one = one->next) {
        enum asn_tag_mode mode = one->mode;

        if (printer->profile != NULL) {
            mode = one->is_explicit ? ASN_TAG_EXPLICIT : ASN_TAG_AS_MODULE;
        } else if (one->automatic) {
            continue;
        }
        asn_text_put(&printer->text, "%s%s ", asn_tag_format(one->tag, tag, sizeof(tag)),
                     mode == ASN_TAG_EXPLICIT   ? " EXPLICIT"
                     : mode == ASN_TAG_IMPLICIT ? " IMPLICIT"
                                                : "");
    }
}

static void print_inner(struct printer *printer, const struct asn_inner *inner)
{
    asn_text_put(&printer->text, "WITH COMPONENTS {...");
    for (const struct asn_presence *one = inner->presences; one != NULL; one = one->next) {
        asn_text_put(&printer->text, ", %s %s", one->name, one->present ? "PRESENT" : "ABSENT");
    }
    asn_text_put(&printer->text, "}");
}

static void print_constraint(struct printer *printer, const struct asn_constraint *one)
{
    struct asn_text *text = &printer->text;

    if (one->inners != NULL) {
        for (const struct asn_inner *inner = one->inners; inner != NULL; inner = inner->next) {
            asn_text_put(text, inner == one->inners ? " (" : " | ");
            print_inner(printer, inner);
        }
        asn_text_put(text, ")");
        return;
    }
    asn_text_put(text, one->size ? " (SIZE (" : " (");
    print_value(printer, one->min);
    if (one->max != one->min) {
        asn_text_put(text, "..");
        print_value(printer, one->max);
    }
    asn_text_put(text, "%s%s", one->extensible ? ", ..." : "", one->size ? "))" : ")");
}

/* The one range that the constraints come to, where libtasn1 takes one. */
static void print_profile_range(struct printer *printer, const struct asn_node *node)
{
    bool size = node->base->kind != ASN_KIND_INTEGER;
    struct asn_text *text = &printer->text;

    if (node->constraints == NULL || node->range_extensible || (!node->has_min && !node->has_max) ||
        (node->kind == ASN_KIND_REFERENCE && !size) ||
        (node->kind == ASN_KIND_BIT_STRING && node->items != NULL)) {
        return;
    }
    asn_text_put(text, size ? " (SIZE (" : " (");
    if (node->has_min) {
        print_number(printer, node->min);
    } else {
        asn_text_put(text, size ? "0" : "MIN");
    }
    if (!size || !node->has_min || !node->has_max ||
        asn_number_compare(node->min, node->max) != 0) {
        asn_text_put(text, "..");
        if (node->has_max) {
            print_number(printer, node->max);
        } else {
            asn_text_put(text, "MAX");
        }
    }
    asn_text_put(text, size ? "))" : ")");
}

static void print_constraints(struct printer *printer, const struct asn_node *node)
{
    if (printer->profile != NULL) {
        print_profile_range(printer, node);
        return;
    }
    for (const struct asn_constraint *one = node->constraints; one != NULL; one = one->next) {
        print_constraint(printer, one);
    }
}

/* Begins a line of a list in braces. */
static void begin_line(struct printer *printer, bool *first)
{
    asn_text_put(&printer->text, *first ? "\n" : ",\n");
    *first = false;
}

static void print_marker(struct printer *printer, bool *first, unsigned depth)
{
    begin_line(printer, first);
    asn_text_indent(&printer->text, depth);
    asn_text_put(&printer->text, "...");
}

static void print_items(struct printer *printer, const struct asn_node *node, unsigned depth)
{
    bool in_root = true;
    bool first = true;

    asn_text_put(&printer->text, " {");
    for (const struct asn_item *item = node->items; item != NULL; item = item->next) {
        if (item->addition && in_root && printer->profile == NULL) {
            print_marker(printer, &first, depth + 1);
            in_root = false;
        }
        begin_line(printer, &first);
        print_doc(printer, item->doc, depth + 1);
        asn_text_indent(&printer->text, depth + 1);
        asn_text_put(&printer->text, "%s", item->name);
        if (item->given || printer->profile != NULL) {
            asn_text_put(&printer->text, "(");
            print_number(printer, item->number);
            asn_text_put(&printer->text, ")");
        }
    }
    if (node->extensible && in_root && printer->profile == NULL) {
        print_marker(printer, &first, depth + 1);
    }
    asn_text_put(&printer->text, "\n");
    asn_text_indent(&printer->text, depth);
    asn_text_put(&printer->text, "}");
}

static void print_component(struct printer *printer, const struct asn_component *one,
                            unsigned depth)
{
    print_doc(printer, one->doc, depth);
    asn_text_indent(&printer->text, depth);
    asn_text_put(&printer->text, "%s ", one->name);
    print_type(printer, one->type, depth);
    if (one->optional) {
        asn_text_put(&printer->text, " OPTIONAL");
    }
    if (one->value != NULL) {
        asn_text_put(&printer->text, " DEFAULT ");
        print_default(printer, one);
    }
}

/* Where the list of components enters or leaves the additions and their groups. */
static void print_turn(struct printer *printer, const struct asn_component *last,
                       const struct asn_component *one, bool *first, unsigned depth)
{
    uint32_t group = last != NULL ? last->group : 0;

    if (group != 0 && (one == NULL || one->group != group)) {
        asn_text_put(&printer->text, "\n");
        asn_text_indent(&printer->text, depth);
        asn_text_put(&printer->text, "]]");
    }
    if (one == NULL) {
        return;
    }
    if (one->addition && (last == NULL || !last->addition)) {
        print_marker(printer, first, depth);
    }
    begin_line(printer, first);
    if (one->group != 0 && one->group != group) {
        asn_text_indent(&printer->text, depth);
        asn_text_put(&printer->text, "[[");
        if (one->has_group_version) {
            asn_text_put(&printer->text, " %" PRIu64 ":", one->group_version);
        }
        asn_text_put(&printer->text, "\n");
    }
}

static void print_components(struct printer *printer, const struct asn_node *node, unsigned depth)
{
    const struct asn_component *last = NULL;
    bool first = true;
    bool markers = printer->profile == NULL;

    if (node->kind == ASN_KIND_SEQUENCE && node->components == NULL && !markers) {
        asn_text_put(&printer->text, " OF INTEGER"); /* empty, it is the same octets */
        return;
    }
    asn_text_put(&printer->text, " {");
    if (node->components == NULL && !node->extensible) {
        asn_text_put(&printer->text, "}");
        return;
    }
    for (const struct asn_component *one = node->components; one != NULL; one = one->next) {
        if (markers) {
            print_turn(printer, last, one, &first, depth + 1);
        } else {
            begin_line(printer, &first);
        }
        print_component(printer, one, depth + 1 + (markers && one->group != 0));
        last = one;
    }
    if (markers) {
        print_turn(printer, last, NULL, &first, depth + 1);
        if (node->extensible && (last == NULL || !last->addition)) {
            print_marker(printer, &first, depth + 1);
        }
        if (node->closed) {
            print_marker(printer, &first, depth + 1);
        }
    }
    asn_text_put(&printer->text, "\n");
    asn_text_indent(&printer->text, depth);
    asn_text_put(&printer->text, "}");
}

static void print_type(struct printer *printer, const struct asn_node *node, unsigned depth)
{
    print_tags(printer, node);
    if (node->kind == ASN_KIND_REFERENCE) {
        bool qualified = node->ref_module != NULL && printer->profile == NULL;

        asn_text_put(&printer->text, "%s%s%s", qualified ? node->ref_module : "",
                     qualified ? "." : "", node->ref_name);
    } else if (node->element != NULL) {
        asn_text_put(&printer->text, node->kind == ASN_KIND_SET_OF ? "SET" : "SEQUENCE");
        print_constraints(printer, node);
        asn_text_put(&printer->text, " OF ");
        print_type(printer, node->element, depth);
        return;
    } else {
        asn_text_put(&printer->text, "%s", asn_kind_name(node->kind));
    }
    if (node->kind == ASN_KIND_SEQUENCE || node->kind == ASN_KIND_CHOICE) {
        print_components(printer, node, depth);
    } else if (node->items != NULL) {
        print_items(printer, node, depth);
    }
    print_constraints(printer, node);
}

static void print_symbols(struct printer *printer, const struct asn_symbol *symbol)
{
    size_t column = 4;

    asn_text_indent(&printer->text, 1);
    for (; symbol != NULL; symbol = symbol->next) {
        size_t len = strlen(symbol->name) + 1;

        if (column > 4 && column + len > WIDTH) {
            asn_text_put(&printer->text, "\n");
            asn_text_indent(&printer->text, 1);
            column = 4;
        }
        asn_text_put(&printer->text, "%s%s", symbol->name, symbol->next != NULL ? ", " : "");
        column += len + 1;
    }
}

static void print_head(struct printer *printer, const struct asn_module *module)
{
    static const char *const tags[] = {
        [ASN_TAGS_EXPLICIT] = "EXPLICIT",
        [ASN_TAGS_IMPLICIT] = "IMPLICIT",
        [ASN_TAGS_AUTOMATIC] = "AUTOMATIC",
    };
    struct asn_text *text = &printer->text;

    print_doc(printer, module->doc, 0);
    asn_text_put(text, "%s ", module->name);
    if (module->oid != NULL) {
        print_arcs(printer, module->oid);
        asn_text_put(text, " ");
    }
    asn_text_put(text, "DEFINITIONS %s TAGS%s ::= BEGIN\n", tags[module->tag_default],
                 module->extensibility_implied ? " EXTENSIBILITY IMPLIED" : "");
    if (module->exports_listed) {
        asn_text_put(text, "\nEXPORTS%s", module->exports != NULL ? "\n" : " ");
        if (module->exports != NULL) {
            print_symbols(printer, module->exports);
        }
        asn_text_put(text, ";\n");
    }
    for (const struct asn_import *one = module->imports; one != NULL; one = one->next) {
        asn_text_put(text, one == module->imports ? "\nIMPORTS\n" : "\n");
        print_symbols(printer, one->symbols);
        asn_text_put(text, " FROM %s", one->module);
        if (one->oid != NULL) {
            asn_text_put(text, " ");
            print_arcs(printer, one->oid);
        }
        asn_text_put(text, one->next != NULL ? "" : ";\n");
    }
}

static void print_assignment(struct printer *printer, const struct asn_assignment *one)
{
    asn_text_put(&printer->text, "\n");
    print_doc(printer, one->doc, 0);
    asn_text_put(&printer->text, "%s ", one->name);
    if (one->kind == ASN_ASSIGN_VALUE) {
        print_type(printer, one->type, 0);
        asn_text_put(&printer->text, " ");
    }
    asn_text_put(&printer->text, "::= ");
    if (one->kind == ASN_ASSIGN_VALUE) {
        print_value(printer, one->value);
    } else {
        print_type(printer, one->type, 0);
    }
    asn_text_put(&printer->text, "\n");
}

static void print_module(struct printer *printer, const struct asn_module *module)
{
    print_head(printer, module);
    for (const struct asn_assignment *one = module->assignments; one != NULL; one = one->next) {
        print_assignment(printer, one);
    }
    asn_text_put(&printer->text, "\nEND\n");
}

bool asn_print_module(const struct asn_module *module, bool docs, struct buf *out, struct err *err)
{
    struct printer printer = {{out, err, false}, docs, NULL};

    print_module(&printer, module);
    return asn_text_ok(&printer.text);
}

bool asn_print_model(const struct asn_model *model, bool docs, struct buf *out, struct err *err)
{
    struct printer printer = {{out, err, false}, docs, NULL};

    for (const struct asn_module *one = model->modules; one != NULL; one = one->next) {
        print_module(&printer, one);
        asn_text_put(&printer.text, one->next != NULL ? "\n" : "");
    }
    return asn_text_ok(&printer.text);
}

static bool fail(struct asn_model *model, struct err *err, struct asn_spot place, const char *what)
{
    return asn_fail(&model->diag, err, ERR_UNSUPPORTED, place, "libtasn1 has no notation for %s",
                    what);
}

static bool check_component(struct asn_model *model, const struct asn_component *one,
                            struct err *err)
{
    if (strlen(one->name) > PROFILE_NAME_MAX) {
        return fail(model, err, one->place, "names of more than 64 characters");
    }
    if (one->value != NULL &&
        (one->value->is->kind == ASN_VALUE_NULL || one->value->is->kind == ASN_VALUE_OID)) {
        return fail(model, err, one->value->place, "a DEFAULT of this type");
    }
    return true;
}

static bool check_node(struct asn_model *model, const struct asn_node *node, struct err *err)
{
    if (node->tags != NULL && node->tags->next != NULL) {
        return fail(model, err, node->tags->next->place, "a second tag");
    }
    if (node->element != NULL && node->element->tags != NULL) {
        return fail(model, err, node->element->tags->place, "a tag behind OF");
    }
    for (const struct asn_component *one = node->components; one != NULL; one = one->next) {
        if (!check_component(model, one, err)) {
            return false;
        }
    }
    for (const struct asn_item *one = node->items; one != NULL; one = one->next) {
        if (one->number.negative && node->kind == ASN_KIND_ENUMERATED) {
            return fail(model, err, one->place, "a negative number in an enumeration");
        }
    }
    return true;
}

static void print_profile_oid(struct printer *printer, const struct asn_assignment *one)
{
    if (one->value->is->kind != ASN_VALUE_OID) {
        return;
    }
    asn_text_put(&printer->text, "\n%s OBJECT IDENTIFIER ::= {", one->name);
    for (uint32_t i = 0; i < one->value->is->arc_count; i++) {
        asn_text_put(&printer->text, " %" PRIu64, one->value->is->arc_numbers[i]);
    }
    asn_text_put(&printer->text, " }\n");
}

bool asn_print_profile(struct asn_model *model, const char *name, const char *const *raw,
                       size_t raw_count, struct buf *out, struct err *err)
{
    struct asn_order order;
    struct printer printer = {{out, err, false}, false, &order};

    if (!asn_order_types(model, raw, raw_count, &order, err)) {
        return false;
    }
    for (const struct asn_node *node = model->nodes; node != NULL; node = node->next) {
        if (!order.raw[node->owner->index] && node->owner->kind == ASN_ASSIGN_TYPE &&
            !check_node(model, node, err)) {
            return false;
        }
    }
    asn_text_put(&printer.text, "%s DEFINITIONS IMPLICIT TAGS ::= BEGIN\n", name);
    for (uint32_t i = 0; i < model->value_count; i++) {
        print_profile_oid(&printer, model->values[i]);
    }
    for (uint32_t i = 0; i < order.count; i++) {
        const struct asn_assignment *one = order.types[i];

        if (strlen(one->name) > PROFILE_NAME_MAX) {
            return fail(model, err, one->place, "names of more than 64 characters");
        }
        if (order.raw[one->index]) {
            asn_text_put(&printer.text, "\n%s ::= ANY\n", one->name);
        } else {
            print_assignment(&printer, one);
        }
    }
    asn_text_put(&printer.text, "\nEND\n");
    return asn_text_ok(&printer.text);
}
