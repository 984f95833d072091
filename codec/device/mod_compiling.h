/* mod_compiling.h - what the two halves of mod_compile share: modules and structs, and fields. */
#ifndef VMBER_DEVICE_MOD_COMPILING_H
#define VMBER_DEVICE_MOD_COMPILING_H

#include "codec/device/mod_annotation.h"
#include "codec/device/mod_pool.h"
#include "codec/device/mod_set.h"

struct mod_compiling {
    struct asn_model *model;
    struct err *err;
    struct mod_pool pool;
    struct mod_annotation *notes; /* of the assignments, by their index in the model */
    uint32_t *struct_of;          /* the same: index of the struct in the set, or MOD_NONE */
    struct mod_module *modules;
    uint32_t *by_name;
    struct mod_type *types;
    struct mod_field *fields;
    const struct asn_component **components; /* of the fields, for messages */
    uint32_t module_count;
    uint32_t type_count;
    uint32_t field_count;
};

/* mod_field_compile makes the field that a component of a struct of module describes. */
bool mod_field_compile(struct mod_compiling *c, const struct asn_module *module,
                       const struct asn_component *component, struct mod_field *field);

#endif
