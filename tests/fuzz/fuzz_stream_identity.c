/*
 * fuzz_stream_identity.c - decode(encode(x)) == x for any octets x, however they are cut in pieces.
 *
 * The last octet chooses the pieces.
 */
#include <stdio.h>
#include <stdlib.h>

#include "stream_trip.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds, const char *what, const struct err *err)
{
    if (!holds) {
        (void)fprintf(stderr, "%s: %s\n", what, err->text);
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const size_t chunks[] = {0, 1, 2, 3, 7, 64, 500, 4096};
    struct span legacy = span_of(data, size > 0 ? size - 1 : 0);
    uint8_t choice = size > 0 ? data[size - 1] : 0;
    unsigned flags = STREAM_SALVAGE | ((choice & 0x40) != 0 ? STREAM_INDEX : 0);
    struct err err = ERR_INIT;
    struct buf ber;
    struct buf again;

    must(stream_encode(legacy, chunks[choice & 7], flags, &ber, &err), "encode", &err);
    must(stream_decode(buf_span(&ber), chunks[choice >> 3 & 7], STREAM_PROFILE, &again, &err),
         "decode", &err);
    must(span_eq(legacy, buf_span(&again)), "decode(encode(x)) is not x", &err);
    buf_done(&ber);
    buf_done(&again);
    return 0;
}
