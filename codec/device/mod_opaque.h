/*
 * mod_opaque.h - what is known of the octets of a leaf by QEMU's name of its type, first of all the
 * lengths of what QEMU's devices write with functions of their own, where the octets tell them.
 *
 * Each row was read in QEMU 7.2. Of what is inside nothing else is known here.
 */
#ifndef VMBER_DEVICE_MOD_OPAQUE_H
#define VMBER_DEVICE_MOD_OPAQUE_H

#include "codec/base/span.h"

enum mod_kind {
    MOD_KIND_PLAIN,
    MOD_KIND_TIMER,  /* when it expires, or -1 */
    MOD_KIND_UNUSED, /* zeros */
    MOD_KIND_BUFFER, /* an integer of the device says how many */
    MOD_KIND_BITMAP, /* the same, in bits */
    MOD_KIND_HOLE,   /* OCTETS: structs that no one has described; STRUCT: no tmp or vstruct */
    MOD_KIND_PCI_CONFIG,
    MOD_KIND_OPAQUE, /* and more: they tell their length */
};

/* mod_kind_of returns the kind of a field of that type name; octets: it is MOD_OCTETS. */
uint8_t mod_kind_of(struct span type, bool octets);

/* mod_kind_is_certain tells the kinds of octets that have the length they tell, in any release. */
bool mod_kind_is_certain(uint8_t kind);

/* mod_is_express tells whether a PCI configuration is that of a PCI Express device. */
bool mod_is_express(struct span config);

enum mod_telling {
    MOD_SILENT, /* its length is not told */
    MOD_TELLS,
    MOD_NEVER, /* it is no such field */
};

struct mod_measured {
    uint64_t len;   /* octets of the field, by what they say */
    uint64_t tail;  /* those that end before items of any number */
    uint64_t steps; /* integers that were looked at */
};

/*
 * mod_measure measures a field of a kind that begins with octets; config is the PCI configuration
 * that stands before it in the section, or empty.
 */
enum mod_telling mod_measure(uint8_t kind, struct span octets, struct span config,
                             struct mod_measured *out);

#endif
