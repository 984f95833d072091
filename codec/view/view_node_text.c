/* view_node_text.c - fields as text, see view_node.h. */
#include "codec/view/view_node.h"

enum {
    SINGLE_LINE_MAX = 8, /* elements of an array that stand behind its name */
    WIDE_OCTETS = 4,     /* integers of that many octets are shown in hexadecimal, too */
    WIDE_ROW = 8,
    DECIMAL_MAX = 9, /* up to here both are the same */
};

static bool is_wide(const struct lay_node *node)
{
    return !node->is_signed && node->legacy_size >= WIDE_OCTETS && node->integer > DECIMAL_MAX;
}

static void put_index(struct view_writer *w, uint32_t index)
{
    view_put_char(w, '[');
    view_put_u64(w, index);
    view_put_char(w, ']');
}

static void put_boolean(struct view_writer *w, uint64_t octet)
{
    view_put_str(w, octet == 0 ? "false" : "true");
    if (octet > 1) {
        view_put_str(w, " (0x");
        view_put_hex(w, octet, 2);
        view_put_char(w, ')');
    }
}

static void put_value(struct view_nodes *nodes, const struct lay_node *node)
{
    struct view_writer *w = &nodes->o->w;

    switch (node->kind) {
    case LAY_NODE_INTEGER:
        if (node->is_signed) {
            view_put_i64(w, (int64_t)node->integer);
            return;
        }
        view_put_u64(w, node->integer);
        if (is_wide(node)) {
            view_put_str(w, " (0x");
            view_put_hex(w, node->integer, 1);
            view_put_char(w, ')');
        }
        return;
    case LAY_NODE_BOOLEAN:
        put_boolean(w, node->integer);
        return;
    case LAY_NODE_OCTETS:
        view_text_octets(nodes->o, node->octets);
        return;
    case LAY_NODE_STRUCT:
    case LAY_NODE_SUBSECTION:
    case LAY_NODE_ARRAY:
    case LAY_NODE_LIST:
        return; /* no leaves */
    }
}

/* An element of an array like first: one of both notations, so that lines stay short. */
static void put_element(struct view_writer *w, const struct lay_node *first, uint64_t value)
{
    if (first->kind == LAY_NODE_BOOLEAN) {
        put_boolean(w, value);
    } else if (first->is_signed) {
        view_put_i64(w, (int64_t)value);
    } else if (first->legacy_size >= WIDE_OCTETS && value > DECIMAL_MAX) {
        view_put(w, "0x", 2);
        view_put_hex(w, value, 1);
    } else {
        view_put_u64(w, value);
    }
}

/* Whether node is an element of the array or list that stands above. */
static bool is_element(const struct view_nodes *nodes, const struct lay_node *node)
{
    return nodes->depth > 0 && node->has_index &&
           (nodes->open[nodes->depth - 1] == LAY_NODE_ARRAY ||
            nodes->open[nodes->depth - 1] == LAY_NODE_LIST);
}

/* Begins the line of a field: its name, unless it is an element. */
static void begin_field(struct view_nodes *nodes, const struct lay_node *node)
{
    struct view_place place = view_node_place(nodes, node);

    view_line_begin(nodes->o, &place);
    if (!is_element(nodes, node) || node->kind == LAY_NODE_INTEGER) {
        view_put_text(&nodes->o->w, node->name);
    }
    if (node->has_index) {
        put_index(&nodes->o->w, node->index);
    }
}

static void put_type(struct view_nodes *nodes, struct span type)
{
    view_put_str(&nodes->o->w, ": ");
    view_put_text(&nodes->o->w, type);
}

