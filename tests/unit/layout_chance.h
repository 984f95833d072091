/*
 * layout_chance.h - device modules that know every section, and say by chance what modules can say:
 * tags, arrays of one, extents. Now and then they know nothing.
 */
#ifndef VMBER_TESTS_LAYOUT_CHANCE_H
#define VMBER_TESTS_LAYOUT_CHANCE_H

#include "codec/savevm/lay_modules.h"

struct layout_chance {
    uint32_t seed;
    uint32_t next_tag;
};

/* layout_chance_modules are modules that go on with chance. */
struct lay_modules layout_chance_modules(struct layout_chance *chance);

#endif
