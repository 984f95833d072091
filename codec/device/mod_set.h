/*
 * mod_set.h - device modules in compiled form: which fields a section of a device has, by name,
 * type, width, tag and number.
 *
 *   A set is a handful of arrays. Whatever names another element does so by its index, whatever
 *   names a string by its offset in one pool, so that the built-in set is read-only data without
 *   relocations: hundreds of modules cost a program nothing until a section asks for one.
 *
 *     modules[]  sorted by (root vmsd name, version, module name); all that may describe a section
 *       | root, types .. types + type_count           are one range
 *     types[]    the structs of a module, as it lists them; the root is the first
 *       | fields .. fields + field_count
 *       | terms .. terms + term_count
 *     fields[]   the fields of a struct, then its subsections, in stream order
 *     terms[]    which of those that are OPTIONAL stand together
 *
 * mod_compile.h makes sets from notation, mod_library.h finds modules in several of them.
 */
#ifndef VMBER_DEVICE_MOD_SET_H
#define VMBER_DEVICE_MOD_SET_H

#include "codec/base/hash.h"
#include "codec/base/span.h"

#define MOD_NO_TAG UINT32_MAX
#define MOD_VARIES UINT32_MAX /* an octet count or an element count that the module leaves open */
#define MOD_NONE UINT32_MAX   /* no such type */

/* How a field, or an element of it, stands in the value. */
enum mod_op {
    MOD_INT,    /* INTEGER */
    MOD_BOOL,   /* BOOLEAN */
    MOD_OCTETS, /* OCTET STRING */
    MOD_STRUCT, /* SEQUENCE: "struct", "tmp", "vstruct"; and every subsection */
    MOD_LIST,   /* SEQUENCE OF the struct: "qtailq", "qlist" */
    MOD_TREE,   /* SEQUENCE OF keys and structs in turn: "gtree" */
    MOD_UNSEEN, /* OCTET STRING: all octets of a field of which only the name is known */
};

struct mod_field {
    uint32_t name;      /* string: QEMU's field name; of a subsection: its vmsd name */
    uint32_t type_name; /* string: QEMU's type name: "uint32", "struct", "tmp", "qtailq", "virtio",
                           "subsection"; empty if UNSEEN */
    uint32_t ident;     /* string: the ASN.1 identifier */
    uint32_t tag;       /* context tag, or MOD_NO_TAG; OPTIONAL exactly if it has a tag */
    uint32_t type;      /* STRUCT, LIST, TREE: index of the struct; else MOD_NONE */
    uint32_t key;       /* TREE: index of the struct that keys are, or MOD_NONE: eight octets */
    uint32_t size;      /* INT, BOOL, OCTETS: octets of one element, or MOD_VARIES; else 0 */
    uint32_t min;       /* elements, of arrays and lists; else 1 */
    uint32_t max;       /* the same; MOD_VARIES: any number */
    uint32_t by;        /* string: identifier of the INTEGER before it that is its number of
                           elements or octets, or (one that is OPTIONAL) not 0 exactly if it is
                           there; MOD_EMPTY if none is */
    uint8_t op;         /* enum mod_op */
    bool is_signed;     /* INT */
    bool is_array;      /* elements in a SEQUENCE OF, or as_octets; not LIST or TREE */
    bool is_subsection;
    bool nullable;  /* STRUCT, is_array: an element may be a null pointer of one octet instead */
    bool as_octets; /* OCTETS, is_array: elements of one octet, together one OCTET STRING */
};

/* What a term of a type begins. */
enum mod_begins { MOD_BEGINS_NOTHING, MOD_BEGINS_ALTERNATIVE, MOD_BEGINS_CONSTRAINT };

/*
 * "name PRESENT" or "name ABSENT": which OPTIONAL fields of a struct stand together. The terms of a
 * type are constraints, one after the other; of each one alternative holds, that is all its terms.
 */
struct mod_term {
    uint32_t ident; /* string: the field's */
    bool present;
    uint8_t begins; /* enum mod_begins */
};

struct mod_type {
    uint32_t name; /* string: the ASN.1 type reference */
    uint32_t vmsd; /* string: vmsd name; of an old-style root: idstr */
    uint32_t version;
    uint32_t fields; /* the first */
    uint32_t field_count;
    uint32_t terms; /* the first */
    uint32_t term_count;
    uint32_t value_count; /* fields, from the first on, that mod_value.h has to look at */
    bool has_values;      /* of which octets say something that is compared */
};

struct mod_module {
    uint32_t name;  /* string: of the ASN.1 module */
    uint32_t root;  /* index of the type of a section; == types */
    uint32_t types; /* the first */
    uint32_t type_count;
    uint32_t doc;   /* string: the comment above the module */
    bool old_style; /* a save_state function wrote the section: no vmsd, one buffer */
    uint8_t digest[HASH_DIGEST_LEN]; /* of its listing, see mod_listing.h */
};

/* All modules whose root has one vmsd name. */
struct mod_slot {
    uint16_t first;
    uint16_t count; /* 0: the slot is free */
};

struct mod_set {
    const struct mod_module *modules;
    const uint32_t *by_name;      /* indexes of modules, sorted by module name */
    const struct mod_slot *slots; /* a hash table of vmsd names: see mod_set_slot */
    const struct mod_type *types;
    const struct mod_field *fields;
    const struct mod_term *terms;
    const char *strings; /* see mod_string */
    uint32_t module_count;
    uint32_t slot_count; /* a power of two, more than there are modules */
    uint32_t type_count;
    uint32_t field_count;
    uint32_t term_count;
    uint32_t strings_len; /* octets */
};

/* What mod_gen made of asn1/ when vmber was built: the modules of asn1/devices/, and the text of
 * the two that those import from. */
extern const struct mod_set mod_builtin_set;
extern const struct span mod_builtin_leaf;
extern const struct span mod_builtin_vmstate;

/*
 * A string is the offset of its first octet; before it stand two octets, its length, big-endian,
 * and behind it a NUL. No string stands in the pool twice, so strings of one set are equal exactly
 * if their offsets are. The empty string is MOD_EMPTY.
 */
enum { MOD_EMPTY = 2 };

static inline struct span mod_string(const struct mod_set *set, uint32_t string)
{
    const uint8_t *p = (const uint8_t *)set->strings + string;

    return span_of(p, (size_t)p[-2] << 8 | p[-1]);
}

/* mod_text is mod_string for printf: NUL-terminated. A name may in theory have a NUL inside. */
static inline const char *mod_text(const struct mod_set *set, uint32_t string)
{
    return set->strings + string;
}

/*
 * mod_set_slot returns the slot where the search for the modules of a vmsd name begins; they are in
 * it, or in one behind it before the next that is free.
 */
uint32_t mod_set_slot(const struct mod_set *set, struct span vmsd);

/* mod_set_module returns the index of the module of that name, or MOD_NONE. */
uint32_t mod_set_module(const struct mod_set *set, struct span name);

/*
 * mod_set_range finds all modules whose root's vmsd name (or idstr, if old_style) is that one:
 * returns how many, and the index of the first through first.
 */
uint32_t mod_set_range(const struct mod_set *set, struct span vmsd, uint32_t *first);

/*
 * mod_set_broken finds a constraint of a type that does not hold, if bit i of there says whether
 * the field of its term i is there: returns the index of its first term, or term_count.
 */
uint32_t mod_set_broken(const struct mod_set *set, const struct mod_type *type, uint64_t there);

#endif
