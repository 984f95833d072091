/*
 * judge_asn1c.c - reads a whole BER stream with the decoder that asn1c generates from asn1/, checks
 * its constraints and writes it again with asn1c's encoder.
 *
 *     judge_asn1c IN OUT
 *
 * OUT has definite lengths everywhere and the same values (helpers/same_values.c compares them).
 * Exit status 0, or 1 with a sentence.
 */
#include <stdio.h>
#include <stdlib.h>

#include "MigrationStream.h"

static int refuse(const char *what, const char *why)
{
    fprintf(stderr, "judge_asn1c: %s: %s\n", what, why);
    return 1;
}

static int put(const void *p, size_t n, void *out)
{
    return fwrite(p, 1, n, out) == n ? 0 : -1;
}

static unsigned char *read_all(const char *path, size_t *len)
{
    FILE *in = fopen(path, "rb");
    unsigned char *p = NULL;
    long size;

    if (in == NULL || fseek(in, 0, SEEK_END) != 0 || (size = ftell(in)) < 0) {
        return NULL;
    }
    rewind(in);
    p = malloc((size_t)size + 1);
    if (p != NULL && fread(p, 1, (size_t)size, in) != (size_t)size) {
        free(p);
        p = NULL;
    }
    *len = (size_t)size;
    fclose(in);
    return p;
}

int main(int argc, char **argv)
{
    MigrationStream_t *stream = NULL;
    asn_dec_rval_t decoded;
    asn_enc_rval_t encoded;
    unsigned char *octets;
    char why[256];
    size_t why_len = sizeof(why);
    size_t len = 0;
    FILE *out;

    if (argc != 3) {
        return refuse("usage", "judge_asn1c IN OUT");
    }
    octets = read_all(argv[1], &len);
    if (octets == NULL) {
        return refuse(argv[1], "cannot read it");
    }
    decoded = ber_decode(NULL, &asn_DEF_MigrationStream, (void **)&stream, octets, len);
    if (decoded.code != RC_OK || decoded.consumed != len) {
        fprintf(stderr, "judge_asn1c: %s: code %d after %zu of %zu octets\n", argv[1],
                (int)decoded.code, decoded.consumed, len);
        return 1;
    }
    if (asn_check_constraints(&asn_DEF_MigrationStream, stream, why, &why_len) != 0) {
        return refuse(argv[1], why);
    }
    out = fopen(argv[2], "wb");
    if (out == NULL) {
        return refuse(argv[2], "cannot create it");
    }
    encoded = der_encode(&asn_DEF_MigrationStream, stream, put, out);
    if (encoded.encoded < 0 || fclose(out) != 0) {
        return refuse(argv[2], "asn1c cannot encode what it decoded");
    }
    ASN_STRUCT_FREE(asn_DEF_MigrationStream, stream);
    free(octets);
    return 0;
}
