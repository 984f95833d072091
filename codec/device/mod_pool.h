/*
 * mod_pool.h - the strings of a set of modules while it is made, each kept once. How one string
 * lies in the pool: mod_set.h.
 */
#ifndef VMBER_DEVICE_MOD_POOL_H
#define VMBER_DEVICE_MOD_POOL_H

#include "codec/base/buf.h"

struct mod_pool {
    struct buf octets;
    uint32_t *slots; /* hash table of offsets, 0 is free; a power of two of them */
    uint32_t slot_count;
    uint32_t count; /* strings */
};

/* mod_pool_init makes a pool that holds the empty string. */
bool mod_pool_init(struct mod_pool *pool, struct err *err);
void mod_pool_done(struct mod_pool *pool);

/* mod_pool_text returns a string of the pool, until the next one is added. */
struct span mod_pool_text(const struct mod_pool *pool, uint32_t string);

/* mod_pool_add says through string where text stands, which it adds unless it is there. */
bool mod_pool_add(struct mod_pool *pool, struct span text, uint32_t *string, struct err *err);

#endif
