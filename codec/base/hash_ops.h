/*
 * hash_ops.h - the same algorithm compiled for several instruction sets (hash_xxh3.c, once each).
 */
#ifndef VMBER_BASE_HASH_OPS_H
#define VMBER_BASE_HASH_OPS_H

#include <stddef.h>
#include <stdint.h>

struct hash_ops {
    void (*put)(void *state, const void *p, size_t n);
};

extern const struct hash_ops hash_ops_plain;
extern const struct hash_ops hash_ops_avx2;

#endif
