/*
 * mod_compile.h - device modules from notation to the arrays of mod_set.h. The notation is X.680,
 * parsed and resolved by codec/schema; what it may say of a device is here.
 *
 * A module describes the section of one device. Its first type is the section's, the others are
 * what that one holds; it imports from Vmber-Leaf and Vmber-Vmstate only.
 *
 *   Vmber-E1000 DEFINITIONS IMPLICIT TAGS ::= BEGIN
 *   IMPORTS UInt32 FROM Vmber-Leaf UnusedBuffer FROM Vmber-Vmstate;
 *
 *   -- <"e1000" 2>                                                     vmsd name, version
 *   E1000 ::= SEQUENCE {
 *       unused          UnusedBuffer (SIZE (4)),                       a leaf
 *       mac-reg-ra      SEQUENCE (SIZE (32)) OF UInt32,                an array
 *                       -- <"mac_reg[RA]">                             QEMU's name of the field
 *       phy             UInt8Array (SIZE (6)),                         an array in one string
 *       parent-obj      E1000-PCIDevice,                               a struct
 *       queue           SEQUENCE OF E1000-Packet,  -- <qtailq>         a list
 *       slots           SEQUENCE OF CHOICE { null NullPointer, value E1000-Slot },
 *       tree            SEQUENCE OF CHOICE { key UInt64, value E1000-Node },  -- <gtree>
 *       ports           SEQUENCE OF E1000-Port,  -- <by "phy_count">   as many as that field says
 *       extra           [0] UInt32 OPTIONAL,                           a conditional field
 *       other           [2] Unseen OPTIONAL,  -- <unseen>              of unknown type
 *       full-mac-state  [1] E1000-FullMacState OPTIONAL,  -- <subsection>
 *       ...
 *   } (WITH COMPONENTS {..., extra PRESENT, other ABSENT} |            one of the two
 *      WITH COMPONENTS {..., extra ABSENT, other PRESENT})
 *   END
 *
 * Rules, a breach of which is an error with its place:
 *   - IMPLICIT TAGS; a field has a context tag exactly if it is OPTIONAL; no tag twice in a struct;
 *     no DEFAULT; every SEQUENCE ends in "..."
 *   - every struct is an assignment with a vmsd name and a version, and is part of the root, but
 *     not of itself; that of an old-style section has an idstr and one field, "data"
 *   - every leaf is of an annotated type that is an INTEGER of 1, 2, 4 or 8 octets, a BOOLEAN or an
 *     OCTET STRING; only a BOOLEAN may do without annotation
 *   - subsections stand behind all fields and are OPTIONAL
 *   - <by "x"> is on an array or octets of any number, or on what is OPTIONAL and no array; x is
 *     an INTEGER before it that is neither OPTIONAL nor an array
 *   - integers of one octet are no elements: their arrays are an OCTET STRING
 */
#ifndef VMBER_DEVICE_MOD_COMPILE_H
#define VMBER_DEVICE_MOD_COMPILE_H

#include "codec/device/mod_set.h"
#include "codec/schema/asn_model.h"

struct arena;
struct err;

/*
 * mod_compile makes in *set all device modules of a model that asn_resolve has resolved: those but
 * Vmber-Leaf and Vmber-Vmstate. The set lives in arena. On failure model->diag says where.
 */
bool mod_compile(struct asn_model *model, struct arena *arena, struct mod_set *set,
                 struct err *err);

/* mod_is_leaf_module tells the modules that others import from: they describe no device. */
bool mod_is_leaf_module(const char *name);

#endif
