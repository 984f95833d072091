/*
 * memory_fails.h - allocations counted, and refused: of a unit and of all it links.
 *
 * vmber_wrap_allocations in tests/CMakeLists.txt gives a unit this file and the linker's options.
 */
#ifndef VMBER_TESTS_MEMORY_FAILS_H
#define VMBER_TESTS_MEMORY_FAILS_H

#include <stdbool.h>
#include <stddef.h>

/* Allocations since memory_arm, or in all; a test may set it. */
extern size_t memory_taken;

/* memory_arm has the allocation fail that is the n-th from now (0: none), and with others all
 * behind. */
void memory_arm(size_t n, bool others);
void memory_disarm(void);

/* Memory that is not counted. */
void *__real_malloc(size_t size);

#endif
