/* imp_merge_row.c - see imp_merge.h: one field of a struct. */
#include "codec/device/imp_merging.h"

#include "codec/base/err.h"

/* Types whose octets are as many as the guest has made them, whatever was seen. */
static const char *const open_types[] = {
    "virtio",
    "virtio-gpu",
    "virtqueue_extra_state",
    "msix state",
    "shpc",
    "scsi-requests",
    "usb-redir-parser",
    "usb-redir-bufpq",
    "vdagent/cbinfos",
    "GByteArray",
    "usb-redir-packet-id-q",
    "capability",
};

/* A field while it is merged: what streams and lists say of it. */
struct parts {
    const struct imp_row *first;
    struct imp_shapes shapes; /* of the elements */
    struct imp_shapes keys;
    struct imp_lists lists;
    size_t rows;     /* shapes that have the field */
    size_t entries;  /* lists that have it */
    bool exists;     /* listed as conditional */
    bool array;      /* described as one somewhere */
    bool varies;     /* number of elements */
    bool absent;     /* from a shape */
    uint32_t count;  /* of elements */
    uint32_t c_size; /* octets in C, if c_sizes */
    bool c_sizes;
};

static const char *kind_name(enum imp_kind kind)
{
    static const char *const names[] = {
        [IMP_LEAF] = "a leaf",       [IMP_STRUCT] = "a struct", [IMP_TMP] = "a tmp",
        [IMP_VSTRUCT] = "a vstruct", [IMP_QTAILQ] = "a qtailq", [IMP_QLIST] = "a qlist",
        [IMP_GTREE] = "a gtree",
    };

    return names[kind];
}

/* Whether the leaf is a number of that size: then all elements have it. */
static enum mod_op op_of(const struct imp_merger *merger, struct span type, uint32_t size)
{
    const struct imp_leaf *leaf = imp_leaf_find(merger->leaves, type, false);

    return leaf != NULL && leaf->size == size ? leaf->op : MOD_OCTETS;
}

/* Adds the leaf of one more shape. */
static bool add_leaf(struct imp_merger *merger, const struct imp_row *row,
                     struct imp_member *member, struct err *err)
{
    enum mod_op op = row->hole ? MOD_OCTETS : op_of(merger, row->type, row->size);
    uint32_t size = row->hole || row->varies ? MOD_VARIES : row->size;

    if (op != member->op || (op != MOD_OCTETS && row->varies)) {
        imp_conflict(merger, row->name, err);
        return err_set(err, ERR_FINDINGS, "it is %.*s of %u octets, and of others",
                       (int)row->type.len, row->type.p, (unsigned)row->size);
    }
    member->size = member->size == size ? size : MOD_VARIES;
    return true;
}

static bool add_shapes(struct imp_merger *merger, struct imp_shapes *to,
                       const struct imp_shapes *from, struct err *err)
{
    const struct imp_shape **items;

    if (from->count == 0) {
        return true;
    }
    items = arena_array(merger->arena, to->count + from->count, sizeof(*items), err);
    if (items == NULL || !imp_steps_take(merger->steps, to->count + from->count, err)) {
        return false;
    }
    if (to->count > 0) {
        memcpy(items, to->items, to->count * sizeof(*items));
    }
    memcpy(items + to->count, from->items, from->count * sizeof(*items));
    to->items = items;
    to->count += from->count;
    imp_shapes_sort(to);
    return true;
}

/* Adds what one more shape says. */
static bool add_row(struct imp_merger *merger, const struct imp_row *row, struct parts *parts,
                    struct imp_member *member, struct err *err)
{
    if (parts->rows++ == 0) {
        parts->first = row;
        parts->count = row->count;
        member->kind = row->kind;
        member->type = row->type;
        if (row->kind == IMP_LEAF) {
            member->op = row->hole ? MOD_OCTETS : op_of(merger, row->type, row->size);
            member->size = row->hole || row->varies ? MOD_VARIES : row->size;
        }
    }
    if (row->kind != member->kind) {
        imp_conflict(merger, row->name, err);
        return err_set(err, ERR_FINDINGS, "it is %s, and %s", kind_name(member->kind),
                       kind_name(row->kind));
    }
    if (row->kind == IMP_LEAF && !span_eq(row->type, member->type)) {
        imp_conflict(merger, row->name, err);
        return err_set(err, ERR_FINDINGS, "it is %.*s, and %.*s", (int)member->type.len,
                       member->type.p, (int)row->type.len, row->type.p);
    }
    parts->array = parts->array || row->is_array;
    parts->varies = parts->varies || row->count != parts->count;
    member->nullable = member->nullable || row->nullable;
    return (row->kind != IMP_LEAF || add_leaf(merger, row, member, err)) &&
           add_shapes(merger, &parts->shapes, &row->shapes, err) &&
           add_shapes(merger, &parts->keys, &row->keys, err);
}

static void add_entry(const struct imp_entry *entry, struct parts *parts)
{
    parts->exists = parts->exists || entry->exists;
    if (parts->entries++ == 0) {
        parts->c_sizes = true;
        parts->c_size = entry->size;
    }
    parts->c_sizes = parts->c_sizes && entry->size == parts->c_size;
    if (entry->listed != NULL) {
        parts->lists.items[parts->lists.count++] = entry->listed;
    }
}

/* Leaves those listed structs that are the one that was seen. */
static void match_lists(const struct imp_member *member, struct parts *parts)
{
    size_t kept = 0;

    for (size_t i = 0; i < parts->lists.count; i++) {
        const struct imp_listed *listed = parts->lists.items[i];
        const struct imp_shape *shape = parts->shapes.count > 0 ? parts->shapes.items[0] : NULL;

        if (shape == NULL || (span_eq(listed->vmsd, shape->vmsd) &&
                              (member->kind == IMP_VSTRUCT || listed->version == shape->version))) {
            parts->lists.items[kept++] = listed;
        }
    }
    parts->lists.count = kept;
    imp_lists_sort(&parts->lists);
}

