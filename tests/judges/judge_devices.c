/*
 * judge_devices.c - reads device section values with the decoders that asn1c generates from
 * asn1/devices, checks their constraints and writes them again with asn1c's encoder.
 *
 *     judge_devices <VALUES
 *
 * VALUES is what helpers/section_values.c writes. What asn1c writes must be the octets it read.
 * Exit status 0, or 1 with a line for each value that is not so.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "judge_types.h" /* generated: #include of every root type, judge_types[] */
#include "judge_values.h"

struct again {
    unsigned char *p;
    size_t len;
    size_t cap;
};

static int put(const void *p, size_t n, void *ctx)
{
    struct again *again = ctx;

    if (n > again->cap - again->len) {
        return -1;
    }
    memcpy(again->p + again->len, p, n);
    again->len += n;
    return 0;
}

static asn_TYPE_descriptor_t *find(const char *module)
{
    for (size_t i = 0; i < sizeof(judge_types) / sizeof(judge_types[0]); i++) {
        if (strcmp(judge_types[i].module, module) == 0) {
            return judge_types[i].type;
        }
    }
    return NULL;
}

/* Says what is wrong with a value, or NULL. */
static const char *judge(asn_TYPE_descriptor_t *type, const unsigned char *value, size_t len,
                         struct again *again)
{
    static char why[512];
    size_t why_len = sizeof(why) - 64;
    void *decoded = NULL;
    asn_dec_rval_t got = ber_decode(NULL, type, &decoded, value, len);
    const char *wrong = NULL;

    again->len = 0;
    if (got.code != RC_OK || got.consumed != len) {
        (void)snprintf(why, sizeof(why), "code %d after %zu of %zu octets", (int)got.code,
                       got.consumed, len);
        wrong = why;
    } else if (asn_check_constraints(type, decoded, why, &why_len) != 0) {
        wrong = why;
    } else if (der_encode(type, decoded, put, again).encoded < 0) {
        wrong = "cannot be encoded again";
    } else if (again->len != len || memcmp(again->p, value, len) != 0) {
        size_t i = 0;

        while (i < len && i < again->len && again->p[i] == value[i]) {
            i++;
        }
        (void)snprintf(why, sizeof(why), "encoded again it differs at octet %zu of %zu", i, len);
        wrong = why;
    }
    type->free_struct(type, decoded, 0);
    return wrong;
}

int main(void)
{
    static unsigned char value[JUDGE_VALUE_MAX];
    static unsigned char room[JUDGE_VALUE_MAX + 1024];
    struct again again = {room, 0, sizeof(room)};
    char module[JUDGE_MODULE_ROOM];
    size_t len;
    size_t values = 0;
    size_t bad = 0;
    int got;

    while ((got = judge_next(module, value, &len)) > 0) {
        asn_TYPE_descriptor_t *type = find(module);
        const char *wrong = type == NULL ? "no such module" : judge(type, value, len, &again);

        values++;
        if (wrong != NULL) {
            bad++;
            printf("%s: %s\n", module, wrong);
        }
    }
    printf("asn1c: %zu values of sections decoded and encoded again, %zu differ\n", values, bad);
    return bad == 0 && values > 0 && got == 0 ? 0 : 1;
}
