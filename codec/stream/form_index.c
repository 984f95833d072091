/* form_index.c - see form_index.h. */
#include "codec/stream/form_index.h"

#include <stdlib.h>

#include "codec/base/err.h"
#include "codec/stream/form_limits.h"

struct form_index *form_index_new(void)
{
    struct form_index *index = calloc(1, sizeof(*index));

    if (index != NULL) {
        arena_init(&index->names, FORM_ARENA_MAX);
    }
    return index;
}

void form_index_free(struct form_index *index)
{
    if (index != NULL) {
        arena_done(&index->names);
        free(index->entries);
        free(index);
    }
}

/* Returns the name of a section that begins in this record, or an empty span. */
static struct span begun_section(const struct wire_section_open *open)
{
    return open->has_identity ? open->identity.name : span_of(NULL, 0);
}

static struct span entry_name(const struct wire_body *body)
{
    switch (body->which) {
    case WIRE_BODY_SECTION:
        return begun_section(&body->u.section.open);
    case WIRE_BODY_FRAMED:
        return body->u.framed.has_open ? begun_section(&body->u.framed.open) : span_of(NULL, 0);
    case WIRE_BODY_RAM:
        return body->u.ram.has_open ? begun_section(&body->u.ram.open) : span_of(NULL, 0);
    case ASN_UNKNOWN:
        return span_of(NULL, 0);
    default:
        return span_str(wire_body_type.members[body->which].name);
    }
}

static bool grow(struct form_index *index, struct err *err)
{
    size_t cap = index->cap == 0 ? 64 : index->cap * 2;
    struct wire_index_entry *entries;

    if (cap > FORM_INDEX_MAX) {
        return err_set(err, ERR_LIMIT, "more than %d index entries", FORM_INDEX_MAX);
    }
    entries = realloc(index->entries, cap * sizeof(*entries));
    if (entries == NULL) {
        return err_memory(err);
    }
    index->entries = entries;
    index->cap = cap;
    return true;
}

bool form_index_note(struct form_index *index, const struct wire_body *body, uint64_t ber,
                     uint64_t legacy, struct err *err)
{
    struct span name = entry_name(body);
    struct wire_index_entry *entry;

    if (name.len == 0) {
        return true;
    }
    if (index->count == index->cap && !grow(index, err)) {
        return false;
    }
    entry = &index->entries[index->count];
    memset(entry, 0, sizeof(*entry));
    entry->ber = ber;
    entry->legacy = legacy;
    entry->name = span_of(arena_copy(&index->names, name.p, name.len, err), name.len);
    if (entry->name.p == NULL) {
        return false;
    }
    index->count++;
    return true;
}
