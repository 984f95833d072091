/*
 * layout_field.h - types made field by field, and values of them lifted and lowered.
 *
 * The table and the error of the test that runs are global: each test runs in a process of its own.
 */
#ifndef VMBER_TESTS_LAYOUT_FIELD_H
#define VMBER_TESTS_LAYOUT_FIELD_H

#include "codec/base/buf.h"
#include "codec/base/err.h"
#include "codec/savevm/lay_types.h"
#include "codec/savevm/lay_visit.h"

extern struct lay_types types;
extern struct err err;

/* A checked fixture. */
void layout_field_setup(void);
void layout_field_teardown(void);

struct wire_field field_of(const char *name, const char *type, uint32_t size);
struct wire_field struct_of(const char *name, uint32_t id);
struct wire_field tagged(struct wire_field field, uint32_t tag);

/* add adds a type of those fields and subsections; 0 if it is refused. */
uint32_t add(struct wire_field *fields, size_t count, uint32_t *subs, size_t sub_count);
uint32_t add_one(struct wire_field field);

/* lower lowers octets as a value of type id into out. */
bool lower(uint32_t id, const void *p, size_t n, struct buf *out);

/* lift_is asserts that payload lifts to those octets, and comes back. */
void lift_is(uint32_t id, struct span payload, const void *p, size_t n);

/* A visitor (ctx is a struct seen) that writes what it is told as text. */
struct seen {
    char text[2048];
    size_t len;
};

bool see(void *ctx, enum lay_visit_event event, const struct lay_node *node, struct err *e);

#endif
