/*
 * view_pieces.h - what comes in pieces, shown as one: framed sections, opaque octets, runs of
 * pages.
 *
 * How many events a reader makes of a section depends on how many octets were there when it read;
 * what is shown must not.
 */
#ifndef VMBER_VIEW_PIECES_H
#define VMBER_VIEW_PIECES_H

#include "codec/view/view_show.h"

/* A framed section's START, PART, END or FULL, or opaque octets, on the way. */
struct view_pieces {
    struct view_gather data;
    bool on;
    bool opaque;
    struct view_place place;
    bool has_section;
    struct view_section section;
    int32_t kind;
    bool has_why;
    struct err why;
    struct err text; /* text: the framing, or the reason of opaque octets */
};

bool view_pieces_init(struct view_pieces *pieces, size_t octets_max, struct err *err);
void view_pieces_done(struct view_pieces *pieces);

/* view_pieces_add takes a framed or opaque event; shows what is complete by it. */
bool view_pieces_add(struct view_pieces *pieces, struct view_out *o, const struct form_event *event,
                     const struct view_section *section, int32_t kind, struct err *err);

/* view_pieces_flush shows what has been taken so far: something else comes. */
void view_pieces_flush(struct view_pieces *pieces, struct view_out *o);

/* Runs of pages of one START, PART or END of RAM. */
struct view_runs {
    bool on; /* an item has been begun */
    bool has_run;
    struct wire_ram_item run; /* pages or fill, that the next item may go on with */
};

/* view_runs_add shows the runs of a piece; a run that a later piece goes on with is shown as one.
 */
void view_runs_add(struct view_runs *runs, struct view_out *o, const struct form_event *event,
                   const struct view_section *section, int32_t kind);
void view_runs_flush(struct view_runs *runs, struct view_out *o);

#endif
