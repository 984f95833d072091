/*
 * asn_encode.c - see asn_engine.h: runs a type table back to front.
 *
 * Components are written last to first, so that every length is known when its turn comes. The
 * inner loop keeps the write position in a register and stores eight octets at a time; that needs
 * SLACK free octets in front, otherwise an element is put together beside and copied.
 */
#include <assert.h>

#include "codec/base/buf.h"
#include "codec/base/err.h"
#include "codec/ber/ber_prim.h"
#include "codec/schema/asn_engine.h"
#include "codec/schema/asn_rules.h"

enum { SLACK = 24 }; /* a tag (6), a length (1), an integer (9), and stores that reach beyond */

enum frame_kind { FRAME_SEQUENCE, FRAME_LIST, FRAME_WRAP };

struct frame {
    enum frame_kind kind;
    const struct asn_type *type;
    const struct asn_tag *tag;   /* of the element this frame writes */
    const struct asn_tag *inner; /* WRAP: the tag inside, NULL when that has been written */
    const uint8_t *value;
    size_t left;       /* components or items that are still to be written */
    uint8_t *end;      /* the write position when the frame was opened */
    uint64_t hole_len; /* octets that were left out by then */
};

/*
 * The functions below take the write position and return the new one, in front of it, or NULL: then
 * a constraint is broken, or w->full is set. (In memory the position could not be told from the
 * octets written, and would be loaded and stored for each.)
 */
struct run {
    uint8_t *lo; /* the start of the buffer */
    struct ber_writer *w;
    size_t depth;
    struct frame frames[ASN_FRAMES_MAX];
};

static CC_COLD uint8_t *full(struct run *run)
{
    run->w->full = true;
    return NULL;
}

/* Moves n octets that were put together elsewhere in front of p. */
static uint8_t *put_octets(struct run *run, uint8_t *p, const uint8_t *octets, size_t n)
{
    if ((size_t)(p - run->lo) < n) {
        return full(run);
    }
    if (n > 0) {
        p -= n;
        memcpy(p, octets, n);
    }
    return p;
}

/* Writes tag and one length octet in front of p. Needs SLACK. */
static CC_INLINE uint8_t *short_head(uint8_t *p, const struct asn_tag *tag, unsigned len)
{
    unsigned n = tag->len;

    p[-1] = (uint8_t)len;
    if (CC_LIKELY(n == 1)) {
        p[-2] = tag->octets[0];
        return p - 2;
    }
    if (n == 2) {
        p[-2] = tag->octets[1];
        p[-3] = tag->octets[0];
        return p - 3;
    }
    p -= n + 1;
    memcpy(p, tag->octets, n);
    return p;
}

/* Writes an integer element; fold is what counts for its size. Needs SLACK. */
static CC_INLINE uint8_t *put_word(uint8_t *p, const struct asn_tag *tag, uint64_t v, uint64_t fold)
{
    unsigned n = ber_uint_size(fold);

    ber_store64(p - 8, v);
    p[-9] = 0;
    return short_head(p - n, tag, n);
}

static CC_COLD uint8_t *put_word_careful(struct run *run, uint8_t *p, const struct asn_tag *tag,
                                         uint64_t v, uint64_t fold)
{
    uint8_t beside[SLACK + 8];
    uint8_t *end = beside + sizeof(beside);
    uint8_t *start = put_word(end, tag, v, fold);

    return put_octets(run, p, start, (size_t)(end - start));
}

static uint8_t *put_long_head(struct run *run, uint8_t *p, const struct asn_tag *tag, uint64_t len)
{
    uint8_t beside[SLACK];
    uint8_t *end = beside + sizeof(beside);
    uint8_t *start = end;

    if (len < 128) {
        *--start = (uint8_t)len;
    } else {
        for (uint64_t v = len; v != 0; v >>= 8) {
            *--start = (uint8_t)v;
        }
        start[-1] = (uint8_t)(0x80 | (end - start));
        start--;
    }
    start -= tag->len;
    memcpy(start, tag->octets, tag->len);
    return put_octets(run, p, start, (size_t)(end - start));
}

/* Writes length and tag of an element with len contents octets. */
static CC_INLINE uint8_t *put_head(struct run *run, uint8_t *p, const struct asn_tag *tag,
                                   uint64_t len)
{
    if (CC_LIKELY(p - run->lo >= SLACK)) {
        if (CC_LIKELY(len < 128)) {
            return short_head(p, tag, (unsigned)len);
        }
        if (len < 256) {
            *--p = (uint8_t)len;
            return short_head(p, tag, 0x81);
        }
        if (len < 65536) {
            *--p = (uint8_t)len;
            *--p = (uint8_t)(len >> 8);
            return short_head(p, tag, 0x82);
        }
    }
    return put_long_head(run, p, tag, len);
}

