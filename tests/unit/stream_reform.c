/* stream_reform.c - see stream_reform.h. */
#include "stream_reform.h"

#include <stdlib.h>

#include "codec/ber/ber_reader.h"
#include "codec/schema/asn_engine.h"
#include "stream_trip.h"
#include "wire.h"

enum { LENGTH_LEN = 1 + 4 }; /* octets of a padded length */

/* Offsets in an element where strings begin; only the tables know for context tags. */
struct strings {
    size_t *offsets;
    size_t count;
    size_t cap;
};

static bool note_string(void *ctx, const struct asn_shown *shown, struct err *err)
{
    struct strings *strings = ctx;
    const struct asn_type *type = shown->type;

    if (shown->kind != ASN_SHOW_LEAF || type == NULL ||
        (type->op != ASN_OCTETS && type->op != ASN_UTF8)) {
        return true;
    }
    if (strings->count == strings->cap) {
        size_t cap = strings->cap == 0 ? 64 : strings->cap * 2;
        size_t *offsets = realloc(strings->offsets, cap * sizeof(*offsets));

        if (offsets == NULL) {
            return err_memory(err);
        }
        strings->offsets = offsets;
        strings->cap = cap;
    }
    strings->offsets[strings->count++] = shown->offset;
    return true;
}

/* An element that is being rewritten. */
struct reform {
    struct span in;
    unsigned form;
    struct strings strings;
    size_t next; /* string */
    struct buf *out;
    size_t length_at[BER_DEPTH_MAX]; /* of open elements: where a padded length is to be patched */
};

static bool put_length(struct reform *reform, size_t len, struct err *err)
{
    uint8_t octets[LENGTH_LEN] = {0x84, (uint8_t)(len >> 24), (uint8_t)(len >> 16),
                                  (uint8_t)(len >> 8), (uint8_t)len};
    size_t n = 1;

    if ((reform->form & JOIN_PADDED) != 0) {
        return buf_put(reform->out, octets, sizeof(octets), err);
    }
    if (len < 0x80) {
        return buf_put(reform->out, &octets[4], 1, err);
    }
    while (n < 4 && len >> 8 * n != 0) {
        n++;
    }
    octets[4 - n] = (uint8_t)(0x80 | n);
    return buf_put(reform->out, octets + 4 - n, 1 + n, err);
}

/* Segments of 1, 2, 4, ... octets; every other one is itself constructed, and one is empty. */
static bool put_segments(struct reform *reform, struct span contents, struct err *err)
{
    size_t n = 1;

    while (contents.len > 0) {
        size_t take = n < contents.len ? n : contents.len;
        bool nested = n % 3 == 1;

        if ((nested && !buf_put(reform->out, "\x24\x80", 2, err)) ||
            !buf_put(reform->out, "\x04", 1, err) || !put_length(reform, take, err) ||
            !buf_put(reform->out, contents.p, take, err) ||
            (nested && !buf_put(reform->out, "\x04\x00\x00\x00", 4, err))) {
            return false;
        }
        contents = span_from(contents, take);
        n *= 2;
    }
    return true;
}

static bool is_string(struct reform *reform, const struct ber_item *item)
{
    while (reform->next < reform->strings.count &&
           reform->strings.offsets[reform->next] < item->offset) {
        reform->next++;
    }
    return (reform->next < reform->strings.count &&
            reform->strings.offsets[reform->next] == item->offset) ||
           (item->head.tag.cls == BER_UNIVERSAL && (item->head.tag.number == BER_OCTET_STRING ||
                                                    item->head.tag.number == BER_UTF8_STRING));
}

