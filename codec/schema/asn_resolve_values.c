/*
 * asn_resolve_values.c - what numbers items have and what values are; see asn_resolving.h.
 *
 * A value assignment refers to at most one other: as the whole of its value, or as the first arc
 * of an object identifier. So dependencies are chains, and no stack is needed but a list.
 */
#include "codec/schema/asn_resolving.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "codec/base/arena.h"

static int compare_numbers(const void *a, const void *b)
{
    return asn_number_compare(*(const struct asn_number *)a, *(const struct asn_number *)b);
}

/* The least number from next on that is not among the sorted ones. */
static uint64_t free_number(const struct asn_number *taken, uint32_t count, uint64_t next)
{
    struct asn_number key = asn_number_of(next);
    const struct asn_number *at = NULL;

    if (count > 0) {
        at = bsearch(&key, taken, count, sizeof(*taken), compare_numbers);
    }
    while (at != NULL && at < taken + count && !at->negative && at->magnitude == next) {
        next++;
        at++;
    }
    return next;
}

/* X.680 20.3: root items without a number get the least ones that are free, in order. */
static void number_root(struct asn_node *node, struct asn_number *taken, uint32_t *count)
{
    uint32_t given;
    uint64_t next = 0;

    for (struct asn_item *item = node->items; item != NULL; item = item->next) {
        if (!item->addition && item->given) {
            taken[(*count)++] = item->number;
        }
    }
    given = *count;
    if (given > 0) {
        qsort(taken, given, sizeof(*taken), compare_numbers);
    }
    for (struct asn_item *item = node->items; item != NULL; item = item->next) {
        if (!item->addition && !item->given) {
            next = free_number(taken, given, next);
            item->number = asn_number_of(next++);
            taken[(*count)++] = item->number;
        }
    }
    qsort(taken, *count, sizeof(*taken), compare_numbers);
}

/* X.680 20.5, 20.6: the numbers of additions ascend, and none is one of the root's. */
static bool number_additions(struct asn_model *model, struct asn_node *node,
                             const struct asn_number *taken, uint32_t count, struct err *err)
{
    const struct asn_item *last = NULL;

    for (struct asn_item *item = node->items; item != NULL; item = item->next) {
        if (!item->addition) {
            continue;
        }
        if (!item->given) {
            uint64_t next = 0;

            if (last != NULL && !last->number.negative) {
                if (last->number.magnitude == UINT64_MAX) {
                    return asn_fail(&model->diag, err, ERR_LIMIT, item->place,
                                    "no number is left for %s", item->name);
                }
                next = last->number.magnitude + 1;
            }
            item->number = asn_number_of(free_number(taken, count, next));
        } else if (last != NULL && asn_number_compare(item->number, last->number) <= 0) {
            return asn_fail(&model->diag, err, ERR_MALFORMED, item->place,
                            "the number of %s is not greater than that of %s", item->name,
                            last->name);
        }
        last = item;
    }
    return true;
}

static int items_by_number(const void *a, const void *b)
{
    const struct asn_item *one = *(const struct asn_item *const *)a;
    const struct asn_item *two = *(const struct asn_item *const *)b;
    int order = asn_number_compare(one->number, two->number);

    if (order != 0) {
        return order;
    }
    return one->place.offset < two->place.offset ? -1 : one->place.offset > two->place.offset;
}

static int items_by_name(const void *a, const void *b)
{
    const struct asn_item *one = *(const struct asn_item *const *)a;
    const struct asn_item *two = *(const struct asn_item *const *)b;
    int order = strcmp(one->name, two->name);

    if (order != 0) {
        return order;
    }
    return one->place.offset < two->place.offset ? -1 : one->place.offset > two->place.offset;
}

static bool same_number(const struct asn_item *a, const struct asn_item *b)
{
    return asn_number_compare(a->number, b->number) == 0;
}

static bool same_name(const struct asn_item *a, const struct asn_item *b)
{
    return strcmp(a->name, b->name) == 0;
}

/* Finds the first item, in the order of the notation, that repeats something of an earlier one. */
static const struct asn_item *
find_repeated(const struct asn_node *node, const struct asn_item **sorted,
              int (*order)(const void *, const void *),
              bool (*same)(const struct asn_item *, const struct asn_item *))
{
    const struct asn_item *twice = NULL;

    qsort(sorted, node->count, sizeof(*sorted), order);
    for (uint32_t i = 1; i < node->count; i++) {
        if (same(sorted[i - 1], sorted[i]) &&
            (twice == NULL || sorted[i]->place.offset < twice->place.offset)) {
            twice = sorted[i];
        }
    }
    return twice;
}

