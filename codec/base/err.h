/*
 * err.h - the one error value: what kind, where, what was expected and what was found.
 *
 * The first error wins: err_set on an error that is already set changes nothing. The text is a
 * sentence fragment without a newline; only tools/ prints it.
 */
#ifndef VMBER_BASE_ERR_H
#define VMBER_BASE_ERR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "codec/base/compat_cc.h"

/* The bands are the exit statuses of the programs (docs/errors.md); ERR_NONE is success. */
enum err_band {
    ERR_NONE = 0,
    ERR_FINDINGS = 1,    /* a check was run to its end and found something */
    ERR_USAGE = 2,       /* the caller's words are wrong */
    ERR_IO = 3,          /* the system refused a read, a write, a rename */
    ERR_TRUNCATED = 4,   /* input ended inside something that had begun */
    ERR_MALFORMED = 5,   /* input that no conforming writer makes */
    ERR_UNSUPPORTED = 6, /* an incompatible feature, or a descent refused by --strict */
    ERR_LIMIT = 7,       /* a named limit or memory */
    ERR_INTERNAL = 8,    /* our own mistake */
};

enum { ERR_PATH_MAX = 256, ERR_TEXT_MAX = 384 };

#define ERR_NO_OFFSET UINT64_MAX

struct err {
    enum err_band band;
    uint64_t legacy_offset;  /* octets from the start of the legacy stream, or ERR_NO_OFFSET */
    uint64_t ber_offset;     /* octets from the start of the BER stream, or ERR_NO_OFFSET */
    char path[ERR_PATH_MAX]; /* "0000:00:04.0/virtio-net > virtio", or "" */
    char text[ERR_TEXT_MAX]; /* "expected 0x7e, found 0x04" */
};

/* ERR_INIT is a struct err that says nothing is wrong. */
/* clang-format off */
#define ERR_INIT {ERR_NONE, ERR_NO_OFFSET, ERR_NO_OFFSET, "", ""}
/* clang-format on */

void err_init(struct err *err);

/*
 * err_set records an error unless err already holds one, and returns false, so that a failing
 * function ends in `return err_set(...)`. err may be NULL.
 */
bool err_set(struct err *err, enum err_band band, const char *fmt, ...) CC_PRINTF(3, 4);

/* err_at_legacy, err_at_ber and err_at_path say where; each keeps a place that is already set. */
bool err_at_legacy(struct err *err, uint64_t offset);
bool err_at_ber(struct err *err, uint64_t offset);
bool err_at_path(struct err *err, const char *fmt, ...) CC_PRINTF(2, 3);

/* err_memory reports a failed allocation (band ERR_LIMIT). */
bool err_memory(struct err *err);

/* err_is_memory tells a failed allocation from any other limit. */
bool err_is_memory(const struct err *err);

/* err_band_name returns the word docs/errors.md uses for a band, e.g. "truncated". */
const char *err_band_name(enum err_band band);

/*
 * err_format writes path, offsets and text as one sentence without a newline into out (cap octets,
 * always terminated) and returns out.
 */
char *err_format(const struct err *err, char *out, size_t cap);

#endif
