/*
 * bench_devices.c - is the engine as fast with the structs of real devices as docs/ say, on this
 * machine, now?
 *
 *     bench_devices VALUES vmber.so asn1c.so        (bench-engine.sh builds them and calls this)
 *
 * VALUES is what helpers/section_values.c writes: sections of a capture, each of another module.
 * Both codecs must write the octets they have read. They take turns for ROUNDS rounds, so that
 * noise meets both; what counts is the median. Exit status 1: a bar is missed; 2: a codec is wrong.
 */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bench_devices.h"

enum {
    ROUNDS = 15,
    CODECS = 2,
    VALUE_MAX = 1 << 24,
    LARGE = 1 << 16, /* octets; of a section that would outweigh all others */
    SAMPLE_NS = 2000000
};

enum measure { ENCODE, DECODE, MEASURES };

/* As bench_engine.c has it: how many times faster than asn1c repaired. */
static const double bars[MEASURES] = {10, 5};

struct value {
    char module[64];
    uint8_t *octets;
    size_t len;
    unsigned fields;
    unsigned turns[CODECS][MEASURES];         /* in one sample */
    double samples[CODECS][MEASURES][ROUNDS]; /* nanoseconds a value */
};

static struct value values[BENCH_VALUES_MAX];
static unsigned value_count;
static const struct bench_devices_codec *codecs[CODECS];

/* Counts the primitive elements; the values are of definite lengths and known to be sound. */
static unsigned count_fields(const uint8_t *p, const uint8_t *end)
{
    unsigned count = 0;

    while (p < end) {
        bool constructed = (*p & 0x20) != 0;
        size_t len;

        p += 1;
        if ((p[-1] & 0x1f) == 0x1f) {
            while ((*p++ & 0x80) != 0) {
            }
        }
        len = *p++;
        if (len > 128) {
            size_t octets = len & 0x7f;

            for (len = 0; octets > 0; octets--) {
                len = len << 8 | *p++;
            }
        }
        count += constructed ? count_fields(p, p + len) : 1;
        p += len;
    }
    return count;
}

static bool read_values(const char *path)
{
    FILE *file = fopen(path, "rb");
    struct value *v = values;

    while (file != NULL && value_count < BENCH_VALUES_MAX &&
           fscanf(file, "%63s %zu", v->module, &v->len) == 2 && fgetc(file) == '\n') {
        v->octets = v->len <= VALUE_MAX ? malloc(v->len) : NULL;
        if (v->octets == NULL || fread(v->octets, 1, v->len, file) != v->len) {
            return false;
        }
        v->fields = count_fields(v->octets, v->octets + v->len);
        v++;
        value_count++;
    }
    return value_count > 0 && feof(file) && fclose(file) == 0;
}

static bool load(unsigned c, const char *path)
{
    void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    void *symbol = handle != NULL ? dlsym(handle, "bench_devices_codec") : NULL;
    bench_devices_fn *fn;

    if (symbol == NULL) {
        fprintf(stderr, "bench_devices: %s\n", dlerror());
        return false;
    }
    memcpy(&fn, &symbol, sizeof(fn)); /* POSIX dlsym: a function's address fits void * */
    codecs[c] = fn();
    return true;
}

static double now(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static double run(unsigned c, unsigned i, enum measure measure, unsigned turns)
{
    const struct value *v = &values[i];
    const uint8_t *start;
    double begin = now();

    for (unsigned turn = 0; turn < turns; turn++) {
        bool ok = measure == ENCODE ? codecs[c]->encode(i, &start) == v->len
                                    : codecs[c]->decode(i, v->octets, v->len);

        if (!ok) {
            fprintf(stderr, "bench_devices: %s: %s fails\n", codecs[c]->name, v->module);
            exit(2);
        }
    }
    return (now() - begin) / turns;
}

/* Takes a value, checks what becomes of it, and finds out how long a sample must be. */
static bool prepare(unsigned c, unsigned i)
{
    struct value *v = &values[i];
    const uint8_t *start = NULL;

    if (!codecs[c]->take(i, v->module, v->octets, v->len) ||
        codecs[c]->encode(i, &start) != v->len || memcmp(start, v->octets, v->len) != 0) {
        fprintf(stderr, "bench_devices: %s: %s does not come back\n", codecs[c]->name, v->module);
        return false;
    }
    for (unsigned m = 0; m < MEASURES; m++) {
        (void)run(c, i, (enum measure)m, 2);
        v->turns[c][m] = 1 + (unsigned)(SAMPLE_NS / run(c, i, (enum measure)m, 2));
    }
    return true;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;

    return (x > y) - (x < y);
}

static double median(struct value *v, unsigned c, unsigned m)
{
    qsort(v->samples[c][m], ROUNDS, sizeof(double), by_value);
    return v->samples[c][m][ROUNDS / 2];
}

/* What some sections take together, in nanoseconds. */
struct sum {
    size_t octets;
    unsigned fields;
    double times[CODECS][MEASURES];
};

static void add(struct sum *sum, struct value *v)
{
    sum->octets += v->len;
    sum->fields += v->fields;
    for (unsigned c = 0; c < CODECS; c++) {
        for (unsigned m = 0; m < MEASURES; m++) {
            sum->times[c][m] += median(v, c, m);
        }
    }
}

/* Prints a row; false if it has bars and misses one. */
static bool report(const char *name, const struct sum *sum, bool has_bars)
{
    bool ok = true;

    printf("%-20s %7zu %7u", name, sum->octets, sum->fields);
    for (unsigned m = 0; m < MEASURES; m++) {
        double ours = sum->times[0][m];
        double ratio = sum->times[1][m] / ours;

        printf("  %8.0f ns %6.2f %6.1fx", ours, ours / sum->fields, ratio);
        ok = ok && ratio >= bars[m];
    }
    printf("%s\n", !has_bars ? "" : ok ? "  bars met" : "  bars MISSED");
    return ok || !has_bars;
}

static bool report_all(void)
{
    struct sum small = {0};
    bool ok = true;

    printf("\nsections of a capture in generated structs: octets, fields; encode, decode: time, "
           "nanoseconds a field,\ntimes as fast as %s (bars %.0fx, %.0fx)\n\n",
           codecs[1]->name, bars[ENCODE], bars[DECODE]);
    for (unsigned i = 0; i < value_count; i++) {
        struct sum one = {0};

        add(&one, &values[i]);
        ok = report(values[i].module, &one, values[i].len > LARGE) && ok;
        if (values[i].len <= LARGE) {
            add(&small, &values[i]);
        }
    }
    return report("all but large ones", &small, true) && ok;
}

int main(int argc, char **argv)
{
    if (argc != 4 || !read_values(argv[1]) || !load(0, argv[2]) || !load(1, argv[3])) {
        fprintf(stderr, "usage: bench_devices VALUES vmber.so asn1c.so\n");
        return 2;
    }
    for (unsigned i = 0; i < value_count; i++) {
        if (!prepare(0, i) || !prepare(1, i)) {
            return 2;
        }
    }
    for (unsigned round = 0; round < ROUNDS; round++) {
        for (unsigned i = 0; i < value_count; i++) {
            for (unsigned m = 0; m < MEASURES; m++) {
                for (unsigned c = 0; c < CODECS; c++) {
                    values[i].samples[c][m][round] =
                        run(c, i, (enum measure)m, values[i].turns[c][m]);
                }
            }
        }
    }
    return report_all() ? 0 : 1;
}
