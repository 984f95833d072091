/*
 * fuzz_legacy_chunk_independence.c - any octets, taken for a legacy stream, are told the same
 * however many are read at a time; and what is told, written back, are the octets it was told for.
 */
#include <stdio.h>
#include <stdlib.h>

#include "codec/savevm/leg_limits.h"
#include "legacy_trip.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void give_up(const char *what)
{
    (void)fprintf(stderr, "%s\n", what);
    abort();
}

/* One octet at a time, or a few, as the input has it. */
static size_t chunk_of(struct span input)
{
    size_t sum = input.len;

    for (size_t i = 0; i < input.len; i++) {
        sum = sum * 31 + input.p[i];
    }
    return 1 + sum % 41;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span input = span_of(data, size);
    struct trip whole;
    struct trip pieces;

    trip_run(&whole, input, 0, LEG_WINDOW_MIN);
    trip_run(&pieces, input, chunk_of(input), LEG_WINDOW_MIN);
    if (whole.broken != NULL) {
        give_up(whole.broken);
    }
    if (pieces.broken != NULL) {
        give_up(pieces.broken);
    }
    if (whole.ok != pieces.ok || whole.step != pieces.step || whole.octets != pieces.octets ||
        whole.err.band != pieces.err.band || whole.err.legacy_offset != pieces.err.legacy_offset ||
        !span_eq(buf_span(&whole.told), buf_span(&pieces.told))) {
        give_up("other chunks, other events");
    }
    trip_done(&whole);
    trip_done(&pieces);
    return 0;
}
