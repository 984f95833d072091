/*
 * heap.h - memory of a program that has to be quick once, after a long wait.
 */
#ifndef VMBER_BASE_HEAP_H
#define VMBER_BASE_HEAP_H

/*
 * heap_warm has malloc keep a few MiB of memory that is mapped already, so that what is allocated
 * when a guest stands still costs no page faults. For programs, at their start: it changes how
 * malloc behaves in the whole process. Without glibc it does nothing.
 */
void heap_warm(void);

#endif
