/* mod_pool.c - see mod_pool.h. */
#include "codec/device/mod_pool.h"

#include <assert.h>
#include <stdlib.h>

#include "codec/base/err.h"
#include "codec/device/mod_limits.h"
#include "codec/device/mod_set.h"

enum { POOL_SLOTS_MIN = 1024 };

struct span mod_pool_text(const struct mod_pool *pool, uint32_t string)
{
    const uint8_t *p = pool->octets.p + string;

    return span_of(p, (size_t)p[-2] << 8 | p[-1]);
}

static uint32_t hash_text(struct span text)
{
    uint64_t hash = text.len;

    for (size_t i = 0; i < text.len; i++) {
        hash = (hash ^ text.p[i]) * UINT64_C(0x9e3779b97f4a7c15);
        hash ^= hash >> 29;
    }
    return (uint32_t)(hash >> 32);
}

/* Returns the slot of text, or the free one where it belongs. */
static uint32_t *find_slot(const struct mod_pool *pool, struct span text)
{
    uint32_t i = hash_text(text);

    for (;; i++) {
        uint32_t *slot = &pool->slots[i & (pool->slot_count - 1)];

        if (*slot == 0 || span_eq(mod_pool_text(pool, *slot), text)) {
            return slot;
        }
    }
}

/* Keeps half of the slots free. */
static bool grow(struct mod_pool *pool, struct err *err)
{
    uint32_t old_count = pool->slot_count;
    uint32_t *old = pool->slots;
    uint32_t *slots;

    if (pool->count < old_count / 2) {
        return true;
    }
    slots = calloc(old_count == 0 ? POOL_SLOTS_MIN : (size_t)old_count * 2, sizeof(*slots));
    if (slots == NULL) {
        return err_memory(err);
    }
    pool->slots = slots;
    pool->slot_count = old_count == 0 ? POOL_SLOTS_MIN : old_count * 2;
    for (uint32_t i = 0; i < old_count; i++) {
        if (old[i] != 0) {
            *find_slot(pool, mod_pool_text(pool, old[i])) = old[i];
        }
    }
    free(old);
    return true;
}

bool mod_pool_init(struct mod_pool *pool, struct err *err)
{
    uint32_t empty;
    const struct mod_pool none = {0};

    *pool = none;
    buf_init(&pool->octets, MOD_STRINGS_MAX);
    if (!mod_pool_add(pool, span_of("", 0), &empty, err)) {
        mod_pool_done(pool);
        return false;
    }
    assert(empty == MOD_EMPTY);
    return true;
}

void mod_pool_done(struct mod_pool *pool)
{
    buf_done(&pool->octets);
    free(pool->slots);
    pool->slots = NULL;
}

bool mod_pool_add(struct mod_pool *pool, struct span text, uint32_t *string, struct err *err)
{
    uint8_t head[2];
    uint32_t *slot;

    if (text.len > MOD_STRING_MAX) {
        return err_set(err, ERR_LIMIT, "a name of %zu octets, at most %d are read", text.len,
                       MOD_STRING_MAX);
    }
    if (!grow(pool, err)) {
        return false;
    }
    slot = find_slot(pool, text);
    if (*slot == 0) {
        head[0] = (uint8_t)(text.len >> 8);
        head[1] = (uint8_t)text.len;
        if (sizeof(head) + text.len + 1 > pool->octets.len_max - pool->octets.len) {
            return err_set(err, ERR_LIMIT, "names of more than %d octets in all", MOD_STRINGS_MAX);
        }
        if (!buf_reserve(&pool->octets, sizeof(head) + text.len + 1, err) ||
            !buf_put(&pool->octets, head, sizeof(head), err)) {
            return false;
        }
        *slot = (uint32_t)pool->octets.len;
        pool->count++;
        if (!buf_put(&pool->octets, text.p, text.len, err) || !buf_put(&pool->octets, "", 1, err)) {
            return false;
        }
    }
    *string = *slot;
    return true;
}
