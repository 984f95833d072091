/*
 * lay_walk.h - the one way through a BER value by its type: lowering and views run on it.
 *
 * The walk reads every tag and length, checks them against the rows of the type, keeps the offset
 * in the legacy payload, and asks its ops to do something with what it finds. No recursion: a level
 * is a struct, and lay_types bounds how deep they nest.
 */
#ifndef VMBER_SAVEVM_LAY_WALK_H
#define VMBER_SAVEVM_LAY_WALK_H

#include "codec/base/err.h"
#include "codec/savevm/lay_limits.h"
#include "codec/savevm/lay_value.h"

/* A place in a type: which row, which element of it. */
struct lay_level {
    const struct lay_type *type;
    uint32_t step;
    uint32_t element; /* in the row; what it counts while in_row */
    bool in_row;      /* its elements are structs, one of which is or will be the next level */
};

/* An open SEQUENCE. */
struct lay_open {
    const uint8_t *begin; /* its identifier octet */
    const uint8_t *end;   /* behind its contents; the one around it decides if indefinite */
    bool indefinite;
};

/* What constructed values stand for. */
enum lay_part {
    LAY_PART_STRUCT,     /* the fields of the innermost level */
    LAY_PART_SUBSECTION, /* the same, of a subsection */
    LAY_PART_ARRAY,      /* the elements of a row, and of those that go on with it */
    LAY_PART_LIST,       /* the elements of a list or tree */
};

struct lay_walk;

struct lay_walk_ops {
    /* A constructed value has been opened; the innermost level is at its row. */
    bool (*enter)(struct lay_walk *walk, enum lay_part part, const struct lay_open *open);
    bool (*leave)(struct lay_walk *walk, enum lay_part part);

    /* Reads a row of leaves, one or all elements of an array, at walk->at and not beyond end. */
    bool (*row)(struct lay_walk *walk, const struct lay_step *step, const uint8_t *end);

    /* The next element of a list or tree begins: its marker stands at walk->legacy. */
    bool (*marker)(struct lay_walk *walk);

    /* An INTEGER key of a tree, its contents not read yet. */
    bool (*key)(struct lay_walk *walk, const uint8_t *end);

    /*
     * The next element of an array of structs is octet by octet the one before, and so is a struct
     * of size octets. True: that is all there is to it; false: go through it.
     */
    bool (*again)(struct lay_walk *walk, uint32_t size);
};

struct lay_walk {
    const struct lay_types *types;
    const struct lay_where *where;
    struct span value;
    const uint8_t *at;
    uint64_t legacy; /* offset in the payload */
    uint32_t depth;
    struct lay_level levels[LAY_DEPTH_MAX + 1];
    struct lay_open fields[LAY_DEPTH_MAX + 1]; /* of the level's struct */
    struct lay_open arrays[LAY_DEPTH_MAX + 1]; /* of the array the level's row belongs to */
    struct lay_open lists[LAY_DEPTH_MAX + 1];  /* of the level's row, a list or tree */
    const struct lay_walk_ops *ops;
    void *ctx;
    struct err *err;
};

/* lay_walk_run walks value, which must be exactly one TLV of that type. */
bool lay_walk_run(struct lay_walk *walk, const struct lay_types *types, uint32_t type,
                  struct span value, const struct lay_where *where, const struct lay_walk_ops *ops,
                  void *ctx, struct err *err);

/* lay_walk_fault sets an error with the path, both offsets and the text; returns false. */
bool lay_walk_fault(struct lay_walk *walk, enum err_band band, const char *fmt, ...)
    CC_PRINTF(3, 4);

/* lay_step_tag returns the context tag that an element of the row has, or LAY_NO_TAG. */
static inline uint32_t lay_step_tag(const struct lay_step *step)
{
    return step->is_array ? LAY_NO_TAG : step->tag;
}

/*
 * lay_walk_head reads the head of a value of that universal type, with that context tag in place of
 * its own unless it is LAY_NO_TAG; *contents is where its contents end, NULL if they are of
 * indefinite length. For an OCTET STRING, *segmented says that it is.
 */
bool lay_walk_head(struct lay_walk *walk, uint32_t universal, uint32_t tag, const uint8_t *end,
                   const uint8_t **contents, bool *segmented);

/* lay_walk_int reads an INTEGER that a leaf of that width can hold; as the leaf's bits. */
bool lay_walk_int(struct lay_walk *walk, const struct lay_step *step, const uint8_t *end,
                  uint64_t *out);

/* lay_level_path appends " > field[3]" for each of the levels to path (cap octets). */
void lay_level_path(const struct lay_types *types, const struct lay_level *levels, uint32_t count,
                    char *path, size_t cap);

#endif
