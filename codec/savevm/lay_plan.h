/*
 * lay_plan.h - splits a tail into pieces, without a word to anyone yet: what is decided here is
 * where each piece ends, and by what right.
 *
 *   tail   | 04 head | payload | footer | 04 head ... | 00 | 06 len { ... } | ...
 *   pieces |<----- PIECE_SECTION ------>|             |EOF |  VMDESC        | OPAQUE
 *
 * Pieces are in order, touch each other and cover the tail.
 */
#ifndef VMBER_SAVEVM_LAY_PLAN_H
#define VMBER_SAVEVM_LAY_PLAN_H

#include "codec/savevm/lay_scan.h"
#include "codec/savevm/lay_tail.h"
#include "codec/savevm/lay_vmdesc.h"

enum lay_piece_kind {
    LAY_PIECE_SECTION, /* described by type, or framed if type is 0 */
    LAY_PIECE_COMMAND,
    LAY_PIECE_EOF,
    LAY_PIECE_VMDESC,
    LAY_PIECE_OPAQUE,
};

/* How the end of a framed section was found; the words are in lay_tail.c. */
enum lay_framing {
    LAY_FRAMING_FOOTER,
    LAY_FRAMING_NEXT_HEADER,
    LAY_FRAMING_VMDESC_SIZE,
    LAY_FRAMING_END,  /* the EOF octet at the end of the tail */
    LAY_FRAMING_NONE, /* it was not: the tail ends inside */
};

struct lay_piece {
    enum lay_piece_kind kind;
    size_t at;
    size_t len;
    struct lay_head head; /* SECTION */
    size_t payload_len;   /* SECTION */
    bool footer;          /* SECTION: ends in one */
    uint32_t type;        /* SECTION: id, or 0 */
    bool guessed;         /* SECTION: by a device module, not by the description */
    enum lay_framing framing;
    size_t device;          /* SECTION: entry of the description, or LAY_NO_DEVICE */
    enum lay_reason why;    /* LAY_WHY_COUNT: nothing to explain */
    size_t fault;           /* offset in the tail where the reason shows */
    enum lay_reason module; /* SECTION: LAY_WHY_MODULE, LAY_WHY_NO_MODULE if it has none */
    const struct lay_differs *differs; /* the same in words, if it has a type */
};

#define LAY_NO_DEVICE SIZE_MAX

struct lay_plan {
    struct span tail;
    const struct lay_options *options;
    struct lay_types *types;
    struct lay_piece *pieces;
    size_t count;
    size_t cap;
    bool footers;
    bool has_desc;
    struct lay_vmdesc desc;
    struct span text; /* of the vmdesc, read or not */
    size_t described; /* sections with a type */
    size_t sections;
    size_t match_budget; /* LAY_MATCHES_MAX and falling */
    size_t searches;     /* for a footer, in vain */
    size_t guess_budget; /* octets that may be gone through for guesses */
    bool cut;
    struct err cut_err; /* what a cut tail lacks */
};

void lay_plan_init(struct lay_plan *plan);
void lay_plan_done(struct lay_plan *plan);

/* lay_plan_make plans the tail; it fails for memory or a limit only. */
bool lay_plan_make(struct lay_plan *plan, struct span tail, const struct lay_options *options,
                   struct lay_types *types, struct err *err);

#endif
