/* asn_resolve_ranges.c - what constraints allow, and values outside them; see asn_resolving.h. */
#include "codec/schema/asn_resolving.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* One end of a range; without a value the range is open there. */
struct endpoint {
    bool given;
    struct asn_number number;
};

static char *number_format(struct asn_number number, char *out, size_t cap)
{
    (void)snprintf(out, cap, "%s%" PRIu64, number.negative ? "-" : "", number.magnitude);
    return out;
}

static bool fail_number(struct asn_model *model, struct err *err, struct asn_spot place,
                        const char *fmt, struct asn_number number)
{
    char text[24];

    return asn_fail(&model->diag, err, ERR_MALFORMED, place, fmt,
                    number_format(number, text, sizeof(text)));
}

/* Finds one end; least and greatest are what MIN and MAX stand for. */
static bool find_endpoint(struct asn_model *model, const struct asn_node *node,
                          const struct asn_constraint *constraint, struct asn_value *value,
                          struct endpoint *out, struct err *err)
{
    struct endpoint least = {node->has_min, node->min};
    struct endpoint greatest = {node->has_max, node->max};
    struct asn_node length = {.kind = ASN_KIND_INTEGER};

    length.base = &length;
    if (value->kind == ASN_VALUE_MIN) {
        *out = least;
        if (constraint->size && !out->given) {
            out->given = true;
            out->number = asn_number_of(0);
        }
        return true;
    }
    if (value->kind == ASN_VALUE_MAX) {
        *out = greatest;
        return true;
    }
    if (!asn_value_of(model, node->module, constraint->size ? &length : node->base, value, err)) {
        return false;
    }
    out->given = true;
    out->number = value->is->number;
    if (constraint->size && out->number.negative) {
        return asn_fail(&model->diag, err, ERR_MALFORMED, value->place, "a size is not negative");
    }
    return true;
}

static bool has_length(enum asn_kind kind)
{
    return kind == ASN_KIND_OCTET_STRING || kind == ASN_KIND_BIT_STRING ||
           kind == ASN_KIND_UTF8_STRING || kind == ASN_KIND_IA5_STRING ||
           kind == ASN_KIND_PRINTABLE_STRING || kind == ASN_KIND_VISIBLE_STRING ||
           kind == ASN_KIND_SEQUENCE_OF || kind == ASN_KIND_SET_OF;
}

static bool check_applies(struct asn_model *model, const struct asn_node *node,
                          const struct asn_constraint *constraint, struct err *err)
{
    enum asn_kind kind = node->base->kind;

    if (constraint->size && !has_length(kind)) {
        return asn_fail(&model->diag, err, ERR_MALFORMED, constraint->place, "%s has no size",
                        asn_kind_name(kind));
    }
    if (!constraint->size && kind != ASN_KIND_INTEGER) {
        return asn_fail(&model->diag, err, ERR_UNSUPPORTED, constraint->place,
                        "not supported: values in a constraint of %s", asn_kind_name(kind));
    }
    return true;
}

/* A later constraint narrows an earlier one: an end outside it is a mistake (X.680 51.4). */
static bool check_inside(struct asn_model *model, const struct asn_node *node,
                         struct asn_number number, struct asn_spot place, struct err *err)
{
    if (node->range_extensible) {
        return true;
    }
    if (node->has_min && asn_number_compare(number, node->min) < 0) {
        return fail_number(model, err, place, "less than %s, the least value allowed here",
                           node->min);
    }
    if (node->has_max && asn_number_compare(number, node->max) > 0) {
        return fail_number(model, err, place, "greater than %s, the greatest value allowed here",
                           node->max);
    }
    return true;
}

/* Finds the components that a part of a constraint names (X.680 51.8). */
static bool find_presences(struct asn_model *model, const struct asn_node *node,
                           struct asn_inner *inner, struct err *err)
{
    for (struct asn_presence *one = inner->presences; one != NULL; one = one->next) {
        const struct asn_component *found = node->components;

        while (found != NULL && strcmp(found->name, one->name) != 0) {
            found = found->next;
        }
        if (found == NULL) {
            return asn_fail(&model->diag, err, ERR_MALFORMED, one->place,
                            "%s is no component of the SEQUENCE", one->name);
        }
        if (!found->optional) {
            return asn_fail(&model->diag, err, ERR_MALFORMED, one->place, "%s is not OPTIONAL",
                            one->name);
        }
        for (const struct asn_presence *other = inner->presences; other != one;
             other = other->next) {
            if (other->component == found) {
                return asn_fail(&model->diag, err, ERR_MALFORMED, one->place, "%s again",
                                one->name);
            }
        }
        one->component = found;
    }
    return true;
}

