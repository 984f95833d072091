/*
 * lay_visit.h - walks the value of a described section for views, in order, without a tree.
 *
 * Every value is told once as a leaf, or as an enter and a leave with its parts between. Names come
 * from the types. The value is checked like lay_value_lower does; what was told before a fault
 * stands.
 */
#ifndef VMBER_SAVEVM_LAY_VISIT_H
#define VMBER_SAVEVM_LAY_VISIT_H

#include "codec/savevm/lay_limits.h"
#include "codec/savevm/lay_value.h"

/* Values that are open inside one another: a level has its struct, an array of lists, and a list.
 */
enum { LAY_VISIT_DEPTH_MAX = 3 * (LAY_DEPTH_MAX + 1) };

enum lay_node_kind {
    LAY_NODE_STRUCT,     /* name is the field's; type the struct's vmsd_name */
    LAY_NODE_SUBSECTION, /* name is the vmsd_name, type "subsection" */
    LAY_NODE_ARRAY,      /* elements follow, each with the array's name and an index */
    LAY_NODE_LIST,       /* qtailq, qlist, gtree */
    LAY_NODE_INTEGER,
    LAY_NODE_BOOLEAN,
    LAY_NODE_OCTETS,
};

enum lay_visit_event { LAY_VISIT_ENTER, LAY_VISIT_LEAVE, LAY_VISIT_LEAF };

struct lay_node {
    enum lay_node_kind kind;
    struct span name;   /* field name; the vmsd_name for the section's own struct */
    struct span type;   /* QEMU's type name */
    struct span within; /* vmsd_name of the struct that it is a field of */
    uint32_t type_id;   /* STRUCT, SUBSECTION: its type */
    uint32_t version;   /* STRUCT, SUBSECTION */
    bool has_index;     /* an element of an array or a list */
    uint32_t index;
    uint32_t count;         /* ARRAY, LIST: elements */
    uint32_t depth;         /* 0 for the section's own struct */
    bool is_signed;         /* INTEGER: read integer as int64_t */
    uint64_t integer;       /* INTEGER, BOOLEAN (the raw octet) */
    struct span octets;     /* OCTETS: the contents; INTEGER, BOOLEAN: the contents octets */
    uint64_t legacy_offset; /* of its octets (for a subsection: of its header) */
    uint64_t legacy_size;
    uint64_t ber_offset; /* of its identifier octet */
    uint64_t ber_size;   /* of the whole TLV */
};

/* A visitor; false with err set stops the walk. The node lives until it returns. */
typedef bool (*lay_visit_fn)(void *ctx, enum lay_visit_event event, const struct lay_node *node,
                             struct err *err);

struct lay_visitor {
    lay_visit_fn fn;
    /*
     * NULL, or asked about a struct of an array that is octet by octet the one told before: true if
     * nothing of it is to be told.
     */
    bool (*again)(void *ctx, const struct lay_node *node);
    void *ctx;
};

/*
 * lay_visit walks the value (exactly one TLV) of a section of that type. Segmented strings are put
 * together in arena.
 */
bool lay_visit(const struct lay_types *types, uint32_t type, struct span value,
               const struct lay_where *where, struct arena *arena,
               const struct lay_visitor *visitor, struct err *err);

#endif
