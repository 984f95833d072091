/* asn_model.c - see asn_model.h. */
#include "codec/schema/asn_model.h"

#include <stdlib.h>
#include <string.h>

#include "codec/base/arena.h"

void asn_model_init(struct asn_model *model, struct arena *arena)
{
    memset(model, 0, sizeof(*model));
    model->arena = arena;
    model->sources_end = &model->sources;
    model->modules_end = &model->modules;
    model->nodes_end = &model->nodes;
}

void *asn_alloc(struct asn_model *model, size_t count, size_t size, struct err *err)
{
    void *p = arena_array(model->arena, count, size, NULL);

    if (p == NULL) {
        (void)asn_fail(&model->diag, err, ERR_LIMIT, model->here,
                       "the notation needs more memory than %zu octets", model->arena->total_max);
    }
    return p;
}

static int compare_assignment(const void *key, const void *element)
{
    return strcmp(key, (*(struct asn_assignment *const *)element)->name);
}

static int compare_module(const void *key, const void *element)
{
    return strcmp(key, (*(struct asn_module *const *)element)->name);
}

static const struct asn_assignment *assignment_find(struct asn_assignment *const *sorted,
                                                    uint32_t count, const char *name)
{
    struct asn_assignment *const *found = NULL;

    if (count > 0) {
        found = bsearch(name, sorted, count, sizeof(sorted[0]), compare_assignment);
    }
    return found != NULL ? *found : NULL;
}

const struct asn_assignment *asn_type_find(const struct asn_model *model, const char *name)
{
    return assignment_find(model->types, model->type_count, name);
}

const struct asn_assignment *asn_value_find(const struct asn_model *model, const char *name)
{
    return assignment_find(model->values, model->value_count, name);
}

const struct asn_module *asn_module_find(const struct asn_model *model, const char *name)
{
    struct asn_module *const *found = NULL;

    if (model->by_name != NULL && model->module_count > 0) {
        found = bsearch(name, model->by_name, model->module_count, sizeof(model->by_name[0]),
                        compare_module);
    }
    return found != NULL ? *found : NULL;
}

const char *asn_kind_name(enum asn_kind kind)
{
    switch (kind) {
    case ASN_KIND_BOOLEAN:
        return "BOOLEAN";
    case ASN_KIND_INTEGER:
        return "INTEGER";
    case ASN_KIND_ENUMERATED:
        return "ENUMERATED";
    case ASN_KIND_NULL:
        return "NULL";
    case ASN_KIND_OCTET_STRING:
        return "OCTET STRING";
    case ASN_KIND_BIT_STRING:
        return "BIT STRING";
    case ASN_KIND_UTF8_STRING:
        return "UTF8String";
    case ASN_KIND_IA5_STRING:
        return "IA5String";
    case ASN_KIND_PRINTABLE_STRING:
        return "PrintableString";
    case ASN_KIND_VISIBLE_STRING:
        return "VisibleString";
    case ASN_KIND_OID:
        return "OBJECT IDENTIFIER";
    case ASN_KIND_SEQUENCE:
        return "SEQUENCE";
    case ASN_KIND_SEQUENCE_OF:
        return "SEQUENCE OF";
    case ASN_KIND_SET_OF:
        return "SET OF";
    case ASN_KIND_CHOICE:
        return "CHOICE";
    case ASN_KIND_REFERENCE:
        return "a reference";
    }
    return "";
}

int asn_number_compare(struct asn_number a, struct asn_number b)
{
    if (a.negative != b.negative) {
        return a.negative ? -1 : 1;
    }
    if (a.magnitude == b.magnitude) {
        return 0;
    }
    return (a.magnitude < b.magnitude) != a.negative ? -1 : 1;
}

uint32_t asn_integer_octets(const struct asn_node *node, bool *is_signed)
{
    bool from_zero = node->has_min && !node->min.negative && node->min.magnitude == 0;

    *is_signed = !from_zero;
    if (node->range_extensible) {
        return 0;
    }
    if (from_zero && !node->has_max) {
        return 8;
    }
    if (!node->has_min && !node->has_max) {
        return 8;
    }
    if (!node->has_min || !node->has_max || node->max.negative) {
        return 0;
    }
    for (uint32_t size = 1; size <= 8; size *= 2) {
        uint64_t all = UINT64_MAX >> (64 - 8 * size);
        uint64_t half = all >> 1;

        if (from_zero && node->max.magnitude == all) {
            return size;
        }
        if (node->min.negative && node->min.magnitude == half + 1 && node->max.magnitude == half) {
            return size;
        }
    }
    return 0;
}
