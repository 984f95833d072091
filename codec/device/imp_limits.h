/*
 * imp_limits.h - the bounds of making modules from what streams and QEMU's own lists show, each
 * with the reason for its number. "Everything" is a stream with each of 564 device types of five
 * machines, and the lists of those machines.
 */
#ifndef VMBER_DEVICE_IMP_LIMITS_H
#define VMBER_DEVICE_IMP_LIMITS_H

enum {
    /* Octets that all descriptions of one import take: those of everything take 21 MB. */
    IMP_BYTES_MAX = 512 * 1024 * 1024,

    /* Structs that differ, in all inputs: everything has some 800. */
    IMP_SHAPES_MAX = 1 << 16,

    /* Fields and structs that are looked at while layouts are compared and merged: everything needs
     * 130000. Trying layouts against each other is what could take for ever. */
    IMP_STEPS_MAX = 1 << 26,

    /* Octets of a list of QEMU's: that of the machine with the most types has 1.9 MB. */
    IMP_LIST_MAX = 8 * 1024 * 1024,

    /* Octets of an identifier or of a part of a type's name: beyond it QEMU's name is cut. With a
     * root's name before it and a number behind it fits ASN_NAME_MAX. */
    IMP_NAME_MAX = 48,

    /* Octets of the name of a module's root, version and all. */
    IMP_ROOT_MAX = 64,

    /* Octets of the text of one module: the largest has 9 KB. */
    IMP_TEXT_MAX = 4 * 1024 * 1024,

    /* Octets of a list of tags or digests that is kept with released modules: 30 KB so far. */
    IMP_FROZEN_MAX = 64 * 1024 * 1024,

    /* Conflicts that are told one by one. */
    IMP_CONFLICTS_MAX = 1000,
};

#endif
