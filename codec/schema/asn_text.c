/* asn_text.c - see asn_text.h. */
#include "codec/schema/asn_text.h"

#include <stdio.h>

void asn_text_init(struct asn_text *text, struct buf *buf, struct err *err)
{
    text->buf = buf;
    text->err = err;
    text->failed = false;
}

void asn_text_put(struct asn_text *text, const char *fmt, ...)
{
    va_list ap;
    int need;

    if (text->failed) {
        return;
    }
    va_start(ap, fmt);
    need = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    if (need < 0 || !buf_reserve(text->buf, (size_t)need + 1, text->err)) {
        text->failed = true;
        return;
    }
    va_start(ap, fmt);
    (void)vsnprintf((char *)text->buf->p + text->buf->len, (size_t)need + 1, fmt, ap);
    va_end(ap);
    text->buf->len += (size_t)need;
}

void asn_text_indent(struct asn_text *text, unsigned depth)
{
    asn_text_put(text, "%*s", (int)(depth * 4), "");
}

bool asn_text_ok(const struct asn_text *text)
{
    return !text->failed;
}
