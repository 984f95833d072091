/*
 * map_lift.h - a blob by its map: which struct type its octets are a value of.
 *
 * Nothing is converted here. A map is a grammar; reading a blob by it gives a type of the stream's
 * table (codec/savevm/lay_types.h) in which every count and every length is a number. The type's
 * size is that of the blob, and the octets are a value of it, which lay_value lifts and lowers.
 *
 *   blob   | 00 00 00 02 | 00 00 00 07 | 00 00 00 09 |           count  UInt32
 *   map      count         ids: <count count>                    ids    [0] SEQUENCE OF UInt32
 *   type     "count" uint32, "ids" uint32 array 2 tag 0
 *
 * Where a map leaves something open (maybe, host), what it tries first is tried first; where the
 * rest then does not fit, the reading begins anew with the last decision made otherwise. Readings
 * and the rows gone through are bounded (map_limits.h).
 */
#ifndef VMBER_COMPAT_MAP_LIFT_H
#define VMBER_COMPAT_MAP_LIFT_H

#include "codec/savevm/lay_types.h"
#include "compat/map_context.h"
#include "compat/map_set.h"

struct err;

/*
 * map_lift adds to types the type of blob by maps[map] and gives its id. If the map does not fit:
 * false, and why (which must be clear) says ERR_MALFORMED, the row in its path, the offset in the
 * blob as its legacy offset, and what was expected and found: of the reading that came furthest.
 * ERR_LIMIT is for memory, and for bounds.
 */
bool map_lift(const struct map_set *set, uint32_t map, const struct map_context *context,
              struct span blob, struct lay_types *types, uint32_t *type, struct err *why);

#endif
