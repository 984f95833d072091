/*
 * asn_plan.h - a resolved model as tables-to-be: one plan that the emitter writes as C and that
 * asn_build turns into tables at run time, so that the two cannot differ.
 *
 * C names here have no prefix yet. Sizes and offsets are this machine's; emitted C says sizeof and
 * offsetof instead.
 */
#ifndef VMBER_SCHEMA_ASN_PLAN_H
#define VMBER_SCHEMA_ASN_PLAN_H

#include "codec/schema/asn_model.h"
#include "codec/schema/asn_table.h"

struct asn_plan_type;

struct asn_plan_member {
    const struct asn_component *component;
    const struct asn_plan_type *type;
    const char *c_name; /* of the field */
    bool has_present;   /* there is a bool has_x */
    struct asn_tag tag;
    uint32_t offset;
    uint32_t present_offset;
    uint32_t flags;
    int64_t default_value;
};

struct asn_plan_type {
    struct asn_plan_type *next;
    const char *name;   /* type reference, or "" */
    const char *c_name; /* header, header_features, universal_octet_string */
    const char *doc;
    const struct asn_node *node;        /* as written; NULL: a shared universal type */
    const struct asn_plan_type *layout; /* whose struct or enum, members and names it shares */
    enum asn_op op;
    uint32_t flags;
    struct asn_tag tag;
    size_t size;
    size_t align;
    int64_t min;
    uint64_t max;
    struct asn_plan_member *members;
    uint32_t member_count;
    uint32_t unknown_offset;
    const struct asn_plan_type *element;
    const struct asn_item *items; /* ENUMERATED, named numbers */
    uint32_t item_count;
    unsigned depth; /* types inside one another, this one included */
    uint32_t index; /* in the plan, from 0 */
};

struct asn_plan {
    struct asn_plan_type *types; /* each behind those it contains */
    struct asn_plan_type *last;
    uint32_t count;
};

/*
 * asn_plan_make plans all types of a resolved model; those named in raw are kept as octets. What a
 * table cannot hold is an error with its place.
 */
bool asn_plan_make(struct asn_model *model, const char *const *raw, size_t raw_count,
                   struct asn_plan *plan, struct err *err);

#endif
