/*
 * mod_limits.h - the bounds of device modules, each with the reason for its number. Those of the
 * notation itself are in asn_limits.h; structs inside structs are bounded by LAY_DEPTH_MAX.
 */
#ifndef VMBER_DEVICE_MOD_LIMITS_H
#define VMBER_DEVICE_MOD_LIMITS_H

enum {
    /* Structs of one set of modules: those of all devices of QEMU 7.2 on six machines have 700. */
    MOD_TYPES_MAX = 1 << 16,

    /* Fields of one set: the same have 4500. */
    MOD_FIELDS_MAX = 1 << 20,

    /* Terms of all constraints of one struct: as many as a word has bits. The most are seven. */
    MOD_TERMS_MAX = 64,

    /* Octets of all names of one set, each kept once: the same have 110 KB. */
    MOD_STRINGS_MAX = 16 * 1024 * 1024,

    /* Octets of one name, or of the comment above a module: as many as their length in two octets
     * can say. The longest of those comments has 450. */
    MOD_STRING_MAX = 65535,

    /* Octets that the notation of one file or folder may take while it is read: all built-in
     * modules together take 3 MB, so this is a hundred times as much. */
    MOD_NOTATION_BYTES_MAX = 256 * 1024 * 1024,

    /* Octets that one compiled set takes: as many structs, fields and names as it may have. */
    MOD_SET_BYTES_MAX = 128 * 1024 * 1024,

    /* Files and folders that a user names. */
    MOD_USER_SETS_MAX = 64,

    /* Files of one folder. */
    MOD_FILES_MAX = 1000,

    /* Octets of a listing: a line has three names, and a module as many lines as fields. */
    MOD_LISTING_MAX = 64 * 1024 * 1024,

    /* Pairs of a type and a struct of a module that one section is compared by: the largest seen
     * has 10, an array of a thousand elements that all differ would have as many. */
    MOD_PAIRS_MAX = 1 << 18,

    /* Fields, members and subsections that a reader compares with modules, in all: a stream with
     * every device has 10000. Types that name a module may hold the same structs, so that their
     * octets are no bound of the time. */
    MOD_CHECKED_MAX = 1 << 24,
};

#endif
