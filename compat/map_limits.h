/*
 * map_limits.h - the bounds of maps and of lifting with them, each with the reason for its number.
 */
#ifndef VMBER_COMPAT_MAP_LIMITS_H
#define VMBER_COMPAT_MAP_LIMITS_H

enum {
    /* Structs inside structs of a map, on top of those of the section that holds the blob: virtio
     * has five. Both together stay below LAY_DEPTH_MAX, or the blob stays octets. */
    MAP_DEPTH_MAX = 16,

    /* Structs, rows, rules and operands of all maps: today's are a tenth of it. */
    MAP_TYPES_MAX = 4096,
    MAP_ROWS_MAX = 32768,
    MAP_RULES_MAX = 32768,
    MAP_TERMS_MAX = 65536,

    /* Rows of one struct; a context tag and an element of the value stack for each. */
    MAP_STRUCT_ROWS_MAX = 512,

    /* Names of a path, "outer" not counted, and times "outer": deeper is out of sight. */
    MAP_PATH_MAX = 4,
    MAP_OUTER_MAX = 8,

    /* Choice points of one blob, and readings of it: virtio has two or three, of which one in two
     * is right at once. What takes more is no such blob. */
    MAP_CHOICES_MAX = 64,
    MAP_READINGS_MAX = 64,

    /* Rows of a blob that are gone through, in all readings: as many as octets, this many times,
     * and some for what takes none, so that time stays linear. */
    MAP_STEPS_PER_OCTET = 8,
    MAP_STEPS_FREE = 65536,

    /* Rows that are gone through to find out where a blob that does not fit would, for an error
     * message: a tenth of a second. A virtio console takes most of it, another device a tenth. */
    MAP_HINT_STEPS = 1 << 21,

    /* Octets of a path in that message, which has two. */
    MAP_HINT_PATH_MAX = 128,

    /* Octets of a blob: the largest field there is; see LAY_VALUE_MAX. */
    MAP_BLOB_MAX = 1 << 30,

    /* Capabilities of a PCI device: 192 octets, four at least each. */
    MAP_PCI_CAPABILITIES_MAX = 48,

    /* Octets of a report of one blob that a map did not take. */
    MAP_MISFITS_KEPT = 64,
};

#endif
