/* imp_map.c - see imp_map.h. */
#include "codec/device/imp_map.h"

#include "codec/base/err.h"
#include "codec/ber/ber_prim.h"
#include "codec/device/imp_limits.h"

enum { SLOTS_MIN = 256 };

void imp_map_init(struct imp_map *map, struct arena *arena)
{
    map->arena = arena;
    map->slots = NULL;
    map->slot_count = 0;
    map->count = 0;
}

static struct imp_map_slot *find(const struct imp_map *map, uint64_t hash, struct span key)
{
    size_t i = (size_t)hash & (map->slot_count - 1);

    while (map->slots[i].value != NULL &&
           (map->slots[i].hash != hash || !span_eq(map->slots[i].key, key))) {
        i = (i + 1) & (map->slot_count - 1);
    }
    return &map->slots[i];
}

void *imp_map_get(const struct imp_map *map, const uint8_t digest[HASH_DIGEST_LEN], struct span key)
{
    return map->slot_count > 0 ? find(map, ber_load64(digest), key)->value : NULL;
}

static bool grow(struct imp_map *map, struct err *err)
{
    struct imp_map more = *map;

    if (map->count == IMP_SHAPES_MAX) {
        return err_set(err, ERR_LIMIT, "more than %d different structs", IMP_SHAPES_MAX);
    }
    if (map->count * 2 < map->slot_count) {
        return true;
    }
    more.slot_count = map->slot_count == 0 ? SLOTS_MIN : map->slot_count * 2;
    more.slots = arena_array(map->arena, more.slot_count, sizeof(*more.slots), err);
    if (more.slots == NULL) {
        return false;
    }
    for (size_t i = 0; i < map->slot_count; i++) {
        if (map->slots[i].value != NULL) {
            *find(&more, map->slots[i].hash, map->slots[i].key) = map->slots[i];
        }
    }
    *map = more;
    return true;
}

bool imp_map_put(struct imp_map *map, const uint8_t digest[HASH_DIGEST_LEN], struct span key,
                 void *value, struct err *err)
{
    struct imp_map_slot slot = {key, ber_load64(digest), value};

    if (!grow(map, err)) {
        return false;
    }
    *find(map, slot.hash, key) = slot;
    map->count++;
    return true;
}
