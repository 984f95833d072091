/* arena.c - see arena.h. */
#include "codec/base/arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "codec/base/err.h"

enum { ARENA_BLOCK_MIN = 16 * 1024 }; /* small enough for a verb that decodes one header */

struct arena_block {
    struct arena_block *next;
    size_t cap;
    size_t used;
    alignas(max_align_t) unsigned char bytes[];
};

void arena_init(struct arena *arena, size_t total_max)
{
    arena->first = NULL;
    arena->current = NULL;
    arena->total = 0;
    arena->total_max = total_max;
}

void arena_done(struct arena *arena)
{
    struct arena_block *block = arena->first;

    while (block != NULL) {
        struct arena_block *next = block->next;

        free(block);
        block = next;
    }
    arena_init(arena, arena->total_max);
}

void arena_reset(struct arena *arena)
{
    for (struct arena_block *block = arena->first; block != NULL; block = block->next) {
        block->used = 0;
    }
    arena->current = arena->first;
    arena->total = 0;
}

/* Finds a kept block with room for need octets, or makes one at the end of the list. */
static struct arena_block *block_for(struct arena *arena, size_t need)
{
    struct arena_block *last = arena->current;
    struct arena_block *block = arena->current;
    size_t cap = ARENA_BLOCK_MIN;

    while (block != NULL) {
        if (block->cap - block->used >= need) {
            return block;
        }
        cap = block->cap <= SIZE_MAX / 4 ? block->cap * 2 : block->cap;
        last = block;
        block = block->next;
    }
    if (cap > arena->total_max - arena->total) { /* a large block must not double into a larger */
        cap = arena->total_max - arena->total;
    }
    if (cap < need) {
        cap = need;
    }
    if (cap > SIZE_MAX - sizeof(*block)) {
        return NULL;
    }
    block = malloc(sizeof(*block) + cap);
    if (block == NULL) {
        return NULL;
    }
    block->next = NULL;
    block->cap = cap;
    block->used = 0;
    if (last != NULL) {
        last->next = block;
    } else {
        arena->first = block;
    }
    return block;
}

void *arena_alloc(struct arena *arena, size_t size, struct err *err)
{
    const size_t align = alignof(max_align_t);
    struct arena_block *block;
    size_t need;
    void *p;

    need = size <= SIZE_MAX - align ? (size + align - 1) / align * align : SIZE_MAX;
    if (need > arena->total_max - arena->total) {
        err_set(err, ERR_LIMIT, "decoded data needs more than %zu octets of memory",
                arena->total_max);
        return NULL;
    }
    block = block_for(arena, need);
    if (block == NULL) {
        err_memory(err);
        return NULL;
    }
    arena->current = block;
    p = arena->current->bytes + arena->current->used;
    arena->current->used += need;
    arena->total += need;
    memset(p, 0, size);
    return p;
}

void *arena_array(struct arena *arena, size_t count, size_t size, struct err *err)
{
    if (size != 0 && count > SIZE_MAX / size) {
        err_set(err, ERR_LIMIT, "%zu elements of %zu octets do not fit memory", count, size);
        return NULL;
    }
    return arena_alloc(arena, count * size, err);
}

void *arena_copy(struct arena *arena, const void *p, size_t len, struct err *err)
{
    char *copy = len < SIZE_MAX ? arena_alloc(arena, len + 1, err) : NULL;

    if (copy != NULL && len > 0) {
        memcpy(copy, p, len);
    }
    return copy;
}
