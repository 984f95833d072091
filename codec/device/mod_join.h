/*
 * mod_join.h - which module a section conforms to, by its description; and the description with
 * what the module adds.
 *
 *   QEMU says                      the module says                 joined
 *     fields  "len"   uint32         len    UInt32                   the same
 *             "extra" uint32         extra  [0] UInt32 OPTIONAL      "extra" with tag 0
 *             "ring"  struct x 1     ring   SEQUENCE OF Ring         "ring", a sequence of one
 *             "dark"  uint8          dark   [1] Unseen OPTIONAL      tag 1, one octet of extent
 *                                    gone   [2] UInt8 OPTIONAL       it is not there
 *     subsection "x/more"            more   [3] X-More OPTIONAL      subsection tag 3
 *
 * Structs inside are joined first. The value of a section of the joined type is the BER of the
 * module's root type. Joining a type that was joined before gives that type.
 *
 * Of what the module's constraints name one alternative must be there. What the octets of a section
 * have to say, mod_value.h compares.
 *
 * The same serves a reader: a description that names a module it knows must be what joining gives.
 */
#ifndef VMBER_DEVICE_MOD_JOIN_H
#define VMBER_DEVICE_MOD_JOIN_H

#include "codec/device/mod_set.h"
#include "codec/savevm/lay_types.h"

struct err;
struct mod_library;

/*
 * mod_join_section finds the module that the type of the section idstr conforms to, the first that
 * does in the order of the library, and gives the joined type in *joined. Only the description of
 * an old-style section, which has no name itself, needs idstr. If there is none: false, and why
 * says ERR_UNSUPPORTED ("no module"), ERR_MALFORMED and what is wrong with respect to the module
 * that fits furthest, or ERR_LIMIT. The path in why begins below the type: "parent_obj > config".
 * Types that were added on the way stay, to no one's harm.
 */
bool mod_join_section(const struct mod_library *lib, struct lay_types *types, struct span idstr,
                      uint32_t type, uint32_t *joined, struct err *why);

/*
 * mod_check adds nothing to types. It refuses, with ERR_MALFORMED, a type that names a module of
 * lib, by name and digest, and is not what joining with that module gives. Types without a module,
 * or with one that is not known, pass. ERR_LIMIT: MOD_CHECKED_MAX.
 */
bool mod_check(const struct mod_library *lib, struct lay_types *types, uint32_t type,
               struct err *err);

#endif
