/*
 * imp_grid.h - several lists of the same names put side by side, in an order that all of them keep.
 *
 *     a b   d        lists
 *       b c d
 *     -------
 *     a b c d        rows of the grid; a cell is empty where a list does not have the name
 *
 * Names that no list has an order for stand as the first list that has them has them.
 */
#ifndef VMBER_DEVICE_IMP_GRID_H
#define VMBER_DEVICE_IMP_GRID_H

#include "codec/base/span.h"

struct err;

/* An element of a list. */
struct imp_item {
    struct span name;
    uint32_t turn; /* tells elements of one name from each other */
    const void *p; /* not NULL */
};

struct imp_column {
    struct imp_item *items;
    size_t count;
};

struct imp_grid {
    struct imp_column *columns; /* the caller fills them in */
    size_t column_count;
    struct imp_item *names; /* the rows; p is that of the first column that has the name */
    size_t row_count;
    const void **cells;      /* [row * column_count + column] */
    struct imp_item *memory; /* the items of all columns */
    size_t used;
};

/* imp_grid_init makes column_count empty columns with room for item_count items in all. */
bool imp_grid_init(struct imp_grid *grid, size_t column_count, size_t item_count, struct err *err);

void imp_grid_done(struct imp_grid *grid);

/* imp_grid_put appends an item to a column: all of one before the first of the next. */
void imp_grid_put(struct imp_grid *grid, size_t column, struct span name, uint32_t turn,
                  const void *p);

/*
 * imp_grid_make makes the rows. The order of the first weak columns gives way if it contradicts
 * another; if those behind them contradict each other, false with ERR_FINDINGS and the names.
 */
bool imp_grid_make(struct imp_grid *grid, size_t weak, struct err *err);

static inline const void *imp_grid_cell(const struct imp_grid *grid, size_t row, size_t column)
{
    return grid->cells[row * grid->column_count + column];
}

#endif
