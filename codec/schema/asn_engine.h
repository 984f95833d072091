/*
 * asn_engine.h - runs type tables (asn_table.h): encodes, decodes, checks and shows values.
 *
 * One interpreter for every type of asn1/. It keeps explicit stacks, so neither input nor values
 * can make it recurse; it is linear in its input; what it decodes lies in the caller's struct, the
 * caller's arena and the input itself.
 *
 * What goes beyond the letter of X.690, because silence would lose data:
 *   - a component that the type knows is never taken for an unknown addition: out of place, or a
 *     second time, it is an error. So a module must give its additions tags that no other component
 *     of the type has;
 *   - unknown additions are kept and written back behind the known components, octet for octet;
 *   - SIZE of a UTF8String counts characters, as X.680 says, not octets.
 */
#ifndef VMBER_SCHEMA_ASN_ENGINE_H
#define VMBER_SCHEMA_ASN_ENGINE_H

#include "codec/base/span.h"
#include "codec/ber/ber_reader.h"
#include "codec/ber/ber_writer.h"
#include "codec/schema/asn_table.h"

struct arena;
struct buf;
struct err;

enum {
    /* Decode: refuse what asn_encode would not write: lengths that are not minimal or not definite,
     * strings in segments, TRUE that is not 0xff, defaults that are spelt out. */
    ASN_PROFILE = 1,

    /* Decode: ASN_SLACK_SIZE octets behind the input may be read (their values do not matter). */
    ASN_SLACK = 2,

    /* Decode: look at one octet after the other. The result is the same; for tests. */
    ASN_CAREFUL = 4,
};

enum { ASN_SLACK_SIZE = 16 };

/* Where octets are missing in an encoding: those of an OCTET STRING that has p NULL, len > 0. */
struct asn_hole {
    size_t offset; /* octets of the encoding before it */
    uint64_t len;  /* 0: there is no hole */
};

/*
 * asn_encode writes value in front of what w holds. Constraints are checked. After a failure
 * w->full tells whether a larger buffer would have done; for anything else w->err says what and
 * where.
 */
bool asn_encode(const struct asn_type *type, const void *value, struct ber_writer *w);

/*
 * asn_encode_buf appends the encoding of value to out. hole NULL: a hole is an error. out is
 * unchanged on failure.
 */
bool asn_encode_buf(const struct asn_type *type, const void *value, struct buf *out,
                    struct asn_hole *hole, struct err *err);

/*
 * asn_decode decodes the element at the start of in into value, type->size octets, and tells in
 * *used (may be NULL) how long it was. Strings point into in, or into arena if they came in
 * segments; items of a SEQUENCE OF lie in arena. flags: of the above. After a failure
 * *value holds nothing of use; err has the offset from the start of in and the path from type.
 */
bool asn_decode(const struct asn_type *type, struct span in, void *value, struct arena *arena,
                unsigned flags, size_t *used, struct err *err);

/* asn_check tells whether asn_encode would take value. */
bool asn_check(const struct asn_type *type, const void *value, struct err *err);

/*
 * asn_show visits an encoded value with the names the tables have for it. What asn_decode accepts,
 * it shows; what it does not check (ranges, sizes), asn_decode does.
 */
enum asn_show_kind {
    ASN_SHOW_LEAF,  /* a primitive, unknown or raw element */
    ASN_SHOW_ENTER, /* a SEQUENCE or SEQUENCE OF begins */
    ASN_SHOW_LEAVE, /* and ends */
};

struct asn_shown {
    enum asn_show_kind kind;
    unsigned depth;                /* 0: the value itself */
    const char *name;              /* component or alternative; NULL: an item, an addition or the
                                      value itself */
    const char *alternative;       /* of the CHOICE in this place, or NULL */
    const struct asn_type *type;   /* NULL: an addition that the tables do not know */
    const struct asn_type *choice; /* the CHOICE that alternative belongs to, or NULL */
    size_t index;                  /* of an item in its SEQUENCE OF */
    bool is_item;
    size_t offset;        /* of the element, from the start of in */
    size_t len;           /* of the whole element (LEAVE: the same) */
    struct span contents; /* LEAF: contents octets; unknown or raw: the whole element */
    uint64_t number;      /* LEAF: BOOLEAN, INTEGER (signed ones as two's complement),
                             ENUMERATED */
    const char *label;    /* LEAF: the name of an ENUMERATED value, or NULL */
};

/* A sink returns false to stop; it sets err itself. */
typedef bool asn_show_fn(void *sink, const struct asn_shown *shown, struct err *err);

/*
 * asn_show tells sink about the element at the start of in. arena: for strings in segments.
 */
bool asn_show(const struct asn_type *type, struct span in, struct arena *arena, asn_show_fn *fn,
              void *sink, struct err *err);

/* asn_type_is_signed tells whether an INTEGER type's C form is signed. */
bool asn_type_is_signed(const struct asn_type *type);

/* asn_op_name returns the X.680 name of what op encodes, "INTEGER". */
const char *asn_op_name(enum asn_op op);

#endif
