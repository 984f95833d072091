/*
 * imp_grid.c - see imp_grid.h.
 *
 * Each list says of neighbours which comes first. Rows are taken in such an order (Kahn 1962); of
 * those that may come next, that which was seen first does.
 */
#include "codec/device/imp_grid.h"

#include <stdlib.h>

#include "codec/base/err.h"
#include "codec/device/imp_limits.h"
#include "codec/schema/asn_limits.h"

enum {
    LABEL_MAX = 100,     /* octets of a name that a message shows */
    TRIES_MAX = 256,     /* pairs that are looked at to name those that contradict */
    CELLS_MAX = 1 << 26, /* of a grid: 4096 names in 16384 lists */
};

/* A name while rows are made. */
struct row {
    struct imp_item item;
    size_t waits; /* rows that must come before it, counted once a column */
    size_t edges; /* the first of those to rows that come behind it; SIZE_MAX: none */
    bool done;
};

struct edge {
    size_t to;
    size_t next;
};

struct maker {
    struct imp_grid *grid;
    struct row *rows;
    size_t row_count;
    size_t *slots; /* hash table of rows, from 1 */
    size_t slot_count;
    size_t *row_of; /* of each item, columns one behind the other */
    struct edge *edges;
    size_t *order;
    size_t done;
};

bool imp_grid_init(struct imp_grid *grid, size_t column_count, size_t item_count, struct err *err)
{
    memset(grid, 0, sizeof(*grid));
    grid->columns = calloc(column_count + 1, sizeof(*grid->columns));
    grid->memory = calloc(item_count + 1, sizeof(*grid->names));
    if (grid->columns == NULL || grid->memory == NULL) {
        return err_memory(err);
    }
    grid->column_count = column_count;
    return true;
}

void imp_grid_done(struct imp_grid *grid)
{
    free(grid->columns);
    free(grid->memory);
    free(grid->names);
    free(grid->cells);
    memset(grid, 0, sizeof(*grid));
}

void imp_grid_put(struct imp_grid *grid, size_t column, struct span name, uint32_t turn,
                  const void *p)
{
    struct imp_column *c = &grid->columns[column];
    struct imp_item item = {name, turn, p};

    if (c->items == NULL) {
        c->items = grid->memory + grid->used;
    }
    grid->used++;
    c->items[c->count++] = item;
}

static size_t *slot_of(const struct maker *m, const struct imp_item *item)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325) + item->turn; /* FNV-1a */
    size_t i;

    for (size_t k = 0; k < item->name.len; k++) {
        hash = (hash ^ item->name.p[k]) * UINT64_C(0x100000001b3);
    }
    i = (size_t)(hash ^ hash >> 32) & (m->slot_count - 1);
    while (m->slots[i] != 0) {
        const struct imp_item *there = &m->rows[m->slots[i] - 1].item;

        if (there->turn == item->turn && span_eq(there->name, item->name)) {
            break;
        }
        i = (i + 1) & (m->slot_count - 1);
    }
    return &m->slots[i];
}

static bool allocate(struct maker *m, struct err *err)
{
    size_t items = 1;

    for (size_t i = 0; i < m->grid->column_count; i++) {
        items += m->grid->columns[i].count;
    }
    m->slot_count = 16;
    while (m->slot_count < items * 2) {
        m->slot_count *= 2;
    }
    m->rows = calloc(items, sizeof(*m->rows));
    m->slots = calloc(m->slot_count, sizeof(*m->slots));
    m->row_of = calloc(items, sizeof(*m->row_of));
    m->edges = calloc(items, sizeof(*m->edges));
    m->order = calloc(items, sizeof(*m->order));
    return (m->rows != NULL && m->slots != NULL && m->row_of != NULL && m->edges != NULL &&
            m->order != NULL) ||
           err_memory(err);
}

static void release(struct maker *m)
{
    free(m->rows);
    free(m->slots);
    free(m->row_of);
    free(m->edges);
    free(m->order);
}

/* Finds the names. */
static bool find_rows(struct maker *m, struct err *err)
{
    size_t at = 0;

    for (size_t i = 0; i < m->grid->column_count; i++) {
        const struct imp_column *column = &m->grid->columns[i];

        for (size_t k = 0; k < column->count; k++) {
            size_t *slot = slot_of(m, &column->items[k]);

            if (*slot == 0) {
                m->rows[m->row_count].item = column->items[k];
                *slot = ++m->row_count;
            }
            m->row_of[at++] = *slot - 1;
        }
    }
    return m->row_count <= ASN_MEMBERS_MAX ||
           err_set(err, ERR_FINDINGS, "more than %d fields together", ASN_MEMBERS_MAX);
}

