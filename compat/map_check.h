/*
 * map_check.h - whether a struct that a stream describes as all of a blob is what the map says that
 * it names.
 *
 * A reader lowers such a struct by its description alone. But who has changed a map without a
 * feature that says so has written octets that no loader expects: that is refused here, before they
 * are lowered, at the first row that is not the map's.
 */
#ifndef VMBER_COMPAT_MAP_CHECK_H
#define VMBER_COMPAT_MAP_CHECK_H

#include "codec/savevm/lay_types.h"
#include "compat/map_set.h"

struct err;

/*
 * map_check refuses, with ERR_UNSUPPORTED, the type id if it names the module of a map of set
 * (NULL: the built-in one) and has rows that the map does not have, or not there, or not so, or
 * does not have a row that no rule leaves out. The path in err begins below the type. Types that
 * name no such module pass.
 */
bool map_check(const struct map_set *set, struct lay_types *types, uint32_t id, struct err *err);

/* map_check_type is map_check with the set ctx, as struct form_type_check wants it. */
bool map_check_type(void *ctx, struct lay_types *types, uint32_t id, struct err *err);

#endif
