/* imp_fit.c - see imp_fit.h. */
#include "codec/device/imp_fit.h"

#include "codec/base/err.h"

bool imp_steps_take(struct imp_steps *steps, uint64_t count, struct err *err)
{
    if (count > steps->left) {
        return err_set(err, ERR_LIMIT, "more than %d comparisons of structs", IMP_STEPS_MAX);
    }
    steps->left -= count;
    return true;
}

/* Whether the elements of a row can be what the entry says. */
static bool fits_row(const struct imp_entry *entry, const struct imp_row *row, size_t *missing,
                     struct imp_steps *steps, struct err *err)
{
    if (row->kind == IMP_LEAF) {
        return row->hole || entry->listed == NULL;
    }
    if (entry->listed == NULL) {
        return false;
    }
    for (size_t i = 0; i < row->shapes.count; i++) {
        const struct imp_shape *shape = row->shapes.items[i];

        /* What a vstruct says is the version that was asked for, not the struct's own. */
        if ((row->kind != IMP_VSTRUCT && entry->listed->version != shape->version) ||
            !span_eq(entry->listed->vmsd, shape->vmsd) ||
            !imp_fit(entry->listed, shape, missing, steps, err)) {
            return false;
        }
    }
    return true;
}

static bool fits_subs(const struct imp_listed *listed, const struct imp_shape *shape,
                      size_t *missing, struct imp_steps *steps, struct err *err)
{
    for (size_t i = 0; i < shape->subs.count; i++) {
        const struct imp_shape *sub = shape->subs.items[i];
        size_t k = 0;

        while (k < listed->subs.count && (listed->subs.items[k]->version != sub->version ||
                                          !span_eq(listed->subs.items[k]->vmsd, sub->vmsd))) {
            k++;
        }
        if (k == listed->subs.count || !imp_fit(listed->subs.items[k], sub, missing, steps, err)) {
            return false;
        }
    }
    return true;
}

/* Structs nest no deeper than LAY_DEPTH_MAX. */
bool imp_fit(const struct imp_listed *listed, const struct imp_shape *shape, size_t *missing,
             struct imp_steps *steps, struct err *err)
{
    size_t at = 0;

    if (!imp_steps_take(steps, listed->entry_count + shape->row_count + 1, err)) {
        return false;
    }
    for (size_t i = 0; i < shape->row_count; i++) {
        const struct imp_row *row = &shape->rows[i];
        bool again = row->turn > 0 && at > 0 && span_eq(listed->entries[at - 1].name, row->name);

        if (again) {
            at--;
        }
        while (at < listed->entry_count && !span_eq(listed->entries[at].name, row->name)) {
            *missing += !listed->entries[at++].exists;
        }
        if (at == listed->entry_count ||
            !fits_row(&listed->entries[at], row, missing, steps, err)) {
            return false;
        }
        at++;
    }
    while (at < listed->entry_count) {
        *missing += !listed->entries[at++].exists;
    }
    return fits_subs(listed, shape, missing, steps, err);
}
