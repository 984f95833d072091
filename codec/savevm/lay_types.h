/*
 * lay_types.h - the types of the values of sections: a table that a writer fills from QEMU's vmdesc
 * and a reader from the TypeDescription records, and that both run.
 *
 * A type here is the form of one section's (or struct's) value as it was written: which fields were
 * there and how often. So its size in the legacy stream is a number, known when the type is added.
 * Types are content-addressed: lay_types_intern gives an equal description the same id. Ids count
 * from 1.
 *
 * A writer's table has types that no section uses, and others that replace them: what a type is
 * called on the wire is the number it was told under, not its id. In a reader's table both are the
 * same.
 *
 * The table does not know sections, JSON or BER; lay_vmdesc, lay_value and lay_text do.
 *
 * Reading:
 *     lay_types_init(&types);
 *     ... case WIRE_BODY_TYPE_DESCRIPTION:
 *             ok = lay_types_add(&types, &body->u.type_description, &err);
 */
#ifndef VMBER_SAVEVM_LAY_TYPES_H
#define VMBER_SAVEVM_LAY_TYPES_H

#include "codec/base/arena.h"
#include "codec/base/span.h"
#include "wire.h"

struct err;

/* How a field lies in the legacy stream and in the value. */
enum lay_op {
    LAY_INT,        /* INTEGER, big-endian of size octets */
    LAY_BOOL,       /* BOOLEAN, one octet, see lay_value_bool */
    LAY_OCTETS,     /* OCTET STRING of size octets */
    LAY_STRUCT,     /* SEQUENCE of the fields of type */
    LAY_SUBSECTION, /* the same, behind a subsection header */
    LAY_LIST,       /* SEQUENCE of members: { 01 member } 00 */
    LAY_TREE,       /* SEQUENCE of key INTEGER, member: be32 count { 01 be64 key, member } 00 */
    LAY_TREE_KEYED, /* SEQUENCE of [0] key member, [1] member: be32 count { 01 key, member } 00 */
};

#define LAY_NO_TAG UINT32_MAX

/*
 * A row of a compiled type: one field or one subsection. Rows of one array stand next to each other
 * and share a SEQUENCE.
 */
struct lay_step {
    enum lay_op op;
    bool is_signed;          /* LAY_INT */
    bool is_little;          /* LAY_INT: least significant octet first */
    bool is_array;           /* its count elements stand in a SEQUENCE */
    bool opens;              /* is_array: the first row of that SEQUENCE */
    bool closes;             /* is_array: the last */
    uint32_t tag;            /* context tag of the value (is_array and opens: of the SEQUENCE) in
                                place of its own, or LAY_NO_TAG */
    uint32_t count;          /* elements; 1 unless is_array */
    uint64_t first;          /* elements of the array before this row */
    uint32_t size;           /* legacy octets of one element */
    uint32_t text_size;      /* the same as a vmdesc says it */
    uint32_t type;           /* LAY_STRUCT, LAY_SUBSECTION: id */
    const uint32_t *members; /* LAY_LIST, LAY_TREE, LAY_TREE_KEYED: ids */
    uint32_t member_count;
    uint32_t head_len; /* LAY_SUBSECTION: octets of the header, part of size */
};

/* Why a section's type has no module, in a writer's table. */
struct lay_differs {
    bool no_module;   /* none has its name */
    const char *path; /* below the type, "" for the type itself */
    const char *text;
};

struct lay_type {
    struct wire_type_description wire; /* as it goes on the wire */
    struct lay_step *steps;            /* fields.count fields, then the subsections */
    uint32_t step_count;
    uint32_t size;    /* legacy octets of a value, subsections included */
    uint64_t nodes;   /* values in a value, itself included */
    uint64_t ber_max; /* octets of the largest TLV that lifting makes of a value */
    uint64_t ber_min; /* octets of the smallest TLV that a value can be */
    uint32_t depth;   /* 1 for a type without structs */
    bool has_layout;  /* a field of it, or of what it holds, has one: level 3 */
    uint8_t blobs;    /* of whom it lifts by: whether there are blobs in it, 0 if not known yet */
    uint64_t shape;   /* a hash of names, types and numbers of fields */
    uint64_t hash;    /* of all of wire but its id */
    uint32_t told;    /* a writer's: the number on the wire, 0 if not told yet */
    uint32_t joined;  /* a writer's: id of the same type with what its module adds, or 0 */
    bool has_values;  /* a joined one: the module compares the octets of a section, too */
    const struct lay_differs *differs; /* a writer's: why there is none, or NULL */
};

struct lay_types {
    struct arena arena;     /* holds what the types point at, until lay_types_done */
    struct lay_type *items; /* items[id - 1] */
    uint32_t count;
    uint32_t cap;
    uint32_t told_count; /* types that have been told */
    uint32_t checked;    /* a reader's: parts of types that have been compared with modules */
    uint32_t *slots;     /* hash table of ids, 0 is free; a power of two of them */
    uint32_t slot_count;
};

void lay_types_init(struct lay_types *types);
void lay_types_done(struct lay_types *types);

/* lay_types_get returns the type with that id, or NULL; valid until the next type is added. */
static inline const struct lay_type *lay_types_get(const struct lay_types *types, uint32_t id)
{
    return id - 1 < types->count ? &types->items[id - 1] : NULL;
}

/*
 * lay_types_add takes a description read from a stream. Its id must be the next one; everything it
 * names must be there. The table keeps a copy.
 */
bool lay_types_add(struct lay_types *types, const struct wire_type_description *wire,
                   struct err *err);

/*
 * lay_types_intern finds the type equal to *wire (whose id is not looked at) or adds it, and says
 * its id.
 */
bool lay_types_intern(struct lay_types *types, const struct wire_type_description *wire,
                      uint32_t *id, struct err *err);

/*
 * lay_types_derive is lay_types_intern of a description that was made of type from's, by changing
 * a copy of it, but neither names, types, sizes and numbers of fields nor their order: what it
 * still points at of that one is shared.
 */
bool lay_types_derive(struct lay_types *types, uint32_t from,
                      const struct wire_type_description *wire, uint32_t *id, struct err *err);

/*
 * lay_types_rollback forgets all types with an id above count, for a vmdesc that was none. No one
 * may have been told of them.
 */
void lay_types_rollback(struct lay_types *types, uint32_t count);

/* lay_field_size returns the octets of one element of field i, as a vmdesc says "size". */
uint32_t lay_field_size(const struct lay_type *type, size_t i);

#endif
