/*
 * hash_xxh3.c - the bulk loop of XXH3 under the name HASH_OPS. The build compiles this file for the
 * baseline and, on x86-64, once more with AVX2; both give the same results.
 */
#include "codec/base/hash_ops.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

static void put(void *state, const void *p, size_t n)
{
    (void)XXH3_64bits_update((XXH3_state_t *)state, p, n);
}

#ifndef HASH_OPS
#define HASH_OPS hash_ops_plain
#endif

const struct hash_ops HASH_OPS = {put};
