/*
 * stream_trip.h - whole streams through form_encode and form_decode, in memory.
 *
 * Shared by the unit tests of codec/stream and the fuzz targets: nothing here uses Check.
 */
#ifndef VMBER_TESTS_STREAM_TRIP_H
#define VMBER_TESTS_STREAM_TRIP_H

#include "codec/base/buf.h"
#include "codec/base/err.h"
#include "codec/base/io.h"

struct lay_modules;

enum {
    STREAM_SALVAGE = 1,
    STREAM_STRICT = 2,
    STREAM_INDEX = 4,
    STREAM_PROFILE = 8,
};

enum { STREAM_MAX = 1 << 28 }; /* octets of a stream in a test */

/* Octets that are read at most chunk at a time (0: all). */
struct stream_memory {
    struct span left;
    size_t chunk;
};

struct io_source stream_source(struct stream_memory *memory);

/* A sink that appends to buf. */
struct io_sink stream_sink(struct buf *buf);

/*
 * stream_encode and stream_decode begin *out, which is to be freed in any case: what has been
 * written before a failure stays in it.
 */
bool stream_encode(struct span legacy, size_t chunk, unsigned flags, struct buf *out,
                   struct err *err);
bool stream_decode(struct span ber, size_t chunk, unsigned flags, struct buf *out, struct err *err);

/*
 * stream_encode_with is stream_encode, all at once, with device modules; if they lift, whatever the
 * machine type.
 */
bool stream_encode_with(struct span legacy, const struct lay_modules *modules, unsigned flags,
                        struct buf *out, struct err *err);

/* stream_convert begins *out and rewrites ber with form_convert, as one who knows no map. */
bool stream_convert(struct span ber, struct buf *out, struct err *err);

/* stream_random returns 32 bits of a sequence that *state, not 0, goes through. */
uint32_t stream_random(uint32_t *state);

#endif
