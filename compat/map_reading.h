/*
 * map_reading.h - what the parts of map_lift share. Nothing outside of them includes it.
 *
 *   map_lift.c    readings, choice points
 *   map_scrub.c   what of a blob means nothing
 *   map_read.c    one reading: structs and rows
 *   map_expr.c    expressions and conditions
 *   map_type.c    the type that comes of it
 *   map_hint.c    readings of what does not fit, with octets left out
 */
#ifndef VMBER_COMPAT_MAP_READING_H
#define VMBER_COMPAT_MAP_READING_H

#include "codec/base/compat_cc.h"
#include "codec/base/err.h"
#include "codec/savevm/lay_types.h"
#include "compat/map_context.h"
#include "compat/map_set.h"

enum map_value_kind {
    MAP_VALUE_NONE, /* the row is not there, or is no number */
    MAP_VALUE_NUMBER,
    MAP_VALUE_STRUCT, /* number: the first of its values */
};

/* What a row of a struct was, for those behind it to ask. */
struct map_value {
    uint64_t number;
    enum map_value_kind kind;
};

/* A struct being read. */
struct map_frame {
    const struct map_type *type;
    const struct map_frame *outer; /* NULL: it is all of the blob */
    uint32_t values;               /* the first of its values, one for each row */
    uint32_t row;
    uint32_t element;
    bool in_array;
    bool no_room; /* a row with <fits> did not: nor do those behind it */
};

/* A type being made: a stack of rows for the structs that are open. */
struct map_making {
    struct wire_field *fields;
    uint32_t field_count;
    uint32_t field_cap;
    uint32_t *ids;  /* of subsections */
    uint32_t *tags; /* the same */
    uint32_t sub_count;
    uint32_t sub_cap;
};

/* What is done to one row to see whether the rest fits. */
struct map_trial {
    uint64_t row; /* its number */
    int octets;   /* are passed over before it; below 0: it is left out if it has as many */
    bool reached;
    size_t offset;                  /* where it was */
    char before[MAP_HINT_PATH_MAX]; /* the row before; empty: there is none */
    char behind[MAP_HINT_PATH_MAX]; /* the row */
};

struct map_reading;

typedef void (*map_mark_fn)(struct map_reading *r, size_t offset, size_t len);

struct map_reading {
    const struct map_set *set;
    const struct map_context *context;
    struct span blob;
    size_t at;
    size_t end; /* of what can be taken: of the blob, or of a struct whose size is known */
    struct map_pci pci;
    enum map_order host; /* MAP_HOST: not known yet */
    const struct map_frame *frame;
    struct map_value *values; /* a stack: those of structs that can still be asked for */
    uint32_t value_count;
    uint32_t value_cap;
    uint64_t steps;          /* rows that may still be gone through */
    uint64_t row_number;     /* rows gone through in this reading */
    struct map_trial *trial; /* NULL: the octets are read as they are */

    uint8_t choices[MAP_CHOICES_MAX]; /* 0: as tried first */
    uint32_t choice_count;            /* decisions made, in this reading or for it */
    uint32_t choice_at;               /* the next one */

    /* Told of octets that mean nothing, from offset on; NULL: nobody asks. */
    map_mark_fn mark;
    void *mark_ctx;

    bool build; /* the reading is known to fit: types are made */
    struct lay_types *types;
    struct map_making making;

    struct err *why;
    uint64_t why_offset; /* of what why says, and one; 0: nothing yet */
    bool stop;           /* why says memory or a limit: no other reading will do */
};

/* ---- map_hint.c ---- */

/* map_hint_row does what r->trial says with the row that is read next. */
bool map_hint_row(struct map_reading *r, const struct map_row *row, bool *left_out);

/* ---- map_lift.c ---- */

/* map_misfit notes that the octets at offset are not what the map says stands there; it, map_stop
 * and map_bound return false. */
bool map_misfit(struct map_reading *r, size_t offset, const char *fmt, ...) CC_PRINTF(3, 4);

/* map_stop ends it all for what r->why says. */
bool map_stop(struct map_reading *r);

/* map_bound does so for a limit, and says which. */
bool map_bound(struct map_reading *r, const char *what);

/* map_path writes " > row[3]" for each struct that is open, the outermost first; returns its
 * length, which may be beyond cap. */
size_t map_path(const struct map_reading *r, char *path, size_t cap);

/* map_begin prepares a reading of a blob, and map_end frees what it has taken. */
void map_begin(struct map_reading *r, const struct map_set *set, const struct map_context *context,
               struct span blob, struct err *why);
void map_end(struct map_reading *r);

/* map_find_reading looks for decisions with which the blob fits. */
bool map_find_reading(struct map_reading *r, uint32_t map);

/* map_choose says in *second whether the second of two ways is to be gone here. */
bool map_choose(struct map_reading *r, bool *second);

/* ---- map_read.c ---- */

/* map_find_rule returns the first rule of that kind of a row, or NULL. */
const struct map_rule *map_find_rule(const struct map_set *set, const struct map_row *row,
                                     enum map_rule_op op);

/* map_read_blob reads all of the blob, with the decisions that have been made. */
bool map_read_blob(struct map_reading *r, uint32_t map, bool build, uint32_t *id);

/* ---- map_scrub.c ---- */

/* map_mark_row tells r->mark what of a row of len octets from offset on means nothing. */
bool map_mark_row(struct map_reading *r, const struct map_row *row, size_t offset, uint64_t len);

/* ---- map_expr.c ---- */

enum map_known {
    MAP_KNOWN,
    MAP_ABSENT, /* a row that it asks for is not there */
    MAP_WRONG,  /* below 0, above 64 bits, a division by 0: a misfit has been noted */
};

/* map_eval computes an expression. */
enum map_known map_eval(struct map_reading *r, uint32_t first, uint32_t count, uint64_t *out);

/* map_holds finds out whether the condition of a rule holds. */
enum map_known map_holds(struct map_reading *r, const struct map_rule *rule, bool *out);

/* map_has_feature tells whether a row with this rule is there, as far as the rule goes. */
bool map_has_feature(const struct map_reading *r, const struct map_rule *rule);

/* map_check_row makes sure of what checks say of a row that has been read, from offset on. */
bool map_check_row(struct map_reading *r, const struct map_row *row, size_t offset);

/* ---- map_type.c ---- */

/* map_making_done frees what has been made room for. */
void map_making_done(struct map_making *making);

/* What map_type_begin found, to be given to map_type_end. */
struct map_mark {
    uint32_t fields;
    uint32_t subs;
};

struct map_mark map_type_begin(const struct map_reading *r);

/* map_type_leaf adds a row of leaves of that many octets: count of them, if it is an array. */
bool map_type_leaf(struct map_reading *r, const struct map_row *row, uint32_t size, uint32_t count);

/* map_type_structs adds a struct, or count elements of an array from index on. */
bool map_type_structs(struct map_reading *r, const struct map_row *row, uint32_t id, uint32_t index,
                      uint32_t count);

/* map_type_one_array says that the last row, of structs, is all of an array. */
void map_type_one_array(struct map_reading *r);

/* map_type_subsection adds a subsection. */
bool map_type_subsection(struct map_reading *r, const struct map_row *row, uint32_t id);

/* map_type_end makes a type of the rows since map_type_begin; map: it is all of that map's blob. */
bool map_type_end(struct map_reading *r, struct map_mark mark, const struct map_type *type,
                  const struct map_map *map, uint32_t *id);

#endif