static bool find_inners(struct asn_model *model, const struct asn_node *node,
                        const struct asn_constraint *constraint, struct err *err)
{
    if (node->kind != ASN_KIND_SEQUENCE) {
        return asn_fail(&model->diag, err, ERR_UNSUPPORTED, constraint->place,
                        "not supported: WITH COMPONENTS behind %s", asn_kind_name(node->kind));
    }
    for (struct asn_inner *one = constraint->inners; one != NULL; one = one->next) {
        if (!find_presences(model, node, one, err)) {
            return false;
        }
    }
    return true;
}

static bool apply(struct asn_model *model, struct asn_node *node,
                  const struct asn_constraint *constraint, struct err *err)
{
    struct endpoint min;
    struct endpoint max;

    if (constraint->inners != NULL) {
        return find_inners(model, node, constraint, err);
    }
    if (!check_applies(model, node, constraint, err) ||
        !find_endpoint(model, node, constraint, constraint->min, &min, err) ||
        !find_endpoint(model, node, constraint, constraint->max, &max, err)) {
        return false;
    }
    if ((constraint->min->kind == ASN_VALUE_MAX && !min.given) ||
        (constraint->max->kind == ASN_VALUE_MIN && !max.given)) {
        return asn_fail(&model->diag, err, ERR_MALFORMED, constraint->place,
                        "a range that begins or ends nowhere");
    }
    if (min.given && max.given && asn_number_compare(min.number, max.number) > 0) {
        return fail_number(model, err, constraint->place, "an empty range: it ends at %s",
                           max.number);
    }
    if ((min.given && !check_inside(model, node, min.number, constraint->min->place, err)) ||
        (max.given && !check_inside(model, node, max.number, constraint->max->place, err))) {
        return false;
    }
    node->has_min = min.given;
    node->min = min.number;
    node->has_max = max.given;
    node->max = max.number;
    node->range_extensible = constraint->extensible; /* X.680 50.8: not inherited when narrowed */
    return true;
}

static bool resolve_range(struct asn_model *model, struct asn_node *node, struct err *err)
{
    if (node->kind == ASN_KIND_REFERENCE) {
        const struct asn_node *parent = node->target->type;

        node->has_min = parent->has_min;
        node->has_max = parent->has_max;
        node->min = parent->min;
        node->max = parent->max;
        node->range_extensible = parent->range_extensible;
    }
    for (const struct asn_constraint *constraint = node->constraints; constraint != NULL;
         constraint = constraint->next) {
        if (!apply(model, node, constraint, err)) {
            return false;
        }
    }
    return true;
}

/* Checks a resolved value against the range of its type. */
static bool check_value(struct asn_model *model, const struct asn_node *type,
                        const struct asn_value *value, struct err *err)
{
    if (type->base->kind != ASN_KIND_INTEGER) {
        return true;
    }
    return check_inside(model, type, value->is->number, value->place, err);
}

static bool resolve_defaults(struct asn_model *model, struct asn_node *node, struct err *err)
{
    for (struct asn_component *one = node->components; one != NULL; one = one->next) {
        if (one->value == NULL) {
            continue;
        }
        if (!asn_value_of(model, node->module, one->type, one->value, err) ||
            !check_value(model, one->type, one->value, err)) {
            return false;
        }
    }
    return true;
}

bool asn_resolve_ranges(struct asn_model *model, struct err *err)
{
    if (!asn_each_node(model, resolve_range, err) || !asn_each_node(model, resolve_defaults, err)) {
        return false;
    }
    for (uint32_t i = 0; i < model->value_count; i++) {
        const struct asn_assignment *one = model->values[i];

        if (!check_value(model, one->type, one->value, err)) {
            return false;
        }
    }
    return true;
}
