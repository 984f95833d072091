/*
 * form_index.h - where the records of a BER stream begin, gathered while it is written.
 */
#ifndef VMBER_STREAM_FORM_INDEX_H
#define VMBER_STREAM_FORM_INDEX_H

#include "codec/base/arena.h"
#include "wire.h"

struct form_index {
    struct wire_index_entry *entries;
    size_t count;
    size_t cap;
    struct arena names;
};

struct form_index *form_index_new(void);
void form_index_free(struct form_index *index);

/*
 * form_index_note adds the record that begins at ber/legacy if it is one that readers look for:
 * all but pieces of live sections behind their first.
 */
bool form_index_note(struct form_index *index, const struct wire_body *body, uint64_t ber,
                     uint64_t legacy, struct err *err);

#endif
