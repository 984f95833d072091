/*
 * view_select.h - passes on the fields of a section that paths ask for, with what is around them.
 *
 * Stands between lay_visit and whoever shows nodes: a struct on the way to something asked for is
 * passed on when the first such thing inside it is met, an array of leaves only as a whole (an
 * element asked for comes alone).
 */
#ifndef VMBER_VIEW_SELECT_H
#define VMBER_VIEW_SELECT_H

#include "codec/savevm/lay_limits.h"
#include "codec/savevm/lay_visit.h"
#include "codec/view/view_path.h"

enum {
    VIEW_SELECT_DEPTH_MAX = LAY_VISIT_DEPTH_MAX + 1,
    VIEW_PATHS_MAX = 16, /* paths of one call; more is better done on the JSON */
};

struct view_select_level {
    struct lay_node node;
    struct view_match match[VIEW_PATHS_MAX];
    bool passed; /* its ENTER has been passed on */
};

struct view_select {
    const struct view_path *paths;
    size_t path_count; /* 0: everything is asked for */
    struct lay_visitor to;
    uint64_t matched; /* places asked for that were met */
    struct view_select_level levels[VIEW_SELECT_DEPTH_MAX];
};

void view_select_init(struct view_select *select, const struct view_path *paths, size_t path_count,
                      const struct lay_visitor *to);

enum view_selected {
    VIEW_SELECTED_NOT,  /* nothing in the section can be asked for */
    VIEW_SELECTED_PART, /* perhaps something inside */
    VIEW_SELECTED_ALL,
};

/* view_select_section begins a section; counts a match if all of it is asked for. */
enum view_selected view_select_section(struct view_select *select, struct span name,
                                       uint32_t instance);

/* view_select_field tells whether a field called name of the section begun is asked for. */
bool view_select_field(struct view_select *select, struct span name);

/* view_select_node and view_select_again are those of a lay_visitor; ctx is a struct view_select.
 */
bool view_select_node(void *ctx, enum lay_visit_event event, const struct lay_node *node,
                      struct err *err);
bool view_select_again(void *ctx, const struct lay_node *node);

#endif
