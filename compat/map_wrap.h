/*
 * map_wrap.h - a naked blob as the one section of a migration stream, so that all that reads
 * streams reads it: an old-style section, and the description that goes with it.
 *
 *   QEVM 3 | 04 id 0 name 0 version | blob | 7e id | 00 | 06 len {"page_size": 4096, ...
 */
#ifndef VMBER_COMPAT_MAP_WRAP_H
#define VMBER_COMPAT_MAP_WRAP_H

#include "codec/base/buf.h"

struct err;

/* map_wrap appends to out the stream whose section of that name (no '"' or '\') has the blob. */
bool map_wrap(struct span name, uint32_t version, struct span blob, struct buf *out,
              struct err *err);

/* map_unwrap finds the blob of a stream that map_wrap has made. */
bool map_unwrap(struct span stream, struct span *blob, struct err *err);

#endif
