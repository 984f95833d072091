/* bench_devices_vmber.c - the library of devices, through its public functions. */
#include <stdlib.h>
#include <string.h>

#include <vmber/devices.h>

#include "bench_devices.h"

enum { ARENA_MAX = 1 << 26 };

/* How one module is decoded and encoded; struct_size octets at value are its struct. */
struct row {
    const char *module;
    size_t struct_size;
    bool (*decode)(const void *in, size_t len, struct vmber_arena *arena, void *value);
    bool (*encode)(const void *value, struct vmber_arena *arena, struct vmber_octets *out);
};

#define FUNCTIONS(name, module)                                                                    \
    static bool decode_##name(const void *in, size_t len, struct vmber_arena *arena, void *value)  \
    {                                                                                              \
        return vmber_##name##_decode(in, len, arena, value, NULL);                                 \
    }                                                                                              \
    static bool encode_##name(const void *value, struct vmber_arena *arena,                        \
                              struct vmber_octets *out)                                            \
    {                                                                                              \
        return vmber_##name##_encode(value, arena, out, NULL);                                     \
    }

VMBER_EACH_DEVICES(FUNCTIONS)

#define ROW(name, module) {module, sizeof(struct vmber_##name), decode_##name, encode_##name},

static const struct row rows[] = {VMBER_EACH_DEVICES(ROW)};

static struct {
    const struct row *row;
    void *kept;
    void *scratch;
    struct vmber_arena *arena; /* of what is kept */
} values[BENCH_VALUES_MAX];

static struct vmber_arena *arena; /* of what is not */

static bool take(unsigned which, const char *module, const uint8_t *in, size_t len)
{
    const struct row *row = NULL;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        row = strcmp(rows[i].module, module) == 0 ? &rows[i] : row;
    }
    if (row == NULL) {
        return false;
    }
    arena = arena != NULL ? arena : vmber_arena_new(ARENA_MAX);
    values[which].row = row;
    values[which].kept = malloc(row->struct_size);
    values[which].scratch = malloc(row->struct_size);
    values[which].arena = vmber_arena_new(ARENA_MAX);
    return arena != NULL && values[which].kept != NULL && values[which].scratch != NULL &&
           values[which].arena != NULL &&
           row->decode(in, len, values[which].arena, values[which].kept);
}

static size_t encode(unsigned which, const uint8_t **start)
{
    struct vmber_octets out;

    vmber_arena_reset(arena);
    if (!values[which].row->encode(values[which].kept, arena, &out)) {
        return 0;
    }
    *start = out.p;
    return out.len;
}

static bool decode(unsigned which, const uint8_t *in, size_t len)
{
    vmber_arena_reset(arena);
    return values[which].row->decode(in, len, arena, values[which].scratch);
}

BENCH_EXPORT const struct bench_devices_codec *bench_devices_codec(void)
{
    static const struct bench_devices_codec codec = {"vmber", take, encode, decode};

    return &codec;
}