/* Says which elements are as one that has been shown: tables are long, and hardly used. */
static void flush_alike(struct view_nodes *nodes)
{
    struct view_alike *alike = &nodes->alike[nodes->depth];
    struct view_writer *w = &nodes->o->w;

    if (alike->count == 0) {
        return;
    }
    view_line_begin(nodes->o, &alike->others);
    view_put_char(w, '[');
    view_put_u64(w, alike->first);
    if (alike->count > 1) {
        view_put_char(w, '-');
        view_put_u64(w, alike->first + (uint64_t)alike->count - 1);
    }
    view_put_str(w, "]: as ");
    put_index(w, alike->index);
    view_line_end(nodes->o);
    alike->count = 0;
}

static void put_names(struct view_nodes *nodes)
{
    struct view_writer *w = &nodes->o->w;

    for (size_t i = 0; i < nodes->names.count; i++) {
        view_put_str(w, i == 0 ? " {" : ", ");
        view_put_text(w, nodes->names.items[i]);
    }
    if (nodes->names.count > 0) {
        view_put_char(w, '}');
    }
}

static void show_leaf(struct view_nodes *nodes, const struct lay_node *node)
{
    bool in_array = nodes->depth > 0 && nodes->open[nodes->depth - 1] == LAY_NODE_ARRAY;
    struct view_alike *alike = &nodes->alike[nodes->depth];

    if (in_array && node->kind == LAY_NODE_OCTETS && alike->octets.p != NULL &&
        span_eq(alike->octets, node->octets)) {
        (void)view_node_again(nodes, node);
        return;
    }
    flush_alike(nodes);
    alike->index = node->index;
    alike->octets = node->kind == LAY_NODE_OCTETS ? node->octets : span_of(NULL, 0);
    begin_field(nodes, node);
    if (!in_array) {
        put_type(nodes, node->type);
    }
    view_put_str(&nodes->o->w, " = ");
    put_value(nodes, node);
    put_names(nodes);
    view_line_end(nodes->o);
}

/* Begins the line "name: type[count]" of an array. */
static void begin_array(struct view_nodes *nodes, const struct lay_node *node)
{
    begin_field(nodes, node);
    put_type(nodes, node->type);
    put_index(&nodes->o->w, node->count);
}

static void push(struct view_nodes *nodes, enum lay_node_kind kind)
{
    nodes->open[nodes->depth++] = kind;
    nodes->o->depth++;
    nodes->alike[nodes->depth].octets.p = NULL;
    nodes->alike[nodes->depth].count = 0;
}

/* Writes the elements gathered, on a line of their own unless they are all of a short array. */
static void flush_row(struct view_nodes *nodes)
{
    const struct lay_node *first = &nodes->row_first;
    struct view_writer *w = &nodes->o->w;
    struct view_place place;

    if (nodes->row_count == 0) {
        return;
    }
    if (nodes->array.count > SINGLE_LINE_MAX || !nodes->o->in_line) {
        place = view_node_place(nodes, first);
        place.legacy_length = nodes->row_legacy_end - first->legacy_offset;
        place.ber_length = nodes->row_ber_end - first->ber_offset;
        nodes->o->depth++;
        view_line_begin(nodes->o, &place);
        nodes->o->depth--;
        put_index(w, first->index);
    }
    view_put(w, " =", 2);
    for (unsigned i = 0; i < nodes->row_count; i++) {
        view_put_char(w, ' ');
        put_element(w, first, nodes->row[i]);
    }
    view_line_end(nodes->o);
    nodes->row_count = 0;
}

static void row_leaf(struct view_nodes *nodes, const struct lay_node *node)
{
    const struct lay_node *first = &nodes->row_first;

    if (nodes->row_count == (node->legacy_size >= WIDE_OCTETS ? WIDE_ROW : VIEW_ROW) ||
        (nodes->row_count > 0 &&
         (first->kind != node->kind || first->is_signed != node->is_signed ||
          first->legacy_size != node->legacy_size))) {
        flush_row(nodes);
    }
    if (nodes->row_count == 0) {
        nodes->row_first = *node;
    }
    nodes->row[nodes->row_count++] = node->integer;
    nodes->row_legacy_end = node->legacy_offset + node->legacy_size;
    nodes->row_ber_end = node->ber_offset + node->ber_size;
}

