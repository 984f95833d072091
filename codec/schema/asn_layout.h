/*
 * asn_layout.h - sizes and offsets of the C forms that asn_table.h prescribes, as this machine's
 * compiler lays them out.
 */
#ifndef VMBER_SCHEMA_ASN_LAYOUT_H
#define VMBER_SCHEMA_ASN_LAYOUT_H

#include "codec/schema/asn_plan.h"

/* asn_layout_leaf sets size and align of a type whose C form does not depend on its parts. */
void asn_layout_leaf(struct asn_plan_type *type);

/* asn_layout_members sets size, align and all offsets of a SEQUENCE or CHOICE. */
bool asn_layout_members(struct asn_model *model, const struct asn_node *node,
                        struct asn_plan_type *type, struct err *err);

#endif
