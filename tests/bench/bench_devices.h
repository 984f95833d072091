/*
 * bench_devices.h - what bench_devices.c asks of each codec of device sections.
 *
 * A codec is a shared object with hidden symbols that exports bench_devices_codec. It keeps values
 * in its own structs, by number.
 */
#ifndef VMBER_TESTS_BENCH_DEVICES_H
#define VMBER_TESTS_BENCH_DEVICES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { BENCH_VALUES_MAX = 32 };

#if defined(__GNUC__)
#define BENCH_EXPORT __attribute__((visibility("default")))
#else
#define BENCH_EXPORT
#endif

/*
 * take decodes a value and keeps it as number which; encode writes number which, sets *start to
 * where it begins, for as long as nothing else is called, and returns its length, 0 on failure;
 * decode decodes a value of the module of number which and lets go of it.
 */
struct bench_devices_codec {
    const char *name;
    bool (*take)(unsigned which, const char *module, const uint8_t *in, size_t len);
    size_t (*encode)(unsigned which, const uint8_t **start);
    bool (*decode)(unsigned which, const uint8_t *in, size_t len);
};

typedef const struct bench_devices_codec *bench_devices_fn(void);

/* The one exported function of a codec. */
const struct bench_devices_codec *bench_devices_codec(void);

#endif
