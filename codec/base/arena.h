/*
 * arena.h - memory that is given back all at once.
 *
 * Whoever decodes into an arena keeps the result until arena_reset or arena_done. A reset keeps the
 * blocks, so that a loop which decodes records of similar size stops allocating after the first.
 */
#ifndef VMBER_BASE_ARENA_H
#define VMBER_BASE_ARENA_H

#include <stdbool.h>
#include <stddef.h>

struct err;
struct arena_block;

struct arena {
    struct arena_block *first;   /* blocks in order of first use */
    struct arena_block *current; /* the block allocations come from */
    size_t total;                /* octets handed out since the last reset */
    size_t total_max;            /* the most that may be handed out between resets */
};

/* arena_init makes an empty arena that never hands out more than total_max octets at a time. */
void arena_init(struct arena *arena, size_t total_max);

/* arena_done frees everything; the arena may be used again after arena_init. */
void arena_done(struct arena *arena);

/* arena_reset takes back every allocation and keeps the memory for the next ones. */
void arena_reset(struct arena *arena);

/*
 * arena_alloc returns size octets (0 allowed) set to zero and aligned for any type, valid until
 * arena_reset; NULL with ERR_LIMIT in err if memory or total_max does not suffice.
 */
void *arena_alloc(struct arena *arena, size_t size, struct err *err);

/* arena_array is arena_alloc of count elements of size octets, with the product checked. */
void *arena_array(struct arena *arena, size_t count, size_t size, struct err *err);

/* arena_copy returns a copy of len octets at p followed by a NUL octet. */
void *arena_copy(struct arena *arena, const void *p, size_t len, struct err *err);

#endif
