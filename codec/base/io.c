/* io.c - see io.h. */
#include "codec/base/io.h"

#include <stdlib.h>

#include "codec/base/err.h"
#include "codec/base/io_limits.h"

bool win_init(struct win *win, struct io_source source, size_t cap, struct err *err)
{
    memset(win, 0, sizeof(*win));
    win->source = source;
    win->cap = cap;
    win->mem = malloc(cap);
    return win->mem != NULL || err_memory(err);
}

void win_done(struct win *win)
{
    free(win->mem);
    win->mem = NULL;
}

bool win_grow(struct win *win, size_t cap, struct err *err)
{
    uint8_t *mem = cap > win->cap ? realloc(win->mem, cap) : win->mem;

    if (mem == NULL) {
        return err_memory(err);
    }
    win->mem = mem;
    win->cap = cap > win->cap ? cap : win->cap;
    return true;
}

static bool win_read(struct win *win, struct err *err)
{
    size_t got = 0;

    if (win->before_read != NULL && !win->before_read(win->before_read_ctx, err)) {
        return false;
    }
    if (!win->source.read(win->source.ctx, win->mem + win->end, win->cap - win->end, &got, err)) {
        return false;
    }
    win->end += got;
    win->at_end = got == 0;
    return true;
}

bool win_fill(struct win *win, size_t need, struct err *err)
{
    if (need > win->cap) {
        return err_set(err, ERR_INTERNAL, "a window of %zu octets was asked for %zu", win->cap,
                       need);
    }
    if (win->begin == win->end) {
        win->begin = 0;
        win->end = 0;
    } else if (need > win->cap - win->begin) {
        memmove(win->mem, win->mem + win->begin, win->end - win->begin);
        win->end -= win->begin;
        win->begin = 0;
    }
    while (win->end - win->begin < need && !win->at_end) {
        if (!win_read(win, err)) {
            return false;
        }
    }
    return true;
}

bool win_need(struct win *win, size_t need, const char *what, struct err *err)
{
    size_t have;

    if (!win_fill(win, need, err)) {
        return false;
    }
    have = win->end - win->begin;
    if (have < need) {
        return err_set(err, ERR_TRUNCATED, "input ends inside %s: %zu more octets expected", what,
                       need - have);
    }
    return true;
}

void out_init(struct out *out, struct io_sink sink)
{
    out->sink = sink;
    buf_init(&out->pending, OUT_PENDING_MAX);
    out->offset = 0;
}

void out_done(struct out *out)
{
    buf_done(&out->pending);
}

bool out_flush(struct out *out, struct err *err)
{
    struct iovec iov = {out->pending.p, out->pending.len};

    if (iov.iov_len == 0) {
        return true;
    }
    buf_clear(&out->pending);
    return out->sink.write(out->sink.ctx, &iov, 1, err);
}

bool out_put(struct out *out, const void *p, size_t n, struct err *err)
{
    out->offset += n;
    if (n > OUT_PENDING_MAX - out->pending.len && !out_flush(out, err)) {
        return false;
    }
    if (n > OUT_PENDING_MAX) {
        struct iovec iov = {(void *)(uintptr_t)p, n};

        return out->sink.write(out->sink.ctx, &iov, 1, err);
    }
    return buf_put(&out->pending, p, n, err);
}

bool out_gather(struct out *out, struct iovec *iov, size_t iov_count, struct err *err)
{
    for (size_t i = 0; i < iov_count; i++) {
        out->offset += iov[i].iov_len;
    }
    return out_flush(out, err) && out->sink.write(out->sink.ctx, iov, iov_count, err);
}
