/*
 * view_node.h - the fields of a described section as text or JSON, as they are visited.
 *
 * Text, a line a field; integers of an array share lines:
 *
 *     status: uint8 = 4
 *     features: uint64 = 4096 (0x1000) {ring-reset}
 *     config: buffer = 256 octets: 86 80 ...
 *     irq: uint32[24] = ...
 *     port: struct[6]
 *       [0]: ahci port, version 1
 *         port_irq: ...
 *       [1-5]: as [0]
 *     virtio-net/rss: subsection, version 1
 *
 * JSON, an object a field, so that names that come twice in a struct are kept and their order, too.
 * The value of a struct is a list of such objects (jq's from_entries makes one object of it), that
 * of an array a list: of plain values, or of objects for structs:
 *
 *     {"name":"status","type":"uint8","value":4,"names":["driver-ok"]}
 *     {"name":"config","type":"buffer","size":256,"value":"8680..."}
 *     {"name":"port","type":"struct","value":[{"index":0,"vmsd":"ahci port","version":1,
 *      "value":[...]}, ...]}
 */
#ifndef VMBER_VIEW_NODE_H
#define VMBER_VIEW_NODE_H

#include "codec/savevm/lay_limits.h"
#include "codec/savevm/lay_visit.h"
#include "codec/view/view_blobs.h"
#include "codec/view/view_out.h"

enum { VIEW_NODE_DEPTH_MAX = LAY_VISIT_DEPTH_MAX + 1 };

/* Structs or octets of an array that are like the one before them. */
struct view_alike {
    uint32_t index;           /* of the one that has been shown */
    struct span octets;       /* its; NULL: it is a struct */
    struct view_place others; /* of those behind it of which nothing has been said */
    uint32_t first;           /* their indexes */
    uint32_t count;
};

struct view_nodes {
    struct view_out *o;
    bool has_legacy; /* offsets of nodes are known */
    bool has_ber;
    const struct view_blobs *blobs; /* who knows names, or NULL */
    struct span device;             /* vmsd_name of the section */
    struct view_names names;
    unsigned depth; /* open structs, arrays and lists that have been shown */
    enum lay_node_kind open[VIEW_NODE_DEPTH_MAX];

    /* Text: an array whose first element is not known yet, or whose elements share lines. */
    bool pending;
    bool in_row;
    struct lay_node array;
    struct lay_node row_first;
    uint64_t row_legacy_end;
    uint64_t row_ber_end;
    unsigned row_count;
    uint64_t row[VIEW_ROW];                           /* their values */
    struct view_alike alike[VIEW_NODE_DEPTH_MAX + 1]; /* by depth of the array around them */
};

void view_nodes_init(struct view_nodes *nodes, struct view_out *o, const struct view_blobs *blobs);

/* view_node shows one step of lay_visit; ctx is a struct view_nodes. The section itself is none. */
bool view_node(void *ctx, enum lay_visit_event event, const struct lay_node *node, struct err *err);

/* view_node_again is asked as a lay_visitor is: text says which elements are alike. */
bool view_node_again(struct view_nodes *nodes, const struct lay_node *node);

/* view_nodes_end closes what a visit that failed has left open. */
void view_nodes_end(struct view_nodes *nodes);

/* The two forms. */
void view_node_text(struct view_nodes *nodes, enum lay_visit_event event,
                    const struct lay_node *node);
void view_node_json(struct view_nodes *nodes, enum lay_visit_event event,
                    const struct lay_node *node);

void view_nodes_end_text(struct view_nodes *nodes);

/*
 * view_node_names finds the names of the value of a leaf, for the view_node that may follow. It
 * sees all leaves of a section: some have names by what stands before them.
 */
void view_node_names(struct view_nodes *nodes, const struct lay_node *node);

/* view_node_place says where node stands. */
struct view_place view_node_place(const struct view_nodes *nodes, const struct lay_node *node);

#endif
