/* imp_shape.c - see imp_shape.h: the table, and the order of shapes. */
#include "codec/device/imp_shape.h"

#include <stdlib.h>

#include "codec/base/err.h"
#include "codec/device/imp_digest.h"

void imp_table_init(struct imp_table *table, struct arena *arena)
{
    table->arena = arena;
    imp_map_init(&table->map, arena);
    table->all = NULL;
}

int imp_shape_compare(const struct imp_shape *a, const struct imp_shape *b)
{
    int order = span_compare(a->vmsd, b->vmsd);

    if (order != 0) {
        return order;
    }
    if (a->version != b->version) {
        return a->version < b->version ? -1 : 1;
    }
    if (a->old_style != b->old_style) {
        return a->old_style ? 1 : -1;
    }
    if (a->row_count != b->row_count) {
        return a->row_count > b->row_count ? -1 : 1;
    }
    return span_compare(a->text, b->text);
}

static int compare_items(const void *a, const void *b)
{
    return imp_shape_compare(*(const struct imp_shape *const *)a,
                             *(const struct imp_shape *const *)b);
}

void imp_shapes_sort(struct imp_shapes *shapes)
{
    size_t kept = 0;

    if (shapes->count > 1) {
        qsort(shapes->items, shapes->count, sizeof(*shapes->items), compare_items);
    }
    for (size_t i = 0; i < shapes->count; i++) {
        if (kept == 0 || shapes->items[kept - 1] != shapes->items[i]) {
            shapes->items[kept++] = shapes->items[i];
        }
    }
    shapes->count = kept;
}

static void put_shapes(struct imp_digest *digest, const struct imp_shapes *shapes)
{
    imp_digest_number(digest, shapes->count);
    for (size_t i = 0; i < shapes->count; i++) {
        imp_digest_octets(digest, span_of(shapes->items[i]->digest, HASH_DIGEST_LEN));
    }
}

/* Puts everything that tells one shape from another. */
static void put_shape(struct imp_digest *digest, const struct imp_shape *shape)
{
    imp_digest_octets(digest, shape->vmsd);
    imp_digest_number(digest, shape->version);
    imp_digest_number(digest, shape->old_style);
    imp_digest_number(digest, shape->row_count);
    for (size_t i = 0; i < shape->row_count; i++) {
        const struct imp_row *row = &shape->rows[i];

        imp_digest_octets(digest, row->name);
        imp_digest_number(digest, row->kind);
        imp_digest_octets(digest, row->type);
        imp_digest_number(digest, (uint64_t)row->is_array | (uint64_t)row->nullable << 1 |
                                      (uint64_t)row->hole << 2 | (uint64_t)row->varies << 3);
        imp_digest_number(digest, row->count);
        imp_digest_number(digest, row->size);
        put_shapes(digest, &row->shapes);
        put_shapes(digest, &row->keys);
    }
    put_shapes(digest, &shape->subs);
}

static bool copy_span(struct arena *arena, struct span *s, struct err *err)
{
    s->p = arena_copy(arena, s->p, s->len, err);
    return s->p != NULL;
}

static bool copy_shapes(struct arena *arena, struct imp_shapes *shapes, struct err *err)
{
    const struct imp_shape **items = arena_array(arena, shapes->count, sizeof(*items), err);

    if (items == NULL) {
        return false;
    }
    if (shapes->count > 0) {
        memcpy(items, shapes->items, shapes->count * sizeof(*items));
    }
    shapes->items = items;
    return true;
}

/* Makes a shape that owns, in the arena, all it points at. */
static struct imp_shape *copy_shape(struct arena *arena, const struct imp_shape *from,
                                    struct err *err)
{
    struct imp_shape *shape = arena_copy(arena, from, sizeof(*from), err);
    struct imp_row *rows = arena_array(arena, from->row_count, sizeof(*rows), err);

    if (shape == NULL || rows == NULL || !copy_span(arena, &shape->vmsd, err) ||
        !copy_shapes(arena, &shape->subs, err)) {
        return NULL;
    }
    if (from->row_count > 0) {
        memcpy(rows, from->rows, from->row_count * sizeof(*rows));
    }
    shape->rows = rows;
    for (size_t i = 0; i < shape->row_count; i++) {
        if (!copy_span(arena, &rows[i].name, err) || !copy_span(arena, &rows[i].type, err) ||
            !copy_shapes(arena, &rows[i].shapes, err) || !copy_shapes(arena, &rows[i].keys, err)) {
            return NULL;
        }
    }
    return shape;
}

bool imp_table_intern(struct imp_table *table, struct imp_shape *shape,
                      const struct imp_shape **found, struct err *err)
{
    struct imp_digest digest;
    struct imp_shape *copy;
    bool ok = false;

    imp_digest_init(&digest, err);
    put_shape(&digest, shape);
    if (!imp_digest_end(&digest, shape->digest, &shape->text)) {
        goto out;
    }
    copy = imp_map_get(&table->map, shape->digest, shape->text);
    if (copy == NULL) {
        copy = copy_shape(table->arena, shape, err);
        if (copy == NULL || !copy_span(table->arena, &copy->text, err) ||
            !imp_map_put(&table->map, copy->digest, copy->text, copy, err)) {
            goto out;
        }
        copy->next = table->all;
        table->all = copy;
    }
    *found = copy;
    ok = true;
out:
    imp_digest_done(&digest);
    return ok;
}
