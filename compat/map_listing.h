/*
 * map_listing.h - a map as text, one line a struct, a row, a rule: what a digest of it is of, and
 * what people are shown. TAB between the parts.
 *
 *   map    NAME | MODULE
 *   for    ["section" | "field"] NAME
 *   type   NAME | VMSD NAME | VERSION
 *   row    IDENTIFIER | NAME | TYPE NAME | TAG or "-" | OP | ORDER | "one", "array" or elements |
 *          OCTETS or "*" | STRUCT or "-" | WORDS
 *   rule   as in the notation
 *
 * Structs follow as they are first held; names for views are not listed.
 */
#ifndef VMBER_COMPAT_MAP_LISTING_H
#define VMBER_COMPAT_MAP_LISTING_H

#include "codec/base/buf.h"
#include "compat/map_set.h"

struct err;

/* The context variables, as the notation has them behind a '$'; by enum map_variable. */
extern const char *const map_variable_names[MAP_VARIABLES];

/* map_listing appends the listing of maps[map]. */
bool map_listing(const struct map_set *set, uint32_t map, struct buf *out, struct err *err);

/* map_listing_condition appends what an if or a check asks, with a space before each word. */
bool map_listing_condition(const struct map_set *set, const struct map_rule *rule, struct buf *out,
                           struct err *err);

/* map_listing_digest is XXH3-128 of the listing, in canonical form. */
bool map_listing_digest(const struct map_set *set, uint32_t map, uint8_t digest[HASH_DIGEST_LEN],
                        struct err *err);

#endif
