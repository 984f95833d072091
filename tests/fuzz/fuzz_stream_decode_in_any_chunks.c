/*
 * fuzz_stream_decode_in_any_chunks.c - any octets as a BER stream: decode takes or refuses them
 * alike, whatever pieces they come in, and writes the same; what it takes can be encoded and comes
 * back.
 *
 * The first octet chooses: bit 0, whether the checks are made true first, so that what is behind
 * them is met; the others, the pieces.
 */
#include <stdio.h>
#include <stdlib.h>

#include "stream_frames.h"
#include "stream_trip.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds, const char *what, const struct err *err)
{
    if (!holds) {
        (void)fprintf(stderr, "%s: %s\n", what, err->text);
        abort();
    }
}

static void decode_twice(struct span ber, size_t chunk)
{
    struct err whole_err = ERR_INIT;
    struct err err = ERR_INIT;
    struct buf whole;
    struct buf pieces;
    bool whole_ok = stream_decode(ber, 0, 0, &whole, &whole_err);
    bool ok = stream_decode(ber, chunk, 0, &pieces, &err);

    must(whole_err.band != ERR_INTERNAL && err.band != ERR_INTERNAL, "our own mistake", &err);
    must(whole_ok == ok, "the pieces decide whether it is taken", ok ? &whole_err : &err);
    must(!ok || span_eq(buf_span(&whole), buf_span(&pieces)), "the pieces decide what is written",
         &err);
    if (ok) {
        struct buf ber_again;
        struct buf again;

        must(stream_encode(buf_span(&whole), chunk, STREAM_SALVAGE, &ber_again, &err),
             "what decode wrote is not encoded", &err);
        must(stream_decode(buf_span(&ber_again), 0, STREAM_PROFILE, &again, &err),
             "and does not come back", &err);
        must(span_eq(buf_span(&whole), buf_span(&again)), "or as something else", &err);
        buf_done(&ber_again);
        buf_done(&again);
    }
    buf_done(&whole);
    buf_done(&pieces);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const size_t chunks[] = {1, 2, 3, 7, 64, 500, 1000, 4096};

    stream_frames_try(data, size, chunks, decode_twice);
    return 0;
}
