/*
 * bench_engine.c - is the engine as fast as docs/ say, on this machine, now?
 *
 *     bench_engine vmber.so PEER.so...        (bench-engine.sh builds them and calls this)
 *
 * Two workloads: a, a device of 64 fields in 256 variants, one after the other; c, a list of
 * 100,000 small items. Every codec must decode its own encoding to the same values, and all BER
 * codecs must write the same octets. Codecs take turns for ROUNDS rounds, so that noise meets all
 * of them; what counts is the median. Exit status 1: a bar is missed; 2: a codec is wrong.
 */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bench_engine.h"

enum {
    ROUNDS = 15,
    CODECS_MAX = 8,
    DEVICE_TURNS = 40, /* times 256 devices are one sample */
    ITEMS_TURNS = 2,
    DEVICE_FIELDS = 64,
    ITEM_FIELDS = 4,
    OUT_CAP = 1 << 23,
    DEVICE_CAP = 4096,
};

enum measure { A_ENCODE, A_DECODE, C_ENCODE, C_DECODE, MEASURES };

static const char *const measure_names[MEASURES] = {"a enc", "a dec", "c enc", "c dec"};

/* What this project promises to be times faster than a peer, encoding and decoding. */
static const struct bar {
    const char *peer;
    double factor[2];
} bars[] = {
    {"asn1c repaired", {10, 5}},
    {"heimdal", {3, 3}},
    {"protobuf-c", {1.5, 3}},
};

struct entry {
    const struct bench_codec *codec;
    uint8_t *devices[BENCH_DEVICES];
    size_t device_lens[BENCH_DEVICES];
    uint8_t *items;
    size_t items_len;
    double samples[MEASURES][ROUNDS]; /* nanoseconds a field */
};

static struct bench_device_value devices[BENCH_DEVICES];
static struct bench_item_value items[BENCH_ITEMS];
static struct bench_item_value items_back[BENCH_ITEMS];
static struct entry entries[CODECS_MAX];
static unsigned entry_count;
static uint8_t out[OUT_CAP];
static uint64_t state = 0x9e3779b97f4a7c15U;

static uint64_t next_random(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state * 0x2545f4914f6cdd1dU;
}

/* A value like those of devices: often zero or small, seldom of the full width. */
static uint64_t next_value(unsigned width)
{
    uint64_t kind = next_random() % 100;
    uint64_t v = next_random() >> 3;

    if (kind < 35) {
        return 0;
    }
    if (kind < 65) {
        return v & 0x7f;
    }
    if (kind < 85) {
        return width < 16 ? v & 0xff : v & 0xffff;
    }
    v = next_random();
    return width < 64 ? v & (((uint64_t)1 << width) - 1) : v;
}

static void make_values(void)
{
    for (size_t i = 0; i < BENCH_DEVICES; i++) {
        for (size_t n = 0; n < BENCH_GROUPS; n++) {
            struct bench_group *g = &devices[i].groups[n];

            g->a = (uint8_t)next_value(8);
            g->b = (uint16_t)next_value(16);
            g->c = (uint32_t)next_value(32);
            g->d = next_value(64);
            g->e = (int32_t)(uint32_t)next_value(32);
            g->f = (int64_t)next_value(64);
            g->g = next_random() >> 63 != 0;
            g->h = (uint32_t)next_value(32);
        }
    }
    for (size_t i = 0; i < BENCH_ITEMS; i++) {
        items[i].a = (uint32_t)next_value(32);
        items[i].b = next_value(64);
        items[i].c = (uint16_t)next_value(16);
        items[i].d = next_random() >> 63 != 0;
    }
}

static uint8_t *copy_of(const uint8_t *p, size_t len)
{
    uint8_t *copy = malloc(len);

    if (copy != NULL) {
        memcpy(copy, p, len);
    }
    return copy;
}

static bool same_device(const struct bench_device_value *x, const struct bench_device_value *y)
{
    for (size_t n = 0; n < BENCH_GROUPS; n++) {
        const struct bench_group *g = &x->groups[n];
        const struct bench_group *h = &y->groups[n];

        if (g->a != h->a || g->b != h->b || g->c != h->c || g->d != h->d || g->e != h->e ||
            g->f != h->f || g->g != h->g || g->h != h->h) {
            return false;
        }
    }
    return true;
}

static bool same_items(void)
{
    for (size_t i = 0; i < BENCH_ITEMS; i++) {
        if (items[i].a != items_back[i].a || items[i].b != items_back[i].b ||
            items[i].c != items_back[i].c || items[i].d != items_back[i].d) {
            return false;
        }
    }
    return true;
}

/* Encodes everything once, decodes it, and compares with the values and with the first codec. */
static const char *verify(struct entry *e)
{
    const struct bench_codec *codec = e->codec;
    const struct entry *first = &entries[0];
    const uint8_t *start;

    if (!codec->set(devices, items)) {
        return "cannot take the values";
    }
    for (unsigned i = 0; i < BENCH_DEVICES; i++) {
        struct bench_device_value back;

        memset(&back, 0, sizeof(back));
        e->device_lens[i] = codec->encode_device(i, out, DEVICE_CAP, &start);
        e->devices[i] = copy_of(start, e->device_lens[i]);
        if (e->device_lens[i] == 0 || e->devices[i] == NULL ||
            !codec->get_device(e->devices[i], e->device_lens[i], &back) ||
            !same_device(&devices[i], &back)) {
            return "a device does not come back";
        }
        if (codec->is_ber && (first->device_lens[i] != e->device_lens[i] ||
                              memcmp(first->devices[i], e->devices[i], e->device_lens[i]) != 0)) {
            return "a device has other octets";
        }
    }
    e->items_len = codec->encode_items(out, OUT_CAP, &start);
    e->items = copy_of(start, e->items_len);
    if (e->items_len == 0 || e->items == NULL ||
        !codec->get_items(e->items, e->items_len, items_back) || !same_items()) {
        return "the list does not come back";
    }
    if (codec->is_ber &&
        (first->items_len != e->items_len || memcmp(first->items, e->items, e->items_len) != 0)) {
        return "the list has other octets";
    }
    return NULL;
}

