/*
 * view_left.h - how many octets of devices are blobs, how many of these have been lifted, and which
 * are left as octets, and why.
 *
 * A blob is octets of a whole section (FULL) that QEMU's description does not explain: a field
 * whose type is no number, no flag and no plain buffer; an old-style section; elements that are not
 * told; a section that is not described at all; a buffer that there is a map for. All of them are
 * counted, the lifted ones as well, whoever lifted them.
 */
#ifndef VMBER_VIEW_LEFT_H
#define VMBER_VIEW_LEFT_H

#include "codec/base/arena.h"
#include "codec/stream/form_events.h"
#include "codec/view/view_blobs.h"
#include "codec/view/view_leaves.h"
#include "codec/view/view_limits.h"

/* Why octets are left as octets. Those from VIEW_LEFT_BUFFER on are no blobs. */
enum view_left_why {
    VIEW_LEFT_NO_MAP,
    VIEW_LEFT_MISFIT,     /* there is a map, which does not fit */
    VIEW_LEFT_NOT_LIFTED, /* nobody has asked for maps */
    VIEW_LEFT_HOST,       /* in a lifted blob: a dump of the host's memory, in its layout */
    VIEW_LEFT_UNTOLD,     /* elements that the description does not tell */
    VIEW_LEFT_FRAMED,     /* the section is not described */
    VIEW_LEFT_BUFFER,     /* a plain buffer: these octets are the field */
    VIEW_LEFT_UNUSED,     /* they mean nothing */
};

/* Fields of one name in devices of one kind that are left for one reason. */
struct view_left_row {
    struct span path; /* "vmsd_name > field > field", without indexes */
    struct span type; /* QEMU's; empty if the section is framed */
    struct span text; /* MISFIT: what the first one says; else empty */
    enum view_left_why why;
    uint64_t fields;
    uint64_t octets;
};

struct view_left {
    uint64_t devices; /* octets of whole sections, without heads and footers */
    uint64_t blobs;
    uint64_t lifted;
    uint64_t buffers; /* octets that are left and no blobs */
    struct view_left_row *rows;
    uint32_t *slots; /* hash table of indexes + 1 */
    size_t count;    /* the last of VIEW_LEFT_MAX takes all others */
    struct arena arena;
    const struct view_blobs *maps; /* or NULL */

    /* The section that is gone through. */
    struct span device;
    bool old_style;
    uint64_t section_lifted;
};

bool view_left_init(struct view_left *left, const struct view_blobs *maps, struct err *err);
void view_left_done(struct view_left *left);

/* view_left_begin begins a described section. */
void view_left_begin(struct view_left *left, const struct form_event *event);

/* view_left_leaf and view_left_lifted take what view_leaves_of tells of it. */
bool view_left_leaf(struct view_left *left, const struct view_leaf *leaf, struct err *err);
void view_left_lifted(struct view_left *left, uint64_t octets);

/* view_left_framed takes a piece of a framed section of that name. */
bool view_left_framed(struct view_left *left, struct span name, const struct wire_framed *framed,
                      struct err *err);

/* view_left_text returns words for a reason, view_left_word one word. */
const char *view_left_text(enum view_left_why why);
const char *view_left_word(enum view_left_why why);

#endif
