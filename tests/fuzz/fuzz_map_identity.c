/*
 * fuzz_map_identity.c - any octets as a blob: if a map fits, the type has the blob's size, and the
 * value that lifting makes of it lowers to the same octets; what a reader asks of the type holds.
 * Scrubbed, it has the same type, and nothing more to scrub. And a map never takes long, nor does
 * the search for where a blob would fit.
 *
 * The name of a map, an octet 0, an octet that says what the context is; the rest is the blob.
 * Where there is no such name, the first octet is the map's number.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "codec/base/buf.h"
#include "codec/base/err.h"
#include "codec/savevm/lay_value.h"
#include "compat/map_check.h"
#include "compat/map_hint.h"
#include "compat/map_lift.h"
#include "compat/map_scrub.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { SECONDS_MAX = 10, MAPS_MAX = 256, NAME_MAX_LEN = 32 };

enum {
    HINT_FROM = 252
}; /* contexts for which a hint is looked for: it takes as long as 200 blobs */

/* How often each map fitted; told at the end, so that a corpus that misses one is noticed. */
static unsigned long fitted[MAPS_MAX];

static void tell(void)
{
    for (uint32_t i = 0; i < map_builtin_set.map_count; i++) {
        const char *name = map_text(&map_builtin_set, map_builtin_set.maps[i].name);

        if (fitted[i] == 0) {
            (void)fprintf(stderr, "map %s never fitted\n", name);
        } else {
            (void)fprintf(stderr, "map %s fitted %lu times\n", name, fitted[i]);
        }
    }
}

static void check(bool ok, const char *what, const struct err *err)
{
    if (!ok) {
        (void)fprintf(stderr, "%s: %s: %s\n", what, err->path, err->text);
        abort();
    }
}

/* Takes what chooses the map off the input, which has an octet at least. */
static uint32_t take_map(const uint8_t **data, size_t *size)
{
    const uint8_t *p = *data;
    const uint8_t *end = memchr(p, 0, *size < NAME_MAX_LEN ? *size : NAME_MAX_LEN);
    uint32_t map = MAP_NONE;

    if (end != NULL) {
        map = map_set_find(&map_builtin_set, span_of(p, (size_t)(end - p)));
    }
    if (map == MAP_NONE) {
        map = p[0] % map_builtin_set.map_count;
        end = p;
    }
    *size -= (size_t)(end + 1 - p);
    *data = end + 1;
    return map;
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

static void note_run(void *ctx, const struct map_scrubbed *run)
{
    *(size_t *)ctx += run->nonzero;
}

/* Scrubs a copy of a blob that has that type. */
static void scrub(uint32_t map, const struct map_context *context, struct span blob,
                  struct lay_types *types, uint32_t id)
{
    uint8_t *octets = malloc(blob.len + 1);
    struct err err = ERR_INIT;
    size_t count = 0;
    uint32_t same;

    if (octets == NULL) {
        return;
    }
    memcpy(octets, blob.p, blob.len);
    if (!map_scrub(&map_builtin_set, map, context, octets, blob.len, note_run, &count, &err)) {
        check(err.band == ERR_MALFORMED && count == 0, "scrub", &err);
        check(span_eq(span_of(octets, blob.len), blob), "not scrubbed", &err);
        free(octets);
        return;
    }
    check(map_lift(&map_builtin_set, map, context, span_of(octets, blob.len), types, &same, &err),
          "lift scrubbed", &err);
    check(same == id, "same type", &err);
    count = 0;
    check(map_scrub(&map_builtin_set, map, context, octets, blob.len, note_run, &count, &err),
          "scrub again", &err);
    check(count == 0, "scrubbed", &err);
    free(octets);
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
    static bool began_before;
    uint32_t map;
    uint32_t id;

    if (!began_before) {
        began_before = true;
        (void)atexit(tell);
    }
    if (size < 2) {
        return 0;
    }
    map = take_map(&data, &size);
    if (size == 0) {
        return 0;
    }
    context = context_of(data[0]);
    blob = span_of(data + 1, size - 1);
    lay_types_init(&types);
    buf_init(&room, SIZE_MAX / 2);
    buf_init(&again, SIZE_MAX / 2);
    if (map_lift(&map_builtin_set, map, &context, blob, &types, &id, &err)) {
        fitted[map % MAPS_MAX]++;
        check(lay_types_get(&types, id)->size == blob.len, "size", &err);
        check(map_check(NULL, &types, id, &err), "check", &err);
        check(lay_value_lift(&types, id, blob, &where, &room, &value, &err), "lift", &err);
        check(lay_value_lower(&types, id, value, &where, &again, &err), "lower", &err);
        check(span_eq(buf_span(&again), blob), "same", &err);
        scrub(map, &context, blob, &types, id);
    } else {
        check(err.band == ERR_MALFORMED || err.band == ERR_LIMIT, "a reason", &err);
        if (data[0] >= HINT_FROM) {
            map_hint(&map_builtin_set, map, &context, blob, &err);
        }
    }
    check(time(NULL) - began <= SECONDS_MAX, "in time", &err);
    buf_done(&room);
    buf_done(&again);
    lay_types_done(&types);
    return 0;
}