/* Notes what the columns from first on say about neighbours. */
static void find_edges(struct maker *m, size_t first)
{
    size_t edges = 0;
    size_t at = 0;

    for (size_t i = 0; i < m->row_count; i++) {
        m->rows[i].waits = 0;
        m->rows[i].edges = SIZE_MAX;
        m->rows[i].done = false;
    }
    for (size_t i = 0; i < m->grid->column_count; i++) {
        for (size_t k = 0; k < m->grid->columns[i].count; k++, at++) {
            if (i >= first && k > 0) {
                struct row *before = &m->rows[m->row_of[at - 1]];

                m->edges[edges].to = m->row_of[at];
                m->edges[edges].next = before->edges;
                before->edges = edges++;
                m->rows[m->row_of[at]].waits++;
            }
        }
    }
}

/* Puts the rows into order; false if there is none. */
static bool find_order(struct maker *m)
{
    m->done = 0;
    while (m->done < m->row_count) {
        size_t i = 0;

        while (i < m->row_count && (m->rows[i].done || m->rows[i].waits > 0)) {
            i++;
        }
        if (i == m->row_count) {
            return false;
        }
        m->rows[i].done = true;
        m->order[m->done++] = i;
        for (size_t e = m->rows[i].edges; e != SIZE_MAX; e = m->edges[e].next) {
            m->rows[m->edges[e].to].waits--;
        }
    }
    return true;
}

/* Whether a column from first on has a before b. */
static bool has_before(const struct maker *m, size_t first, size_t a, size_t b)
{
    size_t at = 0;

    for (size_t i = 0; i < m->grid->column_count; i++) {
        bool seen = false;

        for (size_t k = 0; k < m->grid->columns[i].count; k++, at++) {
            seen = seen || (i >= first && m->row_of[at] == a);
            if (seen && m->row_of[at] == b) {
                return true;
            }
        }
    }
    return false;
}

/* Names two rows that stand in both orders, unless they are hard to find. */
static bool contradiction(const struct maker *m, size_t first, struct err *err)
{
    size_t tries = 0;

    for (size_t a = 0; a < m->row_count; a++) {
        const struct span name = m->rows[a].item.name;

        if (m->rows[a].done) {
            continue;
        }
        for (size_t b = a + 1; b < m->row_count && tries < TRIES_MAX; b++, tries++) {
            const struct span other = m->rows[b].item.name;

            if (!m->rows[b].done && has_before(m, first, a, b) && has_before(m, first, b, a)) {
                return err_set(err, ERR_FINDINGS, "'%.*s' stands before and behind '%.*s'",
                               (int)(name.len < LABEL_MAX ? name.len : LABEL_MAX), name.p,
                               (int)(other.len < LABEL_MAX ? other.len : LABEL_MAX), other.p);
            }
        }
    }
    return err_set(err, ERR_FINDINGS, "the orders of its fields contradict each other");
}

/* Hands over rows and cells in that order. */
static bool fill(struct maker *m, struct err *err)
{
    struct imp_grid *grid = m->grid;
    size_t *place;
    size_t at = 0;

    if (m->row_count > 0 && grid->column_count > CELLS_MAX / m->row_count) {
        return err_set(err, ERR_LIMIT, "%zu structs of %zu fields to merge", grid->column_count,
                       m->row_count);
    }
    place = calloc(m->row_count + 1, sizeof(*place));
    grid->names = calloc(m->row_count + 1, sizeof(*grid->names));
    grid->cells = calloc(m->row_count * grid->column_count + 1, sizeof(*grid->cells));
    if (place == NULL || grid->names == NULL || grid->cells == NULL) {
        free(place);
        return err_memory(err);
    }
    grid->row_count = m->row_count;
    for (size_t i = 0; i < m->row_count; i++) {
        place[m->order[i]] = i;
        grid->names[i] = m->rows[m->order[i]].item;
    }
    for (size_t i = 0; i < grid->column_count; i++) {
        for (size_t k = 0; k < grid->columns[i].count; k++, at++) {
            grid->cells[place[m->row_of[at]] * grid->column_count + i] =
                grid->columns[i].items[k].p;
        }
    }
    free(place);
    return true;
}

bool imp_grid_make(struct imp_grid *grid, size_t weak, struct err *err)
{
    struct maker m = {0};
    bool ok;

    m.grid = grid;
    ok = allocate(&m, err) && find_rows(&m, err);
    if (ok) {
        find_edges(&m, 0);
        if (!find_order(&m)) {
            find_edges(&m, weak);
            ok = find_order(&m) || contradiction(&m, weak, err);
        }
    }
    ok = ok && fill(&m, err);
    release(&m);
    return ok;
}
