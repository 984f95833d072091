/* stream_frames.c - see stream_frames.h. */
#include "stream_frames.h"

#include <stdlib.h>

#include "codec/ber/ber_reader.h"
#include "codec/schema/asn_engine.h"
#include "codec/stream/form_digest.h"
#include "codec/stream/form_lower.h"
#include "codec/stream/form_wire.h"
#include "stream_trip.h"

static bool reserve(struct stream_frames *frames, struct err *err)
{
    size_t cap = frames->cap == 0 ? 16 : frames->cap * 2;
    struct stream_frame *items;

    if (frames->count < frames->cap) {
        return true;
    }
    items = realloc(frames->items, cap * sizeof(*items));
    if (items == NULL) {
        return err_memory(err);
    }
    frames->items = items;
    frames->cap = cap;
    return true;
}

/* Finds what the check of a frame covers; a frame without order is cut where a check should be. */
static struct span covered(struct span frame, enum form_part part)
{
    size_t starts[2] = {0, 0}; /* of the last two components */
    struct ber_head head;
    struct span contents;
    struct span rest;

    if (!ber_head(frame, &head, NULL)) {
        return frame;
    }
    contents = ber_contents(frame, &head);
    rest = contents;
    while (rest.len > 0) {
        struct span element;

        if (!ber_element(rest, &element, NULL, NULL)) {
            starts[0] = contents.len > FORM_CHECK_TLV_LEN ? contents.len - FORM_CHECK_TLV_LEN : 0;
            starts[1] = starts[0];
            break;
        }
        starts[1] = starts[0];
        starts[0] = (size_t)(rest.p - contents.p);
        rest = span_from(rest, element.len);
    }
    return span_of(contents.p, starts[part == FORM_PART_INDEX]);
}

bool stream_split(struct span ber, struct stream_frames *frames, struct err *err)
{
    struct stream_memory memory = {ber, 0};
    struct form_reader reader;
    struct win win;
    bool ok;

    memset(frames, 0, sizeof(*frames));
    arena_init(&frames->octets, STREAM_MAX);
    memset(&reader, 0, sizeof(reader));
    ok = win_init(&win, stream_source(&memory), 1 << 20, err) &&
         form_reader_init(&reader, &win, 0, err);
    while (ok) {
        struct form_raw raw;

        ok = form_reader_raw(&reader, &raw, err);
        if (!ok || raw.part == FORM_PART_END) {
            break;
        }
        ok = stream_frames_insert(frames, frames->count, raw.part, covered(raw.octets, raw.part),
                                  err);
    }
    form_reader_done(&reader);
    win_done(&win);
    return ok;
}

void stream_frames_done(struct stream_frames *frames)
{
    arena_done(&frames->octets);
    free(frames->items);
    frames->items = NULL;
}

bool stream_frames_insert(struct stream_frames *frames, size_t at, enum form_part part,
                          struct span contents, struct err *err)
{
    struct stream_frame frame = {part, {NULL, 0}};

    frame.contents =
        span_of(arena_copy(&frames->octets, contents.p, contents.len, err), contents.len);
    if (frame.contents.p == NULL || !reserve(frames, err)) {
        return false;
    }
    memmove(frames->items + at + 1, frames->items + at,
            (frames->count - at) * sizeof(frames->items[0]));
    frames->items[at] = frame;
    frames->count++;
    return true;
}

void stream_frames_remove(struct stream_frames *frames, size_t at)
{
    frames->count--;
    memmove(frames->items + at, frames->items + at + 1,
            (frames->count - at) * sizeof(frames->items[0]));
}

bool stream_frames_set(struct stream_frames *frames, size_t at, struct span contents,
                       struct err *err)
{
    const void *copy = arena_copy(&frames->octets, contents.p, contents.len, err);

    if (copy != NULL) {
        frames->items[at].contents = span_of(copy, contents.len);
    }
    return copy != NULL;
}

size_t stream_frames_find(const struct stream_frames *frames, uint8_t body)
{
    size_t i = 0;

    while (i < frames->count &&
           (frames->items[i].part != FORM_PART_RECORD || frames->items[i].contents.len == 0 ||
            frames->items[i].contents.p[0] != body)) {
        i++;
    }
    return i;
}

static bool put_length(struct buf *out, size_t len, bool padded, struct err *err)
{
    uint8_t octets[1 + 8];
    size_t n = padded ? 6 : 0; /* length octets behind the first */

    while (!padded && len >= 0x80 && len >> 8 * n != 0) {
        n++;
    }
    octets[0] = (uint8_t)(n == 0 ? len : 0x80 | n);
    for (size_t i = 0; i < n; i++) {
        octets[1 + i] = (uint8_t)(n - 1 - i < sizeof(len) ? len >> 8 * (n - 1 - i) : 0);
    }
    return buf_put(out, octets, 1 + n, err);
}

