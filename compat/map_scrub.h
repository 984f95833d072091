/*
 * map_scrub.h - zeros over the octets of a blob that mean nothing: rows with <dont-care>.
 *
 *   sb_cc 5, sb_datalen 8, woff 5, roff 0 | h e l l o ? ? ? |      <dont-care ring roff sb_cc>
 *                                                     0 0 0
 */
#ifndef VMBER_COMPAT_MAP_SCRUB_H
#define VMBER_COMPAT_MAP_SCRUB_H

#include "codec/base/span.h"
#include "compat/map_context.h"
#include "compat/map_set.h"

struct err;

/* A run of octets that were made zero. */
struct map_scrubbed {
    const char *path; /* the row: "sockets[0] > so_rcv > sb_data" */
    size_t offset;    /* in the blob */
    size_t len;
    size_t nonzero; /* octets that were not 0 */
};

typedef void (*map_scrubbed_fn)(void *ctx, const struct map_scrubbed *run);

/*
 * map_scrub makes the octets zero and tells of each run of them. If the map does not fit, or zeros
 * would make it fit in another way, it returns false and the blob stays; why is as that of
 * map_lift. A map without such rows fits whatever there is.
 */
bool map_scrub(const struct map_set *set, uint32_t map, const struct map_context *context,
               uint8_t *blob, size_t len, map_scrubbed_fn told, void *ctx, struct err *why);

#endif
