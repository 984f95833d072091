/*
 * map_set.h - layout maps in compiled form: how the octets are laid out that QEMU's description of
 * a stream calls one field and says no more of. As in codec/device/mod_set.h, arrays of numbers
 * that name one another by index, and strings by offset in one pool (mod_string works on both), so
 * that the built-in set is read-only data without relocations.
 *
 *     maps[]     one for each struct that is all of a blob; sorted by name
 *     targets[]  which blobs a map takes; sorted by (kind, name)
 *     types[]    structs   | rows .. rows + row_count
 *     rows[]     what stands in a struct, in order   | rules .. rules + rule_count
 *     rules[]    what is asked of a row   | left, right: terms of expressions
 *     terms[]    operands
 *     names[]    sets of names for bits and numbers, for views   | items
 *
 * map_compile.h makes sets from notation, where the rules stand in words; map_lift.h reads blobs by
 * them.
 */
#ifndef VMBER_COMPAT_MAP_SET_H
#define VMBER_COMPAT_MAP_SET_H

#include "codec/base/hash.h"
#include "codec/base/span.h"
#include "compat/map_limits.h"

#define MAP_NO_TAG UINT32_MAX
#define MAP_VARIES UINT32_MAX
#define MAP_NONE UINT32_MAX

/* What a row, or an element of it, is. */
enum map_op { MAP_INT, MAP_BOOL, MAP_OCTETS, MAP_STRUCT };

/* In which order the octets of an integer stand. */
enum map_order {
    MAP_BIG,
    MAP_LITTLE,
    MAP_HOST, /* that of the source's host: the same in all of a blob */
};

struct map_row {
    uint32_t name;      /* string: the name of the field; of a subsection its vmsd name */
    uint32_t type_name; /* string: "uint32", "bool", "buffer", "host-layout", "struct", ... */
    uint32_t ident;     /* string: the ASN.1 identifier */
    uint32_t tag;       /* context tag, or MAP_NO_TAG; OPTIONAL exactly if it has a tag */
    uint32_t type;      /* STRUCT: index of the struct; else MAP_NONE */
    uint32_t size;      /* octets of one element, or MAP_VARIES */
    uint32_t count;     /* is_array: elements, or MAP_VARIES; else 1 */
    uint32_t rules;     /* the first */
    uint32_t rule_count;
    uint8_t op;    /* enum map_op */
    uint8_t order; /* enum map_order */
    bool is_signed;
    bool is_array;
    bool is_subsection;
    bool maybe;      /* if the rest does not fit, it is not there */
    bool fits;       /* there if there is room for it */
    bool rest;       /* all that is left */
    bool zero;       /* no octet is anything but 0 */
    bool pci_config; /* the configuration space of a PCI device begins here */
    bool dont_care;  /* what the octets are means nothing */
};

struct map_type {
    uint32_t name;    /* string: the ASN.1 type reference */
    uint32_t vmsd;    /* string: of a subsection its vmsd name, else empty */
    uint32_t version; /* the same */
    uint32_t rows;    /* the first */
    uint32_t row_count;
    uint32_t module;    /* string: name of the ASN.1 module */
    uint32_t size;      /* octets, or MAP_VARIES */
    uint32_t min_size;  /* octets at least */
    bool is_fixed;      /* all values have the same rows, widths and orders */
    bool is_plain;      /* is_fixed, and any octets fit */
    bool is_closed;     /* is_fixed, and whether octets fit says nothing but they */
    bool has_dont_care; /* it, or what it holds, has rows with dont_care */
};

enum map_rule_op {
    MAP_RULE_IF,        /* left relation right, or the row is not there */
    MAP_RULE_CHECK,     /* left relation right, or nothing fits */
    MAP_RULE_FEATURE,   /* number: string: the feature with which the row is there */
    MAP_RULE_LENGTH,    /* left: octets of an OCTET STRING */
    MAP_RULE_COUNT,     /* left: elements */
    MAP_RULE_SIZE,      /* left: octets of a struct */
    MAP_RULE_WHILE,     /* an element follows while the next width octets are: EQ, NE, AND number */
    MAP_RULE_MAGIC,     /* number */
    MAP_RULE_MAX,       /* number */
    MAP_RULE_DONT_CARE, /* octets from left on; of a ring: but the right ones from left on */
    MAP_RULE_BITS,      /* from here on for views; number: index of names */
    MAP_RULE_NAMES,
    MAP_RULE_CAPABILITIES,
    MAP_RULE_EXTENDED_CAPABILITIES,
    MAP_RULE_FIRST_CAPABILITY,
    MAP_RULE_IPV4,
    MAP_RULE_MAC,
    MAP_RULE_PORT,
};

