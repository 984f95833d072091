/*
 * lay_limits.h - the bounds of laying out sections, each with the reason for its number.
 */
#ifndef VMBER_SAVEVM_LAY_LIMITS_H
#define VMBER_SAVEVM_LAY_LIMITS_H

enum {
    /* Octets of a vmdesc that is read: the largest seen is 120 KiB, one with every device QEMU has
     * is below 4 MiB. Its tokens take up to 24 times as much. A longer one is kept as text. */
    LAY_VMDESC_MAX = 8 * 1024 * 1024,

    /* JSON nesting: a struct is three levels deep, and the deepest device seen has six structs. */
    LAY_JSON_DEPTH_MAX = 128,

    /* Structs inside structs: as above; the explicit stacks have this many frames. */
    LAY_DEPTH_MAX = 40,

    /* Types of one stream: the largest capture has under 1000; every struct could be its own. */
    LAY_TYPES_MAX = 1 << 20,

    /* Octets that a table of types may take: a description of LAY_VMDESC_MAX octets fits, a field
     * takes 40 of text and 250 here. */
    LAY_TYPES_BYTES_MAX = 128 * 1024 * 1024,

    /* Legacy octets of one value: the largest device state seen is 16 MiB (a framebuffer). */
    LAY_VALUE_MAX = 1 << 30,

    /* Values in a type of n octets: at most this many an octet and LAY_NODES_FREE more, so that the
     * time and the BER octets an input can ask for stay linear in its length. */
    LAY_NODES_PER_OCTET = 4,
    LAY_NODES_FREE = 4096,

    /* Elements (sections, commands) of one tail: the largest capture has 70 sections. */
    LAY_ELEMENTS_MAX = 1 << 20,

    /* Places in the tail that look like a vmdesc and are tried, from the end: more than one is an
     * attack or a stream inside a stream; a bound keeps the time linear. */
    LAY_CANDIDATES_MAX = 8,

    /* Comparisons of a section with entries of the description, in all: in order, as QEMU sends
     * them, one each is enough. */
    LAY_MATCHES_MAX = 1 << 24,

    /* Searches for a footer that find none up to the end: then no more is searched, so that the
     * time stays linear. */
    LAY_SEARCHES_MAX = 64,

    /* Context tags of fields: three identifier octets. The widest struct in QEMU has some 200
     * fields, subsections included. */
    LAY_TAG_MAX = 16383,

    /* Octets of a section without a description that are compared with device modules, and ends of
     * it that are tried: the first is right but for accidents. */
    LAY_GUESS_MAX = 1 << 20,
    LAY_GUESSES_MAX = 16,

    /* Octets that may be gone through for guesses, for each octet of the tail: few, so that the
     * time stays linear. */
    LAY_GUESS_PASSES = 16,

    /* Octets of a section name, by its length octet. */
    LAY_NAME_MAX = 255,
};

#endif
