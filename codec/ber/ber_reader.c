/* ber_reader.c - see ber_reader.h: heads, extents, walks and segmented strings. */
#include "codec/ber/ber_reader.h"

#include <assert.h>
#include <inttypes.h>

#include "codec/base/arena.h"
#include "codec/base/err.h"
#include "codec/ber/ber_prim.h"

/* Reads a tag number of 31 and above (X.690 8.1.2.4.2); *at is behind the first octet. */
static bool long_tag(struct span in, size_t *at, uint32_t *number, struct err *err)
{
    uint32_t v = 0;
    uint8_t octet;

    do {
        if (*at == in.len) {
            return err_set(err, ERR_TRUNCATED, "input ends inside a tag");
        }
        octet = in.p[(*at)++];
        if (v == 0 && octet == 0x80) {
            return err_set(err, ERR_MALFORMED, "tag number begins with a zero octet");
        }
        if (v > BER_TAG_NUMBER_MAX >> 7) {
            return err_set(err, ERR_LIMIT, "tag number does not fit 31 bits");
        }
        v = v << 7 | (octet & 0x7f);
    } while ((octet & 0x80) != 0);
    if (v < BER_TAG_LONG) {
        return err_set(err, ERR_MALFORMED, "tag number %" PRIu32 " in the form for 31 and above",
                       v);
    }
    *number = v;
    return true;
}

/* Reads length octets (8.1.3); *at is behind the identifier octets. */
static bool length(struct span in, size_t *at, struct ber_head *out, struct err *err)
{
    uint64_t v = 0;
    unsigned n;

    if (*at == in.len) {
        return err_set(err, ERR_TRUNCATED, "input ends before a length");
    }
    n = in.p[(*at)++];
    out->indefinite = n == BER_LENGTH_INDEFINITE;
    out->len = n;
    if (n < BER_LENGTH_INDEFINITE) {
        return true;
    }
    if (out->indefinite) {
        out->len = 0;
        return out->tag.constructed ||
               err_set(err, ERR_MALFORMED, "indefinite length of a primitive element");
    }
    if (n == 0xff) {
        return err_set(err, ERR_MALFORMED, "length octet 0xff is reserved");
    }
    for (n &= 0x7f; n > 0; n--) {
        if (*at == in.len) {
            return err_set(err, ERR_TRUNCATED, "input ends inside a length");
        }
        if (v >> 56 != 0) {
            return err_set(err, ERR_LIMIT, "length does not fit 64 bits");
        }
        v = v << 8 | in.p[(*at)++];
    }
    out->len = v;
    return true;
}

bool ber_head(struct span in, struct ber_head *out, struct err *err)
{
    struct ber_head head = {0};
    size_t at = 1;

    if (in.len == 0) {
        return err_set(err, ERR_TRUNCATED, "input ends before an element");
    }
    head.tag.cls = (enum ber_class)(in.p[0] >> 6);
    head.tag.constructed = (in.p[0] & BER_CONSTRUCTED) != 0;
    head.tag.number = in.p[0] & BER_TAG_LONG;
    if (head.tag.number == BER_TAG_LONG && !long_tag(in, &at, &head.tag.number, err)) {
        return false;
    }
    head.tag_len = (uint8_t)at;
    if (!length(in, &at, &head, err)) {
        return false;
    }
    head.head_len = (uint8_t)at;
    if (ber_head_is_eoc(&head) && (in.p[0] != 0 || in.p[1] != 0)) {
        return err_set(err, ERR_MALFORMED, "tag 0 with 0x%02x 0x%02x is no end-of-contents",
                       in.p[0], in.p[1]);
    }
    *out = head;
    return true;
}

bool ber_head_is_minimal(const struct ber_head *head)
{
    return !head->indefinite && head->head_len - head->tag_len == (int)ber_length_size(head->len);
}

void ber_walk_init(struct ber_walk *walk, struct span in, unsigned flags)
{
    walk->in = in;
    walk->at = 0;
    walk->flags = flags;
    walk->depth = 0;
    walk->indefinite = 0;
}

/* The offset that the element at walk->at may not go beyond. */
static size_t walk_limit(const struct ber_walk *walk)
{
    return walk->depth == 0 ? walk->in.len : walk->limit[walk->depth - 1];
}

static bool walk_is_indefinite(const struct ber_walk *walk)
{
    return walk->depth > 0 && (walk->indefinite >> (walk->depth - 1) & 1) != 0;
}

