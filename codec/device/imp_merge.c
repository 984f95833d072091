/*
 * imp_merge.c - see imp_merge.h: structs. imp_merge_row.c has the fields.
 *
 * What is inside a struct is merged before it. Structs nest no deeper than LAY_DEPTH_MAX, so the
 * functions call each other; what was merged from the same parts is not merged again.
 */
#include "codec/device/imp_merge.h"

#include "codec/base/err.h"
#include "codec/device/imp_digest.h"
#include "codec/device/imp_fact.h"
#include "codec/device/imp_grid.h"
#include "codec/device/imp_merging.h"

void imp_merger_init(struct imp_merger *merger, struct arena *arena, const struct imp_known *known,
                     const struct imp_leaves *leaves, struct imp_steps *steps)
{
    memset(merger, 0, sizeof(*merger));
    merger->arena = arena;
    merger->known = known;
    merger->leaves = leaves;
    merger->steps = steps;
    imp_map_init(&merger->done, arena);
    imp_map_init(&merger->types, arena);
}

void imp_conflict(const struct imp_merger *merger, struct span field, struct err *err)
{
    char path[ERR_PATH_MAX];
    size_t len = 0;

    for (size_t i = 0; i <= merger->depth; i++) {
        const struct span name = i < merger->depth ? merger->path[i] : field;

        if (name.len > 0 && len + name.len + 4 < sizeof(path)) {
            memcpy(path + len, len > 0 ? " > " : "", len > 0 ? 3 : 0);
            len += len > 0 ? 3 : 0;
            memcpy(path + len, name.p, name.len);
            len += name.len;
        }
    }
    (void)err_at_path(err, "%.*s", (int)len, path);
}

