/*
 * mod_guessing.h - what the parts of mod_guess share: how many octets each part of a module can
 * take, one trial of laying a payload out, and the description of what was laid.
 *
 *   mod_guess_size.c    octets that a struct, or the rest of one, takes at least and at most
 *   mod_guess_walk.c    one trial: lays the payload under a module, asks the picks at each choice
 *   mod_guess_count.c   what the number of elements, or of octets, of an open field may be
 *   mod_guess_price.c   whether a struct can have some of its optional fields and not others, and
 * how likely that is mod_guess_type.c    the trial that was taken as types, as QEMU would have
 * described them mod_guess.c         trials until there are no more, and the verdict
 *
 * Nothing outside these files includes it.
 */
#ifndef VMBER_DEVICE_MOD_GUESSING_H
#define VMBER_DEVICE_MOD_GUESSING_H

#include "codec/base/arena.h"
#include "codec/device/mod_guess_limits.h"
#include "codec/device/mod_opaque.h"
#include "codec/device/mod_set.h"
#include "codec/savevm/lay_limits.h"
#include "codec/savevm/lay_types.h"

struct err;

/* guess_mix adds a number to a hash. */
static inline uint64_t guess_mix(uint64_t hash, uint64_t v)
{
    hash = (hash ^ v) * UINT64_C(0x9e3779b97f4a7c15);
    return hash ^ hash >> 29;
}

/* ---- mod_guess_size.c ---- */

#define GUESS_ANY UINT64_MAX /* no upper bound */

struct guess_range {
    uint64_t min;
    uint64_t max;
};

struct guess_sizes {
    const struct mod_set *set;
    const struct mod_module *module;
    struct guess_range *types;  /* by index in the module */
    struct guess_range **rests; /* by index in the module: [i] is field i and all behind it */
    bool *plain;          /* by index in the module: QEMU describes one element of an array of it */
    uint8_t *kinds;       /* enum mod_kind and more, by index from the first field */
    uint64_t *marks;      /* the same: a hash of the name of the field's type */
    uint64_t *type_marks; /* by index in the module: a hash of the vmsd name */
    uint32_t *counters;   /* by index from the first field: that of the one that counts it, or
                             MOD_NONE */
    const struct mod_field *first; /* field of the module */
    uint32_t field_count;
    size_t *heads; /* where heads of the module's subsections stand in the payload */
    uint32_t head_count;
};

/*
 * guess_sizes_make measures a module for a payload: a subsection whose head is not in it is not
 * there. All it makes lives in arena.
 */
bool guess_sizes_make(struct guess_sizes *sizes, const struct mod_set *set,
                      const struct mod_module *module, struct span payload, struct arena *arena,
                      struct err *err);

/* guess_is_head tells whether s begins with the head of that subsection. */
bool guess_is_head(const struct mod_set *set, const struct mod_field *field, struct span s);

struct guess_range guess_plus(struct guess_range a, struct guess_range b);
struct guess_range guess_times(struct guess_range a, uint32_t min, uint32_t max);

static inline bool guess_fits(struct guess_range range, uint64_t n)
{
    return range.min <= n && n <= range.max;
}

/* guess_element is the octets of one element of a field, guess_present those of all, if there. */
struct guess_range guess_element(const struct guess_sizes *sizes, const struct mod_field *field);
struct guess_range guess_present(const struct guess_sizes *sizes, const struct mod_field *field);

static inline uint8_t guess_kind(const struct guess_sizes *sizes, const struct mod_field *field)
{
    return sizes->kinds[field - sizes->first];
}

/* guess_rest is the octets of field i of a type and all that are behind it in the struct. */
static inline struct guess_range guess_rest(const struct guess_sizes *sizes,
                                            const struct mod_type *type, uint32_t i)
{
    return sizes->rests[(size_t)(type - sizes->set->types) - sizes->module->types][i];
}

/* ---- mod_guess_type.c ---- */

/* A struct being described: its parts are at the top of the stacks below. */
struct guess_open {
    uint32_t fields; /* how many the stacks had when it began */
    uint32_t subsections;
    uint32_t elements;
};

struct guess_types {
    const struct guess_sizes *sizes;
    struct lay_types *types;
    struct arena arena; /* members of fields */
    struct guess_open open[LAY_DEPTH_MAX];
    uint32_t depth;
    struct wire_field *fields;
    uint32_t field_count;
    uint32_t field_cap;
    uint32_t *subsections; /* ids */
    uint32_t subsection_count;
    uint32_t subsection_cap;
    uint32_t *elements; /* ids of closed structs, 0 for a null pointer */
    uint32_t element_count;
    uint32_t element_cap;
};

void guess_types_init(struct guess_types *build, const struct guess_sizes *sizes,
                      struct lay_types *types);
void guess_types_done(struct guess_types *build);

