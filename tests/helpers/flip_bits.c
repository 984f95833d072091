/*
 * flip_bits.c - damages a BER stream in every way a single bit or a cut can, in one process.
 *
 *     flip_bits FILE all           every bit of the file, then every cut
 *     flip_bits FILE COUNT SEED    COUNT bits at random places, then COUNT cuts
 *
 * For each damaged stream the decoder must fail and must not have written the EOF octet: no more
 * than the octets before it, and those unchanged. Exit status 0 if that holds every time.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "codec/base/buf.h"
#include "codec/stream/form_decode.h"

struct memory {
    struct span octets;
    size_t at;
};

struct prefix {
    struct span expected; /* the whole legacy stream */
    size_t len;           /* octets written that were as expected */
    bool differs;
};

static bool read_memory(void *ctx, void *p, size_t cap, size_t *got, struct err *err)
{
    struct memory *memory = ctx;
    size_t left = memory->octets.len - memory->at;

    (void)err;
    *got = cap < left ? cap : left;
    if (*got > 0) {
        memcpy(p, memory->octets.p + memory->at, *got);
    }
    memory->at += *got;
    return true;
}

static bool compare(void *ctx, struct iovec *iov, size_t iov_count, struct err *err)
{
    struct prefix *prefix = ctx;

    (void)err;
    for (size_t i = 0; i < iov_count; i++) {
        size_t n = iov[i].iov_len;

        if (n > prefix->expected.len - prefix->len ||
            memcmp(prefix->expected.p + prefix->len, iov[i].iov_base, n) != 0) {
            prefix->differs = true;
        } else {
            prefix->len += n;
        }
    }
    return true;
}

static bool keep(void *ctx, struct iovec *iov, size_t iov_count, struct err *err)
{
    for (size_t i = 0; i < iov_count; i++) {
        if (!buf_put(ctx, iov[i].iov_base, iov[i].iov_len, err)) {
            return false;
        }
    }
    return true;
}

static bool decode(struct span ber, io_write_fn write, void *ctx, struct err *err)
{
    struct memory memory = {ber, 0};
    struct io_source source = {read_memory, &memory};
    struct io_sink sink = {write, ctx};
    struct form_decode_options options = {.profile = false};
    struct form_decode_report report;

    return form_decode(source, sink, &options, &report, err);
}

/* Decodes damaged octets; tells whether the decoder kept its promise. */
static bool refused(struct span damaged, struct span legacy, size_t eof_at, const char *what,
                    uint64_t where)
{
    struct prefix prefix = {legacy, 0, false};
    struct err err = ERR_INIT;

    if (decode(damaged, compare, &prefix, &err)) {
        printf("%s %" PRIu64 ": decoded as if it were whole\n", what, where);
        return false;
    }
    if (prefix.len > eof_at) {
        printf("%s %" PRIu64 ": the EOF octet was let go\n", what, where);
        return false;
    }
    if (prefix.differs) {
        printf("%s %" PRIu64 ": octets were written that are not those of the stream\n", what,
               where);
        return false;
    }
    return true;
}

static bool read_file(const char *path, struct buf *out)
{
    FILE *in = fopen(path, "rb");
    uint8_t chunk[65536];
    size_t n;

    if (in == NULL) {
        return false;
    }
    while ((n = fread(chunk, 1, sizeof(chunk), in)) > 0) {
        if (!buf_put(out, chunk, n, NULL)) {
            break;
        }
    }
    fclose(in);
    return true;
}

/* Where the EOF octet of the legacy stream is: decode with the trailer cut off and count. */
static size_t find_eof(struct span ber, struct span legacy)
{
    struct prefix prefix = {legacy, 0, false};
    struct err err = ERR_INIT;

    (void)decode(span_of(ber.p, ber.len - 1), compare, &prefix, &err);
    return prefix.len;
}

int main(int argc, char **argv)
{
    struct buf ber;
    struct buf legacy;
    struct err err = ERR_INIT;
    size_t eof_at;
    uint64_t tries;
    uint64_t bad = 0;
    bool all = argc == 3 && strcmp(argv[2], "all") == 0;

    buf_init(&ber, SIZE_MAX / 2);
    buf_init(&legacy, SIZE_MAX / 2);
    if ((argc != 4 && !all) || !read_file(argv[1], &ber)) {
        fprintf(stderr, "usage: flip_bits FILE all | flip_bits FILE COUNT SEED\n");
        return 2;
    }
    if (!decode(buf_span(&ber), keep, &legacy, &err)) {
        fprintf(stderr, "flip_bits: %s is not good to begin with: %s\n", argv[1], err.text);
        return 2;
    }
    eof_at = find_eof(buf_span(&ber), buf_span(&legacy));
    if (eof_at >= legacy.len || legacy.p[eof_at] != 0) {
        fprintf(stderr, "flip_bits: octet %zu of the legacy stream is no EOF octet\n", eof_at);
        return 2;
    }
    tries = all ? (uint64_t)ber.len * 8 : strtoull(argv[2], NULL, 10);
    if (!all) {
        srand48(strtol(argv[3], NULL, 10));
    }
    for (uint64_t i = 0; i < tries; i++) {
        uint64_t bit = all ? i : ((uint64_t)mrand48() << 32 ^ (uint64_t)mrand48()) % (ber.len * 8);

        ber.p[bit / 8] ^= (uint8_t)(1U << bit % 8);
        bad += !refused(buf_span(&ber), buf_span(&legacy), eof_at, "bit", bit);
        ber.p[bit / 8] ^= (uint8_t)(1U << bit % 8);
    }
    tries = all ? ber.len : tries;
    for (uint64_t i = 0; i < tries; i++) {
        size_t cut = all ? (size_t)i : (size_t)((uint64_t)mrand48() % ber.len);

        bad += !refused(span_of(ber.p, cut), buf_span(&legacy), eof_at, "cut", cut);
    }
    printf("%s: %" PRIu64 " flips and cuts, %" PRIu64 " not refused as they must be\n", argv[1],
           all ? (uint64_t)ber.len * 9 : tries * 2, bad);
    buf_done(&ber);
    buf_done(&legacy);
    return bad == 0 ? 0 : 1;
}
