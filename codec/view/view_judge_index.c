/* view_judge_index.c - verify: the index against the records that came by. */
#include <inttypes.h>

#include "codec/view/view_judge.h"

static bool same_entry(const struct view_judge *v, const struct wire_index_entry *a,
                       const struct wire_index_entry *b)
{
    return a->ber == b->ber && (a->legacy == b->legacy || v->lost) && span_eq(a->name, b->name);
}

/* Returns the first of the known entries at or behind offset ber. */
static size_t first_at(const struct form_index *known, uint64_t ber)
{
    size_t low = 0;
    size_t high = known->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (known->entries[middle].ber < ber) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

/*
 * Compares an entry of the index with the records; several pieces of one record have the same
 * place. *next is where an entry is expected if the index has all of them.
 */
static void judge_entry(struct view_judge *v, const struct wire_index_entry *entry, size_t *next)
{
    const struct form_index *known = v->index;
    struct err why = ERR_INIT;
    size_t first;
    bool named = false;

    if (*next >= known->count || !same_entry(v, &known->entries[*next], entry)) {
        *next = first_at(known, entry->ber);
    }
    first = *next;
    for (size_t i = first;
         i < known->count && known->entries[i].ber == entry->ber && i - first < VIEW_PIECES_TRIED;
         i++) {
        named |= span_eq(known->entries[i].name, entry->name);
        if (same_entry(v, &known->entries[i], entry)) {
            *next = i + 1;
            return;
        }
    }
    if (first == known->count || known->entries[first].ber != entry->ber) {
        if (v->lost) {
            return; /* of a record that could not be read, perhaps */
        }
        (void)err_set(&why, ERR_MALFORMED, "no record to be indexed begins at 0x%" PRIx64,
                      entry->ber);
    } else {
        (void)err_set(&why, ERR_MALFORMED, "the record at 0x%" PRIx64 " has another %s", entry->ber,
                      named ? "legacy offset" : "name");
    }
    view_judge_ordered(v, VIEW_INDEX_ENTRY, &why);
}

void view_judge_index(struct view_judge *v)
{
    struct wire_index_record record;
    struct err why = ERR_INIT;
    uint64_t start = 0;
    size_t next = 0;
    uint64_t findings = view_judge_found(v);

    v->has_index = true;
    arena_reset(&v->arena);
    if (!view_judge_frame(v, &wire_index_record_type, &record)) {
        return;
    }
    view_judge_second(v, &record, findings);
    for (size_t i = 0; i < record.start.len; i++) {
        start = start << 8 | record.start.p[i];
    }
    if (start != v->raw.ber_offset) {
        (void)err_set(&why, ERR_MALFORMED, "the index says it begins at 0x%" PRIx64, start);
        view_judge_find(v, VIEW_INDEX_START, &why);
        err_init(&why);
    }
    for (size_t i = 0; i < record.index.entries.count; i++) {
        judge_entry(v, &record.index.entries.items[i], &next);
        if (i > 0 && record.index.entries.items[i].ber < record.index.entries.items[i - 1].ber) {
            (void)err_set(&why, ERR_MALFORMED,
                          "the entry of 0x%" PRIx64 " stands behind that of 0x%" PRIx64,
                          record.index.entries.items[i].ber, record.index.entries.items[i - 1].ber);
            view_judge_ordered(v, VIEW_INDEX_ENTRY, &why);
            err_init(&why);
        }
    }
    if (record.index.entries.count < v->index->count) {
        (void)err_set(&why, ERR_MALFORMED, "the index has %zu of %zu records",
                      record.index.entries.count, v->index->count);
        view_judge_find(v, VIEW_INDEX_MISSING, &why);
    }
}
