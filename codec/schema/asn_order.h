/*
 * asn_order.h - which types contain which: an order in which each stands behind what it contains.
 */
#ifndef VMBER_SCHEMA_ASN_ORDER_H
#define VMBER_SCHEMA_ASN_ORDER_H

#include "codec/schema/asn_model.h"

struct asn_order {
    const struct asn_assignment **types; /* all type assignments of the model */
    uint32_t count;
    bool *raw; /* by assignment index: the type is not looked into */
};

/*
 * asn_order_types orders the types of a resolved model. It depends on the names in the model alone,
 * not on the order of files. A type that contains itself other than through one of the raw types
 * is an error, and so is a raw name that is no type.
 */
bool asn_order_types(struct asn_model *model, const char *const *raw, size_t raw_count,
                     struct asn_order *order, struct err *err);

#endif
