/*
 * map_view.h - the blobs of a stream by their maps, for views: the hooks of
 * codec/view/view_blobs.h.
 *
 *     map_view_init(&view, lift, &err);
 *     blobs = map_view_hooks(&view);
 *     ...
 *     map_view_done(&view);
 *
 * Names are those that the module of a map gives (bits, names, ipv4, capabilities): they do not
 * travel in the stream, and are found by the name of the struct's type.
 */
#ifndef VMBER_COMPAT_MAP_VIEW_H
#define VMBER_COMPAT_MAP_VIEW_H

#include "codec/view/view_blobs.h"
#include "compat/map_section.h"

struct map_view {
    struct map_lifter lifter;
    bool lifts;
    uint32_t *types; /* indexes of those that have names for something, sorted by name */
    uint32_t type_count;
    struct span within; /* the struct that was looked for last */
    const struct map_type *type;
    uint64_t chain; /* where the first capability stands in the configuration space; 0: nowhere */
};

/* map_view_init takes the built-in maps; without lift it only knows names. */
bool map_view_init(struct map_view *view, bool lift, struct err *err);
void map_view_done(struct map_view *view);

/* map_view_hooks returns what a view is given; ctx is view, which must live as long. */
struct view_blobs map_view_hooks(struct map_view *view);

#endif