static bool check_items(struct asn_model *model, struct asn_node *node, struct err *err)
{
    const struct asn_item **sorted = asn_alloc(model, node->count, sizeof(*sorted), err);
    const struct asn_item *twice;
    uint32_t n = 0;

    if (sorted == NULL) {
        return false;
    }
    for (const struct asn_item *item = node->items; item != NULL; item = item->next) {
        if (item->number.negative && node->kind == ASN_KIND_BIT_STRING) {
            return asn_fail(&model->diag, err, ERR_MALFORMED, item->place,
                            "a bit has no negative number");
        }
        sorted[n++] = item;
    }
    twice = find_repeated(node, sorted, items_by_number, same_number);
    if (twice != NULL) {
        return asn_fail(&model->diag, err, ERR_MALFORMED, twice->place,
                        "the number of %s is already taken", twice->name);
    }
    twice = find_repeated(node, sorted, items_by_name, same_name);
    if (twice != NULL) {
        return asn_fail(&model->diag, err, ERR_MALFORMED, twice->place,
                        "there is already a name %s", twice->name);
    }
    node->by_name = sorted;
    return true;
}

static bool resolve_items(struct asn_model *model, struct asn_node *node, struct err *err)
{
    struct asn_number *taken;
    uint32_t count = 0;

    if (node->items == NULL) {
        return true;
    }
    if (node->kind == ASN_KIND_ENUMERATED) {
        taken = asn_alloc(model, node->count, sizeof(*taken), err);
        if (taken == NULL) {
            return false;
        }
        number_root(node, taken, &count);
        if (!number_additions(model, node, taken, count, err)) {
            return false;
        }
    }
    return check_items(model, node, err);
}

/* The names that may stand without a number: X.660 annex A. */
struct arc_row {
    const char *name;
    int parent; /* -1: the root */
    uint64_t number;
};

static const struct arc_row arc_rows[] = {
    {"itu-t", -1, 0},
    {"ccitt", -1, 0},
    {"iso", -1, 1},
    {"joint-iso-itu-t", -1, 2},
    {"joint-iso-ccitt", -1, 2},
    {"recommendation", 0, 0},
    {"question", 0, 1},
    {"administration", 0, 2},
    {"network-operator", 0, 3},
    {"identified-organization", 0, 4},
    {"standard", 1, 0},
    {"registration-authority", 1, 1},
    {"member-body", 1, 2},
    {"identified-organization", 1, 3},
};

static const struct arc_row *find_arc(const char *name, int parent)
{
    for (size_t i = 0; i < sizeof(arc_rows) / sizeof(arc_rows[0]); i++) {
        if (arc_rows[i].parent == parent && strcmp(arc_rows[i].name, name) == 0) {
            return &arc_rows[i];
        }
    }
    return NULL;
}

/* Whether the first arc is a reference to another object identifier. */
static bool begins_with_reference(const struct asn_value *value)
{
    return value->kind == ASN_VALUE_OID && value->arcs->name != NULL && !value->arcs->has_number &&
           find_arc(value->arcs->name, -1) == NULL;
}

/* The value that a first arc without a number stands for. */
static struct asn_value first_arc_value(const struct asn_value *value)
{
    struct asn_value name = {0};

    name.kind = ASN_VALUE_NAME;
    name.place = value->arcs->place;
    name.name = value->arcs->name;
    return name;
}

static bool put_arc(struct asn_model *model, uint64_t *numbers, uint32_t *count, uint64_t number,
                    struct asn_spot place, struct err *err)
{
    if (*count == ASN_ARCS_MAX) {
        return asn_fail(&model->diag, err, ERR_LIMIT, place, "more than %d arcs", ASN_ARCS_MAX);
    }
    /* X.660 7.6; the third condition keeps 40 * first + second inside 64 bits (X.690 8.19.4). */
    if ((*count == 0 && number > 2) || (*count == 1 && numbers[0] < 2 && number > 39) ||
        (*count == 1 && number > UINT64_MAX - 80)) {
        return asn_fail(&model->diag, err, ERR_MALFORMED, place,
                        "%" PRIu64 " is too great for arc %" PRIu32, number, *count + 1);
    }
    numbers[(*count)++] = number;
    return true;
}

