/* buf.c - see buf.h. */
#include "codec/base/buf.h"

#include <stdlib.h>

#include "codec/base/err.h"

void buf_init(struct buf *buf, size_t len_max)
{
    buf->p = NULL;
    buf->len = 0;
    buf->cap = 0;
    buf->len_max = len_max;
}

void buf_done(struct buf *buf)
{
    free(buf->p);
    buf_init(buf, buf->len_max);
}

bool buf_reserve(struct buf *buf, size_t n, struct err *err)
{
    size_t need;
    size_t cap;
    uint8_t *p;

    if (n > buf->len_max - buf->len) {
        return err_set(err, ERR_LIMIT, "more than %zu octets to hold", buf->len_max);
    }
    need = buf->len + n;
    if (need <= buf->cap) {
        return true;
    }
    cap = buf->cap < 256 ? 256 : buf->cap;
    while (cap < need) {
        cap = cap <= buf->len_max / 2 ? cap * 2 : buf->len_max;
    }
    cap = cap < buf->len_max ? cap : buf->len_max;
    p = realloc(buf->p, cap);
    if (p == NULL) {
        return err_memory(err);
    }
    buf->p = p;
    buf->cap = cap;
    return true;
}

bool buf_put(struct buf *buf, const void *p, size_t n, struct err *err)
{
    if (!buf_reserve(buf, n, err)) {
        return false;
    }
    if (n > 0) {
        memcpy(buf->p + buf->len, p, n);
        buf->len += n;
    }
    return true;
}
