/*
 * leg_frame.h - framers: who knows where an unlabelled payload ends.
 *
 * A framer sees a payload as units: a head it has to look at, and a body it only has to pass over.
 *
 *     unit = head (at most some 600 octets)  body (any length, may go far beyond the window)
 *
 * Its step function looks at the head at the start of a unit and says how long both are and whether
 * it is the last one. Everything else, resuming at any octet included, is done here, once.
 *
 *     leg_frame_begin(&frame, framer);
 *     for (;;) {
 *         switch (leg_frame_pass(&frame, octets, &used, &need, &lost)) ...
 *     }
 *
 * To add a framer: a step function in a leg_frame_*.c, a line in leg_frame_steps.h, a row in the
 * table in leg_frame.c. No framer says what its octets mean, and none is here for RAM (leg_ram.h).
 */
#ifndef VMBER_SAVEVM_LEG_FRAME_H
#define VMBER_SAVEVM_LEG_FRAME_H

#include "codec/base/span.h"

struct err;

/* What a step function found. */
struct leg_unit {
    size_t head;
    uint64_t body;
    bool is_last;
};

enum leg_unit_result {
    LEG_UNIT_GOOD,
    LEG_UNIT_MORE, /* unit->head octets are needed to say */
    LEG_UNIT_LOST,
};

/*
 * A step function. in begins with a unit; state is 0 at the first one of a payload and the
 * function's own after that. Both may be changed only when the result is LEG_UNIT_GOOD.
 */
typedef enum leg_unit_result (*leg_unit_fn)(struct span in, uint32_t *state, struct leg_unit *unit,
                                            struct err *lost);

/* Where a framer's sections are found. */
enum leg_frame_place {
    LEG_FRAME_LIVE,  /* START, PART and END */
    LEG_FRAME_EARLY, /* FULL, among the live sections */
    LEG_FRAME_TAIL,  /* FULL, among the device sections: only for leg_frame_measure */
};

struct leg_framer {
    const char *name;  /* as Framed.framing says it */
    const char *match; /* idstr, or its end */
    bool is_suffix;
    uint32_t version; /* version_id */
    enum leg_frame_place place;
    leg_unit_fn unit;
};

/* leg_framer_find returns the framer of such a section, or NULL. */
const struct leg_framer *leg_framer_find(struct span idstr, uint32_t version,
                                         enum leg_frame_place place);

/* Where a framer stands inside a payload. */
struct leg_frame {
    const struct leg_framer *framer;
    uint64_t left; /* octets of the current unit */
    uint32_t state;
    bool is_last;
};

enum leg_frame_result {
    LEG_FRAME_MORE, /* *need octets are needed behind those that were used */
    LEG_FRAME_END,  /* the payload ends behind those that were used */
    LEG_FRAME_LOST, /* what stands behind them cannot be framed */
};

void leg_frame_begin(struct leg_frame *frame, const struct leg_framer *framer);

/* leg_frame_pass passes over as much of in as belongs to the payload. */
enum leg_frame_result leg_frame_pass(struct leg_frame *frame, struct span in, size_t *used,
                                     size_t *need, struct err *lost);

/*
 * leg_frame_measure finds the length of the payload of a FULL section without a description, if a
 * framer knows it; in may go on behind it. False: nobody knows, or it ends beyond in.
 */
bool leg_frame_measure(struct span idstr, uint32_t version, struct span in, size_t *len);

#endif
