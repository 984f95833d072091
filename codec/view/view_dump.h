/*
 * view_dump.h - a stream by names, types and values, as text or JSON, while it is read.
 *
 * Nothing is kept but names, types and the sums of RAM. What has been read when a fault is met has
 * been shown.
 */
#ifndef VMBER_VIEW_DUMP_H
#define VMBER_VIEW_DUMP_H

#include "codec/stream/form_pick.h"
#include "codec/view/view_blobs.h"
#include "codec/view/view_out.h"
#include "codec/view/view_path.h"
#include "codec/view/view_select.h"

/* How much is shown. */
enum view_detail {
    VIEW_REGIONS = 0,  /* runs of records of one kind */
    VIEW_SECTIONS = 1, /* each section */
    VIEW_FIELDS = 2,   /* and the fields of those that are described */
};

struct view_dump_options {
    enum view_format format;
    enum view_detail detail;
    bool offsets;
    bool runs;         /* RAM: each run of pages as well */
    bool types;        /* type descriptions as well */
    size_t octets_max; /* shown of an octet string; VIEW_OCTETS_ALL */
    const struct view_path *paths;
    size_t path_count;              /* at most VIEW_PATHS_MAX; 0: everything */
    const struct form_random *file; /* the input, if it can be read at any place; else NULL */
    const struct view_blobs *blobs; /* NULL: blobs are shown as the stream has them */
};

struct view_dump_report {
    uint64_t matched; /* things that paths asked for */
};

/* view_dump reads in to its end and shows it on out. */
bool view_dump(struct io_source in, struct io_sink out, const struct view_dump_options *options,
               struct view_dump_report *report, struct err *err);

#endif
