/*
 * judge_tasn1.c - reads device section values with libtasn1, by a profile of asn1/devices that
 * asn_gen --profile makes, and writes them again.
 *
 *     judge_tasn1 PROFILE MODULE <VALUES
 *
 * MODULE is the name of the profile's module. VALUES is what helpers/section_values.c writes. What
 * libtasn1 writes must be the octets it read. Values of more than VALUE_MAX octets are left out and
 * counted: libtasn1 takes a hundred times their room. Exit status 0, or 1 with a line for each
 * value that is not so.
 */
#include <libtasn1.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "judge_values.h"

enum { VALUE_MAX = 1 << 20 };

/* Says what is wrong with a value, or NULL. */
static const char *judge(asn1_node definitions, const char *type, const unsigned char *value,
                         int len)
{
    static unsigned char again[VALUE_MAX + 16];
    char why[ASN1_MAX_ERROR_DESCRIPTION_SIZE] = "";
    asn1_node node = NULL;
    int again_len = (int)sizeof(again);
    const char *wrong = NULL;
    int status = asn1_create_element(definitions, type, &node);

    if (status == ASN1_SUCCESS) {
        status = asn1_der_decoding(&node, value, len, why);
    }
    if (status == ASN1_SUCCESS) {
        status = asn1_der_coding(node, "", again, &again_len, why);
    }
    if (status != ASN1_SUCCESS) {
        wrong = asn1_strerror(status);
    } else if (again_len != len || memcmp(again, value, (size_t)len) != 0) {
        wrong = "encoded again it differs";
    }
    (void)asn1_delete_structure(&node);
    return wrong;
}

int main(int argc, char **argv)
{
    static unsigned char value[JUDGE_VALUE_MAX];
    char why[ASN1_MAX_ERROR_DESCRIPTION_SIZE] = "";
    asn1_node definitions = NULL;
    char module[JUDGE_MODULE_ROOM];
    char type[512];
    size_t len;
    size_t values = 0;
    size_t bad = 0;
    size_t large = 0;
    int got;

    if (argc != 3 || asn1_parser2tree(argv[1], &definitions, why) != ASN1_SUCCESS) {
        (void)fprintf(stderr, "judge_tasn1: %s\n", argc != 3 ? "PROFILE MODULE" : why);
        return 1;
    }
    while ((got = judge_next(module, value, &len)) > 0) {
        const char *dash = strchr(module, '-'); /* Vmber-E1000: the type is E1000 */
        const char *wrong = NULL;

        (void)snprintf(type, sizeof(type), "%s.%s", argv[2], dash != NULL ? dash + 1 : module);
        if (len > VALUE_MAX) {
            large++;
            continue;
        }
        wrong = judge(definitions, type, value, (int)len);
        values++;
        if (wrong != NULL) {
            bad++;
            printf("%s: %s\n", module, wrong);
        }
    }
    printf("libtasn1: %zu values of sections decoded and encoded again, %zu differ, %zu too large "
           "for it\n",
           values, bad, large);
    (void)asn1_delete_structure(&definitions);
    return bad == 0 && values > 0 && got == 0 ? 0 : 1;
}
