/*
 * view_frame.h - one frame of a BER stream looked at as it stands: its BER, its check, and as far
 * as that can be told of a damaged one, what record it is.
 */
#ifndef VMBER_VIEW_FRAME_H
#define VMBER_VIEW_FRAME_H

#include "codec/stream/form_reader.h"

struct view_frame {
    const char *kind; /* of a record: the name of its alternative, or NULL */
    struct span name; /* idstr of its section, or name of its type, if it has one */
    bool has_id;      /* of its section */
    uint32_t id;
    bool has_check;
    bool check_good;
    uint8_t check[HASH_CHECK_LEN];       /* as it stands there */
    uint8_t check_found[HASH_CHECK_LEN]; /* of the octets */
};

/* view_part_name returns "header", "trailer", "index", ... */
const char *view_part_name(enum form_part part);

/*
 * view_frame_look fills frame in, as far as the octets can be read. False if they are no
 * well-formed BER; offsets in err count from the start of the frame. Names live as long as raw and
 * arena.
 */
bool view_frame_look(struct view_frame *frame, const struct form_raw *raw, struct hash *hash,
                     struct arena *arena, struct err *err);

/* view_frame_explain_check sets err to what the two checks are. */
bool view_frame_explain_check(const struct view_frame *frame, struct err *err);

#endif
