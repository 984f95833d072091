/*
 * imp_fact.h - what neither streams nor lists say of a struct, and QEMU's source does: which
 * conditional fields have conditions that go together, which integer counts an array. A fact that
 * what was seen contradicts is left alone.
 */
#ifndef VMBER_DEVICE_IMP_FACT_H
#define VMBER_DEVICE_IMP_FACT_H

#include "codec/device/imp_merge.h"

struct err;

/* imp_facts_apply makes of the members of a type, merged from shapes, what the facts say. */
bool imp_facts_apply(struct arena *arena, const struct imp_shapes *shapes, struct imp_type *type,
                     struct err *err);

#endif