/* Running into a limit is truncation only if no definite length set that limit. */
static enum err_band walk_band(const struct ber_walk *walk)
{
    uint64_t open = walk->depth == 64 ? UINT64_MAX : ((uint64_t)1 << walk->depth) - 1;

    return (walk->indefinite & open) == open ? ERR_TRUNCATED : ERR_MALFORMED;
}

/* Says what is wrong with the head at walk->at. */
static CC_COLD bool walk_fail_head(const struct ber_walk *walk, struct err *err)
{
    struct span left = span_of(walk->in.p + walk->at, walk_limit(walk) - walk->at);
    struct err inner = ERR_INIT;
    struct ber_head head;

    if (!ber_head(left, &head, &inner) && inner.band == ERR_TRUNCATED &&
        walk_band(walk) == ERR_MALFORMED) {
        return err_set(err, ERR_MALFORMED, "the element around it ends inside a tag or length");
    }
    return err_set(err, inner.band, "%s", inner.text);
}

/* Reads the head at walk->at into item, with the checks that need no look at the parent. */
static bool walk_head(struct ber_walk *walk, struct ber_item *item, struct err *err)
{
    size_t limit = walk_limit(walk);
    struct ber_head *head = &item->head;

    item->offset = walk->at;
    item->depth = walk->depth;
    if (!ber_head(span_of(walk->in.p + walk->at, limit - walk->at), head, NULL)) {
        return walk_fail_head(walk, err);
    }
    if (ber_head_is_eoc(head)) {
        return true;
    }
    if (head->len > limit - walk->at - head->head_len) {
        return err_set(err, walk_band(walk), "element of %" PRIu64 " octets, %zu left%s", head->len,
                       limit - walk->at - head->head_len,
                       walk_band(walk) == ERR_TRUNCATED ? "" : " in the element around it");
    }
    if ((walk->flags & BER_PROFILE) != 0) {
        if (!ber_head_is_minimal(head)) {
            return err_set(err, ERR_MALFORMED, "length is not in its shortest definite form");
        }
        if (head->tag.cls == BER_UNIVERSAL && head->tag.constructed &&
            ber_universal_is_string(head->tag.number)) {
            return err_set(err, ERR_MALFORMED, "string in segments");
        }
    }
    return true;
}

/* Opens the constructed element that walk_head has read. */
static bool walk_enter(struct ber_walk *walk, const struct ber_head *head, struct err *err)
{
    if (walk->depth == BER_DEPTH_MAX) {
        return err_set(err, ERR_LIMIT, "elements nest deeper than %d", BER_DEPTH_MAX);
    }
    walk->limit[walk->depth] =
        head->indefinite ? walk_limit(walk) : walk->at + head->head_len + (size_t)head->len;
    walk->indefinite &= ~((uint64_t)1 << walk->depth);
    walk->indefinite |= (uint64_t)head->indefinite << walk->depth;
    walk->depth++;
    walk->at += head->head_len;
    return true;
}

static bool walk_leave(struct ber_walk *walk, struct ber_item *item)
{
    walk->depth--;
    item->step = BER_STEP_LEAVE;
    item->depth = walk->depth;
    item->offset = walk->at;
    return true;
}

bool ber_walk_next(struct ber_walk *walk, struct ber_item *item, struct err *err)
{
    if (!walk_is_indefinite(walk) && walk->at == walk_limit(walk)) {
        if (walk->depth > 0) {
            return walk_leave(walk, item);
        }
        item->step = BER_STEP_END;
        item->depth = 0;
        item->offset = walk->at;
        return true;
    }
    if (!walk_head(walk, item, err)) {
        return err_at_ber(err, walk->at);
    }
    if (ber_head_is_eoc(&item->head)) {
        if (!walk_is_indefinite(walk)) {
            (void)err_set(err, ERR_MALFORMED, "end-of-contents without an indefinite length");
            return err_at_ber(err, walk->at);
        }
        (void)walk_leave(walk, item);
        walk->at += item->head.head_len;
        return true;
    }
    if (item->head.tag.constructed) {
        item->step = BER_STEP_ENTER;
        return walk_enter(walk, &item->head, err) || err_at_ber(err, walk->at);
    }
    item->step = BER_STEP_PRIMITIVE;
    walk->at += item->head.head_len;
    item->contents = span_of(walk->in.p + walk->at, (size_t)item->head.len);
    walk->at += (size_t)item->head.len;
    return true;
}

