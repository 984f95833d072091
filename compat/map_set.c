/* map_set.c - see map_set.h. */
#include "compat/map_set.h"

uint32_t map_set_find(const struct map_set *set, struct span name)
{
    for (uint32_t i = 0; i < set->map_count; i++) {
        if (span_eq(map_string(set, set->maps[i].name), name)) {
            return i;
        }
    }
    return MAP_NONE;
}

static bool is_name(struct span whole, struct span name, struct span second, bool two)
{
    if (!two) {
        return span_eq(whole, name);
    }
    return whole.len == name.len + 1 + second.len && whole.p[name.len] == '/' &&
           span_eq(span_of(whole.p, name.len), name) &&
           span_eq(span_from(whole, name.len + 1), second);
}

uint32_t map_set_target(const struct map_set *set, enum map_target_kind kind, struct span name,
                        struct span second)
{
    /* Some thirty: most differ in length. */
    for (uint32_t i = 0; i < set->target_count; i++) {
        const struct map_target *target = &set->targets[i];

        if (target->kind == (uint32_t)kind &&
            is_name(map_string(set, target->name), name, second, kind == MAP_FOR_FIELD)) {
            return target->map;
        }
    }
    return MAP_NONE;
}
