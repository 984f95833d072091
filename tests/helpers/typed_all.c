/*
 * typed_all.c - reads device section values with the structs and functions of the library of
 * devices, and writes them again.
 *
 *     typed_all <VALUES
 *
 * VALUES is what section_values.c writes. What a struct is encoded to must be the octets it was
 * decoded from. Exit status 0, or 1 with a line for each value that is not so.
 */
#include <stdio.h>
#include <stdlib.h>

#include "tests/helpers/typed_rows.h"

enum { VALUE_MAX = 64 << 20, ARENA_MAX = 1 << 30 };

/* Says what is wrong with a value, or NULL. */
static const char *judge(const char *module, const unsigned char *value, size_t len,
                         struct vmber_arena *arena)
{
    static struct vmber_error error;
    const struct typed_row *row = typed_find(module);
    struct vmber_octets out;

    vmber_arena_reset(arena);
    if (row == NULL) {
        return "no such module";
    }
    if (!row->again(value, len, arena, &out, &error)) {
        return error.text;
    }
    return out.len == len && memcmp(out.p, value, len) == 0 ? NULL : "encoded again it differs";
}

int main(void)
{
    struct vmber_arena *arena = vmber_arena_new(ARENA_MAX);
    char module[256];
    size_t len;
    size_t values = 0;
    size_t bad = 0;

    while (arena != NULL && scanf("%255s %zu", module, &len) == 2 && getchar() == '\n' &&
           len <= VALUE_MAX) {
        unsigned char *value = malloc(len); /* of its own, so that a read behind it is seen */
        const char *wrong = "cannot be read";

        if (value != NULL && fread(value, 1, len, stdin) == len) {
            wrong = judge(module, value, len, arena);
        }
        values++;
        if (wrong != NULL) {
            bad++;
            printf("%s: %s\n", module, wrong);
        }
        free(value);
    }
    vmber_arena_free(arena);
    printf("structs: %zu values of sections decoded and encoded again, %zu differ\n", values, bad);
    return bad == 0 && values > 0 && feof(stdin) ? 0 : 1;
}
