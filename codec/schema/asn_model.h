/*
 * asn_model.h - modules of X.680 notation as trees: what the parser builds, what the resolver fills
 * in, what the printer, the emitter and the table builder read.
 *
 * Everything lives in the model's arena until arena_reset. Lists are in the order of the notation.
 * Members under the words "by the resolver" are zero until asn_resolve has succeeded.
 */
#ifndef VMBER_SCHEMA_ASN_MODEL_H
#define VMBER_SCHEMA_ASN_MODEL_H

#include "codec/base/span.h"
#include "codec/schema/asn_diag.h"

struct arena;
struct asn_assignment;
struct asn_module;

/* An integer of -2^63 .. 2^64-1. Zero is not negative. */
struct asn_number {
    bool negative;
    uint64_t magnitude;
};

/* One component of an object identifier value: name, number, name(number), or a reference. */
struct asn_arc {
    struct asn_arc *next;
    struct asn_spot place;
    const char *name; /* NULL: a number alone */
    bool has_number;
    uint64_t number;
};

enum asn_value_kind {
    ASN_VALUE_BOOLEAN,
    ASN_VALUE_INTEGER,
    ASN_VALUE_NULL,
    ASN_VALUE_CHARACTERS, /* "text" */
    ASN_VALUE_BITS,       /* '0101'B */
    ASN_VALUE_HEX,        /* 'C0DE'H */
    ASN_VALUE_OID,        /* { iso 3 name(6) } */
    ASN_VALUE_NAME,       /* a value reference, or an item of an enumeration or of named numbers */
    ASN_VALUE_MIN,        /* only as the end of a range */
    ASN_VALUE_MAX,
};

struct asn_value {
    enum asn_value_kind kind;
    struct asn_spot place;
    bool boolean;
    struct asn_number number;
    struct span text; /* characters without the quotes, digits without the spaces */
    struct asn_arc *arcs;
    const char *module; /* of Module.name, or NULL */
    const char *name;
    /* By the resolver. */
    const struct asn_value *is;  /* itself, or the value that name stands for */
    const uint64_t *arc_numbers; /* of an object identifier */
    uint32_t arc_count;
};

enum asn_kind {
    ASN_KIND_BOOLEAN,
    ASN_KIND_INTEGER,
    ASN_KIND_ENUMERATED,
    ASN_KIND_NULL,
    ASN_KIND_OCTET_STRING,
    ASN_KIND_BIT_STRING,
    ASN_KIND_UTF8_STRING,
    ASN_KIND_IA5_STRING,
    ASN_KIND_PRINTABLE_STRING,
    ASN_KIND_VISIBLE_STRING,
    ASN_KIND_OID,
    ASN_KIND_SEQUENCE,
    ASN_KIND_SEQUENCE_OF,
    ASN_KIND_SET_OF,
    ASN_KIND_CHOICE,
    ASN_KIND_REFERENCE,
};

enum asn_class { ASN_CLASS_UNIVERSAL, ASN_CLASS_APPLICATION, ASN_CLASS_CONTEXT, ASN_CLASS_PRIVATE };

struct asn_tag_value {
    enum asn_class class;
    uint32_t number;
};

enum asn_tag_mode { ASN_TAG_AS_MODULE, ASN_TAG_IMPLICIT, ASN_TAG_EXPLICIT };

/* A tag written before a type, or given to it by AUTOMATIC TAGS. */
struct asn_tagging {
    struct asn_tagging *next; /* the tag inside this one */
    struct asn_spot place;
    struct asn_tag_value tag;
    enum asn_tag_mode mode;
    bool automatic;   /* by the resolver: not in the notation */
    bool is_explicit; /* by the resolver */
};

/* "name PRESENT" or "name ABSENT" */
struct asn_presence {
    struct asn_presence *next;
    const char *name;
    struct asn_spot place;
    bool present;
    const struct asn_component *component; /* by the resolver */
};

/* WITH COMPONENTS {..., presences} */
struct asn_inner {
    struct asn_inner *next;
    struct asn_presence *presences;
};

/* (min..max), (SIZE (min..max)), or (inner | inner) */
struct asn_constraint {
    struct asn_constraint *next;
    struct asn_spot place;
    struct asn_inner *inners; /* NULL: it is one of the others */
    bool size;
    bool extensible;
    struct asn_value *min;
    struct asn_value *max; /* the same value as min for (5) */
};

/* An item of an enumeration, a named number or a named bit. */
struct asn_item {
    struct asn_item *next;
    const char *name;
    const char *doc; /* lines, or NULL */
    struct asn_spot place;
    bool given;               /* the notation says the number */
    bool addition;            /* behind the extension marker */
    struct asn_number number; /* as given, or by the resolver */
};

/* A component of a SEQUENCE or an alternative of a CHOICE. */
struct asn_component {
    struct asn_component *next;
    const char *name;
    const char *doc;
    struct asn_spot doc_place; /* of its first line */
    struct asn_spot place;
    struct asn_node *type;
    struct asn_value *value; /* behind DEFAULT, or NULL */
    bool optional;           /* OPTIONAL stands there */
    bool addition;
    uint32_t group;         /* from 1: which [[ ]] of the type; 0: none */
    bool has_group_version; /* the group begins with a number */
    uint64_t group_version;
};

