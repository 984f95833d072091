/*
 * ber_prim.h - the few operations that the speed of everything else rests on, inline.
 *
 * All of them are plain C; gcc and clang make one load or store of each.
 */
#ifndef VMBER_BER_PRIM_H
#define VMBER_BER_PRIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "codec/base/compat_cc.h"

/* ber_wire64 turns a word between the order of this machine and most significant octet first. */
static CC_INLINE uint64_t ber_wire64(uint64_t v)
{
    const uint16_t one = 1;
    uint8_t first;

    memcpy(&first, &one, 1); /* a constant once compiled */
    if (first == 0) {
        return v;
    }
    return v >> 56 | (v >> 40 & 0xff00) | (v >> 24 & 0xff0000) | (v >> 8 & 0xff000000) |
           (v & 0xff000000) << 8 | (v & 0xff0000) << 24 | (v & 0xff00) << 40 | v << 56;
}

/* ber_load64 reads eight octets, most significant first. */
static CC_INLINE uint64_t ber_load64(const uint8_t *p)
{
    uint64_t v;

    memcpy(&v, p, sizeof(v));
    return ber_wire64(v);
}

/* ber_store64 writes eight octets, most significant first. */
static CC_INLINE void ber_store64(uint8_t *p, uint64_t v)
{
    v = ber_wire64(v);
    memcpy(p, &v, sizeof(v));
}

/* ber_bits returns the number of significant bits of v, 1 for 0. */
static CC_INLINE unsigned ber_bits(uint64_t v)
{
    return 64U - CC_CLZ64(v | 1);
}

/*
 * ber_uint_size and ber_int_size return the contents octets of the shortest INTEGER
 * (X.690 8.3.2), 1 to 9 and 1 to 8.
 */
static CC_INLINE unsigned ber_uint_size(uint64_t v)
{
    return ber_bits(v) / 8 + 1;
}

/* ber_fold returns v, or its complement when it is negative: what counts for its size. */
static CC_INLINE uint64_t ber_fold(int64_t v)
{
    uint64_t u = (uint64_t)v;

    return u ^ (0 - (u >> 63));
}

static CC_INLINE unsigned ber_int_size(int64_t v)
{
    return ber_bits(ber_fold(v)) / 8 + 1;
}

/*
 * ber_left_int and ber_left_uint return the integer in the first n octets of a word loaded by
 * ber_load64. It is what an INTEGER of n octets stands for only if n is 1 to 8 and the value's own
 * size; for any other n the result's size differs from n, so that one comparison tells all of it.
 */
_Static_assert((-2 >> 1) == -1, "signed shifts must keep the sign");

static CC_INLINE int64_t ber_left_int(uint64_t word, unsigned n)
{
    return (int64_t)word >> ((64 - 8 * n) & 63);
}

static CC_INLINE uint64_t ber_left_uint(uint64_t word, unsigned n)
{
    return word >> ((64 - 8 * n) & 63);
}

/* ber_length_size returns how many octets the shortest form of a length takes (8.1.3). */
static CC_INLINE unsigned ber_length_size(uint64_t len)
{
    return len < 128 ? 1 : 1 + (ber_bits(len) + 7) / 8;
}

#endif