/* The first thing inside an array says how it is shown. */
static void settle_array(struct view_nodes *nodes, enum lay_visit_event event,
                         const struct lay_node *node)
{
    nodes->pending = false;
    begin_array(nodes, &nodes->array);
    if (event == LAY_VISIT_LEAF && nodes->array.kind == LAY_NODE_ARRAY &&
        node->kind != LAY_NODE_OCTETS) {
        nodes->in_row = true;
        return;
    }
    view_line_end(nodes->o);
    if (event != LAY_VISIT_LEAVE) {
        push(nodes, nodes->array.kind);
    }
}

static void enter(struct view_nodes *nodes, const struct lay_node *node)
{
    switch (node->kind) {
    case LAY_NODE_ARRAY:
    case LAY_NODE_LIST:
        nodes->array = *node;
        nodes->pending = true;
        return;
    case LAY_NODE_STRUCT:
    case LAY_NODE_SUBSECTION:
    case LAY_NODE_INTEGER:
    case LAY_NODE_BOOLEAN:
    case LAY_NODE_OCTETS:
        break;
    }
    flush_alike(nodes);
    nodes->alike[nodes->depth].index = node->index;
    nodes->alike[nodes->depth].octets.p = NULL;
    begin_field(nodes, node);
    put_type(nodes, node->type);
    view_put_str(&nodes->o->w, ", version ");
    view_put_u64(&nodes->o->w, node->version);
    view_line_end(nodes->o);
    push(nodes, node->kind);
}

/* An array whose first elements were integers, and that has others: lines for what follows. */
static void leave_row(struct view_nodes *nodes)
{
    flush_row(nodes);
    nodes->in_row = false;
    push(nodes, nodes->array.kind);
}

void view_node_text(struct view_nodes *nodes, enum lay_visit_event event,
                    const struct lay_node *node)
{
    if (nodes->pending) {
        settle_array(nodes, event, node);
        if (event == LAY_VISIT_LEAVE) {
            return; /* an array of nothing */
        }
    }
    if (nodes->in_row && event != LAY_VISIT_LEAVE &&
        (event == LAY_VISIT_ENTER || node->kind == LAY_NODE_OCTETS)) {
        leave_row(nodes);
    }
    switch (event) {
    case LAY_VISIT_ENTER:
        enter(nodes, node);
        return;
    case LAY_VISIT_LEAF:
        if (nodes->in_row) {
            row_leaf(nodes, node);
        } else {
            show_leaf(nodes, node);
        }
        return;
    case LAY_VISIT_LEAVE:
        if (nodes->in_row) {
            flush_row(nodes);
            nodes->in_row = false;
            return;
        }
        flush_alike(nodes);
        nodes->depth--;
        nodes->o->depth--;
        return;
    }
}

bool view_node_again(struct view_nodes *nodes, const struct lay_node *node)
{
    struct view_alike *alike = &nodes->alike[nodes->depth];
    struct view_place place = view_node_place(nodes, node);

    if (nodes->o->format != VIEW_TEXT) {
        return false;
    }
    if (alike->count++ == 0) {
        alike->first = node->index;
        alike->others = place;
    }
    alike->others.legacy_length =
        place.legacy_offset + place.legacy_length - alike->others.legacy_offset;
    alike->others.ber_length = place.ber_offset + place.ber_length - alike->others.ber_offset;
    return true;
}

void view_nodes_end_text(struct view_nodes *nodes)
{
    if (nodes->pending) {
        settle_array(nodes, LAY_VISIT_LEAVE, NULL);
    }
    if (nodes->in_row) {
        flush_row(nodes);
        nodes->in_row = false;
    }
    while (nodes->depth > 0) {
        flush_alike(nodes);
        nodes->depth--;
        nodes->o->depth--;
    }
}
