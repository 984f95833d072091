/* imp_merging.h - what the two halves of merging call each other for. Internal to the import. */
#ifndef VMBER_DEVICE_IMP_MERGING_H
#define VMBER_DEVICE_IMP_MERGING_H

#include "codec/device/imp_grid.h"
#include "codec/device/imp_merge.h"

/* imp_conflict notes the place: the open structs, then field. */
void imp_conflict(const struct imp_merger *merger, struct span field, struct err *err);

/* imp_merge_known gives the type of a struct that is listed here and seen elsewhere, or NULL. */
bool imp_merge_known(struct imp_merger *merger, const struct imp_lists *lists,
                     struct imp_type **type, struct err *err);

/*
 * imp_merge_row merges the fields that stand in one row of the grid, whose first list_count columns
 * are lists, or says that the field is to be left out. What no shape has may be in one of others.
 */
bool imp_merge_row(struct imp_merger *merger, const struct imp_grid *grid, size_t row,
                   size_t list_count, const struct imp_shapes *others, struct imp_member *member,
                   bool *leave_out, struct err *err);

#endif
