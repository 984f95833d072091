/*
 * form_lift.h - the sections of a BER stream with their blobs as fields, for who looks at them:
 * what lay_modules.lift makes of their octets.
 *
 *     form_lift_init(&lift, modules);
 *     while (...) form_lift_event(&lift, &lower, &event, &err);   each one, in order
 *     form_lift_done(&lift);
 *
 * Lifted types are made in a table of its own: in that of the reader, ids are those of the stream.
 */
#ifndef VMBER_STREAM_FORM_LIFT_H
#define VMBER_STREAM_FORM_LIFT_H

#include "codec/savevm/lay_modules.h"
#include "codec/stream/form_events.h"
#include "codec/stream/form_lower.h"

struct form_lift {
    const struct lay_modules *modules; /* NULL, or without lift: nothing is lifted */
    struct lay_types types;
    uint32_t *ids; /* in types, by number on the wire; 0: there was no room */
    uint32_t id_count;
    uint32_t id_cap;
    struct arena scratch;
    struct buf value;
    struct wire_body body; /* of the event that has been changed */
};

void form_lift_init(struct form_lift *lift, const struct lay_modules *modules);
void form_lift_done(struct form_lift *lift);

/*
 * form_lift_event takes the event of a record that lower has just lowered. Of a described section
 * in which something can be lifted, body and types become those of lift, until the next call; its
 * value then stands nowhere in the stream. It fails for memory only.
 */
bool form_lift_event(struct form_lift *lift, const struct form_lower *lower,
                     struct form_event *event, struct err *err);

#endif