static bool resolve_arc(struct asn_model *model, const struct asn_arc *arc, uint64_t *numbers,
                        uint32_t *count, struct err *err)
{
    const struct arc_row *row = NULL;

    if (arc->has_number) {
        return put_arc(model, numbers, count, arc->number, arc->place, err);
    }
    if (*count == 0) {
        row = find_arc(arc->name, -1);
    } else if (*count == 1) {
        row = find_arc(arc->name, (int)numbers[0]);
    }
    if (row == NULL) {
        return asn_fail(&model->diag, err, ERR_UNSUPPORTED, arc->place,
                        "not supported: arc %s without a number", arc->name);
    }
    return put_arc(model, numbers, count, row->number, arc->place, err);
}

static bool resolve_oid(struct asn_model *model, const struct asn_module *module,
                        struct asn_value *value, struct err *err)
{
    uint64_t numbers[ASN_ARCS_MAX];
    uint64_t *kept;
    const struct asn_arc *arc = value->arcs;
    uint32_t count = 0;

    if (begins_with_reference(value)) {
        struct asn_value name = first_arc_value(value);
        const struct asn_assignment *target = asn_visible_value(model, module, &name, err);

        if (target == NULL) {
            return false;
        }
        if (target->value->is->kind != ASN_VALUE_OID) {
            return asn_fail(&model->diag, err, ERR_MALFORMED, arc->place,
                            "%s is no object identifier", name.name);
        }
        count = target->value->is->arc_count;
        memcpy(numbers, target->value->is->arc_numbers, count * sizeof(*numbers));
        arc = arc->next;
    }
    for (; arc != NULL; arc = arc->next) {
        if (!resolve_arc(model, arc, numbers, &count, err)) {
            return false;
        }
    }
    if (count < 2) {
        return asn_fail(&model->diag, err, ERR_MALFORMED, value->place,
                        "an object identifier has at least two arcs");
    }
    kept = asn_alloc(model, count, sizeof(*kept), err);
    if (kept == NULL) {
        return false;
    }
    memcpy(kept, numbers, count * sizeof(*kept));
    value->arc_numbers = kept;
    value->arc_count = count;
    value->is = value;
    return true;
}

static int compare_item(const void *key, const void *element)
{
    return strcmp(key, (*(const struct asn_item *const *)element)->name);
}

/* The item of an enumeration or of named numbers; NULL: none. */
static const struct asn_item *find_item(const struct asn_node *base, const char *name)
{
    const struct asn_item **found;

    if (base->by_name == NULL || base->kind == ASN_KIND_BIT_STRING) {
        return NULL;
    }
    found = bsearch(name, base->by_name, base->count, sizeof(base->by_name[0]), compare_item);
    return found != NULL ? *found : NULL;
}

/* The kind of value that a type has; false: none that can be written here. */
static bool value_fits(enum asn_kind type, enum asn_value_kind value)
{
    switch (type) {
    case ASN_KIND_BOOLEAN:
        return value == ASN_VALUE_BOOLEAN;
    case ASN_KIND_INTEGER:
        return value == ASN_VALUE_INTEGER;
    case ASN_KIND_NULL:
        return value == ASN_VALUE_NULL;
    case ASN_KIND_OCTET_STRING:
    case ASN_KIND_BIT_STRING:
        return value == ASN_VALUE_BITS || value == ASN_VALUE_HEX;
    case ASN_KIND_UTF8_STRING:
    case ASN_KIND_IA5_STRING:
    case ASN_KIND_PRINTABLE_STRING:
    case ASN_KIND_VISIBLE_STRING:
        return value == ASN_VALUE_CHARACTERS;
    case ASN_KIND_OID:
        return value == ASN_VALUE_OID;
    case ASN_KIND_ENUMERATED: /* only by name */
    case ASN_KIND_SEQUENCE:
    case ASN_KIND_SEQUENCE_OF:
    case ASN_KIND_SET_OF:
    case ASN_KIND_CHOICE:
    case ASN_KIND_REFERENCE:
        break;
    }
    return false;
}

static bool fail_no_value(struct asn_model *model, const struct asn_node *base,
                          const struct asn_value *value, struct err *err)
{
    return asn_fail(&model->diag, err, ERR_MALFORMED, value->place, "this is no value of type %s",
                    asn_kind_name(base->kind));
}

