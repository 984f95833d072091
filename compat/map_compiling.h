/*
 * map_compiling.h - what the parts of map_compile share. Nothing outside of them includes it.
 *
 *   map_note.c          what an annotation says
 *   map_compile_row.c   one component of a struct
 *   map_compile.c       structs, maps, what holds what
 */
#ifndef VMBER_COMPAT_MAP_COMPILING_H
#define VMBER_COMPAT_MAP_COMPILING_H

#include "codec/base/err.h"
#include "codec/device/mod_pool.h"
#include "codec/schema/asn_model.h"
#include "compat/map_set.h"

/* Words of an annotation without anything behind them. */
enum map_word {
    MAP_WORD_MAP = 1 << 0,
    MAP_WORD_SUBSECTION = 1 << 1,
    MAP_WORD_MAYBE = 1 << 2,
    MAP_WORD_FITS = 1 << 3,
    MAP_WORD_REST = 1 << 4,
    MAP_WORD_ZERO = 1 << 5,
    MAP_WORD_LITTLE = 1 << 6,
    MAP_WORD_HOST = 1 << 7,
    MAP_WORD_HOST_LAYOUT = 1 << 8,
    MAP_WORD_PCI_CONFIG = 1 << 9,
    MAP_WORD_DONT_CARE = 1 << 10,
};

struct map_note {
    bool given;
    bool has_string;
    bool has_number;
    struct span string;
    struct span feature; /* empty: none */
    uint32_t number;
    unsigned words;
    uint32_t rules; /* the first, in map_compiling.rules */
    uint32_t rule_count;
    uint32_t targets; /* the first, in map_compiling.targets */
    uint32_t target_count;
    struct asn_spot place;
};

struct map_compiling {
    struct asn_model *model;
    struct err *err;
    struct mod_pool pool;
    struct map_note *notes;                  /* of the assignments, by their index in the model */
    uint32_t *type_of;                       /* the same: index of the struct, or MAP_NONE */
    uint32_t *names_of;                      /* the same: index of the names, or MAP_NONE */
    const struct asn_component **components; /* of the rows, for messages */
    struct asn_spot *term_places;
    struct asn_spot *rule_places;
    struct map_map *maps;
    struct map_target *targets;
    struct map_type *types;
    struct map_row *rows;
    struct map_rule *rules;
    struct map_term *terms;
    struct map_names *names;
    struct map_choice *choices;
    struct map_item *items;
    uint32_t map_count;
    uint32_t target_count;
    uint32_t type_count;
    uint32_t row_count;
    uint32_t rule_count;
    uint32_t term_count;
    uint32_t names_count;
    uint32_t choice_count;
    uint32_t item_count;
};

/* map_fail records what is wrong at a place; returns false. */
bool map_fail(struct map_compiling *c, struct asn_spot place, const char *fmt, ...) CC_PRINTF(3, 4);

/* map_note_read reads the annotation of doc (NULL: none); place is where what it is about stands.
 */
bool map_note_read(struct map_compiling *c, const char *doc, struct asn_spot doc_place,
                   struct asn_spot place, struct map_note *out);

/* map_row_compile makes the row that a component of a struct describes. */
bool map_row_compile(struct map_compiling *c, const struct asn_component *component,
                     struct map_row *row);

/* map_is_numbers tells a type that is names for bits or numbers. */
bool map_is_names(const struct asn_assignment *one);

#endif
