/*
 * blob_wire.c - octets of a blob: a buffer that grows, integers of either byte order, whole files.
 */
#include "blob_wire.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void blob_die(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    (void)vfprintf(stderr, format, args);
    va_end(args);
    (void)fputc('\n', stderr);
    exit(2);
}

enum blob_order blob_host_order(void)
{
    const uint16_t one = 1;
    uint8_t first;

    memcpy(&first, &one, 1);
    return first == 1 ? BLOB_LITTLE : BLOB_BIG;
}

static uint8_t *blob_more(struct blob *blob, size_t len)
{
    uint8_t *place;

    if (len > blob->cap - blob->len) {
        size_t cap = blob->len + len + blob->cap + 256;
        uint8_t *octets = realloc(blob->octets, cap);

        if (octets == NULL) {
            blob_die("no memory for %zu octets", cap);
        }
        blob->octets = octets;
        blob->cap = cap;
    }
    place = blob->octets + blob->len;
    blob->len += len;
    return place;
}

void blob_put(struct blob *blob, const void *p, size_t len)
{
    if (len > 0) {
        memcpy(blob_more(blob, len), p, len);
    }
}

void blob_fill(struct blob *blob, uint8_t octet, size_t len)
{
    if (len > 0) {
        memset(blob_more(blob, len), octet, len);
    }
}

void blob_patch(struct blob *blob, size_t at, uint64_t value, size_t width, enum blob_order order)
{
    for (size_t i = 0; i < width; i++) {
        size_t shift = 8 * (order == BLOB_LITTLE ? i : width - 1 - i);

        blob->octets[at + i] = (uint8_t)(value >> shift);
    }
}

void blob_int(struct blob *blob, uint64_t value, size_t width, enum blob_order order)
{
    (void)blob_more(blob, width);
    blob_patch(blob, blob->len - width, value, width, order);
}

void blob_clear(struct blob *blob)
{
    blob->len = 0;
}

void blob_free(struct blob *blob)
{
    free(blob->octets);
    memset(blob, 0, sizeof(*blob));
}

const uint8_t *blob_take(struct blob_reader *in, size_t len)
{
    const uint8_t *p = in->octets + in->at;

    if (len > in->len - in->at) {
        in->cut = 1;
        in->at = in->len;
        return NULL;
    }
    in->at += len;
    return p;
}

uint64_t blob_take_int(struct blob_reader *in, size_t width, enum blob_order order)
{
    const uint8_t *p = blob_take(in, width);
    uint64_t value = 0;

    for (size_t i = 0; p != NULL && i < width; i++) {
        value = value << 8 | p[order == BLOB_BIG ? i : width - 1 - i];
    }
    return value;
}

void blob_read_file(const char *path, struct blob *out)
{
    FILE *in = fopen(path, "rb");
    uint8_t chunk[65536];
    size_t n;

    if (in == NULL) {
        blob_die("%s: cannot be read", path);
    }
    while ((n = fread(chunk, 1, sizeof(chunk), in)) > 0) {
        blob_put(out, chunk, n);
    }
    (void)fclose(in);
}

void blob_write_file(const char *path, const struct blob *blob)
{
    FILE *out = fopen(path, "wb");

    if (out == NULL || fwrite(blob->octets, 1, blob->len, out) != blob->len || fclose(out) != 0) {
        blob_die("%s: cannot be written", path);
    }
}