/* A name: an item of the type, or a value assignment. */
static bool resolve_name(struct asn_model *model, const struct asn_module *module,
                         const struct asn_node *base, struct asn_value *value, struct err *err)
{
    const struct asn_item *item = value->module == NULL ? find_item(base, value->name) : NULL;
    const struct asn_assignment *target;
    struct asn_value *number;
    bool fits;

    if (item != NULL) {
        number = asn_alloc(model, 1, sizeof(*number), err);
        if (number == NULL) {
            return false;
        }
        number->kind = ASN_VALUE_INTEGER;
        number->place = value->place;
        number->number = item->number;
        number->is = number;
        value->is = number;
        return true;
    }
    target = asn_visible_value(model, module, value, err);
    if (target == NULL) {
        return false;
    }
    if (base->kind == ASN_KIND_ENUMERATED || target->type->base->kind == ASN_KIND_ENUMERATED) {
        fits = target->type->base == base;
    } else {
        fits = value_fits(base->kind, target->value->is->kind);
    }
    if (!fits) {
        return fail_no_value(model, base, value, err);
    }
    value->is = target->value->is;
    return true;
}

bool asn_value_of(struct asn_model *model, const struct asn_module *module,
                  const struct asn_node *governor, struct asn_value *value, struct err *err)
{
    const struct asn_node *base = governor->base;

    switch (base->kind) {
    case ASN_KIND_SEQUENCE:
    case ASN_KIND_SEQUENCE_OF:
    case ASN_KIND_SET_OF:
    case ASN_KIND_CHOICE:
        return asn_fail(&model->diag, err, ERR_UNSUPPORTED, value->place,
                        "not supported: a value of type %s", asn_kind_name(base->kind));
    case ASN_KIND_BOOLEAN:
    case ASN_KIND_INTEGER:
    case ASN_KIND_ENUMERATED:
    case ASN_KIND_NULL:
    case ASN_KIND_OCTET_STRING:
    case ASN_KIND_BIT_STRING:
    case ASN_KIND_UTF8_STRING:
    case ASN_KIND_IA5_STRING:
    case ASN_KIND_PRINTABLE_STRING:
    case ASN_KIND_VISIBLE_STRING:
    case ASN_KIND_OID:
    case ASN_KIND_REFERENCE:
        break;
    }
    if (value->kind == ASN_VALUE_NAME) {
        return resolve_name(model, module, base, value, err);
    }
    if (!value_fits(base->kind, value->kind)) {
        return fail_no_value(model, base, value, err);
    }
    if (value->kind == ASN_VALUE_OID) {
        return resolve_oid(model, module, value, err);
    }
    value->is = value;
    return true;
}

/* The assignment that one depends on through target; false after a failure. */
static bool dependency(struct asn_model *model, const struct asn_assignment *one,
                       const struct asn_assignment **target, struct err *err)
{
    struct asn_value name;

    *target = NULL;
    if (begins_with_reference(one->value)) {
        name = first_arc_value(one->value);
    } else if (one->value->kind == ASN_VALUE_NAME &&
               (one->value->module != NULL ||
                find_item(one->type->base, one->value->name) == NULL)) {
        name = *one->value;
    } else {
        return true;
    }
    *target = asn_visible_value(model, one->module, &name, err);
    return *target != NULL;
}

/* Resolves one value assignment and first those it depends on; chain has room for all. */
static bool resolve_chain(struct asn_model *model, const struct asn_assignment *one,
                          const struct asn_assignment **chain, uint8_t *open, struct err *err)
{
    uint32_t depth = 0;

    while (one != NULL && one->value->is == NULL) {
        if (open[one->index] != 0) {
            return asn_fail(&model->diag, err, ERR_MALFORMED, one->value->place,
                            "value %s is defined by itself", one->name);
        }
        open[one->index] = 1;
        chain[depth++] = one;
        if (!dependency(model, one, &one, err)) {
            return false;
        }
    }
    while (depth > 0) {
        one = chain[--depth];
        if (!asn_value_of(model, one->module, one->type, one->value, err)) {
            return false;
        }
    }
    return true;
}

bool asn_resolve_values(struct asn_model *model, struct err *err)
{
    const struct asn_assignment **chain = asn_alloc(model, model->value_count, sizeof(*chain), err);
    uint8_t *open = asn_alloc(model, model->assignment_count, 1, err);

    if (chain == NULL || open == NULL || !asn_each_node(model, resolve_items, err)) {
        return false;
    }
    for (uint32_t i = 0; i < model->value_count; i++) {
        if (!resolve_chain(model, model->values[i], chain, open, err)) {
            return false;
        }
    }
    return true;
}
