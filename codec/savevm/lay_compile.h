/*
 * lay_compile.h - turns the description of a type into rows, and its size in all units into
 * numbers. Every bound on what a type may ask for is checked here, once; walking a value then needs
 * none.
 */
#ifndef VMBER_SAVEVM_LAY_COMPILE_H
#define VMBER_SAVEVM_LAY_COMPILE_H

#include "codec/savevm/lay_types.h"

/* What QEMU writes around the elements: migration/vmstate.c and vmstate-types.c, QEMU 7.2. */
enum {
    LAY_SUBSECTION_HEAD_LEN = 1 + 1 + 4, /* 05, length, version; without the name */
    LAY_MARKER_LEN = 1,                  /* 01 before each element of a list, 00 behind the last */
    LAY_TREE_COUNT_LEN = 4,
    LAY_TREE_KEY_LEN = 8,
};

enum { LAY_LABEL_MAX = 80 }; /* octets of a name in a message */

/* lay_compile fills in all of type but wire; the rows live in arena. */
bool lay_compile(const struct lay_types *types, struct lay_type *type, struct arena *arena,
                 struct err *err);

#endif
