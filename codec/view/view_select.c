/* view_select.c - see view_select.h. */
#include "codec/view/view_select.h"

#include <assert.h>

void view_select_init(struct view_select *select, const struct view_path *paths, size_t path_count,
                      const struct lay_visitor *to)
{
    assert(path_count <= VIEW_PATHS_MAX);
    select->paths = paths;
    select->path_count = path_count;
    select->to = *to;
    select->matched = 0;
}

static bool any_full(const struct view_select *select, const struct view_match *match)
{
    for (size_t i = 0; i < select->path_count; i++) {
        if (match[i].full) {
            return true;
        }
    }
    return false;
}

static bool any_live(const struct view_select *select, const struct view_match *match)
{
    for (size_t i = 0; i < select->path_count; i++) {
        if (match[i].live) {
            return true;
        }
    }
    return false;
}

enum view_selected view_select_section(struct view_select *select, struct span name,
                                       uint32_t instance)
{
    struct view_select_level *top = &select->levels[0];

    top->passed = true;
    for (size_t i = 0; i < select->path_count; i++) {
        top->match[i] = view_path_section(&select->paths[i], name, instance);
    }
    if (select->path_count == 0) {
        return VIEW_SELECTED_ALL;
    }
    if (any_full(select, top->match)) {
        select->matched++;
        return VIEW_SELECTED_ALL;
    }
    return any_live(select, top->match) ? VIEW_SELECTED_PART : VIEW_SELECTED_NOT;
}

bool view_select_field(struct view_select *select, struct span name)
{
    const struct view_select_level *top = &select->levels[0];

    if (select->path_count == 0 || any_full(select, top->match)) {
        return true;
    }
    for (size_t i = 0; i < select->path_count; i++) {
        if (view_path_field(&select->paths[i], &top->match[i], name, false, 0).full) {
            select->matched++;
            return true;
        }
    }
    return false;
}

/* Matches node, which stands inside the level parent. */
static void match_node(const struct view_select *select, const struct view_select_level *parent,
                       const struct lay_node *node, struct view_match *match)
{
    bool is_element = parent->node.kind == LAY_NODE_ARRAY || parent->node.kind == LAY_NODE_LIST;
    bool has_elements = node->kind == LAY_NODE_ARRAY || node->kind == LAY_NODE_LIST;

    for (size_t i = 0; i < select->path_count; i++) {
        const struct view_path *path = &select->paths[i];

        if (is_element && node->has_index) {
            match[i] = view_path_element(path, &parent->match[i], node->index);
        } else if (has_elements) {
            match[i] = view_path_array(path, &parent->match[i], node->name);
        } else {
            match[i] =
                view_path_field(path, &parent->match[i], node->name, node->has_index, node->index);
        }
    }
}

/* Passes on the levels around one that is asked for. An array of leaves is not passed on. */
static bool pass_around(struct view_select *select, uint32_t depth, bool leaf, struct err *err)
{
    for (uint32_t d = 1; d < depth; d++) {
        struct view_select_level *level = &select->levels[d];

        if (level->passed || (leaf && d == depth - 1 && level->node.kind == LAY_NODE_ARRAY)) {
            continue;
        }
        level->passed = true;
        if (!select->to.fn(select->to.ctx, LAY_VISIT_ENTER, &level->node, err)) {
            return false;
        }
    }
    return true;
}

static bool enter_or_leaf(struct view_select *select, enum lay_visit_event event,
                          const struct lay_node *node, struct err *err)
{
    struct view_select_level *parent = &select->levels[node->depth - 1];
    struct view_select_level *level = &select->levels[node->depth];
    bool full;

    match_node(select, parent, node, level->match);
    full = any_full(select, level->match);
    if (full && !any_full(select, parent->match)) {
        select->matched++;
    }
    level->passed = full;
    if (event == LAY_VISIT_ENTER) {
        level->node = *node;
    }
    return !full || (pass_around(select, node->depth, event == LAY_VISIT_LEAF, err) &&
                     select->to.fn(select->to.ctx, event, node, err));
}

bool view_select_node(void *ctx, enum lay_visit_event event, const struct lay_node *node,
                      struct err *err)
{
    struct view_select *select = ctx;

    assert(node->depth < VIEW_SELECT_DEPTH_MAX);
    if (select->path_count == 0) {
        return select->to.fn(select->to.ctx, event, node, err);
    }
    if (node->depth == 0) {
        select->levels[0].node = *node;
        return true;
    }
    if (event == LAY_VISIT_LEAVE) {
        return !select->levels[node->depth].passed ||
               select->to.fn(select->to.ctx, event, node, err);
    }
    return enter_or_leaf(select, event, node, err);
}

bool view_select_again(void *ctx, const struct lay_node *node)
{
    struct view_select *select = ctx;

    /* Where only some elements, or parts of them, are asked for, each is looked at. */
    return (select->path_count == 0 || any_full(select, select->levels[node->depth - 1].match)) &&
           select->to.again != NULL && select->to.again(select->to.ctx, node);
}
