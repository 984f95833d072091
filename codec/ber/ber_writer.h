/*
 * ber_writer.h - writes BER back to front into a caller's buffer, so that every length is known and
 * minimal when it is written and nothing is moved.
 *
 *     base                     at                              cap
 *     |........ free ..........|########## written #############|
 *                       <----- the next octets go here
 *
 * Calls come in reverse order: contents before head, last component before first. The writer is
 * sticky: after a failure every call does nothing. It writes nothing below base[at] that counts,
 * but may scribble over the free part.
 *
 * A hole stands for octets that someone else holds (the pages of guest RAM): lengths count them,
 * the buffer does not have them.
 */
#ifndef VMBER_BER_WRITER_H
#define VMBER_BER_WRITER_H

#include "codec/base/span.h"
#include "codec/ber/ber_tag.h"

struct err;

struct ber_writer {
    uint8_t *base;
    size_t cap;
    size_t at;         /* octets written: base[at..cap) */
    uint64_t hole_len; /* octets left out, 0 if there is no hole */
    size_t hole_at;    /* they belong before base[hole_at] */
    bool failed;
    bool full;       /* it failed because cap is too small, and only because of that */
    struct err *err; /* what went wrong; may be NULL */
};

/* A mark is a place in what has been written, to tell later what was put in front of it. */
struct ber_mark {
    size_t at;
    uint64_t hole_len;
};

void ber_writer_init(struct ber_writer *w, void *base, size_t cap, struct err *err);

/* ber_written returns what has been written so far, without the hole. */
static inline struct span ber_written(const struct ber_writer *w)
{
    return span_of(w->base + w->at, w->cap - w->at);
}

/* ber_hole_offset returns how many of the written octets go before the hole. */
static inline size_t ber_hole_offset(const struct ber_writer *w)
{
    return w->hole_at - w->at;
}

static inline struct ber_mark ber_mark(const struct ber_writer *w)
{
    struct ber_mark mark = {w->at, w->hole_len};

    return mark;
}

/* ber_fail makes the writer fail with an error that is its caller's to describe. */
bool ber_fail(struct ber_writer *w);

bool ber_put_octets(struct ber_writer *w, struct span octets);

/* ber_put_hole leaves out len (> 0) octets; a second hole is a failure. */
bool ber_put_hole(struct ber_writer *w, uint64_t len);

/* ber_put_length writes the shortest length. */
bool ber_put_length(struct ber_writer *w, uint64_t len);

bool ber_put_tag(struct ber_writer *w, struct ber_tag tag);

/* ber_put_head writes tag and length in front of everything written since mark. */
bool ber_put_head(struct ber_writer *w, struct ber_tag tag, struct ber_mark mark);

/* Whole elements. */
bool ber_put_uint(struct ber_writer *w, struct ber_tag tag, uint64_t v);
bool ber_put_int(struct ber_writer *w, struct ber_tag tag, int64_t v);
bool ber_put_boolean(struct ber_writer *w, struct ber_tag tag, bool v);
bool ber_put_string(struct ber_writer *w, struct ber_tag tag, struct span octets);

/*
 * Forward: for the outermost levels, whose end is not known when they begin. Each returns the
 * number of octets written to out.
 */
enum { BER_EOC_SIZE = 2 };

size_t ber_forward_head(uint8_t out[BER_HEAD_MAX], struct ber_tag tag, uint64_t len);
size_t ber_forward_indefinite(uint8_t out[BER_HEAD_MAX], struct ber_tag tag);
size_t ber_forward_eoc(uint8_t out[BER_EOC_SIZE]);

#endif
