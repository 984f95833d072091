/*
 * compat_cc.h - the only place that knows which compiler this is. Every macro has a plain C11
 * fallback.
 */
#ifndef VMBER_BASE_COMPAT_CC_H
#define VMBER_BASE_COMPAT_CC_H

#if defined(__GNUC__) || defined(__clang__)
#define CC_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#define CC_LIKELY(x) __builtin_expect(!!(x), 1)
#define CC_UNLIKELY(x) __builtin_expect(!!(x), 0)
#define CC_COLD __attribute__((cold, noinline))
#define CC_INLINE inline __attribute__((always_inline))
/* Leading zero bits of x, which is not 0. */
#define CC_CLZ64(x) ((unsigned)__builtin_clzll(x))
#define CC_CPU_HAS_AVX2 __builtin_cpu_supports("avx2")
#else
#define CC_PRINTF(fmt, args)
#define CC_LIKELY(x) (x)
#define CC_UNLIKELY(x) (x)
#define CC_COLD
#define CC_INLINE inline
#define CC_CLZ64(x) cc_clz64(x)
#define CC_CPU_HAS_AVX2 0

#include <stdint.h>

static inline unsigned cc_clz64(uint64_t x)
{
    unsigned n = 63;

    while ((x >>= 1) != 0) {
        n--;
    }
    return n;
}
#endif

#endif
