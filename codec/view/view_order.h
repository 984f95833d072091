/*
 * view_order.h - whether the records of a stream fit together: heads and ends of sections, their
 * ids, packages, the end mark. The same for legacy and BER streams.
 *
 * After a record that could not be read, what rests on it is not judged: view_order_lost.
 */
#ifndef VMBER_VIEW_ORDER_H
#define VMBER_VIEW_ORDER_H

#include "codec/stream/form_events.h"
#include "codec/view/view_finding.h"
#include "codec/view/view_sections.h"

struct view_order {
    struct view_sections sections;
    const struct view_section *section; /* that the last record belongs to, or NULL */
    bool open;                          /* a section has begun and not ended */
    bool unsure;                        /* a record was lost: nobody knows whether one is open */
    bool lost;                          /* a record was lost: sections may be missing */
    bool lost_length;                   /* what a package holds is not known any more */
    bool footers_known;
    bool footers;
    bool mixed;        /* told once */
    bool ended;        /* the end mark has been seen */
    bool opaque;       /* opaque octets, among which anything may be */
    bool described;    /* and the description */
    uint64_t packaged; /* octets that a package goes on for */
};

void view_order_init(struct view_order *order);
void view_order_done(struct view_order *order);

/* Told of each fault: rule and text; err has no offsets yet. */
typedef void (*view_order_fn)(void *ctx, enum view_rule_id rule, const struct err *err);

/* view_order_record takes the next record; false only without memory. */
bool view_order_record(struct view_order *order, const struct wire_body *body, view_order_fn fn,
                       void *ctx, struct err *err);

/* view_order_length says how many octets the record stood for. */
void view_order_length(struct view_order *order, uint64_t legacy_length, view_order_fn fn,
                       void *ctx);

/* view_order_lost takes note of a record that could not be read. */
void view_order_lost(struct view_order *order);

/* view_order_end looks at what the stream leaves undone; whole: it was no fragment. */
void view_order_end(struct view_order *order, bool whole, view_order_fn fn, void *ctx);

#endif
