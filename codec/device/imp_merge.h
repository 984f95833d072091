/*
 * imp_merge.h - several shapes of one struct, and what QEMU lists of it, to one type of a module.
 *
 *   a field that is not in all shapes, or is listed as conditional    OPTIONAL
 *   one that is listed as conditional and no shape has                unseen
 *   one that is listed as always sent and no shape has                unseen: an array of none
 *   the same without a size in C                                      left out: nothing is sent
 *   an array with the same number of elements everywhere              of that SIZE
 *   an array with other numbers, none and one included                of any size
 *   octets with other lengths                                         of any size
 *   an integer of another size, another type, another order           a conflict
 *   a subsection                                                      OPTIONAL
 *
 * What only QEMU's source says comes on top of that: imp_fact.h.
 *
 * A conflict is an error of band ERR_FINDINGS with a path. Types are content-addressed, like
 * shapes: what is equal inside one module is one type.
 */
#ifndef VMBER_DEVICE_IMP_MERGE_H
#define VMBER_DEVICE_IMP_MERGE_H

#include "codec/device/imp_fit.h"
#include "codec/device/imp_leaf.h"
#include "codec/device/imp_list.h"
#include "codec/device/imp_shape.h"
#include "codec/savevm/lay_limits.h"

struct imp_type;

struct imp_member {
    struct span name; /* QEMU's of the field; of a subsection: its vmsd name */
    enum imp_kind kind;
    struct span type; /* LEAF: QEMU's name */
    bool is_sub;
    bool optional;
    bool unseen; /* LEAF */
    bool nullable;
    bool is_array;
    uint32_t elements; /* is_array: number, or MOD_VARIES */
    uint32_t size;     /* LEAF: octets of an element, or MOD_VARIES */
    enum mod_op op;    /* LEAF: INT, BOOL, OCTETS */
    struct span by;    /* name of the field that counts it, or empty */
    struct imp_type *inner;
    struct imp_type *key; /* GTREE: or NULL */
    /* By imp_label. */
    const char *ident;
    uint32_t tag;                /* MOD_NO_TAG if not optional */
    const struct imp_leaf *leaf; /* LEAF: its type, the module's own if leaf->module is NULL */
};

/* As struct mod_term. */
struct imp_term {
    struct span name; /* of the member */
    bool present;
    enum mod_begins begins;
};

struct imp_type {
    struct span vmsd;
    uint32_t version;
    bool old_style;
    struct imp_member *members; /* fields, then subsections */
    size_t member_count;
    struct imp_term *terms;
    size_t term_count;
    uint8_t digest[HASH_DIGEST_LEN];
    /* By imp_label. */
    const char *name;      /* NULL: not reached yet */
    const char *path;      /* where it stands first */
    uint32_t places;       /* in how many */
    struct imp_type *next; /* in the order they are printed */
};

/* All shapes that were seen, in canonical order: what is known of structs that are only listed. */
struct imp_known {
    const struct imp_shape **items;
    size_t count;
};

struct imp_merger {
    struct arena *arena;
    const struct imp_known *known;
    const struct imp_leaves *leaves;
    struct imp_steps *steps;
    struct imp_map done;  /* types by what they were merged from */
    struct imp_map types; /* types by what they are */
    size_t never;         /* fields that were left out: listed as always sent, never seen */
    struct span path[LAY_DEPTH_MAX + 1];
    size_t depth;
};

void imp_merger_init(struct imp_merger *merger, struct arena *arena, const struct imp_known *known,
                     const struct imp_leaves *leaves, struct imp_steps *steps);

/*
 * imp_merge merges shapes and listed structs, each sorted and of one name and version, to *type.
 * One of the two may be empty.
 */
bool imp_merge(struct imp_merger *merger, const struct imp_shapes *shapes,
               const struct imp_lists *lists, struct imp_type **type, struct err *err);

#endif
