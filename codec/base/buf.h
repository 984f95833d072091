/*
 * buf.h - octets that grow at the end, up to a bound said at the start.
 */
#ifndef VMBER_BASE_BUF_H
#define VMBER_BASE_BUF_H

#include "codec/base/span.h"

struct err;

struct buf {
    uint8_t *p;
    size_t len;
    size_t cap;
    size_t len_max;
};

/* buf_init makes an empty buffer that may grow to len_max octets; it cannot fail. */
void buf_init(struct buf *buf, size_t len_max);

void buf_done(struct buf *buf);

/* buf_reserve makes room for n more octets behind buf->len without changing it. */
bool buf_reserve(struct buf *buf, size_t n, struct err *err);

/* buf_put appends n octets. */
bool buf_put(struct buf *buf, const void *p, size_t n, struct err *err);

static inline void buf_clear(struct buf *buf)
{
    buf->len = 0;
}

static inline struct span buf_span(const struct buf *buf)
{
    return span_of(buf->p, buf->len);
}

#endif