static bool merge_inner(struct imp_merger *merger, struct parts *parts, struct imp_member *member,
                        struct err *err)
{
    const struct imp_lists none = {NULL, 0};
    bool ok = true;

    match_lists(member, parts);
    if (parts->shapes.count == 0 && !imp_merge_known(merger, &parts->lists, &member->inner, err)) {
        return false;
    }
    merger->path[merger->depth++] = member->name;
    if (member->inner == NULL) {
        ok = imp_merge(merger, &parts->shapes, &parts->lists, &member->inner, err);
    }
    if (ok && parts->keys.count > 0) {
        ok = imp_merge(merger, &parts->keys, &none, &member->key, err);
    }
    merger->depth--;
    return ok;
}

static bool is_open(const struct imp_member *member, const struct parts *parts)
{
    for (size_t i = 0; i < sizeof(open_types) / sizeof(open_types[0]); i++) {
        if (span_eq_str(member->type, open_types[i])) {
            return true;
        }
    }
    /* A buffer whose C size is another has its length in a variable, as has one of no octets. */
    return member->size == 0 ||
           (parts->entries > 0 && (!parts->c_sizes || parts->c_size != member->size));
}

/* A field that streams show. */
static bool merge_seen(struct imp_merger *merger, struct parts *parts, struct imp_member *member,
                       struct err *err)
{
    const struct imp_leaf *leaf;

    if (parts->array) {
        /* What is not listed as conditional and yet not there is an array of none. */
        bool none = parts->absent && !(parts->entries > 0 && parts->exists);

        member->is_array = true;
        member->elements = parts->varies || none ? MOD_VARIES : parts->count;
    }
    member->optional = parts->absent || parts->exists;
    if (member->kind != IMP_LEAF) {
        return merge_inner(merger, parts, member, err);
    }
    leaf = imp_leaf_find(merger->leaves, member->type, false);
    if (member->op == MOD_OCTETS && (leaf == NULL || leaf->size == MOD_VARIES) &&
        is_open(member, parts)) {
        member->size = MOD_VARIES;
    }
    return true;
}

/* The rows of a field in the same struct of other devices, if they go together. */
static bool merge_others(struct imp_merger *merger, const struct imp_shapes *others,
                         struct parts *parts, struct imp_member *member, bool *found,
                         struct err *err)
{
    const struct imp_member none = *member;
    const struct parts listed = *parts;
    struct err why = ERR_INIT;
    bool ok = true;

    for (size_t i = 0; ok && i < others->count; i++) {
        for (size_t k = 0; ok && k < others->items[i]->row_count; k++) {
            const struct imp_row *row = &others->items[i]->rows[k];

            if (row->turn == 0 && span_eq(row->name, member->name)) {
                ok = add_row(merger, row, parts, member, &why);
            }
        }
    }
    *found = ok && parts->rows > 0;
    ok = ok && (!*found || merge_seen(merger, parts, member, &why));
    if (ok) {
        return true;
    }
    *found = false;
    *member = none;
    *parts = listed;
    if (why.band != ERR_FINDINGS) {
        *err = why;
        return false;
    }
    return true;
}

/*
 * A field that is only listed; if shapes of its struct do not have it though it is always sent, it
 * is an array of none.
 */
static bool merge_unseen(struct imp_merger *merger, struct parts *parts, bool none,
                         struct imp_member *member, struct err *err)
{
    member->optional = parts->exists || none;
    imp_lists_sort(&parts->lists);
    if (!imp_merge_known(merger, &parts->lists, &member->inner, err)) {
        return false;
    }
    if (member->inner != NULL) {
        member->kind = IMP_STRUCT;
        member->is_array = none;
        member->elements = MOD_VARIES;
        return true;
    }
    member->kind = IMP_LEAF;
    member->op = MOD_OCTETS;
    member->size = MOD_VARIES;
    member->unseen = true;
    member->optional = true;
    return true;
}

bool imp_merge_row(struct imp_merger *merger, const struct imp_grid *grid, size_t row,
                   size_t list_count, const struct imp_shapes *others, struct imp_member *member,
                   bool *leave_out, struct err *err)
{
    struct parts parts = {0};
    bool found = false;
    bool none;

    memset(member, 0, sizeof(*member));
    member->name = grid->names[row].name;
    parts.lists.items = arena_array(merger->arena, list_count, sizeof(*parts.lists.items), err);
    if (parts.lists.items == NULL || !imp_steps_take(merger->steps, grid->column_count, err)) {
        return false;
    }
    for (size_t i = 0; i < grid->column_count; i++) {
        const void *cell = imp_grid_cell(grid, row, i);

        if (cell == NULL) {
            parts.absent = parts.absent || i >= list_count;
        } else if (i < list_count) {
            add_entry(cell, &parts);
        } else if (!add_row(merger, cell, &parts, member, err)) {
            return false;
        }
    }
    if (parts.rows > 0) {
        return merge_seen(merger, &parts, member, err);
    }
    none = !parts.exists && grid->column_count > list_count;
    /* What has neither a size nor a struct is a check, or another machine's. */
    *leave_out = none && parts.lists.count == 0 && parts.c_sizes && parts.c_size == 0;
    merger->never += *leave_out;
    if (*leave_out) {
        return true;
    }
    return merge_others(merger, others, &parts, member, &found, err) &&
           (found || merge_unseen(merger, &parts, none, member, err));
}