static bool put_check(struct buf *out, struct span contents, unsigned form, struct err *err)
{
    struct hash *hash = hash_new();
    uint8_t check[HASH_CHECK_LEN];

    if (hash == NULL) {
        return err_memory(err);
    }
    hash_put(hash, contents.p, contents.len);
    hash_check(hash, check);
    hash_free(hash);
    if ((form & JOIN_SEGMENTED) == 0) {
        return buf_put(out, "\x04", 1, err) &&
               put_length(out, sizeof(check), (form & JOIN_PADDED) != 0, err) &&
               buf_put(out, check, sizeof(check), err);
    }
    return buf_put(out, "\x24\x80\x04\x05", 4, err) && buf_put(out, check, 5, err) &&
           buf_put(out, "\x04\x00\x04\x03", 4, err) && buf_put(out, check + 5, 3, err) &&
           buf_put(out, "\0\0", 2, err);
}

/* Puts a frame that begins at offset of the stream. */
static bool put_frame(struct buf *out, const struct stream_frame *frame, uint64_t offset,
                      unsigned form, struct err *err)
{
    struct buf inner;
    bool indefinite = (form & JOIN_INDEFINITE) != 0;
    bool ok;

    buf_init(&inner, STREAM_MAX);
    ok = buf_put(&inner, frame->contents.p, frame->contents.len, err) &&
         put_check(&inner, frame->contents, form, err);
    if (ok && frame->part == FORM_PART_INDEX) {
        uint8_t start[2 + 8] = {0x04, 8};

        for (unsigned i = 0; i < 8; i++) {
            start[2 + i] = (uint8_t)(offset >> (56 - 8 * i));
        }
        ok = buf_put(&inner, start, sizeof(start), err);
    }
    ok = ok && buf_put(out, "\x30", 1, err) &&
         (indefinite ? buf_put(out, "\x80", 1, err)
                     : put_length(out, inner.len, (form & JOIN_PADDED) != 0, err)) &&
         buf_put(out, inner.p, inner.len, err) && (!indefinite || buf_put(out, "\0\0", 2, err));
    buf_done(&inner);
    return ok;
}

/* Puts all frames of one part, or all records, the first of which begins at offset. */
static bool put_parts(struct buf *out, const struct stream_frames *frames, enum form_part part,
                      uint64_t offset, unsigned form, struct err *err)
{
    uint64_t start = out->len;

    for (size_t i = 0; i < frames->count; i++) {
        if (frames->items[i].part == part &&
            !put_frame(out, &frames->items[i], offset + (out->len - start), form, err)) {
            return false;
        }
    }
    return true;
}

/* Puts a SEQUENCE of the outer levels around contents. */
static bool put_outer(struct buf *out, struct span contents, unsigned form, struct err *err)
{
    bool definite = (form & JOIN_DEFINITE) != 0;

    return buf_put(out, "\x30", 1, err) &&
           (definite ? put_length(out, contents.len, (form & JOIN_PADDED) != 0, err)
                     : buf_put(out, "\x80", 1, err)) &&
           buf_put(out, contents.p, contents.len, err) &&
           (definite || buf_put(out, "\0\0", 2, err));
}

/* Joins with an index that says it begins at index_at; *found: where it does. */
static bool join(const struct stream_frames *frames, unsigned form, uint64_t index_at,
                 struct buf *ber, uint64_t *found, struct err *err)
{
    struct buf list;
    struct buf inner;
    uint64_t behind = 0; /* octets from where the index begins to where inner ends */
    bool ok;

    buf_init(ber, STREAM_MAX);
    buf_init(&list, STREAM_MAX);
    buf_init(&inner, STREAM_MAX);
    ok = put_parts(&list, frames, FORM_PART_RECORD, 0, form, err) &&
         put_parts(&inner, frames, FORM_PART_HEADER, 0, form, err) &&
         put_outer(&inner, buf_span(&list), form, err) &&
         put_parts(&inner, frames, FORM_PART_TRAILER, 0, form, err);
    behind = inner.len;
    ok = ok && put_parts(&inner, frames, FORM_PART_INDEX, index_at, form, err);
    behind = inner.len - behind;
    ok = ok && put_outer(ber, buf_span(&inner), form, err);
    *found = ber->len - behind - ((form & JOIN_DEFINITE) != 0 ? 0 : 2);
    buf_done(&inner);
    buf_done(&list);
    return ok;
}

bool stream_join(const struct stream_frames *frames, unsigned form, struct buf *ber,
                 struct err *err)
{
    uint64_t index_at;

    /* Once to learn where the index begins: its octets are as many wherever that is. */
    if (!join(frames, form, 0, ber, &index_at, err)) {
        return false;
    }
    buf_done(ber);
    return join(frames, form, index_at, ber, &index_at, err);
}

/* What the records of a stream stand for. */
struct sum {
    struct form_lower lower;
    struct form_digest digest;
    struct buf lowered; /* by the record at hand */
    struct out out;
    uint64_t live_length;
};

static bool sum_record(struct sum *sum, const struct form_record *record)
{
    bool by_check = record->body->which == WIRE_BODY_RAM || record->body->which == WIRE_BODY_FRAMED;
    struct err end = ERR_INIT;
    uint64_t length = 0;

    buf_clear(&sum->lowered);
    if (!form_lower_put(&sum->lower, record, &sum->out, &length, &end) ||
        !out_flush(&sum->out, &end)) {
        return false;
    }
    if (!by_check) {
        form_digest_octets(&sum->digest, buf_span(&sum->lowered));
        return true;
    }
    sum->live_length += length;
    if (record->is_last) {
        form_digest_check(&sum->digest, record->check, sum->live_length);
        sum->live_length = 0;
    }
    return true;
}

