/*
 * bench_engine.h - what bench_engine.c asks of each codec it measures.
 *
 * A codec is a shared object with hidden symbols that exports one function, so that two builds of
 * asn1c can stand in one process. Values cross the border in the neutral form below, outside of the
 * measured time: each codec keeps the values in its own structs.
 */
#ifndef VMBER_TESTS_BENCH_ENGINE_H
#define VMBER_TESTS_BENCH_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { BENCH_GROUPS = 8, BENCH_DEVICES = 256, BENCH_ITEMS = 100000 };

/* X(0) .. X(7): the groups of Device's fields. */
#define BENCH_EACH_GROUP(X) X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7)

struct bench_group {
    uint8_t a;
    uint16_t b;
    uint32_t c;
    uint64_t d;
    int32_t e;
    int64_t f;
    bool g;
    uint32_t h;
};

struct bench_device_value {
    struct bench_group groups[BENCH_GROUPS];
};

struct bench_item_value {
    uint32_t a;
    uint64_t b;
    uint16_t c;
    bool d;
};

/*
 * Encoders write to out (cap octets), set *start to where the encoding begins and return its
 * length, 0 on failure. Decoders return false on failure; they free what they allocated. The get
 * functions decode into the neutral form, for verification.
 */
struct bench_codec {
    const char *name;
    bool is_ber;
    bool (*set)(const struct bench_device_value *devices, const struct bench_item_value *items);
    size_t (*encode_device)(unsigned which, uint8_t *out, size_t cap, const uint8_t **start);
    size_t (*encode_items)(uint8_t *out, size_t cap, const uint8_t **start);
    bool (*decode_device)(const uint8_t *in, size_t len);
    bool (*decode_items)(const uint8_t *in, size_t len);
    bool (*get_device)(const uint8_t *in, size_t len, struct bench_device_value *device);
    bool (*get_items)(const uint8_t *in, size_t len, struct bench_item_value *items);
};

#if defined(__GNUC__)
#define BENCH_EXPORT __attribute__((visibility("default")))
#else
#define BENCH_EXPORT
#endif

typedef const struct bench_codec *bench_codec_fn(void);

/* The one exported function of a codec. */
const struct bench_codec *bench_codec(void);

#endif