static uint8_t *put_string(struct run *run, uint8_t *p, const struct asn_type *type,
                           const struct asn_tag *tag, const uint8_t *value)
{
    struct span s = asn_load_span(value);

    if (!asn_leaf_check(type, value, NULL)) {
        return NULL;
    }
    if (s.p == NULL && s.len > 0) {
        if (run->w->hole_len != 0) {
            return NULL;
        }
        run->w->hole_len = s.len;
        run->w->hole_at = (size_t)(p - run->lo);
        return put_head(run, p, tag, s.len);
    }
    p = put_octets(run, p, s.p, s.len);
    return p == NULL ? NULL : put_head(run, p, tag, s.len);
}

/* Writes an integer of any kind; fold is what counts for its size. */
static CC_INLINE uint8_t *put_number(struct run *run, uint8_t *p, const struct asn_tag *tag,
                                     uint64_t v, uint64_t fold)
{
    if (CC_LIKELY(p - run->lo >= SLACK)) {
        return put_word(p, tag, v, fold);
    }
    return put_word_careful(run, p, tag, v, fold);
}

static CC_INLINE uint8_t *put_ranged(struct run *run, uint8_t *p, const struct asn_type *type,
                                     const struct asn_tag *tag, uint64_t v, uint64_t fold)
{
    if (CC_UNLIKELY(v - (uint64_t)type->min > type->max - (uint64_t)type->min) &&
        (type->flags & ASN_RANGE_EXTENSIBLE) == 0) {
        return NULL;
    }
    return put_number(run, p, tag, v, fold);
}

static CC_INLINE uint8_t *put_unsigned(struct run *run, uint8_t *p, const struct asn_type *type,
                                       const struct asn_tag *tag, uint64_t v)
{
    return put_ranged(run, p, type, tag, v, v);
}

static CC_INLINE uint8_t *put_signed(struct run *run, uint8_t *p, const struct asn_type *type,
                                     const struct asn_tag *tag, int64_t v)
{
    return put_ranged(run, p, type, tag, (uint64_t)v, ber_fold(v));
}

static uint8_t *put_enumerated(struct run *run, uint8_t *p, const struct asn_type *type,
                               const struct asn_tag *tag, const uint8_t *value)
{
    int32_t v;

    memcpy(&v, value, sizeof(v));
    if ((type->flags & ASN_EXTENSIBLE) == 0 && !asn_enum_known(type, v)) {
        return NULL;
    }
    return put_number(run, p, tag, (uint64_t)(int64_t)v, ber_fold(v));
}

static CC_INLINE uint8_t *put_leaf(struct run *run, uint8_t *p, const struct asn_type *type,
                                   const struct asn_tag *tag, const uint8_t *value)
{
    uint16_t u16;
    uint32_t u32;
    uint64_t u64;
    int16_t i16;
    int32_t i32;
    int64_t i64;

    switch (type->op) {
    case ASN_BOOLEAN:
        return put_number(run, p, tag, asn_load_bool(value) ? UINT64_MAX : 0, 0);
    case ASN_U8:
        return put_unsigned(run, p, type, tag, *value);
    case ASN_U16:
        memcpy(&u16, value, sizeof(u16));
        return put_unsigned(run, p, type, tag, u16);
    case ASN_U32:
        memcpy(&u32, value, sizeof(u32));
        return put_unsigned(run, p, type, tag, u32);
    case ASN_U64:
        memcpy(&u64, value, sizeof(u64));
        return put_unsigned(run, p, type, tag, u64);
    case ASN_I8:
        return put_signed(run, p, type, tag, (int8_t)*value);
    case ASN_I16:
        memcpy(&i16, value, sizeof(i16));
        return put_signed(run, p, type, tag, i16);
    case ASN_I32:
        memcpy(&i32, value, sizeof(i32));
        return put_signed(run, p, type, tag, i32);
    case ASN_I64:
        memcpy(&i64, value, sizeof(i64));
        return put_signed(run, p, type, tag, i64);
    case ASN_ENUMERATED:
        return put_enumerated(run, p, type, tag, value);
    case ASN_NULL:
        return put_head(run, p, tag, 0);
    case ASN_OCTETS:
    case ASN_UTF8:
    case ASN_OID:
        return put_string(run, p, type, tag, value);
    case ASN_SEQUENCE:
    case ASN_SEQUENCE_OF:
    case ASN_CHOICE:
    case ASN_RAW:
        break;
    }
    return NULL;
}

