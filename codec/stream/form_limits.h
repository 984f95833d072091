/* form_limits.h - how large a BER stream may make its reader. */
#ifndef VMBER_STREAM_FORM_LIMITS_H
#define VMBER_STREAM_FORM_LIMITS_H

enum {
    /* A header names a machine and some features: kilobytes. */
    FORM_HEADER_MAX = 1 << 20,
    /* A record is a piece of RAM of one window, or one device section; the largest sections seen
     * (framebuffers in virtio-gpu) are tens of MiB. */
    FORM_RECORD_MAX = 1 << 30,
    /* Decoded structs of one record: lists of RAM items are the largest, 4096 of some 100 octets.
     */
    FORM_ARENA_MAX = 256 << 20,
    /* Small pieces of live sections gathered in one record: one default pipe full. */
    FORM_BATCH_MAX = 64 << 10,
    /* Room for them from the start, so that no RAM makes it grow: the last piece of a record can be
     * a window of 256 KiB full of zero pages, which take up to 21 octets for 9. */
    FORM_BATCH_ROOM = FORM_BATCH_MAX + (640 << 10),
    /* The window a stream is read through: RAM records of the writer fit with room to spare. */
    FORM_WINDOW = 1 << 20,
    /* Index entries: sections and types of one stream. */
    FORM_INDEX_MAX = 1 << 20,
    /* Octets of an index that is read from the end of a file: some tens for each entry. */
    FORM_INDEX_OCTETS_MAX = 64 << 20,
};

#endif