enum map_relation { MAP_EQ, MAP_NE, MAP_LT, MAP_LE, MAP_GT, MAP_GE, MAP_AND, MAP_IN };

struct map_rule {
    uint64_t number;
    uint32_t left; /* the first term */
    uint32_t left_count;
    uint32_t right; /* the same; of MAP_IN one term for each choice */
    uint32_t right_count;
    uint8_t op;       /* enum map_rule_op */
    uint8_t relation; /* enum map_relation */
    uint8_t width;    /* WHILE: octets */
};

enum map_term_kind { MAP_NUMBER, MAP_STRING, MAP_VARIABLE, MAP_PATH };

/* What a blob does not say of itself; map_context.h says where it comes from. */
enum map_variable {
    MAP_DEVICE, /* a string; so is the next */
    MAP_TRANSPORT,
    MAP_VERSION, /* a number; so are the others */
    MAP_SIZE,
    MAP_LEFT,
    MAP_PCI_SIZE,
    MAP_MSIX_ENTRIES,
    MAP_VARIABLES
};

struct map_term {
    uint64_t number;             /* NUMBER; STRING: string; VARIABLE: enum map_variable */
    uint32_t path[MAP_PATH_MAX]; /* PATH: strings: names of rows */
    uint8_t kind;                /* enum map_term_kind */
    uint8_t op;                  /* '+', '-', '*', '/'; 0 for the first term of an expression */
    uint8_t outer;               /* PATH: structs outwards */
    uint8_t path_len;            /* PATH: names, one at least */
};

struct map_item {
    uint64_t number;
    uint32_t name; /* string */
};

/* Named bits or numbers, or, if alternatives are there, the first of those whose rules hold. */
struct map_names {
    uint32_t name;  /* string: the ASN.1 type reference */
    uint32_t items; /* the first; of alternatives: the first of them in choices[] */
    uint32_t item_count;
    bool is_choice;
};

/* An alternative. */
struct map_choice {
    uint32_t names; /* index */
    uint32_t rules; /* the first; all MAP_RULE_IF */
    uint32_t rule_count;
};

struct map_map {
    uint32_t name; /* string */
    uint32_t type;
    uint32_t feature;                /* string: the feature that owns it */
    uint8_t digest[HASH_DIGEST_LEN]; /* of its listing, see map_listing.h */
};

enum map_target_kind {
    MAP_FOR_TYPE,    /* a field of that type name of QEMU's */
    MAP_FOR_SECTION, /* an old-style section of that idstr */
    MAP_FOR_FIELD,   /* "vmsd/field" */
};

struct map_target {
    uint32_t kind; /* enum map_target_kind */
    uint32_t name; /* string */
    uint32_t map;
};

struct map_set {
    const struct map_map *maps;
    const struct map_target *targets;
    const struct map_type *types;
    const struct map_row *rows;
    const struct map_rule *rules;
    const struct map_term *terms;
    const struct map_names *names;
    const struct map_choice *choices;
    const struct map_item *items;
    const char *strings;
    uint32_t map_count;
    uint32_t target_count;
    uint32_t type_count;
    uint32_t row_count;
    uint32_t rule_count;
    uint32_t term_count;
    uint32_t names_count;
    uint32_t choice_count;
    uint32_t item_count;
    uint32_t strings_len; /* octets */
};

/* What map_gen made of asn1/libraries/ when vmber was built. */
extern const struct map_set map_builtin_set;

/* map_string and map_text are mod_string and mod_text of a set of maps. */
static inline struct span map_string(const struct map_set *set, uint32_t string)
{
    const uint8_t *p = (const uint8_t *)set->strings + string;

    return span_of(p, (size_t)p[-2] << 8 | p[-1]);
}

static inline const char *map_text(const struct map_set *set, uint32_t string)
{
    return set->strings + string;
}

/* map_set_find returns the index of the map of that name, or MAP_NONE. */
uint32_t map_set_find(const struct map_set *set, struct span name);

/*
 * map_set_target returns the index of the map that takes such blobs, or MAP_NONE; a name that comes
 * in two parts has '/' between them.
 */
uint32_t map_set_target(const struct map_set *set, enum map_target_kind kind, struct span name,
                        struct span second);

#endif
