/*
 * asn_diag.h - where notation is wrong, for people: file, line, column, message, and the line
 * itself. A struct err carries the same as one sentence; a struct asn_diag lets a program show the
 * place.
 */
#ifndef VMBER_SCHEMA_ASN_DIAG_H
#define VMBER_SCHEMA_ASN_DIAG_H

#include "codec/base/err.h"
#include "codec/base/span.h"
#include "codec/schema/asn_limits.h"

/* A file of notation; the model keeps a copy of its text. */
struct asn_source {
    struct asn_source *next;
    const char *name; /* as messages show it */
    struct span text;
};

struct asn_spot {
    const struct asn_source *source; /* NULL: no place */
    size_t offset;                   /* octets from the start of the text */
};

struct asn_diag {
    char file[ERR_PATH_MAX];
    uint32_t line;   /* from 1; 0 if the message has no place */
    uint32_t column; /* from 1, in octets */
    char message[ERR_TEXT_MAX];
    char excerpt[ASN_EXCERPT_MAX + 1]; /* the line, or the part of it around the place */
    uint32_t caret;                    /* characters of excerpt before the place */
};

/*
 * asn_fail records message and place in diag and, as `file:line:column: message`, in err; it
 * returns false. The first failure wins. err may be NULL.
 */
bool asn_fail(struct asn_diag *diag, struct err *err, enum err_band band, struct asn_spot place,
              const char *fmt, ...) CC_PRINTF(5, 6);

/* asn_spot_line returns the line of a place, from 1, and its column through column. */
uint32_t asn_spot_line(struct asn_spot place, uint32_t *column);

/*
 * asn_diag_format writes into out (cap octets, always terminated) the message and, if it has a
 * place, the source line and a caret on two lines of their own; it returns out. No newline at the
 * end.
 */
char *asn_diag_format(const struct asn_diag *diag, char *out, size_t cap);

#endif
