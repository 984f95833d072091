/*
 * imp_leaf.h - the leaf types that modules share: which type of Vmber-Leaf and Vmber-Vmstate is the
 * one that QEMU calls "uint32".
 */
#ifndef VMBER_DEVICE_IMP_LEAF_H
#define VMBER_DEVICE_IMP_LEAF_H

#include "codec/base/span.h"
#include "codec/device/mod_set.h"
#include "codec/schema/asn_model.h"

struct arena;
struct err;

struct imp_leaf {
    struct span name;   /* QEMU's; empty for a struct's type and others without annotation */
    bool array;         /* it is an array of one-octet integers */
    enum mod_op op;     /* INT, BOOL, OCTETS */
    uint32_t size;      /* octets, or MOD_VARIES */
    const char *type;   /* the type reference */
    const char *module; /* where it is defined */
};

struct imp_leaves {
    const struct imp_leaf *items;
    size_t count;
};

/*
 * imp_leaves_read makes a list, in arena, of all types of the leaf modules of a model that
 * asn_resolve has resolved. The model must outlive it.
 */
bool imp_leaves_read(struct imp_leaves *leaves, struct asn_model *model, struct arena *arena,
                     struct err *err);

/* imp_leaf_find returns what QEMU calls name, or NULL. */
const struct imp_leaf *imp_leaf_find(const struct imp_leaves *leaves, struct span name, bool array);

/* imp_leaf_bool is the leaf for which the notation has a word: "bool". */
extern const struct imp_leaf imp_leaf_bool;

#endif
