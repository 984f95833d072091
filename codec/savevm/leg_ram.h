/*
 * leg_ram.h - the payload of a "ram" section: where its records end, and what they say.
 *
 *     record = be64 word                        page offset in the block | flags
 *              [ u8 len  name ]                 unless CONTINUE: else the block of the last record
 *              ZERO:      u8 octet
 *              PAGE:      page
 *              XBZRLE:    u8 0x01  be16 len  data
 *              COMPRESS:  be32 len  data
 *              MEM_SIZE:  { u8 len  name  be64 length  [ be64 page size ]  [ be64 address ] }
 *              EOS:       ends the payload
 *
 * A pure parser over the octets that are there: it never reads, waits or allocates after
 * leg_ram_init, and touches no octet of a page's contents. Consecutive pages become one item.
 *
 * Not here: multifd, postcopy preempt and mapped-ram, whose pages travel beside the stream.
 */
#ifndef VMBER_SAVEVM_LEG_RAM_H
#define VMBER_SAVEVM_LEG_RAM_H

#include "wire.h"

struct err;

enum leg_ram_result {
    LEG_RAM_MORE, /* a record begins at *used of which *need octets are needed to go on */
    LEG_RAM_FULL, /* tell what there is and come back */
    LEG_RAM_STOP, /* the EOS word stands at *used */
    LEG_RAM_LOST, /* what stands at *used cannot be framed: the reason is in lost */
};

struct leg_ram {
    uint64_t page_size;
    bool page_size_known; /* by configuration, option or trial; else page_size is a guess */
    bool page_sizes_sent; /* POSTCOPY_ADVISE came with page sizes: lists may have them */
    bool addresses_sent;  /* x-ignore-shared: lists have addresses */
    bool elsewhere;       /* mapped-ram: pages are not in the stream */

    /* What the last scan found; valid until the next one. */
    struct wire_ram_item *items;
    size_t item_count;
    struct span *pages; /* contents of the pages of all "pages" items, in order */
    size_t page_count;
    struct wire_ram_block *blocks; /* of the one "blocks" item */
    bool blocks_used;
};

/* Where a payload stands in the stream: what may come after its EOS word. */
struct leg_ram_place {
    uint32_t section_id;
    bool at_end; /* nothing follows the octets that are there */
};

/* leg_ram_init makes a parser for pages of page_size octets; 0: to be found out. */
bool leg_ram_init(struct leg_ram *ram, uint64_t page_size, struct err *err);
void leg_ram_done(struct leg_ram *ram);

/* leg_ram_page_size_ok tells whether this is the size of a page of any QEMU target. */
bool leg_ram_page_size_ok(uint64_t page_size);

/*
 * leg_ram_scan finds the records that in begins with, up to *used. Spans of the items point into
 * in.
 */
enum leg_ram_result leg_ram_scan(struct leg_ram *ram, struct span in,
                                 const struct leg_ram_place *place, size_t *used, size_t *need,
                                 struct err *lost);

#endif
