/*
 * map_hint.h - where a blob would fit its map if one number more, or less, stood in it.
 *
 * The row at which a map stops to fit is often far behind the place where a release of a device put
 * a number that the map does not have. For an error message it is worth the time to look for it.
 */
#ifndef VMBER_COMPAT_MAP_HINT_H
#define VMBER_COMPAT_MAP_HINT_H

#include "compat/map_context.h"
#include "compat/map_set.h"

struct err;

/*
 * map_hint adds to *why, which map_lift gave for this blob, between which rows the map would have
 * to have 1, 2, 4 or 8 octets more to fit, or without which row of as many it would; nothing, if
 * there is no such place, or if it takes more than MAP_HINT_STEPS rows to find out.
 */
void map_hint(const struct map_set *set, uint32_t map, const struct map_context *context,
              struct span blob, struct err *why);

#endif
