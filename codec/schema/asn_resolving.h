/*
 * asn_resolving.h - the steps of asn_resolve. Each needs those above it.
 */
#ifndef VMBER_SCHEMA_ASN_RESOLVING_H
#define VMBER_SCHEMA_ASN_RESOLVING_H

#include "codec/schema/asn_model.h"

/* Modules, assignments, imports and type references have one meaning each; base is set. */
bool asn_resolve_names(struct asn_model *model, struct err *err);

/* Items have numbers, value assignments have values, object identifiers have arcs. */
bool asn_resolve_values(struct asn_model *model, struct err *err);

/* min and max are set; DEFAULT values fit their types. */
bool asn_resolve_ranges(struct asn_model *model, struct err *err);

/* Tags are set; where a decoder has to choose, tags differ. */
bool asn_resolve_tags(struct asn_model *model, struct err *err);

/*
 * asn_each_node calls step for every node: those of type assignments first, each behind what it is
 * a reference to, then those inside them.
 */
typedef bool asn_node_step(struct asn_model *model, struct asn_node *node, struct err *err);
bool asn_each_node(struct asn_model *model, asn_node_step *step, struct err *err);

/*
 * asn_value_of finds what value is as a value of the type governor, for use in module: value->is
 * is set. Value assignments that it refers to are done.
 */
bool asn_value_of(struct asn_model *model, const struct asn_module *module,
                  const struct asn_node *governor, struct asn_value *value, struct err *err);

/* asn_visible_value finds the value assignment that a name in module stands for; NULL on failure.
 */
const struct asn_assignment *asn_visible_value(struct asn_model *model,
                                               const struct asn_module *module,
                                               const struct asn_value *value, struct err *err);

#endif