/* Tells whether to write a component that may be absent; *ok: whether its state is sound. */
static bool is_present(const struct asn_member *m, const uint8_t *base, bool *ok)
{
    bool present = m->present_offset == ASN_NO_OFFSET || asn_load_bool(base + m->present_offset);

    if ((m->flags & ASN_DEFAULT) == 0) {
        return present;
    }
    if (!present && !asn_is_default(m, base) &&
        asn_load_number(m->type->op, base + m->offset) != 0) {
        *ok = false; /* set, but not said to be: would be lost */
    }
    return present && !asn_is_default(m, base);
}

/*
 * Writes components of a SEQUENCE, *left of them, last first, as long as they are leaves; *left
 * becomes the number that is still to be written.
 */
static uint8_t *put_members(struct run *run, uint8_t *p, const struct asn_type *type,
                            const uint8_t *base, size_t *left)
{
    const struct asn_member *first = type->members;
    const struct asn_member *m;

    if (CC_UNLIKELY(*left == 0)) {
        return p; /* of a type without components, perhaps */
    }
    m = first + *left;
    for (; m != first; m--) {
        const struct asn_member *now = m - 1;

        if (CC_UNLIKELY(now->flags != 0)) {
            bool ok = true;

            if ((now->flags & ASN_MAY_BE_ABSENT) != 0 && !is_present(now, base, &ok)) {
                if (!ok) {
                    return NULL;
                }
                continue;
            }
            if ((now->flags & ASN_EXPLICIT) != 0) {
                break;
            }
        }
        if (CC_UNLIKELY(!asn_is_leaf(now->type->op))) {
            break;
        }
        p = put_leaf(run, p, now->type, &now->tag, base + now->offset);
        if (CC_UNLIKELY(p == NULL)) {
            return NULL;
        }
    }
    *left = (size_t)(m - first);
    return p;
}

/* Writes the unknown additions of a SEQUENCE. */
static uint8_t *put_unknown(struct run *run, uint8_t *p, const struct asn_type *type,
                            const uint8_t *base)
{
    struct span unknown;

    if (type->unknown_offset == ASN_NO_OFFSET) {
        return p;
    }
    unknown = asn_load_span(base + type->unknown_offset);
    if (CC_LIKELY(unknown.len == 0)) {
        return p;
    }
    return asn_unknown_check(type, unknown, NULL) ? put_octets(run, p, unknown.p, unknown.len)
                                                  : NULL;
}

static struct frame *push(struct run *run, enum frame_kind kind, const struct asn_type *type,
                          const struct asn_tag *tag, const uint8_t *value, uint8_t *end)
{
    struct frame *f;

    if (run->depth == ASN_FRAMES_MAX) {
        return NULL;
    }
    f = &run->frames[run->depth++];
    f->kind = kind;
    f->type = type;
    f->tag = tag;
    f->inner = NULL;
    f->value = value;
    f->left = 0;
    f->end = end;
    f->hole_len = run->w->hole_len;
    return f;
}

static uint8_t *begin_wrap(struct run *run, uint8_t *p, const struct asn_type *type,
                           const struct asn_tag *tag, const struct asn_tag *inner,
                           const uint8_t *value)
{
    struct frame *f = push(run, FRAME_WRAP, type, tag, value, p);

    if (f == NULL) {
        return NULL;
    }
    f->inner = inner;
    return p;
}

/* Writes a SEQUENCE if its components are leaves, else opens a frame at the first that is none. */
static uint8_t *begin_sequence(struct run *run, uint8_t *p, const struct asn_type *type,
                               const struct asn_tag *tag, const uint8_t *value)
{
    uint64_t hole_len = run->w->hole_len;
    size_t left = type->member_count;
    uint8_t *end = p;
    struct frame *f;

    p = put_unknown(run, p, type, value);
    if (CC_LIKELY(p != NULL)) {
        p = put_members(run, p, type, value, &left);
    }
    if (CC_UNLIKELY(p == NULL)) {
        return NULL;
    }
    if (CC_LIKELY(left == 0)) {
        return put_head(run, p, tag, (uint64_t)(end - p) + (run->w->hole_len - hole_len));
    }
    f = push(run, FRAME_SEQUENCE, type, tag, value, end);
    if (f == NULL) {
        return NULL;
    }
    f->left = left;
    f->hole_len = hole_len;
    return p;
}

