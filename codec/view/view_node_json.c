/* view_node_json.c - fields as JSON, see view_node.h. */
#include "codec/view/view_node.h"

static bool in_array(const struct view_nodes *nodes)
{
    return nodes->depth > 0 && nodes->open[nodes->depth - 1] == LAY_NODE_ARRAY;
}

static bool in_list(const struct view_nodes *nodes)
{
    return nodes->depth > 0 && nodes->open[nodes->depth - 1] == LAY_NODE_LIST;
}

static void put_value(struct view_nodes *nodes, const struct lay_node *node)
{
    struct view_json *json = &nodes->o->json;

    switch (node->kind) {
    case LAY_NODE_INTEGER:
        if (node->is_signed) {
            view_json_i64(json, (int64_t)node->integer);
        } else {
            view_json_u64(json, node->integer);
        }
        return;
    case LAY_NODE_BOOLEAN:
        if (node->integer > 1) {
            view_json_u64(json, node->integer); /* an octet that C takes for true */
        } else {
            view_json_bool(json, node->integer == 1);
        }
        return;
    case LAY_NODE_OCTETS:
        view_json_octets(json, node->octets);
        return;
    case LAY_NODE_STRUCT:
    case LAY_NODE_SUBSECTION:
    case LAY_NODE_ARRAY:
    case LAY_NODE_LIST:
        return; /* no leaves */
    }
}

/* Opens the object of a field with what all have; an element of an array has no name. */
static void begin_field(struct view_nodes *nodes, const struct lay_node *node)
{
    struct view_json *json = &nodes->o->json;
    struct view_place place = view_node_place(nodes, node);
    bool is_struct_element = (in_array(nodes) || in_list(nodes)) && node->kind == LAY_NODE_STRUCT;

    view_json_object(json);
    if (!is_struct_element) {
        view_json_key(json, "name");
        view_json_string(json, node->name);
    }
    if (node->has_index) {
        view_json_key(json, "index");
        view_json_u64(json, node->index);
    }
    switch (node->kind) {
    case LAY_NODE_STRUCT:
        view_json_key(json, "type");
        view_json_string(json, span_str("struct"));
        view_json_key(json, "vmsd");
        view_json_string(json, node->type);
        break;
    case LAY_NODE_SUBSECTION:
    case LAY_NODE_ARRAY:
    case LAY_NODE_LIST:
    case LAY_NODE_INTEGER:
    case LAY_NODE_BOOLEAN:
    case LAY_NODE_OCTETS:
        view_json_key(json, "type");
        view_json_string(json, node->type);
        break;
    }
    if (node->kind == LAY_NODE_STRUCT || node->kind == LAY_NODE_SUBSECTION) {
        view_json_key(json, "version");
        view_json_u64(json, node->version);
    }
    view_json_place(nodes->o, &place);
}

static void put_names(struct view_nodes *nodes)
{
    struct view_json *json = &nodes->o->json;

    if (nodes->names.count == 0) {
        return;
    }
    view_json_key(json, "names");
    view_json_array(json);
    for (size_t i = 0; i < nodes->names.count; i++) {
        view_json_string(json, nodes->names.items[i]);
    }
    view_json_end(json);
}

static void show_leaf(struct view_nodes *nodes, const struct lay_node *node)
{
    struct view_json *json = &nodes->o->json;

    if (in_array(nodes)) {
        if (node->kind != LAY_NODE_OCTETS || node->octets.len <= nodes->o->octets_max) {
            put_value(nodes, node);
            return;
        }
        view_json_object(json);
        view_json_octets_attr(nodes->o, "value", node->octets);
        view_json_end(json);
        return;
    }
    begin_field(nodes, node);
    if (node->kind == LAY_NODE_OCTETS) {
        view_json_octets_attr(nodes->o, "value", node->octets);
    } else {
        view_json_key(json, "value");
        put_value(nodes, node);
    }
    put_names(nodes);
    view_json_end(json);
}

void view_node_json(struct view_nodes *nodes, enum lay_visit_event event,
                    const struct lay_node *node)
{
    struct view_json *json = &nodes->o->json;

    switch (event) {
    case LAY_VISIT_ENTER:
        begin_field(nodes, node);
        view_json_key(json, "value");
        view_json_array(json);
        nodes->open[nodes->depth++] = node->kind;
        return;
    case LAY_VISIT_LEAF:
        show_leaf(nodes, node);
        return;
    case LAY_VISIT_LEAVE:
        nodes->depth--;
        view_json_end(json);
        view_json_end(json);
        return;
    }
}
