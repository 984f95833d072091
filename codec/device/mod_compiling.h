/* mod_compiling.h - what the parts of mod_compile share. */
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
    struct mod_slot *slots;
    uint32_t slot_count;
    struct mod_type *types;
    struct mod_field *fields;
    const struct asn_component **components; /* of the fields, for messages */
    struct mod_term *terms;
    uint32_t module_count;
    uint32_t type_count;
    uint32_t field_count;
    uint32_t term_count;
    uint32_t field_at; /* those that have been made */
    uint32_t term_at;
};

/* mod_is_struct_type tells the assignments that describe a struct. */
static inline bool mod_is_struct_type(const struct asn_assignment *one)
{
    return one->kind == ASN_ASSIGN_TYPE && one->type->kind == ASN_KIND_SEQUENCE;
}

/* mod_compile_holding checks what holds what, and finds which structs have values. */
bool mod_compile_holding(struct mod_compiling *c);

/* mod_compile_string adds a string, which stands at a place, to the pool. */
bool mod_compile_string(struct mod_compiling *c, struct asn_spot place, struct span text,
                        uint32_t *string);

/*
 * mod_field_compile makes the field that a component of a struct of module describes; by is QEMU's
 * name of the field that counts it.
 */
bool mod_field_compile(struct mod_compiling *c, const struct asn_module *module,
                       const struct asn_component *component, struct mod_field *field);

#endif