/* A type as it is written: tags, then a type, then constraints. */
struct asn_node {
    struct asn_node *next; /* all nodes of a model, outer ones first */
    enum asn_kind kind;
    struct asn_spot place;
    const struct asn_module *module;
    const struct asn_assignment *owner; /* the assignment it is written in */
    struct asn_tagging *tags;           /* outermost first */
    struct asn_constraint *constraints;
    struct asn_component *components; /* SEQUENCE, CHOICE */
    struct asn_item *items;           /* ENUMERATED, INTEGER, BIT STRING */
    struct asn_node *element;         /* SEQUENCE OF, SET OF */
    const char *ref_module;           /* of Module.Type, or NULL */
    const char *ref_name;             /* REFERENCE */
    uint32_t count;                   /* components or items */
    bool extensible;                  /* the extension marker is written */
    bool closed;                      /* and so is a second one */
    /* By the resolver. */
    const struct asn_assignment *target;  /* REFERENCE */
    struct asn_node *base;                /* what references lead to; never a REFERENCE */
    const struct asn_tag_value *tag_list; /* effective, outermost first; none: untagged CHOICE */
    uint32_t tag_count;
    const struct asn_item **by_name; /* the items, sorted */
    bool is_extensible;              /* written or EXTENSIBILITY IMPLIED */
    bool range_extensible;           /* of the innermost constraint that counts */
    bool has_min;                    /* INTEGER: value; strings, SEQUENCE OF: length */
    bool has_max;
    struct asn_number min;
    struct asn_number max;
    const struct asn_tag_value *outer_tags; /* untagged CHOICE: what a value can begin with */
    uint32_t outer_count;
};

enum asn_assignment_kind { ASN_ASSIGN_TYPE, ASN_ASSIGN_VALUE };

struct asn_assignment {
    struct asn_assignment *next;
    enum asn_assignment_kind kind;
    struct asn_module *module;
    const char *name;
    const char *doc;
    struct asn_spot doc_place; /* of its first line */
    struct asn_spot place;
    struct asn_node *type; /* of a value: its governor */
    struct asn_value *value;
    uint32_t index; /* in the model, from 0 */
    bool exported;  /* by the resolver: EXPORTS names it */
};

struct asn_symbol {
    struct asn_symbol *next;
    const char *name;
    struct asn_spot place;
    const struct asn_assignment *target; /* by the resolver */
};

/* One "symbols FROM module" of IMPORTS. */
struct asn_import {
    struct asn_import *next;
    struct asn_symbol *symbols;
    const char *module;
    struct asn_spot place; /* of the module's name */
    struct asn_arc *oid;
};

enum asn_tag_default { ASN_TAGS_EXPLICIT, ASN_TAGS_IMPLICIT, ASN_TAGS_AUTOMATIC };

struct asn_module {
    struct asn_module *next;
    const char *name;
    const char *doc;
    struct asn_spot place;
    struct asn_arc *oid;
    enum asn_tag_default tag_default;
    bool extensibility_implied;
    bool exports_listed; /* EXPORTS names symbols; otherwise all are exported */
    struct asn_symbol *exports;
    struct asn_import *imports;
    struct asn_assignment *assignments;
    uint32_t index; /* in the model, from 0 */
    /* By the resolver. */
    const struct asn_symbol **imported; /* sorted by name */
    uint32_t imported_count;
};

/* All modules that know one another. A model that a call has failed on can only be thrown away. */
struct asn_model {
    struct arena *arena;
    struct asn_diag diag; /* of the first failure */
    struct asn_source *sources;
    struct asn_module *modules;
    struct asn_node *nodes;
    struct asn_source **sources_end;
    struct asn_module **modules_end;
    struct asn_node **nodes_end;
    uint32_t source_count;
    uint32_t module_count;
    uint32_t assignment_count;
    uint32_t node_count;
    struct asn_spot here; /* what is being looked at, for asn_alloc */
    bool resolved;
    /* By the resolver. */
    struct asn_assignment **types; /* sorted by name */
    struct asn_assignment **values;
    struct asn_module **by_name;
    const struct asn_assignment *
        *order; /* type assignments, each behind what it is a reference to */
    uint32_t type_count;
    uint32_t value_count;
};

/* asn_model_init makes an empty model; arena must outlive it. */
void asn_model_init(struct asn_model *model, struct arena *arena);

/* asn_alloc is arena_alloc of count elements that also fills in the model's diag. */
void *asn_alloc(struct asn_model *model, size_t count, size_t size, struct err *err);

/* asn_type_find, asn_value_find and asn_module_find return NULL if there is none of that name. */
const struct asn_assignment *asn_type_find(const struct asn_model *model, const char *name);
const struct asn_assignment *asn_value_find(const struct asn_model *model, const char *name);
const struct asn_module *asn_module_find(const struct asn_model *model, const char *name);

/* asn_kind_name returns the notation of a kind, e.g. "OCTET STRING". */
const char *asn_kind_name(enum asn_kind kind);

/* asn_number_compare returns less than, equal to or greater than 0, as a is to b. */
int asn_number_compare(struct asn_number a, struct asn_number b);

/*
 * asn_integer_octets finds octets and sign of the integer of C that has exactly the range of a
 * resolved INTEGER; 0: none has.
 */
uint32_t asn_integer_octets(const struct asn_node *node, bool *is_signed);

static inline struct asn_number asn_number_of(uint64_t magnitude)
{
    struct asn_number number = {false, magnitude};

    return number;
}

/* asn_number_fits_int64 tells whether the number is an int64_t; asn_number_int64 is it then. */
static inline bool asn_number_fits_int64(struct asn_number n)
{
    return n.negative || n.magnitude <= (uint64_t)INT64_MAX;
}

static inline int64_t asn_number_int64(struct asn_number n)
{
    return n.negative ? -(int64_t)(n.magnitude - 1) - 1 : (int64_t)n.magnitude;
}

#endif
