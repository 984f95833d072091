/* memory_fails.c - see memory_fails.h. */
#include "memory_fails.h"

void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *p, size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *p, size_t size);

size_t memory_taken;
static size_t fail_at; /* counted from 1; 0: none */
static bool fail_others;

void memory_arm(size_t n, bool others)
{
    memory_taken = 0;
    fail_at = n;
    fail_others = others;
}

void memory_disarm(void)
{
    fail_at = 0;
}

static bool refused(void)
{
    memory_taken++;
    return fail_at != 0 && (memory_taken == fail_at || (fail_others && memory_taken > fail_at));
}

void *__wrap_malloc(size_t size)
{
    return refused() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return refused() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *p, size_t size)
{
    return refused() ? NULL : __real_realloc(p, size);
}
