/*
 * view_leaves.h - the leaves of a described section by its type alone: which there are, how many,
 * and where, without a look at the value. A row of an array comes once, whatever its elements are.
 */
#ifndef VMBER_VIEW_LEAVES_H
#define VMBER_VIEW_LEAVES_H

#include "codec/base/err.h"
#include "codec/savevm/lay_limits.h"
#include "codec/savevm/lay_types.h"

/* A row of leaves, times the structs of its kind that stand side by side. */
struct view_leaf {
    struct span name; /* of the field */
    struct span type; /* QEMU's */
    enum lay_op op;   /* INT, BOOL or OCTETS */
    bool is_untold;   /* OCTETS: elements that the description does not tell */
    bool in_layout;   /* part of a blob that has been lifted */
    uint64_t fields;
    uint64_t octets; /* of all of them */
    uint64_t begin;  /* they stand between these offsets in the payload */
    uint64_t end;
    const struct span *names; /* of the structs around it, outermost first; without the section's */
    uint32_t depth;           /* how many */
};

struct view_leaves {
    void *ctx;
    bool (*leaf)(void *ctx, const struct view_leaf *leaf, struct err *err);
    /* Blobs that have been lifted are told before what is in them. */
    void (*lifted)(void *ctx, uint64_t octets);
};

/* view_leaves_of tells the leaves of a type; false if leaf has failed. */
bool view_leaves_of(const struct lay_types *types, uint32_t type, const struct view_leaves *to,
                    struct err *err);

#endif
