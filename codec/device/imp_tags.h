/*
 * imp_tags.h - the tags that fields have ever been given: a number once given is never reused.
 *
 *     module TAB type TAB tag TAB identifier [TAB "removed"] LF        sorted, the tag as a number
 *
 * A row whose field is in no module any more stays, with the word behind it.
 */
#ifndef VMBER_DEVICE_IMP_TAGS_H
#define VMBER_DEVICE_IMP_TAGS_H

#include "codec/base/arena.h"
#include "codec/base/buf.h"
#include "codec/base/span.h"

struct err;

struct imp_tag {
    struct span module;
    struct span type;
    uint32_t tag;
    struct span ident;
    bool removed;
};

struct imp_tags {
    struct arena *arena;
    struct imp_tag *items;
    size_t count;
    size_t cap;
};

void imp_tags_init(struct imp_tags *tags, struct arena *arena);
void imp_tags_done(struct imp_tags *tags);

/* imp_tags_read adds the rows of a file, which must be sorted; name is for messages. */
bool imp_tags_read(struct imp_tags *tags, const char *name, struct span text, struct err *err);

/* imp_tags_add adds a row; the spans must live as long as tags. */
bool imp_tags_add(struct imp_tags *tags, const struct imp_tag *tag, struct err *err);

/* imp_tags_sort puts rows in order: by module, type, tag, identifier. */
void imp_tags_sort(struct imp_tags *tags);

/* imp_tags_write appends the rows, which are sorted. */
bool imp_tags_write(const struct imp_tags *tags, struct buf *out, struct err *err);

/* imp_tags_range finds the rows of a type among sorted ones: returns how many. */
size_t imp_tags_range(const struct imp_tags *tags, struct span module, struct span type,
                      size_t *first);

#endif
