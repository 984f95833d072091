/*
 * ber_limits.h - the bounds of the BER rooms and of the engine that runs type tables.
 */
#ifndef VMBER_BER_LIMITS_H
#define VMBER_BER_LIMITS_H

enum {
    /* Nested elements. Our own streams stay below 30; a bit set of 64 keeps a walk in one line of
     * cache. */
    BER_DEPTH_MAX = 64,

    /* Identifier octets: one, and five that carry 7 bits each of a 31-bit number. */
    BER_TAG_OCTETS_MAX = 6,

    /* Length octets behind the first (X.690 8.1.3.5 c: 127 is reserved). */
    BER_LENGTH_OCTETS_MAX = 126,

    /* Identifier and length octets together. */
    BER_HEAD_MAX = BER_TAG_OCTETS_MAX + 1 + BER_LENGTH_OCTETS_MAX,

    /* Octets of one arc of an OBJECT IDENTIFIER: 128 bits, because 2.25 carries a UUID. */
    BER_ARC_OCTETS_MAX = 19,
};

/* The greatest tag number; X.690 has no bound, every tool we know stops here or earlier. */
#define BER_TAG_NUMBER_MAX 0x7fffffffU

#endif
