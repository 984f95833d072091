/* asn_diag.c - see asn_diag.h. */
#include "codec/schema/asn_diag.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

uint32_t asn_spot_line(struct asn_spot place, uint32_t *column)
{
    uint32_t line = 1;
    size_t start = 0;

    for (size_t i = 0; i < place.offset; i++) {
        if (place.source->text.p[i] == '\n') {
            line++;
            start = i + 1;
        }
    }
    *column = (uint32_t)(place.offset - start) + 1;
    return line;
}

/* Whether the octet continues a UTF-8 character. */
static bool continues(uint8_t octet)
{
    return (octet & 0xc0) == 0x80;
}

/*
 * Copies the source line around the place. A character outside ASCII becomes one '?': a message may
 * not disturb the terminal that shows it, and the caret has to stay under its place.
 */
static void take_excerpt(struct asn_diag *diag, struct asn_spot place)
{
    struct span text = place.source->text;
    size_t first = place.offset - (diag->column - 1);
    size_t end = place.offset;
    size_t n = 0;

    while (end < text.len && text.p[end] != '\n' && text.p[end] != '\r') {
        end++;
    }
    if (place.offset - first > ASN_EXCERPT_MAX / 2) {
        first = place.offset - ASN_EXCERPT_MAX / 2;
    }
    if (end - first > ASN_EXCERPT_MAX) {
        end = first + ASN_EXCERPT_MAX;
    }
    diag->caret = 0;
    for (size_t i = first; i < end; i++) {
        uint8_t octet = text.p[i];

        if (continues(octet)) {
            continue;
        }
        diag->excerpt[n++] = (octet < 0x20 && octet != '\t') || octet >= 0x7f ? '?' : (char)octet;
        diag->caret += i < place.offset;
    }
    diag->excerpt[n] = '\0';
}

bool asn_fail(struct asn_diag *diag, struct err *err, enum err_band band, struct asn_spot place,
              const char *fmt, ...)
{
    va_list ap;

    if (diag->message[0] != '\0') {
        return err_set(err, band, "%s", diag->message);
    }
    va_start(ap, fmt);
    (void)vsnprintf(diag->message, sizeof(diag->message), fmt, ap);
    va_end(ap);
    if (place.source == NULL) {
        return err_set(err, band, "%s", diag->message);
    }
    (void)snprintf(diag->file, sizeof(diag->file), "%s", place.source->name);
    diag->line = asn_spot_line(place, &diag->column);
    take_excerpt(diag, place);
    return err_set(err, band, "%s:%" PRIu32 ":%" PRIu32 ": %s", diag->file, diag->line,
                   diag->column, diag->message);
}

char *asn_diag_format(const struct asn_diag *diag, char *out, size_t cap)
{
    int n;
    size_t at;
    uint32_t column = 0;

    if (diag->line == 0) {
        (void)snprintf(out, cap, "%s", diag->message);
        return out;
    }
    n = snprintf(out, cap, "%s:%" PRIu32 ":%" PRIu32 ": %s\n  %s\n  ", diag->file, diag->line,
                 diag->column, diag->message, diag->excerpt);
    at = n < 0 ? 0 : (size_t)n;
    /* The line below repeats the tabs of the line above, so that the caret stands under its place.
     */
    for (const char *p = diag->excerpt; column < diag->caret && *p != '\0' && at < cap; p++) {
        out[at++] = *p == '\t' ? '\t' : ' ';
        column++;
    }
    if (at + 1 < cap) {
        out[at++] = '^';
        out[at] = '\0';
    } else if (cap > 0) {
        out[cap - 1] = '\0';
    }
    return out;
}
