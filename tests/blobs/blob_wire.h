/*
 * blob_wire.h - octets of a blob: a buffer that grows, integers of either byte order, whole files.
 *
 * For programs that end at the first fault: blob_die prints and exits with 2. Knows no blob.
 */
#ifndef BLOB_WIRE_H
#define BLOB_WIRE_H

#include <stddef.h>
#include <stdint.h>

enum blob_order { BLOB_LITTLE, BLOB_BIG };

struct blob {
    uint8_t *octets;
    size_t len;
    size_t cap;
};

/* A place in octets that someone else owns. `cut` is set once something was read past the end. */
struct blob_reader {
    const uint8_t *octets;
    size_t len;
    size_t at;
    int cut;
};

#if defined(__GNUC__)
#define BLOB_PRINTF(a, b) __attribute__((format(printf, a, b)))
#else
#define BLOB_PRINTF(a, b)
#endif

_Noreturn void blob_die(const char *format, ...) BLOB_PRINTF(1, 2);

/* blob_host_order gives the byte order of the machine that runs this. */
enum blob_order blob_host_order(void);

void blob_put(struct blob *blob, const void *p, size_t len);
void blob_fill(struct blob *blob, uint8_t octet, size_t len);
/* blob_int appends the low `width` octets of a value. */
void blob_int(struct blob *blob, uint64_t value, size_t width, enum blob_order order);
/* blob_patch writes an integer over octets that are there. */
void blob_patch(struct blob *blob, size_t at, uint64_t value, size_t width, enum blob_order order);
void blob_clear(struct blob *blob);
void blob_free(struct blob *blob);

/* blob_take gives `len` octets, or NULL (and `cut`) if there are fewer. */
const uint8_t *blob_take(struct blob_reader *in, size_t len);
/* blob_take_int reads an integer of `width` octets, 0 (and `cut`) if there are fewer. */
uint64_t blob_take_int(struct blob_reader *in, size_t width, enum blob_order order);

void blob_read_file(const char *path, struct blob *out);
void blob_write_file(const char *path, const struct blob *blob);

#endif