static bool put_primitive(struct reform *reform, const struct ber_item *item, struct err *err)
{
    const uint8_t *identifier = reform->in.p + item->offset;
    uint8_t constructed = (uint8_t)(identifier[0] | 0x20);

    if ((reform->form & JOIN_SEGMENTED) != 0 && is_string(reform, item)) {
        return buf_put(reform->out, &constructed, 1, err) &&
               buf_put(reform->out, identifier + 1, item->head.tag_len - 1U, err) &&
               buf_put(reform->out, "\x80", 1, err) && put_segments(reform, item->contents, err) &&
               buf_put(reform->out, "\0\0", 2, err);
    }
    return buf_put(reform->out, identifier, item->head.tag_len, err) &&
           put_length(reform, item->contents.len, err) &&
           buf_put(reform->out, item->contents.p, item->contents.len, err);
}

/* Constructed elements get an indefinite length, or one that is patched when they end. */
static bool put_enter(struct reform *reform, const struct ber_item *item, struct err *err)
{
    bool indefinite = (reform->form & JOIN_INDEFINITE) != 0;

    if (!buf_put(reform->out, reform->in.p + item->offset, item->head.tag_len, err)) {
        return false;
    }
    reform->length_at[item->depth] = reform->out->len;
    return indefinite ? buf_put(reform->out, "\x80", 1, err)
                      : buf_put(reform->out, "\x84\0\0\0\0", LENGTH_LEN, err);
}

static bool put_leave(struct reform *reform, const struct ber_item *item, struct err *err)
{
    size_t at = reform->length_at[item->depth];
    size_t len = reform->out->len - at - LENGTH_LEN;

    if ((reform->form & JOIN_INDEFINITE) != 0) {
        return buf_put(reform->out, "\0\0", 2, err);
    }
    for (unsigned i = 1; i < LENGTH_LEN; i++) {
        reform->out->p[at + i] = (uint8_t)(len >> 8 * (LENGTH_LEN - 1 - i));
    }
    return true;
}

static bool walk(struct reform *reform, struct err *err)
{
    struct ber_walk walk;
    struct ber_item item;

    ber_walk_init(&walk, reform->in, 0);
    for (;;) {
        bool ok = ber_walk_next(&walk, &item, err);

        if (ok) {
            switch (item.step) {
            case BER_STEP_END:
                return true;
            case BER_STEP_PRIMITIVE:
                ok = put_primitive(reform, &item, err);
                break;
            case BER_STEP_ENTER:
                ok = put_enter(reform, &item, err);
                break;
            case BER_STEP_LEAVE:
                ok = put_leave(reform, &item, err);
                break;
            }
        }
        if (!ok) {
            return false;
        }
    }
}

static bool reform_frame(struct stream_frames *frames, size_t at, unsigned form, struct err *err)
{
    static const struct asn_type *const types[] = {
        [FORM_PART_HEADER] = &wire_header_type,
        [FORM_PART_RECORD] = &wire_body_type,
        [FORM_PART_TRAILER] = &wire_trailer_type,
        [FORM_PART_INDEX] = &wire_index_type,
    };
    struct reform reform;
    struct arena arena;
    struct buf out;
    struct span skippable;
    bool ok;

    memset(&reform, 0, sizeof(reform));
    arena_init(&arena, STREAM_MAX);
    buf_init(&out, STREAM_MAX);
    reform.in = frames->items[at].contents;
    reform.form = form;
    reform.out = &out;
    skippable = span_of(reform.in.p, reform.in.p[0] == 0x01 ? 3 : 0);
    reform.in = span_from(reform.in, skippable.len);
    ok = buf_put(&out, skippable.p, skippable.len, err) &&
         asn_show(types[frames->items[at].part], reform.in, &arena, note_string, &reform.strings,
                  err) &&
         walk(&reform, err) && stream_frames_set(frames, at, buf_span(&out), err);
    free(reform.strings.offsets);
    buf_done(&out);
    arena_done(&arena);
    return ok;
}

bool stream_reform(struct stream_frames *frames, unsigned form, struct err *err)
{
    for (size_t i = 0; i < frames->count; i++) {
        if (!reform_frame(frames, i, form, err)) {
            return false;
        }
    }
    return true;
}
