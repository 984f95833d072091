/*
 * fuzz_map_identity.c - any octets as a blob: if a map fits, the type has the blob's size, and the
 * value that lifting makes of it lowers to the same octets. And a map never takes long.
 *
 * The first octet chooses the map, the second what the context is; the rest is the blob.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "codec/base/buf.h"
#include "codec/base/err.h"
#include "codec/savevm/lay_value.h"
#include "compat/map_lift.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { SECONDS_MAX = 10 }; /* of one blob, with all sanitizers */

static void check(bool ok, const char *what, const struct err *err)
{
    if (!ok) {
        (void)fprintf(stderr, "%s: %s: %s\n", what, err->path, err->text);
        abort();
    }
}

static struct map_context context_of(uint8_t octet)
{
    static const char *const devices[] = {
        "virtio-net", "virtio-blk",   "virtio-console", "virtio-balloon", "virtio-mem",
        "virtio-gpu", "virtio-iommu", "virtio-scsi",    "virtio-input",   "virtio-rng",
    };
    static const char *const places[] = {"0000:00:01.0/x", "/fe.0.0001/x", "virtio-mmio@0/x"};

    return map_context_make(span_str(places[octet / 64 % 3]),
                            span_str(devices[octet % 64 % (sizeof(devices) / sizeof(*devices))]),
                            octet % 5);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct lay_where where = {{NULL, 0}, 0, ERR_NO_OFFSET};
    struct err err = ERR_INIT;
    struct map_context context;
    struct lay_types types;
    struct span blob;
    struct span value;
    struct buf room;
    struct buf again;
    time_t began = time(NULL);
    uint32_t id;

    if (size < 2) {
        return 0;
    }
    context = context_of(data[1]);
    blob = span_of(data + 2, size - 2);
    lay_types_init(&types);
    buf_init(&room, SIZE_MAX / 2);
    buf_init(&again, SIZE_MAX / 2);
    if (map_lift(&map_builtin_set, data[0] % map_builtin_set.map_count, &context, blob, &types, &id,
                 &err)) {
        check(lay_types_get(&types, id)->size == blob.len, "size", &err);
        check(lay_value_lift(&types, id, blob, &where, &room, &value, &err), "lift", &err);
        check(lay_value_lower(&types, id, value, &where, &again, &err), "lower", &err);
        check(span_eq(buf_span(&again), blob), "same", &err);
    } else {
        check(err.band == ERR_MALFORMED || err.band == ERR_LIMIT, "a reason", &err);
    }
    check(time(NULL) - began <= SECONDS_MAX, "in time", &err);
    buf_done(&room);
    buf_done(&again);
    lay_types_done(&types);
    return 0;
}
