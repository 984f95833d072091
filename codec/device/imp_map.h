/*
 * imp_map.h - a table of things by the octets that say what they are: equal octets, one thing.
 */
#ifndef VMBER_DEVICE_IMP_MAP_H
#define VMBER_DEVICE_IMP_MAP_H

#include "codec/base/arena.h"
#include "codec/base/hash.h"
#include "codec/base/span.h"

struct err;

struct imp_map_slot {
    struct span key;
    uint64_t hash;
    void *value; /* NULL: the slot is free */
};

struct imp_map {
    struct arena *arena;
    struct imp_map_slot *slots;
    size_t slot_count; /* a power of two, or 0 */
    size_t count;
};

void imp_map_init(struct imp_map *map, struct arena *arena);

/* imp_map_get returns what has that key, or NULL; digest is the key's. */
void *imp_map_get(const struct imp_map *map, const uint8_t digest[HASH_DIGEST_LEN],
                  struct span key);

/* imp_map_put adds value under a key that is not there; both must live as long as the map. */
bool imp_map_put(struct imp_map *map, const uint8_t digest[HASH_DIGEST_LEN], struct span key,
                 void *value, struct err *err);

#endif