static double now(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static bool run_once(const struct entry *e, enum measure measure)
{
    const struct bench_codec *codec = e->codec;
    const uint8_t *start;
    bool ok = true;

    switch (measure) {
    case A_ENCODE:
        for (unsigned i = 0; i < BENCH_DEVICES; i++) {
            ok &= codec->encode_device(i, out, DEVICE_CAP, &start) != 0;
        }
        break;
    case A_DECODE:
        for (unsigned i = 0; i < BENCH_DEVICES; i++) {
            ok &= codec->decode_device(e->devices[i], e->device_lens[i]);
        }
        break;
    case C_ENCODE:
        ok = codec->encode_items(out, OUT_CAP, &start) != 0;
        break;
    case C_DECODE:
        ok = codec->decode_items(e->items, e->items_len);
        break;
    case MEASURES:
        break;
    }
    return ok;
}

static bool sample(struct entry *e, enum measure measure, unsigned round)
{
    bool is_device = measure == A_ENCODE || measure == A_DECODE;
    unsigned turns = is_device ? DEVICE_TURNS : ITEMS_TURNS;
    double fields =
        is_device ? (double)BENCH_DEVICES * DEVICE_FIELDS : (double)BENCH_ITEMS * ITEM_FIELDS;
    double begin;
    bool ok = run_once(e, measure);

    begin = now();
    for (unsigned i = 0; i < turns; i++) {
        ok &= run_once(e, measure);
    }
    e->samples[measure][round] = (now() - begin) / (fields * turns);
    return ok;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;

    return (x > y) - (x < y);
}

static double median(struct entry *e, enum measure measure)
{
    qsort(e->samples[measure], ROUNDS, sizeof(double), by_value);
    return e->samples[measure][ROUNDS / 2];
}

static void print_table(void)
{
    size_t device_octets = 0;

    for (unsigned i = 0; i < BENCH_DEVICES; i++) {
        device_octets += entries[0].device_lens[i];
    }
    printf(
        "a: a device of %d fields, %zu octets on average; c: %d items of %d fields, %zu octets\n",
        DEVICE_FIELDS, device_octets / BENCH_DEVICES, BENCH_ITEMS, ITEM_FIELDS,
        entries[0].items_len);
    printf("median of %d rounds, nanoseconds a field (times slower than %s)\n\n", ROUNDS,
           entries[0].codec->name);
    printf("%-16s", "");
    for (unsigned m = 0; m < MEASURES; m++) {
        printf("  %-16s", measure_names[m]);
    }
    printf("\n");
    for (unsigned i = 0; i < entry_count; i++) {
        printf("%-16s", entries[i].codec->name);
        for (unsigned m = 0; m < MEASURES; m++) {
            double v = median(&entries[i], (enum measure)m);

            printf("  %7.2f (%5.1fx)", v, v / median(&entries[0], (enum measure)m));
        }
        printf("\n");
    }
}

static bool check_bars(void)
{
    bool ok = true;

    printf("\n");
    for (size_t b = 0; b < sizeof(bars) / sizeof(bars[0]); b++) {
        for (unsigned i = 1; i < entry_count; i++) {
            if (strcmp(entries[i].codec->name, bars[b].peer) != 0) {
                continue;
            }
            for (unsigned m = 0; m < MEASURES; m++) {
                double ratio =
                    median(&entries[i], (enum measure)m) / median(&entries[0], (enum measure)m);
                double factor = bars[b].factor[m % 2];

                if (ratio < factor) {
                    printf("missed: %s, %s: %.1fx, the bar is %.1fx\n", bars[b].peer,
                           measure_names[m], ratio, factor);
                    ok = false;
                }
            }
        }
    }
    printf("%s\n", ok ? "all bars are met" : "not all bars are met");
    return ok;
}

static const struct bench_codec *load(const char *path)
{
    void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    void *symbol = handle != NULL ? dlsym(handle, "bench_codec") : NULL;
    bench_codec_fn *fn;

    if (symbol == NULL) {
        fprintf(stderr, "bench_engine: %s\n", dlerror());
        return NULL;
    }
    memcpy(&fn, &symbol, sizeof(fn)); /* POSIX dlsym: a function's address fits void * */
    return fn();
}

int main(int argc, char **argv)
{
    make_values();
    for (int i = 1; i < argc && entry_count < CODECS_MAX; i++) {
        struct entry *e = &entries[entry_count++];
        const char *wrong;

        e->codec = load(argv[i]);
        if (e->codec == NULL) {
            return 2;
        }
        wrong = verify(e);
        if (wrong != NULL) {
            fprintf(stderr, "bench_engine: %s: %s\n", e->codec->name, wrong);
            return 2;
        }
    }
    if (entry_count == 0) {
        fprintf(stderr, "usage: bench_engine vmber.so PEER.so...\n");
        return 2;
    }
    for (unsigned round = 0; round < ROUNDS; round++) {
        for (unsigned m = 0; m < MEASURES; m++) {
            for (unsigned i = 0; i < entry_count; i++) {
                if (!sample(&entries[i], (enum measure)m, round)) {
                    fprintf(stderr, "bench_engine: %s failed\n", entries[i].codec->name);
                    return 2;
                }
            }
        }
    }
    print_table();
    return check_bars() ? 0 : 1;
}