/* Sums up until something cannot be read or lowered. */
static void sum_up(struct sum *sum, struct form_reader *reader)
{
    struct wire_header header;
    struct form_record record;
    struct wire_trailer trailer;
    enum form_step step;
    struct err end = ERR_INIT; /* what it is does not matter */

    if (!form_reader_head(reader, &header, &end) ||
        !form_lower_head(&sum->lower, &header, &sum->out, &end) || !out_flush(&sum->out, &end)) {
        return;
    }
    form_digest_octets(&sum->digest, buf_span(&sum->lowered));
    while (form_reader_next(reader, &step, &record, &trailer, &end) && step == FORM_RECORD &&
           sum_record(sum, &record)) {
    }
}

static bool sum_stream(struct span ber, struct wire_trailer *trailer,
                       uint8_t digest[HASH_DIGEST_LEN], struct err *err)
{
    struct stream_memory memory = {ber, 0};
    struct form_reader reader;
    struct sum sum;
    struct win win;
    bool ok;

    memset(&sum, 0, sizeof(sum));
    memset(&reader, 0, sizeof(reader));
    buf_init(&sum.lowered, STREAM_MAX);
    out_init(&sum.out, stream_sink(&sum.lowered));
    ok = win_init(&win, stream_source(&memory), 1 << 20, err) &&
         form_reader_init(&reader, &win, 0, err) && form_lower_init(&sum.lower, err) &&
         form_digest_init(&sum.digest, err);
    if (ok) {
        sum_up(&sum, &reader);
        hash_digest(sum.digest.hash, digest);
        trailer->legacy_length = sum.digest.length;
        trailer->digest = span_of(digest, HASH_DIGEST_LEN);
    }
    form_digest_done(&sum.digest);
    form_lower_done(&sum.lower);
    form_reader_done(&reader);
    win_done(&win);
    out_done(&sum.out);
    buf_done(&sum.lowered);
    return ok;
}

/* Finds the trailer, or adds one. */
static bool find_trailer(struct stream_frames *frames, size_t *at, struct err *err)
{
    for (*at = 0; *at < frames->count; (*at)++) {
        if (frames->items[*at].part == FORM_PART_TRAILER) {
            return true;
        }
    }
    return stream_frames_insert(frames, *at, FORM_PART_TRAILER, span_of(NULL, 0), err);
}

static bool set_trailer(struct stream_frames *frames, size_t at, const struct wire_trailer *trailer,
                        struct err *err)
{
    struct buf octets;
    bool ok;

    buf_init(&octets, 1 << 20);
    ok = asn_encode_buf(&wire_trailer_type, trailer, &octets, NULL, err) &&
         stream_frames_set(frames, at, buf_span(&octets), err);
    buf_done(&octets);
    return ok;
}

bool stream_seal(struct stream_frames *frames, struct err *err)
{
    static const uint8_t zeros[HASH_DIGEST_LEN];
    struct wire_trailer trailer;
    uint8_t digest[HASH_DIGEST_LEN];
    struct buf ber;
    size_t at;
    bool ok;

    if (!find_trailer(frames, &at, err)) {
        return false;
    }
    if (!asn_decode(&wire_trailer_type, frames->items[at].contents, &trailer, &frames->octets, 0,
                    NULL, NULL)) {
        memset(&trailer, 0, sizeof(trailer));
    }
    trailer.records = 0;
    for (size_t i = 0; i < frames->count; i++) {
        trailer.records += frames->items[i].part == FORM_PART_RECORD;
    }
    trailer.digest = span_of(zeros, sizeof(zeros));
    if (!set_trailer(frames, at, &trailer, err)) {
        return false;
    }
    buf_init(&ber, 0);
    ok = stream_join(frames, 0, &ber, err) && sum_stream(buf_span(&ber), &trailer, digest, err) &&
         set_trailer(frames, at, &trailer, err);
    buf_done(&ber);
    return ok;
}

void stream_frames_try(const uint8_t *data, size_t size, const size_t chunks[8],
                       void (*fn)(struct span ber, size_t chunk))
{
    struct stream_frames frames;
    struct err err = ERR_INIT;
    struct buf sealed;

    if (size == 0) {
        return;
    }
    if ((data[0] & 1) == 0) {
        fn(span_of(data + 1, size - 1), chunks[data[0] >> 1 & 7]);
        return;
    }
    if (stream_split(span_of(data + 1, size - 1), &frames, &err)) {
        err_init(&err);
        (void)stream_seal(&frames, &err);
        err_init(&err);
        if (stream_join(&frames, data[0] >> 4, &sealed, &err)) {
            fn(buf_span(&sealed), chunks[data[0] >> 1 & 7]);
        }
        buf_done(&sealed);
    }
    stream_frames_done(&frames);
}
