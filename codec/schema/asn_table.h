/*
 * asn_table.h - a compiled ASN.1 type: what the generator writes, what the one engine runs.
 *
 * How a value lies in C:
 *   INTEGER        uint8_t .. uint64_t, int8_t .. int64_t: the narrowest that holds the range;
 *                  (0..MAX) is uint64_t, no constraint is int64_t
 *   BOOLEAN        bool
 *   ENUMERATED     int32_t (unknown values of an extensible type are kept)
 *   NULL           uint8_t that is always 0
 *   OCTET STRING, UTF8String, OBJECT IDENTIFIER (contents octets)    struct span
 *   SEQUENCE       struct; an OPTIONAL or DEFAULT component x has a bool has_x before it; an
 *                  extensible type ends in `struct span unknown`: the TLVs of additions this
 *                  program does not know, kept verbatim. For DEFAULT the engine fills in the
 *                  default value on decode (has_x false) and omits the component on encode when
 *                  the value equals the default
 *   SEQUENCE OF    struct { size_t count; T *items; }
 *   CHOICE         struct { int32_t which; struct span unknown; union { ... } u; }; which is the
 *                  index of the alternative, or ASN_UNKNOWN with the whole TLV in unknown
 *   raw type       struct span: one whole TLV, well-formed but not decoded
 *
 * What the engine relies on:
 *   - a member's tag replaces the tag of its type, unless ASN_EXPLICIT is set: then it stands
 * around an element with the type's own tag. A tag in front of a CHOICE or a raw type always stands
 *     around it (X.680 31.2.7 c), with ASN_EXPLICIT or without;
 *   - whatever may be absent has a has_x: OPTIONAL, DEFAULT, and additions (ASN_ADDITION) that are
 *     not OPTIONAL too, because old writers leave them out;
 *   - a raw type without a tag takes any element of class UNIVERSAL; so additions to a type that
 * has one are of another class;
 *   - tags of constructed elements have bit 6 set, those of OCTET STRING and UTF8String have not;
 *   - a CHOICE has its int32_t which at offset 0 and has an unknown_offset if it is extensible;
 *   - without a constraint, max of a string or a SEQUENCE OF is UINT64_MAX.
 *
 * Which components stand together (WITH COMPONENTS) is not in a table: the engine does not look.
 */
#ifndef VMBER_SCHEMA_ASN_TABLE_H
#define VMBER_SCHEMA_ASN_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "codec/base/span.h"

/* One op, one meaning: the engine's switch is total. */
enum asn_op {
    ASN_BOOLEAN,
    ASN_U8,
    ASN_U16,
    ASN_U32,
    ASN_U64,
    ASN_I8,
    ASN_I16,
    ASN_I32,
    ASN_I64,
    ASN_ENUMERATED,
    ASN_NULL,
    ASN_OCTETS,
    ASN_UTF8,
    ASN_OID,
    ASN_SEQUENCE,
    ASN_SEQUENCE_OF,
    ASN_CHOICE,
    ASN_RAW,
};

enum {
    ASN_OPTIONAL = 1,    /* member: may be absent, has a has_x */
    ASN_DEFAULT = 2,     /* member: may be absent, default_value then holds; has a has_x */
    ASN_ADDITION = 4,    /* member: stands behind the extension marker, so old writers omit it */
    ASN_EXPLICIT = 8,    /* member: tag stands around the type's own tag */
    ASN_EXTENSIBLE = 16, /* type: has an extension marker */
    ASN_RANGE_EXTENSIBLE = 32, /* type: its range or size constraint has a marker: do not refuse */
};

enum { ASN_TAG_MAX = 6, ASN_UNKNOWN = -1 }; /* identifier octets of a 31-bit tag number */

#define ASN_NO_OFFSET UINT32_MAX

/* Identifier octets (X.690 8.1.2), including the primitive/constructed bit. */
struct asn_tag {
    uint8_t len; /* 0: none (an untagged CHOICE or a raw type) */
    uint8_t octets[ASN_TAG_MAX + 1];
};

struct asn_type;

/* A component of a SEQUENCE or an alternative of a CHOICE. */
struct asn_member {
    const char *name; /* X.680 identifier */
    const struct asn_type *type;
    struct asn_tag tag; /* outermost tag in this place; len 0 if the type's alternatives decide */
    uint32_t offset;    /* in the C struct (for a CHOICE, from the start of its struct) */
    uint32_t present_offset; /* of has_x, or ASN_NO_OFFSET */
    uint32_t flags;
    int64_t default_value; /* of a DEFAULT component: BOOLEAN, INTEGER, ENUMERATED only */
};

struct asn_name {
    const char *name;
    int64_t value;
};

struct asn_type {
    const char *name; /* type reference, or "" for a type without a name of its own */
    enum asn_op op;
    uint32_t flags;
    struct asn_tag tag; /* the type's own tag */
    uint32_t size;      /* sizeof its C form */
    int64_t min;        /* INTEGER: least value; string, SEQUENCE OF: least length */
    uint64_t max;       /* INTEGER: greatest value; string, SEQUENCE OF: greatest length */
    const struct asn_member *members;
    uint32_t member_count;
    uint32_t unknown_offset;        /* of struct span unknown, or ASN_NO_OFFSET */
    const struct asn_type *element; /* SEQUENCE OF */
    const struct asn_name *names;   /* ENUMERATED */
    uint32_t name_count;
};

/* The C form of any SEQUENCE OF. */
struct asn_list {
    size_t count;
    void *items;
};

#endif
