/*
 * layout_shapes.h - tails of every form that QEMU's descriptions take.
 */
#ifndef VMBER_TESTS_LAYOUT_SHAPES_H
#define VMBER_TESTS_LAYOUT_SHAPES_H

#include "layout_make.h"

struct shape {
    const char *name;
    void (*make)(struct make *m); /* the devices */
};

extern const struct shape shapes[];
extern const size_t shape_count;

#endif
