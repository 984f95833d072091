/* heap.c - see heap.h. */
#include "codec/base/heap.h"

#include <stddef.h>
#include <stdlib.h>

#ifdef __GLIBC__
#include <malloc.h>

enum {
    WARM = 6 << 20,  /* octets: a tail of 1 MiB takes some 4 MiB */
    LARGE = 2 << 20, /* what is larger is mapped for itself, and can grow where it is */
    PAGE = 4096
};

void heap_warm(void)
{
    volatile char *parts[WARM / LARGE];
    size_t count = sizeof(parts) / sizeof(parts[0]);

    (void)mallopt(M_MMAP_THRESHOLD, LARGE);
    (void)mallopt(M_TRIM_THRESHOLD, 2 * WARM);
    for (size_t i = 0; i < count; i++) {
        parts[i] = malloc(LARGE - PAGE);
        for (size_t at = 0; parts[i] != NULL && at < LARGE - PAGE; at += PAGE) {
            parts[i][at] = 0;
        }
    }
    for (size_t i = 0; i < count; i++) {
        free((void *)parts[i]);
    }
}
#else
void heap_warm(void)
{
}
#endif
