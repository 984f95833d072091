/*
 * lay_told.h - types on their way to the wire: each once, when it is first needed, inner ones
 * before the one around them, under numbers without gaps. Ids in a writer's table say nothing of
 * that.
 */
#ifndef VMBER_SAVEVM_LAY_TOLD_H
#define VMBER_SAVEVM_LAY_TOLD_H

#include "codec/savevm/lay_types.h"

struct err;

/* Takes a type as it goes on the wire, all ids in it told before; false with err set stops. */
typedef bool (*lay_told_fn)(void *ctx, const struct wire_type_description *wire, struct err *err);

/* lay_told_type tells the type and what it uses, as far as they have not been told. */
bool lay_told_type(struct lay_types *types, uint32_t id, lay_told_fn fn, void *ctx,
                   struct err *err);

/* lay_told_id returns the number that a type was told under. */
static inline uint32_t lay_told_id(const struct lay_types *types, uint32_t id)
{
    return types->items[id - 1].told;
}

#endif
