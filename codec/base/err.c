/* err.c - see err.h. */
#include "codec/base/err.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void err_init(struct err *err)
{
    err->band = ERR_NONE;
    err->legacy_offset = ERR_NO_OFFSET;
    err->ber_offset = ERR_NO_OFFSET;
    err->path[0] = '\0';
    err->text[0] = '\0';
}

bool err_set(struct err *err, enum err_band band, const char *fmt, ...)
{
    va_list ap;

    if (err == NULL || err->band != ERR_NONE) {
        return false;
    }
    err->band = band;
    va_start(ap, fmt);
    (void)vsnprintf(err->text, sizeof(err->text), fmt, ap);
    va_end(ap);
    return false;
}

bool err_at_legacy(struct err *err, uint64_t offset)
{
    if (err != NULL && err->legacy_offset == ERR_NO_OFFSET) {
        err->legacy_offset = offset;
    }
    return false;
}

bool err_at_ber(struct err *err, uint64_t offset)
{
    if (err != NULL && err->ber_offset == ERR_NO_OFFSET) {
        err->ber_offset = offset;
    }
    return false;
}

bool err_at_path(struct err *err, const char *fmt, ...)
{
    va_list ap;

    if (err == NULL || err->path[0] != '\0') {
        return false;
    }
    va_start(ap, fmt);
    (void)vsnprintf(err->path, sizeof(err->path), fmt, ap);
    va_end(ap);
    return false;
}

static const char out_of_memory[] = "out of memory";

bool err_memory(struct err *err)
{
    return err_set(err, ERR_LIMIT, "%s", out_of_memory);
}

bool err_is_memory(const struct err *err)
{
    return err->band == ERR_LIMIT && strcmp(err->text, out_of_memory) == 0;
}

const char *err_band_name(enum err_band band)
{
    switch (band) {
    case ERR_NONE:
        return "good";
    case ERR_FINDINGS:
        return "findings";
    case ERR_USAGE:
        return "usage";
    case ERR_IO:
        return "i/o";
    case ERR_TRUNCATED:
        return "truncated";
    case ERR_MALFORMED:
        return "malformed";
    case ERR_UNSUPPORTED:
        return "unsupported";
    case ERR_LIMIT:
        return "limit";
    case ERR_INTERNAL:
        return "internal";
    }
    return "unknown";
}

char *err_format(const struct err *err, char *out, size_t cap)
{
    char where[80] = "";

    if (err->legacy_offset != ERR_NO_OFFSET && err->ber_offset != ERR_NO_OFFSET) {
        (void)snprintf(where, sizeof(where),
                       " at legacy offset 0x%" PRIx64 ", BER offset 0x%" PRIx64, err->legacy_offset,
                       err->ber_offset);
    } else if (err->legacy_offset != ERR_NO_OFFSET) {
        (void)snprintf(where, sizeof(where), " at legacy offset 0x%" PRIx64, err->legacy_offset);
    } else if (err->ber_offset != ERR_NO_OFFSET) {
        (void)snprintf(where, sizeof(where), " at BER offset 0x%" PRIx64, err->ber_offset);
    }
    (void)snprintf(out, cap, "%s%s%s%s", err->path, err->path[0] != '\0' ? ": " : "", err->text,
                   where);
    return out;
}
