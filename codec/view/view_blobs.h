/*
 * view_blobs.h - what views ask about blobs, octets inside sections that only their owner
 * understands: who has layout maps (compat/) hands these functions down. With NULL in place of them
 * blobs are shown as the stream has them, and numbers have no names.
 */
#ifndef VMBER_VIEW_BLOBS_H
#define VMBER_VIEW_BLOBS_H

#include "codec/savevm/lay_modules.h"
#include "codec/savevm/lay_visit.h"

enum {
    /* Names of one value: bits of a number, or capabilities of a PCI device. */
    VIEW_NAMES_MAX = 64,
    VIEW_NAMES_ROOM = 64 * 32,
};

struct view_names {
    struct span items[VIEW_NAMES_MAX];
    size_t count;
    char room[VIEW_NAMES_ROOM]; /* of those that have to be made up */
    size_t used;
};

struct view_blobs {
    struct lay_modules modules; /* for form_events; lifts, or not */
    void *ctx;

    /*
     * Gives the names that node's value has: those of its bits, the one of the number, ... Asked
     * for each leaf that is no element of an array, in order, be it shown or not. device is the
     * vmsd_name of the section.
     */
    void (*name)(void *ctx, struct span device, const struct lay_node *node,
                 struct view_names *names);

    /*
     * Writes why blobs between two offsets in the payload of the section told last are no fields,
     * though there is a map for them. False: there is none.
     */
    bool (*why)(void *ctx, uint64_t begin, uint64_t end, char *text, size_t cap);
};

#endif
