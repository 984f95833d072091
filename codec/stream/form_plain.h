/*
 * form_plain.h - the types of a stream without layouts: what the source's description said, before
 * blobs became structs. A section's value of such a type is the value of its device module.
 *
 *     form_plain_init(&plain);
 *     ... form_plain_take(&plain, &lower.types, &err);      behind each type description
 *     id = form_plain_id(&plain, section->type);            in plain.types
 */
#ifndef VMBER_STREAM_FORM_PLAIN_H
#define VMBER_STREAM_FORM_PLAIN_H

#include "codec/savevm/lay_types.h"

struct form_plain {
    struct lay_types types;
    struct form_plain_type *items; /* of the types read, by id - 1 */
    uint32_t count;
    uint32_t cap;
    struct arena arena;
};

struct form_plain_type {
    uint32_t id;      /* in types */
    bool has_layouts; /* it, or what it holds */
};

void form_plain_init(struct form_plain *plain);
void form_plain_done(struct form_plain *plain);

/* form_plain_take takes the type that was added to read last; all before it have been taken. */
bool form_plain_take(struct form_plain *plain, const struct lay_types *read, struct err *err);

static inline uint32_t form_plain_id(const struct form_plain *plain, uint32_t id)
{
    return plain->items[id - 1].id;
}

static inline bool form_plain_differs(const struct form_plain *plain, uint32_t id)
{
    return plain->items[id - 1].has_layouts;
}

#endif
