/* imp_labelling.h - what the two halves of labelling share. Internal to the import. */
#ifndef VMBER_DEVICE_IMP_LABELLING_H
#define VMBER_DEVICE_IMP_LABELLING_H

#include "codec/device/imp_label.h"
#include "codec/device/imp_name.h"

struct imp_labelling {
    struct imp *imp;
    const struct imp_base *base;
    struct imp_names names;      /* of types, over all modules */
    struct imp_names leaf_names; /* those of shared leaf types among them */
    struct imp_names files;
    struct imp_names reused; /* names of the base that a type has taken over */
};

/*
 * imp_label_types names the types of a module, the identifiers in them, and their tags; base is the
 * module of the base that it is a later version of, or MOD_NONE.
 */
bool imp_label_types(struct imp_labelling *l, struct imp_module *module, const char *root,
                     uint32_t base, struct err *err);

#endif
