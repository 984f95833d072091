/*
 * imp_shape.h - what a struct looked like in one section: rows in order, each with name, type and
 * how often. Shapes are content-addressed: equal ones are one, whichever stream showed them.
 *
 * A type of a stream becomes a shape when an array's rows have been put together to one and sizes
 * that follow from the types inside have been dropped. A shape does not say which section had it.
 */
#ifndef VMBER_DEVICE_IMP_SHAPE_H
#define VMBER_DEVICE_IMP_SHAPE_H

#include "codec/base/arena.h"
#include "codec/base/hash.h"
#include "codec/base/span.h"
#include "codec/device/imp_limits.h"
#include "codec/device/imp_map.h"

struct err;
struct lay_types;

/* What an element of a row is. */
enum imp_kind {
    IMP_LEAF,
    IMP_STRUCT, /* "struct" */
    IMP_TMP,    /* described without a "struct", like the next */
    IMP_VSTRUCT,
    IMP_QTAILQ, /* elements are those of the list */
    IMP_QLIST,
    IMP_GTREE,
};

struct imp_shape;

/* Shapes in canonical order, none twice. */
struct imp_shapes {
    const struct imp_shape **items;
    size_t count;
};

struct imp_row {
    struct span name;
    uint32_t turn; /* rows of that name before it in the shape */
    enum imp_kind kind;
    struct span type;         /* LEAF: QEMU's type name; "struct" if hole */
    bool is_array;            /* described as one */
    bool nullable;            /* an element was a null pointer */
    bool hole;                /* LEAF: a struct that was not described */
    uint32_t count;           /* elements; 1 unless is_array */
    uint32_t size;            /* LEAF: octets of an element; 0 if hole */
    bool varies;              /* LEAF: and other elements have other sizes */
    struct imp_shapes shapes; /* not LEAF: of the elements, and of the values of a tree */
    struct imp_shapes keys;   /* GTREE: of the keys, if they are structs */
};

struct imp_shape {
    struct span vmsd; /* of an old-style section: its idstr without the device's path */
    uint32_t version;
    bool old_style;
    struct imp_row *rows;
    size_t row_count;
    struct imp_shapes subs; /* subsections, in stream order */
    uint8_t digest[HASH_DIGEST_LEN];
    struct span text; /* what the digest is of */
    struct imp_shape *next;
};

/* The table of all shapes. */
struct imp_table {
    struct arena *arena;
    struct imp_map map;
    struct imp_shape *all;
};

void imp_table_init(struct imp_table *table, struct arena *arena);

/* What the types of one stream have become, by id; a type that makes no shape has NULL. */
struct imp_seen {
    const struct imp_shape **shapes;
    uint32_t count;
    uint32_t cap;
};

void imp_seen_init(struct imp_seen *seen);
void imp_seen_done(struct imp_seen *seen);

/*
 * imp_shape_take gives the shape of a type of a stream. False with ERR_FINDINGS and a path if no
 * module can hold it, because the elements of an array are of several types.
 */
bool imp_shape_take(struct imp_table *table, struct imp_seen *seen, const struct lay_types *types,
                    uint32_t type, const struct imp_shape **shape, struct err *err);

/* imp_shape_old gives the shape of a section that a save_state function wrote. */
bool imp_shape_old(struct imp_table *table, const struct imp_shape *found, struct span idstr,
                   const struct imp_shape **shape, struct err *err);

/* imp_shape_compare orders shapes: by name, version, most rows first, then by content. */
int imp_shape_compare(const struct imp_shape *a, const struct imp_shape *b);

/* imp_shapes_sort puts shapes in canonical order, once each. */
void imp_shapes_sort(struct imp_shapes *shapes);

/*
 * imp_table_intern finds the shape equal to *shape, or keeps a copy of it and of all it points at.
 * It fills in the digest of *shape; its text is void afterwards.
 */
bool imp_table_intern(struct imp_table *table, struct imp_shape *shape,
                      const struct imp_shape **found, struct err *err);

#endif
