/* hex_octets.c - see hex_octets.h. */
#include "hex_octets.h"

#include <check.h>
#include <stdlib.h>

static unsigned digit(char c)
{
    if (c >= '0' && c <= '9') {
        return (unsigned)(c - '0');
    }
    ck_assert_msg(c >= 'a' && c <= 'f', "'%c' is no hex digit", c);
    return (unsigned)(c - 'a') + 10;
}

/* Writes the octets to out unless that is NULL; returns how many there are. */
static size_t parse(const char *hex, uint8_t *out)
{
    size_t n = 0;

    while (*hex != '\0') {
        unsigned long times = 1;
        unsigned v;

        if (*hex == ' ') {
            hex++;
            continue;
        }
        v = digit(hex[0]) << 4 | digit(hex[1]);
        hex += 2;
        if (*hex == '*') {
            char *end;

            times = strtoul(hex + 1, &end, 10);
            hex = end;
        }
        for (; times > 0; times--) {
            if (out != NULL) {
                out[n] = (uint8_t)v;
            }
            n++;
        }
    }
    return n;
}

static uint8_t *block(size_t n)
{
    uint8_t *p = malloc(n > 0 ? n : 1);

    ck_assert_ptr_nonnull(p);
    return p;
}

struct span hex_octets(const char *hex)
{
    size_t n = parse(hex, NULL);
    uint8_t *p = block(n);

    (void)parse(hex, p);
    return span_of(p, n);
}

struct span hex_exact(struct span s)
{
    uint8_t *p = block(s.len);

    if (s.len > 0) {
        memcpy(p, s.p, s.len);
    }
    return span_of(p, s.len);
}

void hex_free(struct span s)
{
    free((void *)(uintptr_t)s.p);
}