/* guess_types_open begins a struct; guess_types_close ends it: it is one more element. */
bool guess_types_open(struct guess_types *build, struct err *err);
bool guess_types_close(struct guess_types *build, const struct mod_type *type, struct err *err);
bool guess_types_null(struct guess_types *build, struct err *err);

/* guess_types_leaf adds a field of leaves to the open struct. */
bool guess_types_leaf(struct guess_types *build, const struct mod_field *field, uint32_t count,
                      uint32_t size, struct err *err);

/* guess_types_row adds a field to the open struct, whose elements are the last count ones. */
bool guess_types_row(struct guess_types *build, const struct mod_field *field, uint32_t count,
                     uint64_t octets, struct err *err);

/* ---- mod_guess_walk.c ---- */

enum { GUESS_FREELY = 0xff };

/* What a number that the payload does not say may be. */
struct guess_count {
    uint32_t count;
    uint32_t cost;
    uint8_t uses; /* how often the field must be there with that count, or GUESS_FREELY */
};

/* A choice of a trial, in the order in which the trial meets them. */
struct guess_pick {
    uint32_t pick;
    uint32_t count; /* of alternatives */
    uint32_t first; /* of those that are numbers, in the walk's counts */
};

/* A struct being laid. */
struct guess_level {
    const struct mod_type *type;
    uint32_t at;                   /* the field to begin next */
    const struct mod_field *field; /* whose elements are being laid, or NULL */
    uint32_t element;              /* those begun; of a tree keys count, too, if they are structs */
    uint32_t count;
    size_t begin;              /* offset of the first */
    uint32_t numbers;          /* number_count of the walk when it began */
    struct guess_range within; /* octets behind the elements of the field, to the payload's end */
    struct guess_range behind; /* octets behind the struct, to the payload's end */
};

enum guess_presence { GUESS_UNDECIDED, GUESS_PRESENT, GUESS_ABSENT };

struct guess_walk {
    const struct guess_sizes *sizes;
    struct span payload;
    size_t at;
    struct guess_level levels[LAY_DEPTH_MAX];
    uint32_t depth;
    bool uniform;      /* a field that is optional is there in all structs of its type or in none */
    bool lenient;      /* octets that QEMU does not write only cost */
    uint8_t *presence; /* enum guess_presence, by index of the field; if uniform */
    uint32_t *found;   /* the same: number of units that was found, and one; if uniform */
    uint8_t *uses;     /* the same: how often that must be used again; or GUESS_FREELY */
    uint32_t uses_left; /* the sum of those */
    uint64_t *values;   /* the same: the last integer that was laid */
    bool *priced;       /* by index of the struct: how it looks has its price; if uniform */
    struct guess_pick picks[MOD_GUESS_CHOICES_MAX];
    uint32_t pick_count;
    uint32_t pick_at;
    struct guess_count counts[MOD_GUESS_COUNTED_MAX]; /* alternatives of the picks */
    uint32_t count_count;
    bool again; /* the picks are those of an earlier trial, and counts are not */
    uint64_t numbers[MOD_GUESS_NUMBERS_MAX]; /* integers that stand in front, a ring */
    uint32_t number_count;                   /* of all that were in it */
    uint32_t head;                           /* heads of subsections taken */
    struct span config;                      /* the last PCI configuration laid */
    uint32_t cost;                           /* the less, the likelier */
    uint64_t outline;                        /* a hash of what was laid, names of fields apart */
    uint64_t steps;
    uint64_t steps_max;
    bool exhausted;            /* a limit ended the trial: it says nothing */
    struct guess_types *build; /* NULL, or what is laid is described */
    struct err *err;           /* memory, while building */
};

/* guess_walk_run runs one trial: whether the payload fits the module under the picks. */
bool guess_walk_run(struct guess_walk *walk);

/* guess_walk_next changes the picks for the next trial; false: there is none. */
bool guess_walk_next(struct guess_walk *walk);

/* guess_left is the octets that are not laid. */
static inline uint64_t guess_left(const struct guess_walk *walk)
{
    return walk->payload.len - walk->at;
}

/*
 * guess_opaque measures a field of octets that begins at an offset of the payload. At *tail begins
 * what follows items of any number, so that fields with one tail differ in those only.
 */
enum mod_telling guess_opaque(struct guess_walk *walk, const struct mod_field *field, size_t at,
                              uint32_t *len, size_t *tail);

/* ---- mod_guess_count.c ---- */

/*
 * guess_counts lists, the likeliest first, how often a unit of so many octets may stand here:
 * elements of a field, or octets of one; behind is what follows. Returns how many.
 */
uint32_t guess_counts(struct guess_walk *walk, const struct mod_field *field,
                      struct guess_range unit, struct guess_range behind,
                      struct guess_count list[MOD_GUESS_COUNTS_MAX]);

/* ---- mod_guess_price.c ---- */

/*
 * guess_price adds what the optional fields that a struct has, and has not, cost, unless again; it
 * is false if it cannot have those.
 */
bool guess_price(struct guess_walk *walk, const struct mod_type *type, bool again);

#endif
