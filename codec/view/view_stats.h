/*
 * view_stats.h - where the octets of a stream go: by section, by level, by block of RAM, by type.
 */
#ifndef VMBER_VIEW_STATS_H
#define VMBER_VIEW_STATS_H

#include "codec/base/arena.h"
#include "codec/base/io.h"
#include "codec/stream/form_events.h"
#include "codec/view/view_left.h"
#include "codec/view/view_out.h"
#include "codec/view/view_ram.h"
#include "codec/view/view_sections.h"

enum { VIEW_LEVELS = 4 }; /* 0: bytes, 1: framed, 2: described, 3: lifted */

struct view_stats_section {
    unsigned level; /* the lowest of its records */
    uint64_t legacy;
    uint64_t lifted; /* octets of them that are blobs and have been lifted */
    uint64_t ber;
};

/* Octets of one of QEMU's types inside described sections. */
struct view_stats_type {
    struct span name; /* until view_stats_done */
    bool untyped;     /* only their owner knows what these octets are */
    uint64_t fields;
    uint64_t octets;
};

struct view_stats {
    enum form_format format;
    struct view_sections sections;
    struct view_stats_section *of_section; /* beside sections.items */
    size_t of_section_cap;
    struct view_ram ram;
    struct arena arena; /* names of types */
    struct view_stats_type *types;
    size_t type_count;
    uint32_t *type_slots; /* hash table of indexes + 1 */
    uint64_t level_records[VIEW_LEVELS];
    uint64_t level_octets[VIEW_LEVELS]; /* 3: what has been lifted, 2: the rest */
    uint64_t legacy;                    /* the whole stream */
    uint64_t ber;
    uint64_t head; /* legacy octets in front of the first section */
    uint64_t tail; /* those behind the last of RAM and its like: sent while the guest stands */
    uint64_t tail_devices;
    uint64_t tail_description;
    uint64_t tail_other;
    uint64_t ber_types; /* BER octets of type descriptions */
    uint64_t type_descriptions;
    struct view_left left;
    bool in_device; /* the section that is gone through is a whole one */
    bool in_tail;
    bool last_opaque;
};

/*
 * view_stats_gather reads in to its end; after a fault stats holds what came before it. blobs:
 * NULL, or who lifts them.
 */
bool view_stats_gather(struct view_stats *stats, struct io_source in,
                       const struct view_blobs *blobs, struct err *err);
void view_stats_done(struct view_stats *stats);

/* view_stats_show writes them. why: NULL, or what ended the reading. */
bool view_stats_show(const struct view_stats *stats, struct io_sink out, enum view_format format,
                     const struct err *why, struct err *err);

#endif
