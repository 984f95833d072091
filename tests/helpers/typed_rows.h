/*
 * typed_rows.h - every module of the library of devices as a row of a table: for what goes through
 * all of them.
 */
#ifndef VMBER_TESTS_TYPED_ROWS_H
#define VMBER_TESTS_TYPED_ROWS_H

#include <string.h>

#include <vmber/devices.h>

/* Decodes a value into the module's struct, and encodes that. */
typedef bool typed_again_fn(const void *value, size_t len, struct vmber_arena *arena,
                            struct vmber_octets *out, struct vmber_error *error);

#define TYPED_AGAIN(name, module)                                                                  \
    static bool typed_again_##name(const void *value, size_t len, struct vmber_arena *arena,       \
                                   struct vmber_octets *out, struct vmber_error *error)            \
    {                                                                                              \
        struct vmber_##name decoded;                                                               \
                                                                                                   \
        return vmber_##name##_decode(value, len, arena, &decoded, error) &&                        \
               vmber_##name##_encode(&decoded, arena, out, error);                                 \
    }

VMBER_EACH_DEVICES(TYPED_AGAIN)

#define TYPED_ROW(name, module) {module, typed_again_##name},

static const struct typed_row {
    const char *module;
    typed_again_fn *again;
} typed_rows[] = {VMBER_EACH_DEVICES(TYPED_ROW)};

enum { TYPED_ROWS = sizeof(typed_rows) / sizeof(typed_rows[0]) };

/* typed_find returns NULL if there is no such module. */
static inline const struct typed_row *typed_find(const char *module)
{
    for (size_t i = 0; i < TYPED_ROWS; i++) {
        if (strcmp(typed_rows[i].module, module) == 0) {
            return &typed_rows[i];
        }
    }
    return NULL;
}

#endif
