/*
 * asn_fast.h - the fast way to decode a leaf: one comparison, two loads, one store. Internal to
 * asn_decode.c.
 *
 * It takes only what asn_encode writes, and tags of one or two octets; it says nothing about the
 * rest. Loads may reach ASN_FAST_REACH octets beyond an element's first octet; where the input does
 * not have them, the `tail` variant looks at the last eight octets of the input and shifts.
 *
 *     p            contents
 *     | tag | len | 8 octets are loaded ... |
 */
#ifndef VMBER_SCHEMA_ASN_FAST_H
#define VMBER_SCHEMA_ASN_FAST_H

#include "codec/ber/ber_prim.h"
#include "codec/schema/asn_rules.h"

enum { ASN_FAST_REACH = 16, ASN_FAST_INPUT_MIN = 8 };

/* Loads eight octets at p, zeros for those at end and behind; the input has ASN_FAST_INPUT_MIN. */
static CC_INLINE uint64_t asn_load_tail(const uint8_t *p, const uint8_t *end)
{
    ptrdiff_t left = end - p;

    if (left >= 8) {
        return ber_load64(p);
    }
    return left <= 0 ? 0 : ber_load64(end - 8) << (8 * (8 - (unsigned)left));
}

/* Takes n contents octets at the left of word as an integer in the type's range. */
static CC_INLINE bool asn_fast_int(const struct asn_type *type, uint64_t word, unsigned n,
                                   uint64_t *v)
{
    int64_t i = ber_left_int(word, n);

    *v = (uint64_t)i;
    return (ber_int_size(i) == n) & (*v - (uint64_t)type->min <= type->max - (uint64_t)type->min);
}

static CC_INLINE bool asn_fast_uint(const struct asn_type *type, uint64_t word, unsigned n,
                                    uint64_t *v)
{
    *v = ber_left_uint(word, n);
    return (ber_uint_size(*v) == n) & (*v - (uint64_t)type->min <= type->max - (uint64_t)type->min);
}

/* (0..MAX) and its subsets; nine octets stand for 2^63 and above. */
static CC_INLINE bool asn_fast_u64(const struct asn_type *type, const uint8_t *contents,
                                   uint64_t word, unsigned n, uint64_t *v)
{
    if (CC_LIKELY(n != 9)) {
        return asn_fast_uint(type, word, n, v);
    }
    *v = word << 8 | contents[8];
    return word >> 55 == 1 && *v - (uint64_t)type->min <= type->max - (uint64_t)type->min;
}

static CC_INLINE bool asn_fast_string(const struct asn_type *type, const uint8_t *contents,
                                      unsigned n, uint8_t *value)
{
    if (n > 127) {
        return false;
    }
    asn_store_span(value, span_of(contents, n));
    if (type->op == ASN_OCTETS) {
        return n - (uint64_t)type->min <= type->max - (uint64_t)type->min;
    }
    return asn_leaf_check(type, value, NULL);
}

/* Decodes n contents octets, which are there; word holds the first eight of them. */
static CC_INLINE bool asn_fast_value(const struct asn_type *type, uint8_t *value,
                                     const uint8_t *contents, uint64_t word, unsigned n)
{
    bool ok = false;
    uint64_t v;
    uint16_t u16;
    uint32_t u32;
    bool boolean;

    switch (type->op) {
    case ASN_BOOLEAN:
        boolean = word >> 63 != 0;
        ok = (n == 1) & (word >> 56 == (boolean ? 0xffU : 0U));
        memcpy(value, &boolean, sizeof(boolean));
        break;
    case ASN_U8:
        ok = asn_fast_uint(type, word, n, &v);
        *value = (uint8_t)v;
        break;
    case ASN_U16:
        ok = asn_fast_uint(type, word, n, &v);
        u16 = (uint16_t)v;
        memcpy(value, &u16, sizeof(u16));
        break;
    case ASN_U32:
        ok = asn_fast_uint(type, word, n, &v);
        u32 = (uint32_t)v;
        memcpy(value, &u32, sizeof(u32));
        break;
    case ASN_U64:
        ok = asn_fast_u64(type, contents, word, n, &v);
        memcpy(value, &v, sizeof(v));
        break;
    case ASN_I8:
        ok = asn_fast_int(type, word, n, &v);
        *value = (uint8_t)v;
        break;
    case ASN_I16:
        ok = asn_fast_int(type, word, n, &v);
        u16 = (uint16_t)v;
        memcpy(value, &u16, sizeof(u16));
        break;
    case ASN_I32:
        ok = asn_fast_int(type, word, n, &v);
        u32 = (uint32_t)v;
        memcpy(value, &u32, sizeof(u32));
        break;
    case ASN_I64:
        ok = asn_fast_int(type, word, n, &v);
        memcpy(value, &v, sizeof(v));
        break;
    case ASN_ENUMERATED:
        v = (uint64_t)ber_left_int(word, n);
        ok = n <= 4 && ber_int_size((int64_t)v) == n;
        u32 = (uint32_t)v;
        memcpy(value, &u32, sizeof(u32));
        ok = ok && asn_leaf_check(type, value, NULL);
        break;
    case ASN_NULL:
        *value = 0;
        ok = n == 0;
        break;
    case ASN_OCTETS:
    case ASN_UTF8:
    case ASN_OID:
        ok = asn_fast_string(type, contents, n, value);
        break;
    case ASN_SEQUENCE:
    case ASN_SEQUENCE_OF:
    case ASN_CHOICE:
    case ASN_RAW:
        break;
    }
    return ok;
}

/*
 * asn_fast_leaf decodes the leaf at p and returns what is behind it; NULL: ask the slow way. end is
 * where the element must have ended, in_end where the input does. Without tail, ASN_FAST_REACH
 * octets at p can be read.
 */
static CC_INLINE const uint8_t *asn_fast_leaf(const struct asn_type *type,
                                              const struct asn_tag *tag, uint8_t *value,
                                              const uint8_t *p, const uint8_t *end,
                                              const uint8_t *in_end, bool tail)
{
    const uint8_t *contents;
    uint64_t word;
    unsigned n;

    if (tail && end - p < 3) {
        return NULL;
    }
    if (CC_UNLIKELY(p[0] != tag->octets[0])) {
        return NULL;
    }
    if (tag->len == 1) {
        n = p[1];
        contents = p + 2;
    } else {
        if (tag->len != 2 || p[1] != tag->octets[1]) {
            return NULL;
        }
        n = p[2];
        contents = p + 3;
    }
    if (CC_UNLIKELY(end - contents < (ptrdiff_t)n)) {
        return NULL;
    }
    word = tail ? asn_load_tail(contents, in_end) : ber_load64(contents);
    return CC_LIKELY(asn_fast_value(type, value, contents, word, n)) ? contents + n : NULL;
}

#endif
