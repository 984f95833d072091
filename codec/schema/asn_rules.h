/*
 * asn_rules.h - what encode, decode, check and show must agree on: which tag fits which place,
 * which value satisfies its constraint, and how a place is called. Internal to the engine.
 */
#ifndef VMBER_SCHEMA_ASN_RULES_H
#define VMBER_SCHEMA_ASN_RULES_H

#include "codec/base/err.h"
#include "codec/base/span.h"
#include "codec/ber/ber_limits.h"
#include "codec/schema/asn_table.h"

/* A step of a path: the type that is being worked on and which of its parts. */
struct asn_place {
    const struct asn_type *type;
    size_t index; /* component, alternative or item; ASN_NOWHERE: the type itself */
};

#define ASN_NOWHERE SIZE_MAX

/* Frames of a run: each of BER_DEPTH_MAX elements may stand for a CHOICE alternative. */
enum { ASN_FRAMES_MAX = 2 * BER_DEPTH_MAX };

enum { ASN_MAY_BE_ABSENT = ASN_OPTIONAL | ASN_DEFAULT | ASN_ADDITION };

extern const struct asn_tag asn_no_tag;

static inline bool asn_is_leaf(enum asn_op op)
{
    return op < ASN_SEQUENCE;
}

static inline bool asn_is_string(enum asn_op op)
{
    return op == ASN_OCTETS || op == ASN_UTF8;
}

/* A CHOICE and a raw type have no tag of their own; a tag in their place stands around them. */
static inline bool asn_is_untagged(enum asn_op op)
{
    return op == ASN_CHOICE || op == ASN_RAW;
}

/* asn_absentable tells whether a component may be left out. */
static inline bool asn_absentable(const struct asn_member *m)
{
    return (m->flags & ASN_MAY_BE_ABSENT) != 0 && m->present_offset != ASN_NO_OFFSET;
}

/* asn_fits tells whether an element that begins like in can be of type with tag in this place. */
bool asn_fits(const struct asn_type *type, const struct asn_tag *tag, bool is_explicit,
              struct span in);

/* asn_member_fits is asn_fits for a component or an alternative. */
bool asn_member_fits(const struct asn_member *m, struct span in);

/*
 * asn_find returns the first of members [from, to) that fits, or to.
 */
size_t asn_find(const struct asn_type *type, size_t from, size_t to, struct span in);

/*
 * asn_next tells which component of a SEQUENCE the element is that in begins with, if those before
 * from are done; member_count if it is none that can still come.
 */
size_t asn_next(const struct asn_type *type, size_t from, struct span in);

/* asn_leaf_check checks range, size and form of a leaf's C value. */
bool asn_leaf_check(const struct asn_type *type, const uint8_t *value, struct err *err);

/* asn_size_check checks a length against the type's SIZE. */
bool asn_size_check(const struct asn_type *type, uint64_t size, struct err *err);

/* asn_raw_check checks that a span is exactly one well-formed element. */
bool asn_raw_check(struct span whole, struct err *err);

/* asn_unknown_check checks that octets are a series of elements that no component fits. */
bool asn_unknown_check(const struct asn_type *type, struct span octets, struct err *err);

/* asn_enum_known tells whether an ENUMERATED has a name for v. */
bool asn_enum_known(const struct asn_type *type, int32_t v);

/* asn_load_number returns the BOOLEAN, INTEGER or ENUMERATED at value as two's complement. */
uint64_t asn_load_number(enum asn_op op, const uint8_t *value);

/* asn_store_number is the other way round; v fits. */
void asn_store_number(enum asn_op op, uint8_t *value, uint64_t v);

/* asn_set_absent stores what the C form of an absent component is. */
void asn_set_absent(const struct asn_member *m, uint8_t *base);

/* asn_is_default tells whether the value of a DEFAULT component equals its default. */
bool asn_is_default(const struct asn_member *m, const uint8_t *base);

/* asn_path sets the path of err from places, outermost first. */
void asn_path(struct err *err, const struct asn_place *places, size_t count);

/* asn_type_text writes what a person calls the element expected here, e.g. "INTEGER (0x02)". */
enum { ASN_TEXT_MAX = 96 };
char *asn_type_text(const struct asn_type *type, const struct asn_tag *tag, char out[ASN_TEXT_MAX]);

/* asn_err_none is ERR_INIT without the kilobyte of text: for what is tried often. */
static inline void asn_err_none(struct err *err)
{
    err->band = ERR_NONE;
    err->legacy_offset = ERR_NO_OFFSET;
    err->ber_offset = ERR_NO_OFFSET;
    err->path[0] = '\0';
    err->text[0] = '\0';
}

static inline bool asn_load_bool(const uint8_t *p)
{
    return *p != 0;
}

static inline struct span asn_load_span(const uint8_t *p)
{
    struct span s;

    memcpy(&s, p, sizeof(s));
    return s;
}

static inline void asn_store_span(uint8_t *p, struct span s)
{
    memcpy(p, &s, sizeof(s));
}

#endif