/* Writes a SEQUENCE OF whose items are leaves. */
static uint8_t *put_leaves(struct run *run, uint8_t *p, const struct asn_type *type,
                           const struct asn_tag *tag, const struct asn_list *list)
{
    const struct asn_type *element = type->element;
    const uint8_t *items = list->items;
    uint64_t hole_len = run->w->hole_len;
    uint8_t *end = p;

    for (size_t left = list->count; left > 0; left--) {
        p = put_leaf(run, p, element, &element->tag, items + (left - 1) * element->size);
        if (CC_UNLIKELY(p == NULL)) {
            return NULL;
        }
    }
    return put_head(run, p, tag, (uint64_t)(end - p) + (run->w->hole_len - hole_len));
}

static uint8_t *begin_list(struct run *run, uint8_t *p, const struct asn_type *type,
                           const struct asn_tag *tag, const uint8_t *value)
{
    struct asn_list list;
    struct frame *f;

    memcpy(&list, value, sizeof(list));
    if (!asn_size_check(type, list.count, NULL)) {
        return NULL;
    }
    if (asn_is_leaf(type->element->op)) {
        return put_leaves(run, p, type, tag, &list);
    }
    f = push(run, FRAME_LIST, type, tag, list.items, p);
    if (f == NULL) {
        return NULL;
    }
    f->left = list.count;
    return p;
}

/* Writes a raw element or an unknown alternative; mostly this is a look at its head. */
static uint8_t *put_raw(struct run *run, uint8_t *p, struct span whole)
{
    struct span found;

    if (whole.p == NULL || !ber_element(whole, &found, NULL, NULL) || found.len != whole.len) {
        return NULL;
    }
    return put_octets(run, p, whole.p, whole.len);
}

static uint8_t *begin(struct run *run, uint8_t *p, const struct asn_type *type,
                      const struct asn_tag *tag, const uint8_t *value);

static uint8_t *begin_member(struct run *run, uint8_t *p, const struct asn_member *m,
                             const uint8_t *value)
{
    if ((m->flags & ASN_EXPLICIT) != 0) {
        return begin_wrap(run, p, m->type, &m->tag, &m->type->tag, value);
    }
    return begin(run, p, m->type, &m->tag, value);
}

static uint8_t *begin_choice(struct run *run, uint8_t *p, const struct asn_type *type,
                             const uint8_t *value)
{
    const struct asn_member *m;
    int32_t which;

    memcpy(&which, value, sizeof(which));
    if (which == ASN_UNKNOWN && (type->flags & ASN_EXTENSIBLE) != 0) {
        struct span whole = asn_load_span(value + type->unknown_offset);

        if (whole.len == 0 || asn_find(type, 0, type->member_count, whole) != type->member_count) {
            return NULL;
        }
        return put_raw(run, p, whole);
    }
    if (which < 0 || (uint32_t)which >= type->member_count) {
        return NULL;
    }
    m = &type->members[which];
    return begin_member(run, p, m, value + m->offset);
}

/* Writes a value, or opens a frame for it. Recurses only over CHOICEs directly inside CHOICEs. */
static uint8_t *begin(struct run *run, uint8_t *p, const struct asn_type *type,
                      const struct asn_tag *tag, const uint8_t *value)
{
    if (asn_is_untagged(type->op) && tag->len > 0) {
        return begin_wrap(run, p, type, tag, &asn_no_tag, value);
    }
    switch (type->op) {
    case ASN_SEQUENCE:
        return begin_sequence(run, p, type, tag, value);
    case ASN_SEQUENCE_OF:
        return begin_list(run, p, type, tag, value);
    case ASN_CHOICE:
        return begin_choice(run, p, type, value);
    case ASN_RAW:
        return put_raw(run, p, asn_load_span(value));
    case ASN_BOOLEAN:
    case ASN_U8:
    case ASN_U16:
    case ASN_U32:
    case ASN_U64:
    case ASN_I8:
    case ASN_I16:
    case ASN_I32:
    case ASN_I64:
    case ASN_ENUMERATED:
    case ASN_NULL:
    case ASN_OCTETS:
    case ASN_UTF8:
    case ASN_OID:
        break;
    }
    return put_leaf(run, p, type, tag, value);
}

/* Closes the innermost frame: what it wrote gets its length and tag. */
static uint8_t *close_frame(struct run *run, uint8_t *p, const struct frame *f)
{
    run->depth--;
    return put_head(run, p, f->tag, (uint64_t)(f->end - p) + (run->w->hole_len - f->hole_len));
}

static bool is_top(const struct run *run, const struct frame *f)
{
    return f == &run->frames[run->depth - 1];
}

