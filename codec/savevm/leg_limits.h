/*
 * leg_limits.h - how large the parts of a legacy stream may be.
 */
#ifndef VMBER_SAVEVM_LEG_LIMITS_H
#define VMBER_SAVEVM_LEG_LIMITS_H

enum {
    /* The window a reader needs: three of the largest page records beside each other (the trial of
     * page sizes looks that far), or the largest compressed page. */
    LEG_WINDOW_MIN = 256 * 1024,

    /* Sections that are sent in parts. One for each of the few handlers, and one for each vfio
     * device: a machine has at most 256 of those on one PCI bus. */
    LEG_SECTIONS_MAX = 512,

    /* RAM blocks in one list. QEMU has some 10 and up to 256 memory devices; what does not fit in
     * the window is refused as well. */
    LEG_BLOCKS_MAX = 4096,

    /* Items, and page contents, of one RAM event: with pages of 4 KiB, and half of them standing
     * alone, more than a window of 1 MiB holds. More only makes another event. */
    LEG_RAM_ITEMS_MAX = 4096,
    LEG_RAM_PAGES_MAX = 4096,

    /* Pages that one RAM record may stand for when it is written: eight times what a window of
     * 1 MiB full of zero page records gives. Bounds how far a few octets can be blown up. */
    LEG_RAM_RECORD_PAGES_MAX = 1 << 20,

    /* A compressed page: zlib adds less than 0.1 % to the largest page (64 KiB), so that twice its
     * size is never reached. */
    LEG_COMPRESSED_MAX = 128 * 1024,

    /* Contents in one event of a framer: keeps the records of a BER stream handy. */
    LEG_FRAMED_CHUNK_MAX = 256 * 1024,

    /* Octets of a tail in one event: any section seen fits, and a record stays far from its limit.
     */
    LEG_TAIL_CHUNK_MAX = 16 * 1024 * 1024,

    /* The configuration section: a machine name and some capability names. */
    LEG_CONFIG_MAX = 64 * 1024,
    LEG_MACHINE_NAME_MAX = 4096,
    LEG_CAPABILITIES_MAX = 64,

    /* The payload of one described section, or a rebuilt description: the largest seen (graphics
     * memory in virtio-gpu) are tens of MiB. */
    LEG_PAYLOAD_MAX = 1 << 30,

    /* Pieces of one gathered write; POSIX systems have IOV_MAX of 1024 or 16 at the least. */
    LEG_IOV_MAX = 1024,

    /* Heads of page records put together before a write. */
    LEG_HEADS_MAX = 64 * 1024,

    /* Less RAM than this is copied into the output's buffer: a system call costs more. */
    LEG_GATHER_MIN = 16 * 1024,
};

#endif
