/*
 * asn_text.h - text that is put together piece by piece. Sticky: after the first failure the pieces
 * are dropped, and asn_text_ok says so once, at the end.
 */
#ifndef VMBER_SCHEMA_ASN_TEXT_H
#define VMBER_SCHEMA_ASN_TEXT_H

#include <stdarg.h>

#include "codec/base/buf.h"
#include "codec/base/compat_cc.h"
#include "codec/base/err.h"

struct asn_text {
    struct buf *buf;
    struct err *err;
    bool failed;
};

void asn_text_init(struct asn_text *text, struct buf *buf, struct err *err);

/* asn_text_put appends formatted text. */
void asn_text_put(struct asn_text *text, const char *fmt, ...) CC_PRINTF(2, 3);

/* asn_text_indent appends depth times four spaces. */
void asn_text_indent(struct asn_text *text, unsigned depth);

/* asn_text_ok tells whether every piece is there; if not, err says why. */
bool asn_text_ok(const struct asn_text *text);

#endif
