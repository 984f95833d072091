/*
 * io.h - where octets come from and go to: sources, sinks, the window a reader looks through and
 * the buffered output a writer fills.
 *
 * No file descriptors here (io_fd.h has those), so that tests choose their own chunk sizes.
 */
#ifndef VMBER_BASE_IO_H
#define VMBER_BASE_IO_H

#include <sys/uio.h>

#include "codec/base/buf.h"
#include "codec/base/span.h"

struct err;

/* Reads up to cap octets into p; *got == 0 means the end of input. */
typedef bool (*io_read_fn)(void *ctx, void *p, size_t cap, size_t *got, struct err *err);

/* Writes all of the iov_count pieces, which it may change. */
typedef bool (*io_write_fn)(void *ctx, struct iovec *iov, size_t iov_count, struct err *err);

struct io_source {
    io_read_fn read;
    void *ctx;
};

struct io_sink {
    io_write_fn write;
    void *ctx;
};

/*
 * A window over a source: octets begin..end of mem are read and not yet taken. Spans into it live
 * until the next win_fill.
 */
struct win {
    struct io_source source;
    uint8_t *mem;
    size_t cap;
    size_t begin;
    size_t end;
    uint64_t offset;                                 /* of mem[begin] in the input */
    bool at_end;                                     /* the source has no more */
    bool (*before_read)(void *ctx, struct err *err); /* flushes what a blocked reader waits for */
    void *before_read_ctx;
};

/* win_init makes a window that shows up to cap octets at a time. */
bool win_init(struct win *win, struct io_source source, size_t cap, struct err *err);

void win_done(struct win *win);

/* win_grow makes a window show up to cap octets at a time; spans into it are void. */
bool win_grow(struct win *win, size_t cap, struct err *err);

/* win_span returns the octets that are there now. */
static inline struct span win_span(const struct win *win)
{
    return span_of(win->mem + win->begin, win->end - win->begin);
}

/*
 * win_fill reads until at least need (at most cap) octets are there or the input ends; it takes
 * more when one read gives more. Short input is no error here: ask win_span.
 */
bool win_fill(struct win *win, size_t need, struct err *err);

/*
 * win_need is win_fill for a reader that is inside something: input that ends before need octets is
 * ERR_TRUNCATED, "input ends inside <what>: <n> more octets expected".
 */
bool win_need(struct win *win, size_t need, const char *what, struct err *err);

/* win_take passes over n octets that are there. */
static inline void win_take(struct win *win, size_t n)
{
    win->begin += n;
    win->offset += n;
}

/* Buffered output. Large pieces are handed through with what is buffered before them, uncopied. */
struct out {
    struct io_sink sink;
    struct buf pending;
    uint64_t offset; /* octets put so far */
};

void out_init(struct out *out, struct io_sink sink);
void out_done(struct out *out);
bool out_put(struct out *out, const void *p, size_t n, struct err *err);

/* out_gather writes what is pending and then the pieces, in one go; it may change the pieces. */
bool out_gather(struct out *out, struct iovec *iov, size_t iov_count, struct err *err);
bool out_flush(struct out *out, struct err *err);

#endif
