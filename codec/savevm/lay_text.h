/*
 * lay_text.h - writes QEMU's JSON description again, octet for octet.
 *
 * The text follows from the types, the sections in stream order and a short form (VmdescForm). A
 * writer of a BER stream compares it with the text it has before it sends the form in its place.
 *
 * Reading a BER stream:
 *     lay_text_init(&text);                                      once a stream
 *     lay_text_section(&text, name, instance, type, &err);       for every Section record
 *     lay_text_write(&text, &types, &form, &out, &err);          at VmDescription.rebuilt
 */
#ifndef VMBER_SAVEVM_LAY_TEXT_H
#define VMBER_SAVEVM_LAY_TEXT_H

#include "codec/base/buf.h"
#include "codec/savevm/lay_types.h"

struct err;

/* The Section records seen so far. */
struct lay_text_entry {
    struct span name; /* until lay_text_done */
    uint32_t instance;
    uint32_t type;
};

struct lay_text {
    struct arena arena;
    struct lay_text_entry *entries;
    size_t count;
    size_t cap;
};

void lay_text_init(struct lay_text *text);
void lay_text_done(struct lay_text *text);

/* lay_text_section notes a Section record; the name is copied. */
bool lay_text_section(struct lay_text *text, struct span name, uint32_t instance, uint32_t type,
                      struct err *err);

/* lay_text_write appends the description (without 06 and length) to out. */
bool lay_text_write(const struct lay_text *text, const struct lay_types *types,
                    const struct wire_vmdesc_form *form, struct buf *out, struct err *err);

#endif
