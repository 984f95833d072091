/* ber_writer.c - see ber_writer.h. */
#include "codec/ber/ber_writer.h"

#include "codec/base/err.h"
#include "codec/ber/ber_prim.h"

void ber_writer_init(struct ber_writer *w, void *base, size_t cap, struct err *err)
{
    w->base = base;
    w->cap = cap;
    w->at = cap;
    w->hole_len = 0;
    w->hole_at = cap;
    w->failed = false;
    w->full = false;
    w->err = err;
}

bool ber_fail(struct ber_writer *w)
{
    w->failed = true;
    return false;
}

/* Makes room for n octets; NULL if the writer has failed or does so now. */
static uint8_t *room(struct ber_writer *w, size_t n)
{
    if (w->failed) {
        return NULL;
    }
    if (n > w->at) {
        (void)err_set(w->err, ERR_LIMIT, "%zu octets do not hold the encoding", w->cap);
        w->full = true;
        (void)ber_fail(w);
        return NULL;
    }
    w->at -= n;
    return w->base + w->at;
}

bool ber_put_octets(struct ber_writer *w, struct span octets)
{
    uint8_t *p;

    if (octets.len == 0) {
        return !w->failed;
    }
    p = room(w, octets.len);
    if (p == NULL) {
        return false;
    }
    memcpy(p, octets.p, octets.len);
    return true;
}

bool ber_put_hole(struct ber_writer *w, uint64_t len)
{
    if (w->failed) {
        return false;
    }
    if (w->hole_len != 0) {
        (void)err_set(w->err, ERR_INTERNAL, "two holes in one value");
        return ber_fail(w);
    }
    w->hole_len = len;
    w->hole_at = w->at;
    return true;
}

/* Writes the shortest length of len so that it ends before end; returns its first octet. */
static uint8_t *length_before(uint8_t *end, uint64_t len)
{
    uint8_t *p = end;

    if (len < 128) {
        *--p = (uint8_t)len;
        return p;
    }
    for (uint64_t v = len; v != 0; v >>= 8) {
        *--p = (uint8_t)v;
    }
    p[-1] = (uint8_t)(0x80 | (end - p));
    return p - 1;
}

bool ber_put_length(struct ber_writer *w, uint64_t len)
{
    size_t n = ber_length_size(len);
    uint8_t *p = room(w, n);

    if (p == NULL) {
        return false;
    }
    (void)length_before(p + n, len);
    return true;
}

bool ber_put_tag(struct ber_writer *w, struct ber_tag tag)
{
    uint8_t octets[BER_TAG_OCTETS_MAX];

    return ber_put_octets(w, span_of(octets, ber_tag_octets(tag, octets)));
}

bool ber_put_head(struct ber_writer *w, struct ber_tag tag, struct ber_mark mark)
{
    return ber_put_length(w, mark.at - w->at + (w->hole_len - mark.hole_len)) &&
           ber_put_tag(w, tag);
}

bool ber_put_uint(struct ber_writer *w, struct ber_tag tag, uint64_t v)
{
    struct ber_mark mark = ber_mark(w);
    uint8_t octets[9];

    octets[0] = 0;
    ber_store64(octets + 1, v);
    return ber_put_octets(w, span_of(octets + 9 - ber_uint_size(v), ber_uint_size(v))) &&
           ber_put_head(w, tag, mark);
}

bool ber_put_int(struct ber_writer *w, struct ber_tag tag, int64_t v)
{
    struct ber_mark mark = ber_mark(w);
    uint8_t octets[8];

    ber_store64(octets, (uint64_t)v);
    return ber_put_octets(w, span_of(octets + 8 - ber_int_size(v), ber_int_size(v))) &&
           ber_put_head(w, tag, mark);
}

bool ber_put_boolean(struct ber_writer *w, struct ber_tag tag, bool v)
{
    struct ber_mark mark = ber_mark(w);
    uint8_t octet = v ? 0xff : 0x00;

    return ber_put_octets(w, span_of(&octet, 1)) && ber_put_head(w, tag, mark);
}

bool ber_put_string(struct ber_writer *w, struct ber_tag tag, struct span octets)
{
    struct ber_mark mark = ber_mark(w);

    return ber_put_octets(w, octets) && ber_put_head(w, tag, mark);
}

size_t ber_forward_head(uint8_t out[BER_HEAD_MAX], struct ber_tag tag, uint64_t len)
{
    size_t n = ber_tag_octets(tag, out);
    size_t end = n + ber_length_size(len);

    (void)length_before(out + end, len);
    return end;
}

size_t ber_forward_indefinite(uint8_t out[BER_HEAD_MAX], struct ber_tag tag)
{
    size_t n = ber_tag_octets(tag, out);

    out[n] = BER_LENGTH_INDEFINITE;
    return n + 1;
}

size_t ber_forward_eoc(uint8_t out[BER_EOC_SIZE])
{
    out[0] = 0;
    out[1] = 0;
    return BER_EOC_SIZE;
}