/* Writes components until one opens a frame or none is left. */
static uint8_t *run_sequence(struct run *run, uint8_t *p, struct frame *f)
{
    while (p != NULL && is_top(run, f)) {
        const struct asn_member *m;

        p = put_members(run, p, f->type, f->value, &f->left);
        if (p == NULL || f->left == 0) {
            return p == NULL ? NULL : close_frame(run, p, f);
        }
        m = &f->type->members[--f->left];
        p = begin_member(run, p, m, f->value + m->offset);
    }
    return p;
}

static uint8_t *run_list(struct run *run, uint8_t *p, struct frame *f)
{
    const struct asn_type *element = f->type->element;

    while (f->left > 0) {
        f->left--;
        p = begin(run, p, element, &element->tag, f->value + f->left * element->size);
        if (p == NULL || !is_top(run, f)) {
            return p;
        }
    }
    return close_frame(run, p, f);
}

static uint8_t *run_wrap(struct run *run, uint8_t *p, struct frame *f)
{
    const struct asn_tag *inner = f->inner;

    if (inner == NULL) {
        return close_frame(run, p, f);
    }
    f->inner = NULL;
    return begin(run, p, f->type, inner, f->value);
}

static uint8_t *run_frames(struct run *run, uint8_t *p)
{
    while (p != NULL && run->depth > 0) {
        struct frame *f = &run->frames[run->depth - 1];

        switch (f->kind) {
        case FRAME_SEQUENCE:
            p = run_sequence(run, p, f);
            break;
        case FRAME_LIST:
            p = run_list(run, p, f);
            break;
        case FRAME_WRAP:
            p = run_wrap(run, p, f);
            break;
        }
    }
    return p;
}

bool asn_encode(const struct asn_type *type, const void *value, struct ber_writer *w)
{
    struct run run;
    uint8_t *p;

    if (w->failed) {
        return false;
    }
    run.lo = w->base;
    run.w = w;
    run.depth = 0;
    p = w->at > 0 ? begin(&run, w->base + w->at, type, &type->tag, value) : full(&run);
    p = run_frames(&run, p);
    if (p != NULL) {
        w->at = (size_t)(p - run.lo);
        return true;
    }
    if (w->full) {
        (void)err_set(w->err, ERR_LIMIT, "%zu octets do not hold the encoding", w->cap);
    } else if (asn_check(type, value, w->err)) {
        (void)err_set(w->err, ERR_INTERNAL, "%s cannot be encoded", type->name);
    }
    return ber_fail(w);
}

/* How much of out can be written to behind what it holds, before it must grow. */
static size_t free_part(const struct buf *out)
{
    return (out->cap < out->len_max ? out->cap : out->len_max) - out->len;
}

/* Encodes into the free part of out; false with *is_full if that is too small. */
static bool encode_once(const struct asn_type *type, const void *value, struct buf *out,
                        struct asn_hole *hole, bool *is_full, struct err *err)
{
    struct ber_writer w;
    struct span s;

    ber_writer_init(&w, out->p + out->len, free_part(out), NULL);
    *is_full = false;
    if (!asn_encode(type, value, &w)) {
        *is_full = w.full;
        if (!w.full && asn_check(type, value, err)) {
            (void)err_set(err, ERR_INTERNAL, "%s cannot be encoded", type->name);
        }
        return false;
    }
    if (w.hole_len > 0 && hole == NULL) {
        return err_set(err, ERR_INTERNAL, "a hole in an encoding that must be whole");
    }
    if (hole != NULL) {
        hole->len = w.hole_len;
        hole->offset = w.hole_len > 0 ? ber_hole_offset(&w) : 0;
    }
    s = ber_written(&w);
    memmove(out->p + out->len, s.p, s.len);
    out->len += s.len;
    return true;
}

bool asn_encode_buf(const struct asn_type *type, const void *value, struct buf *out,
                    struct asn_hole *hole, struct err *err)
{
    size_t room = 64; /* most records; each attempt that fails doubles it */
    bool is_full = true;

    for (;;) {
        size_t most = out->len_max - out->len;

        if (!buf_reserve(out, room < most ? room : most, err)) {
            return false;
        }
        if (out->p != NULL && encode_once(type, value, out, hole, &is_full, err)) {
            return true;
        }
        if (!is_full) {
            return false;
        }
        room = free_part(out);
        if (room >= most) {
            return err_set(err, ERR_LIMIT, "more than %zu octets to hold", out->len_max);
        }
        room = room <= most / 2 ? room * 2 : most;
    }
}
