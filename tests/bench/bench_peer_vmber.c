/* bench_peer_vmber.c - this project's engine, as bench_engine.c wants it. */
#include <stdlib.h>
#include <string.h>

#include "bench_engine.h"
#include "bench_types.h"
#include "codec/base/arena.h"
#include "codec/base/err.h"
#include "codec/schema/asn_engine.h"

static struct bench_device devices[BENCH_DEVICES];
static struct bench_item items[BENCH_ITEMS];
static struct bench_items list = {BENCH_ITEMS, items};
static struct bench_device decoded_device;
static struct bench_items decoded_list;
static struct arena arena;

static bool set(const struct bench_device_value *device_values,
                const struct bench_item_value *item_values)
{
    arena_init(&arena, (size_t)1 << 28);
    for (size_t i = 0; i < BENCH_DEVICES; i++) {
        const struct bench_group *g = device_values[i].groups;
        struct bench_device *d = &devices[i];

#define PUT(n)                                                                                     \
    d->a##n = g[n].a;                                                                              \
    d->b##n = g[n].b;                                                                              \
    d->c##n = g[n].c;                                                                              \
    d->d##n = g[n].d;                                                                              \
    d->e##n = g[n].e;                                                                              \
    d->f##n = g[n].f;                                                                              \
    d->g##n = g[n].g;                                                                              \
    d->h##n = g[n].h;
        BENCH_EACH_GROUP(PUT)
#undef PUT
    }
    for (size_t i = 0; i < BENCH_ITEMS; i++) {
        items[i].a = item_values[i].a;
        items[i].b = item_values[i].b;
        items[i].c = item_values[i].c;
        items[i].d = item_values[i].d;
    }
    return true;
}

static size_t encode(const struct asn_type *type, const void *value, uint8_t *out, size_t cap,
                     const uint8_t **start)
{
    struct ber_writer w;

    ber_writer_init(&w, out, cap, NULL);
    if (!asn_encode(type, value, &w)) {
        return 0;
    }
    *start = ber_written(&w).p;
    return ber_written(&w).len;
}

static size_t encode_device(unsigned which, uint8_t *out, size_t cap, const uint8_t **start)
{
    return encode(&bench_device_type, &devices[which], out, cap, start);
}

static size_t encode_items(uint8_t *out, size_t cap, const uint8_t **start)
{
    return encode(&bench_items_type, &list, out, cap, start);
}

static bool decode_device(const uint8_t *in, size_t len)
{
    return asn_decode(&bench_device_type, span_of(in, len), &decoded_device, &arena, 0, NULL, NULL);
}

static bool decode_items(const uint8_t *in, size_t len)
{
    arena_reset(&arena);
    return asn_decode(&bench_items_type, span_of(in, len), &decoded_list, &arena, 0, NULL, NULL);
}

static bool get_device(const uint8_t *in, size_t len, struct bench_device_value *device)
{
    const struct bench_device *d = &decoded_device;
    struct bench_group *g = device->groups;

    if (!decode_device(in, len)) {
        return false;
    }
#define GET(n)                                                                                     \
    g[n].a = d->a##n;                                                                              \
    g[n].b = d->b##n;                                                                              \
    g[n].c = d->c##n;                                                                              \
    g[n].d = d->d##n;                                                                              \
    g[n].e = d->e##n;                                                                              \
    g[n].f = d->f##n;                                                                              \
    g[n].g = d->g##n;                                                                              \
    g[n].h = d->h##n;
    BENCH_EACH_GROUP(GET)
#undef GET
    return true;
}

static bool get_items(const uint8_t *in, size_t len, struct bench_item_value *out)
{
    if (!decode_items(in, len) || decoded_list.count != BENCH_ITEMS) {
        return false;
    }
    for (size_t i = 0; i < BENCH_ITEMS; i++) {
        out[i].a = decoded_list.items[i].a;
        out[i].b = decoded_list.items[i].b;
        out[i].c = decoded_list.items[i].c;
        out[i].d = decoded_list.items[i].d;
    }
    return true;
}

static const struct bench_codec codec = {
    "vmber",       true,         set,        encode_device, encode_items,
    decode_device, decode_items, get_device, get_items,
};

BENCH_EXPORT const struct bench_codec *bench_codec(void)
{
    return &codec;
}
