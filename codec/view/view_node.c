/* view_node.c - see view_node.h. */
#include "codec/view/view_node.h"

#include <assert.h>

void view_nodes_init(struct view_nodes *nodes, struct view_out *o, const struct view_blobs *blobs)
{
    nodes->o = o;
    nodes->blobs = blobs;
    nodes->device = span_of("", 0);
    nodes->names.count = 0;
    nodes->has_legacy = false;
    nodes->has_ber = false;
    nodes->depth = 0;
    nodes->pending = false;
    nodes->in_row = false;
    nodes->row_count = 0;
    nodes->alike[0].count = 0;
}

void view_node_names(struct view_nodes *nodes, const struct lay_node *node)
{
    nodes->names.count = 0;
    if (nodes->blobs != NULL && !node->has_index) {
        nodes->blobs->name(nodes->blobs->ctx, nodes->device, node, &nodes->names);
    }
}

struct view_place view_node_place(const struct view_nodes *nodes, const struct lay_node *node)
{
    struct view_place place = {ERR_NO_OFFSET, node->legacy_size, ERR_NO_OFFSET, node->ber_size};

    if (nodes->has_legacy) {
        place.legacy_offset = node->legacy_offset;
    }
    if (nodes->has_ber) {
        place.ber_offset = node->ber_offset;
    }
    return place;
}

bool view_node(void *ctx, enum lay_visit_event event, const struct lay_node *node, struct err *err)
{
    struct view_nodes *nodes = ctx;

    (void)err;
    assert(nodes->depth < VIEW_NODE_DEPTH_MAX);
    if (node->depth == 0) {
        return true; /* the section's own struct: the section has been shown */
    }
    if (nodes->o->format == VIEW_TEXT) {
        view_node_text(nodes, event, node);
    } else {
        view_node_json(nodes, event, node);
    }
    return true;
}

void view_nodes_end(struct view_nodes *nodes)
{
    if (nodes->o->format == VIEW_TEXT) {
        view_nodes_end_text(nodes);
        return;
    }
    while (nodes->depth > 0) {
        view_node_json(nodes, LAY_VISIT_LEAVE, NULL);
    }
}
