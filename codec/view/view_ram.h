/*
 * view_ram.h - the pages of guest RAM, summed for each block by the way they were sent.
 *
 * Knows nothing of what the pages hold. Blocks are found by name; one that no list announced is
 * summed as well.
 */
#ifndef VMBER_VIEW_RAM_H
#define VMBER_VIEW_RAM_H

#include "codec/base/arena.h"
#include "codec/view/view_limits.h"
#include "wire.h"

struct err;

enum view_ram_kind {
    VIEW_RAM_NORMAL,     /* the page as it is */
    VIEW_RAM_ZERO,       /* a page of zeros, as its number */
    VIEW_RAM_FILL,       /* the same of another octet */
    VIEW_RAM_XBZRLE,     /* the difference to what was sent before */
    VIEW_RAM_COMPRESSED, /* zlib */
    VIEW_RAM_RAW,        /* a record out of the usual order, kept as it was */
    VIEW_RAM_KINDS
};

/* view_ram_kind_name returns "normal", "zero", ... */
const char *view_ram_kind_name(enum view_ram_kind kind);

struct view_ram_block {
    struct span name; /* until view_ram_done */
    bool announced;   /* by a list, with what follows */
    uint64_t length;
    bool has_page_size;
    uint64_t page_size;
    bool has_address;
    uint64_t address;
    uint64_t pages[VIEW_RAM_KINDS];
    uint64_t octets[VIEW_RAM_KINDS]; /* of pages as they were sent */
};

struct view_ram {
    struct arena names;
    struct view_ram_block *blocks; /* in order of appearance */
    size_t count;
    size_t cap;
    uint32_t *slots;                /* hash table of indexes + 1 */
    struct view_ram_block *current; /* the block of the pages from here on, or NULL */
    uint64_t total;                 /* as the source announced it */
    uint64_t page_size;             /* of the target; 0 while there was no page */
    uint64_t marks;
};

void view_ram_init(struct view_ram *ram);
void view_ram_done(struct view_ram *ram);

/* view_ram_add sums one more piece. */
bool view_ram_add(struct view_ram *ram, const struct wire_ram *piece, struct err *err);

#endif