bool ber_check(struct span in, unsigned flags, struct span *whole, struct err *err)
{
    struct ber_walk walk;
    struct ber_item item;

    ber_walk_init(&walk, in, flags);
    if (in.len == 0) {
        (void)err_set(err, ERR_TRUNCATED, "input ends before an element");
        return err_at_ber(err, 0);
    }
    do {
        if (!ber_walk_next(&walk, &item, err)) {
            return false;
        }
    } while (walk.depth > 0);
    *whole = span_of(in.p, walk.at);
    return true;
}

/* Finds the end of the indefinite element at the start of in by counting what opens and closes. */
static bool indefinite_end(struct span in, const struct ber_head *outer, size_t *end,
                           struct err *err)
{
    size_t at = outer->head_len;
    unsigned depth = 1;

    while (depth > 0) {
        struct ber_head head;

        if (!ber_head(span_from(in, at), &head, err)) {
            return err_at_ber(err, at);
        }
        if (head.len > in.len - at - head.head_len) {
            (void)err_set(err, ERR_TRUNCATED, "element of %" PRIu64 " octets, %zu left", head.len,
                          in.len - at - head.head_len);
            return err_at_ber(err, at);
        }
        if (ber_head_is_eoc(&head)) {
            depth--;
        } else if (head.indefinite) {
            if (depth == BER_DEPTH_MAX) {
                (void)err_set(err, ERR_LIMIT, "elements nest deeper than %d", BER_DEPTH_MAX);
                return err_at_ber(err, at);
            }
            depth++;
        }
        at += head.head_len + (size_t)head.len;
    }
    *end = at;
    return true;
}

bool ber_element(struct span in, struct span *whole, struct ber_head *head, struct err *err)
{
    struct ber_head h;
    size_t end;

    if (!ber_head(in, &h, err)) {
        return err_at_ber(err, 0);
    }
    if (ber_head_is_eoc(&h)) {
        (void)err_set(err, ERR_MALFORMED, "end-of-contents without an indefinite length");
        return err_at_ber(err, 0);
    }
    if (h.len > in.len - h.head_len) {
        (void)err_set(err, ERR_TRUNCATED, "element of %" PRIu64 " octets, %zu left", h.len,
                      in.len - h.head_len);
        return err_at_ber(err, 0);
    }
    end = h.head_len + (size_t)h.len;
    if (h.indefinite && !indefinite_end(in, &h, &end, err)) {
        return false;
    }
    *whole = span_of(in.p, end);
    if (head != NULL) {
        *head = h;
    }
    return true;
}

struct span ber_contents(struct span whole, const struct ber_head *head)
{
    size_t tail = head->indefinite ? 2 : 0;

    assert(whole.len >= head->head_len + tail);
    return span_of(whole.p + head->head_len, whole.len - head->head_len - tail);
}

/* Adds up the segments in contents, and copies them to out unless that is NULL. */
static bool gather(struct span contents, uint8_t *out, size_t *total, struct err *err)
{
    struct ber_walk walk;
    struct ber_item item;
    size_t n = 0;

    ber_walk_init(&walk, contents, 0);
    for (;;) {
        if (!ber_walk_next(&walk, &item, err)) {
            /* A definite length stands around the segments, or the extent is known. */
            if (err != NULL && err->band == ERR_TRUNCATED) {
                err->band = ERR_MALFORMED;
            }
            return false;
        }
        switch (item.step) {
        case BER_STEP_END:
            *total = n;
            return true;
        case BER_STEP_LEAVE:
            continue;
        case BER_STEP_ENTER:
        case BER_STEP_PRIMITIVE:
            break;
        }
        if (item.head.tag.cls != BER_UNIVERSAL || item.head.tag.number != BER_OCTET_STRING) {
            char text[BER_TAG_TEXT_MAX];

            (void)err_set(err, ERR_MALFORMED, "expected a segment OCTET STRING (0x04), found %s",
                          ber_tag_text(item.head.tag, text));
            return err_at_ber(err, item.offset);
        }
        if (item.step == BER_STEP_PRIMITIVE && item.contents.len > 0) {
            if (out != NULL) {
                memcpy(out + n, item.contents.p, item.contents.len);
            }
            n += item.contents.len;
        }
    }
}

bool ber_string(struct span whole, const struct ber_head *head, struct arena *arena,
                struct span *out, struct err *err)
{
    struct span contents = ber_contents(whole, head);
    uint8_t *copy;
    size_t len = 0;

    if (!head->tag.constructed) {
        *out = contents;
        return true;
    }
    if (!gather(contents, NULL, &len, err)) {
        return false;
    }
    copy = arena_alloc(arena, len, err);
    if (copy == NULL || !gather(contents, copy, &len, err)) {
        return false;
    }
    *out = span_of(copy, len);
    return true;
}
