/*
 * mod_joining.h - what the parts of mod_join share: one section's type being compared with one
 * module, and saying what is wrong.
 *
 *   mod_join.c      candidates; structs, and the types they become
 *   mod_match.c     one field of a module, and the row of a description, or rows, that it is
 *   mod_why.c       what is wrong, for people
 *   mod_value.c     the joined type, and the octets of one section
 *
 * Nothing outside these files includes it.
 */
#ifndef VMBER_DEVICE_MOD_JOINING_H
#define VMBER_DEVICE_MOD_JOINING_H

#include "codec/base/arena.h"
#include "codec/base/compat_cc.h"
#include "codec/base/err.h"
#include "codec/device/mod_set.h"
#include "codec/savevm/lay_limits.h"
#include "codec/savevm/lay_types.h"

enum {
    MOD_PAIRS_FEW = 64, /* slots for pairs that need no allocation */
    MOD_IDS_FEW = 8,    /* subsections of one struct, the same */
};

/* A type, and what it becomes when it is joined with a struct of the module. */
struct mod_pair {
    uint32_t type; /* 0: the slot is free */
    uint32_t with;
    uint32_t joined;
};

struct mod_joining {
    const struct mod_set *set;
    struct lay_types *types;
    bool check; /* types are what they should become, or that is a failure; none is added */

    struct span path[LAY_DEPTH_MAX]; /* the fields that lead to the struct being joined */
    uint32_t depth;
    uint32_t progress; /* fields that fitted so far */

    struct err *why;       /* of the failure that came latest, by progress */
    uint32_t why_progress; /* of it, and one; 0: no failure yet */
    struct err stop;       /* memory or a limit, which end it all; see mod_stop */

    struct wire_field *fields; /* a stack: the fields of the structs that change */
    size_t field_count;
    size_t field_cap;
    struct arena arena; /* lists of ids of those */

    struct mod_pair few[MOD_PAIRS_FEW];
    struct mod_pair *pairs; /* a hash table: few, or more */
    uint32_t pair_slots;    /* a power of two */
    uint32_t pair_count;
};

/* The struct being joined. */
struct mod_struct {
    struct wire_type_description wire; /* as the table has it; what it points at stays */
    const struct lay_step *steps;
    const struct mod_type *type;
    bool changes;
    bool fields_change;
    size_t field_base; /* its fields on the stack, if they change */
    uint64_t there;    /* see mod_set_broken */
    uint32_t ids[MOD_IDS_FEW];
    uint32_t tags[MOD_IDS_FEW];
};

/* Rows first .. end of it, which are one array, or one row. */
struct mod_rows {
    const struct mod_struct *in;
    size_t first;
    size_t end;
};

/* What a row has to say beside what the source's description says. */
struct mod_wanted {
    uint32_t tag; /* or MOD_NO_TAG */
    bool sequence;
    bool has_extent;
    uint32_t extent;
    uint32_t element;        /* of a row that has one */
    const uint32_t *members; /* the same */
};

/* ---- mod_join.c ---- */

/* mod_join_struct joins a type with a struct of the set; field is what holds it. */
bool mod_join_struct(struct mod_joining *j, struct span field, uint32_t type, uint32_t with,
                     uint32_t *joined);

/* mod_join_row makes row i of a struct what it should be. */
bool mod_join_row(struct mod_joining *j, struct mod_struct *in, size_t i,
                  const struct mod_wanted *wanted);

/* ---- mod_match.c ---- */

/* mod_row_count counts the elements of a row, mod_rows_count those of an array. */
static inline uint32_t mod_row_count(const struct wire_field *row)
{
    return row->has_array ? row->array : row->repeat;
}

uint64_t mod_rows_count(const struct mod_rows *rows);

/* mod_row_is_null tells a row of null pointers among structs. */
bool mod_row_is_null(const struct wire_field *row);

/* mod_is_struct tells whether a type is such a struct by name and version. */
bool mod_is_struct(const struct mod_joining *j, uint32_t type, uint32_t with);

/* mod_match tells whether rows are such a field, without a look into the structs inside. */
bool mod_match(const struct mod_joining *j, const struct mod_rows *rows,
               const struct mod_field *field);

/* mod_take joins the structs inside rows that match, and makes the rows what they should be. */
bool mod_take(struct mod_joining *j, struct mod_struct *in, const struct mod_rows *rows,
              const struct mod_field *field);

/* ---- mod_why.c; all return false ---- */

/* mod_path adds "field > field" to an error, if there are any. */
bool mod_path(const struct span *names, uint32_t count, struct err *err);

/* mod_stop makes of what j->stop says the one failure that counts. */
bool mod_stop(struct mod_joining *j);

/* mod_why records what is wrong in the struct at j->path, unless another failure came later. */
bool mod_why(struct mod_joining *j, const char *fmt, ...) CC_PRINTF(2, 3);

/* mod_why_differs says why rows do not match a field of their name. */
bool mod_why_differs(struct mod_joining *j, const struct mod_rows *rows,
                     const struct mod_field *field);

/*
 * mod_why_order says why row first (or the end of the rows) cannot be field at of the struct, or
 * one behind it.
 */
bool mod_why_order(struct mod_joining *j, const struct mod_struct *in, size_t first, uint32_t at);

/* mod_why_subsection does so of subsection i. */
bool mod_why_subsection(struct mod_joining *j, const struct mod_struct *in, size_t i, uint32_t at);

/* mod_why_together says why the constraint that begins with a term of the struct does not hold. */
bool mod_why_together(struct mod_joining *j, const struct mod_struct *in, uint32_t term);

#endif