static size_t lower_bound(const struct imp_known *known, struct span vmsd, uint32_t version)
{
    size_t low = 0;
    size_t high = known->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct imp_shape *shape = known->items[middle];
        int order = span_compare(shape->vmsd, vmsd);

        if (order < 0 || (order == 0 && shape->version < version)) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

/*
 * Gives all shapes that a listed struct can have written; if whole, those that lack nothing that is
 * always sent.
 */
static bool find_known(struct imp_merger *merger, const struct imp_listed *listed, bool whole,
                       struct imp_shapes *shapes, struct err *err)
{
    const struct imp_known *known = merger->known;
    size_t first = lower_bound(known, listed->vmsd, listed->version);
    size_t end = first;

    while (end < known->count && known->items[end]->version == listed->version &&
           span_eq(known->items[end]->vmsd, listed->vmsd)) {
        end++;
    }
    shapes->items = arena_array(merger->arena, end - first, sizeof(*shapes->items), err);
    shapes->count = 0;
    if (shapes->items == NULL) {
        return false;
    }
    for (size_t i = first; i < end; i++) {
        struct err why = ERR_INIT;
        size_t missing = 0;

        if (!known->items[i]->old_style &&
            imp_fit(listed, known->items[i], &missing, merger->steps, &why) &&
            (missing == 0 || !whole)) {
            shapes->items[shapes->count++] = known->items[i];
        } else if (why.band != ERR_NONE) {
            *err = why;
            return false;
        }
    }
    return true;
}

bool imp_merge_known(struct imp_merger *merger, const struct imp_lists *lists,
                     struct imp_type **type, struct err *err)
{
    struct imp_shapes shapes = {NULL, 0};
    struct err why = ERR_INIT;

    *type = NULL;
    if (lists->count == 0) {
        return true;
    }
    if (!find_known(merger, lists->items[0], true, &shapes, err)) {
        return false;
    }
    if (shapes.count == 0) {
        return true;
    }
    if (imp_merge(merger, &shapes, lists, type, &why)) {
        return true;
    }
    if (why.band != ERR_FINDINGS) {
        *err = why;
        return false;
    }
    shapes.count = 1; /* shapes of several devices: any one of them will do */
    return imp_merge(merger, &shapes, lists, type, err);
}

/* Puts the fields of all shapes and lists side by side: lists first, their order is complete. */
static bool grid_of_fields(struct imp_merger *merger, const struct imp_shapes *shapes,
                           const struct imp_lists *lists, struct imp_grid *grid, struct err *err)
{
    size_t items = 0;

    for (size_t i = 0; i < lists->count; i++) {
        items += lists->items[i]->entry_count;
    }
    for (size_t i = 0; i < shapes->count; i++) {
        items += shapes->items[i]->row_count;
    }
    if (!imp_steps_take(merger->steps, items, err) ||
        !imp_grid_init(grid, lists->count + shapes->count, items, err)) {
        return false;
    }
    for (size_t i = 0; i < lists->count; i++) {
        for (size_t k = 0; k < lists->items[i]->entry_count; k++) {
            const struct imp_entry *entry = &lists->items[i]->entries[k];

            imp_grid_put(grid, i, entry->name, 0, entry);
        }
    }
    for (size_t i = 0; i < shapes->count; i++) {
        for (size_t k = 0; k < shapes->items[i]->row_count; k++) {
            const struct imp_row *row = &shapes->items[i]->rows[k];

            imp_grid_put(grid, lists->count + i, row->name, row->turn, row);
        }
    }
    return imp_grid_make(grid, lists->count, err);
}

static bool grid_of_subs(struct imp_merger *merger, const struct imp_shapes *shapes,
                         const struct imp_lists *lists, struct imp_grid *grid, struct err *err)
{
    size_t items = 0;

    for (size_t i = 0; i < lists->count; i++) {
        items += lists->items[i]->subs.count;
    }
    for (size_t i = 0; i < shapes->count; i++) {
        items += shapes->items[i]->subs.count;
    }
    if (!imp_steps_take(merger->steps, items, err) ||
        !imp_grid_init(grid, lists->count + shapes->count, items, err)) {
        return false;
    }
    for (size_t i = 0; i < lists->count; i++) {
        for (size_t k = 0; k < lists->items[i]->subs.count; k++) {
            imp_grid_put(grid, i, lists->items[i]->subs.items[k]->vmsd, 0,
                         lists->items[i]->subs.items[k]);
        }
    }
    for (size_t i = 0; i < shapes->count; i++) {
        for (size_t k = 0; k < shapes->items[i]->subs.count; k++) {
            imp_grid_put(grid, lists->count + i, shapes->items[i]->subs.items[k]->vmsd, 0,
                         shapes->items[i]->subs.items[k]);
        }
    }
    return imp_grid_make(grid, lists->count, err);
}

/* Merges the subsections that stand in one row of the grid. */
static bool merge_sub(struct imp_merger *merger, const struct imp_grid *grid, size_t row,
                      size_t list_count, struct imp_member *member, struct err *err)
{
    struct imp_shapes shapes = {NULL, 0};
    struct imp_lists lists = {NULL, 0};
    bool ok;

    shapes.items = arena_array(merger->arena, grid->column_count, sizeof(*shapes.items), err);
    lists.items = arena_array(merger->arena, grid->column_count, sizeof(*lists.items), err);
    if (shapes.items == NULL || lists.items == NULL) {
        return false;
    }
    for (size_t i = 0; i < grid->column_count; i++) {
        const void *cell = imp_grid_cell(grid, row, i);

        if (cell != NULL && i < list_count) {
            lists.items[lists.count++] = cell;
        } else if (cell != NULL) {
            shapes.items[shapes.count++] = cell;
        }
    }
    imp_shapes_sort(&shapes);
    imp_lists_sort(&lists);
    memset(member, 0, sizeof(*member));
    member->name = grid->names[row].name;
    member->kind = IMP_STRUCT;
    member->is_sub = true;
    member->optional = true;
    if (shapes.count == 0 && !imp_merge_known(merger, &lists, &member->inner, err)) {
        return false;
    }
    if (member->inner != NULL) {
        return true;
    }
    merger->path[merger->depth++] = member->name;
    ok = imp_merge(merger, &shapes, &lists, &member->inner, err);
    merger->depth--;
    return ok;
}

/* Finds the shapes that the same struct has in other devices: they may have what is unseen here. */
static bool find_others(struct imp_merger *merger, const struct imp_shapes *shapes,
                        const struct imp_lists *lists, struct imp_shapes *others, struct err *err)
{
    others->items = NULL;
    others->count = 0;
    return shapes->count == 0 || lists->count == 0 ||
           find_known(merger, lists->items[0], false, others, err);
}

static bool merge_members(struct imp_merger *merger, const struct imp_shapes *shapes,
                          const struct imp_lists *lists, struct imp_type *type, struct err *err)
{
    struct imp_grid fields = {0};
    struct imp_grid subs = {0};
    struct imp_shapes others;
    bool ok;

    if (!find_others(merger, shapes, lists, &others, err)) {
        return false;
    }
    ok = grid_of_fields(merger, shapes, lists, &fields, err) &&
         grid_of_subs(merger, shapes, lists, &subs, err);
    if (!ok) {
        imp_conflict(merger, span_of("", 0), err);
        goto out;
    }
    type->members =
        arena_array(merger->arena, fields.row_count + subs.row_count, sizeof(*type->members), err);
    ok = type->members != NULL;
    for (size_t i = 0; ok && i < fields.row_count; i++) {
        bool leave_out = false;
        struct imp_member *member = &type->members[type->member_count];

        ok = imp_merge_row(merger, &fields, i, lists->count, &others, member, &leave_out, err);
        if (ok && type->old_style) {
            member->size = MOD_VARIES; /* a function wrote it, no description */
        }
        type->member_count += !leave_out;
    }
    for (size_t i = 0; ok && i < subs.row_count; i++) {
        ok = merge_sub(merger, &subs, i, lists->count, &type->members[type->member_count++], err);
    }
    ok = ok && imp_facts_apply(merger->arena, shapes, type, err);
out:
    imp_grid_done(&fields);
    imp_grid_done(&subs);
    return ok;
}

static void put_type(struct imp_digest *digest, const struct imp_type *type)
{
    imp_digest_octets(digest, type->vmsd);
    imp_digest_number(digest, type->version);
    imp_digest_number(digest, type->old_style);
    for (size_t i = 0; i < type->member_count; i++) {
        const struct imp_member *m = &type->members[i];

        imp_digest_octets(digest, m->name);
        imp_digest_octets(digest, m->type);
        imp_digest_number(digest, (uint64_t)m->kind | (uint64_t)m->op << 8);
        imp_digest_number(digest, (uint64_t)m->is_sub | (uint64_t)m->optional << 1 |
                                      (uint64_t)m->unseen << 2 | (uint64_t)m->nullable << 3 |
                                      (uint64_t)m->is_array << 4);
        imp_digest_number(digest, m->elements);
        imp_digest_number(digest, m->size);
        imp_digest_octets(digest, m->by);
        imp_digest_octets(digest, m->inner == NULL ? span_of("", 0)
                                                   : span_of(m->inner->digest, HASH_DIGEST_LEN));
        imp_digest_octets(digest, m->key == NULL ? span_of("", 0)
                                                 : span_of(m->key->digest, HASH_DIGEST_LEN));
    }
    for (size_t i = 0; i < type->term_count; i++) {
        imp_digest_octets(digest, type->terms[i].name);
        imp_digest_number(digest, (uint64_t)type->terms[i].begins << 1 | type->terms[i].present);
    }
}

/* Finds the type equal to *type, which is in the arena, or keeps it. */
static bool intern(struct imp_merger *merger, struct imp_type *type, struct imp_type **out,
                   struct err *err)
{
    struct imp_digest digest;
    struct span text;
    bool ok = false;

    imp_digest_init(&digest, err);
    put_type(&digest, type);
    if (!imp_digest_end(&digest, type->digest, &text)) {
        goto out;
    }
    *out = imp_map_get(&merger->types, type->digest, text);
    if (*out == NULL) {
        text.p = arena_copy(merger->arena, text.p, text.len, err);
        if (text.p == NULL || !imp_map_put(&merger->types, type->digest, text, type, err)) {
            goto out;
        }
        *out = type;
    }
    ok = true;
out:
    imp_digest_done(&digest);
    return ok;
}

static void put_parts(struct imp_digest *digest, const struct imp_shapes *shapes,
                      const struct imp_lists *lists)
{
    imp_digest_number(digest, shapes->count);
    for (size_t i = 0; i < shapes->count; i++) {
        imp_digest_octets(digest, span_of(shapes->items[i]->digest, HASH_DIGEST_LEN));
    }
    for (size_t i = 0; i < lists->count; i++) {
        imp_digest_octets(digest, span_of(lists->items[i]->digest, HASH_DIGEST_LEN));
    }
}

/* Names and numbers are those of the first shape; others have to agree. */
static bool name_type(struct imp_merger *merger, const struct imp_shapes *shapes,
                      const struct imp_lists *lists, struct imp_type *type, struct err *err)
{
    if (shapes->count == 0) {
        type->vmsd = lists->count > 0 ? lists->items[0]->vmsd : span_of("", 0);
        type->version = lists->count > 0 ? lists->items[0]->version : 0;
        return true;
    }
    type->vmsd = shapes->items[0]->vmsd;
    type->version = shapes->items[0]->version;
    type->old_style = shapes->items[0]->old_style;
    for (size_t i = 1; i < shapes->count; i++) {
        const struct imp_shape *other = shapes->items[i];

        if (!span_eq(other->vmsd, type->vmsd) || other->version != type->version ||
            other->old_style != type->old_style) {
            imp_conflict(merger, span_of("", 0), err);
            return err_set(err, ERR_FINDINGS, "it is %.*s version %u, and %.*s version %u",
                           (int)type->vmsd.len, type->vmsd.p, (unsigned)type->version,
                           (int)other->vmsd.len, other->vmsd.p, (unsigned)other->version);
        }
    }
    return true;
}

bool imp_merge(struct imp_merger *merger, const struct imp_shapes *shapes,
               const struct imp_lists *lists, struct imp_type **type, struct err *err)
{
    struct imp_type *made;
    struct imp_digest digest;
    uint8_t parts[HASH_DIGEST_LEN];
    struct span text;
    bool ok = false;

    if (!imp_steps_take(merger->steps, shapes->count + lists->count + 1, err)) {
        return false;
    }
    if (merger->depth >= LAY_DEPTH_MAX) {
        return err_set(err, ERR_FINDINGS, "structs nest deeper than %d", LAY_DEPTH_MAX);
    }
    imp_digest_init(&digest, err);
    put_parts(&digest, shapes, lists);
    if (!imp_digest_end(&digest, parts, &text)) {
        goto out;
    }
    *type = imp_map_get(&merger->done, parts, text);
    if (*type != NULL) {
        ok = true;
        goto out;
    }
    made = arena_alloc(merger->arena, sizeof(*made), err);
    text.p = arena_copy(merger->arena, text.p, text.len, err);
    ok = made != NULL && text.p != NULL && name_type(merger, shapes, lists, made, err) &&
         merge_members(merger, shapes, lists, made, err) && intern(merger, made, type, err) &&
         imp_map_put(&merger->done, parts, text, *type, err);
out:
    imp_digest_done(&digest);
    return ok;
}
