/* form_writer.c - see form_writer.h. */
#include "codec/stream/form_writer.h"

#include <stdlib.h>

#include "codec/base/err.h"
#include "codec/ber/ber_writer.h"
#include "codec/savevm/leg_limits.h"
#include "codec/schema/asn_engine.h"
#include "codec/stream/form_index.h"
#include "codec/stream/form_limits.h"
#include "codec/stream/form_wire.h"

static const uint8_t begin_frame[] = {FORM_SEQUENCE, FORM_INDEFINITE};
static const uint8_t end_frame[] = {0, 0};
static const uint8_t zeros[FORM_ALIGNMENT];

bool form_writer_init(struct form_writer *writer, struct out *out, struct err *err)
{
    memset(writer, 0, sizeof(*writer));
    writer->out = out;
    buf_init(&writer->record, FORM_RECORD_MAX);
    buf_init(&writer->batch, FORM_RECORD_MAX);
    buf_init(&writer->pages, FORM_ALIGNED_DATA_MIN);
    writer->check = hash_new();
    if (writer->check == NULL) {
        return err_memory(err);
    }
    return form_digest_init(&writer->digest, err);
}

void form_writer_done(struct form_writer *writer)
{
    buf_done(&writer->record);
    buf_done(&writer->batch);
    buf_done(&writer->pages);
    hash_free(writer->check);
    form_digest_done(&writer->digest);
    free(writer->iov);
    form_index_free(writer->index);
    memset(writer, 0, sizeof(*writer));
}

bool form_writer_with_index(struct form_writer *writer, struct err *err)
{
    writer->index = form_index_new();
    return writer->index != NULL || err_memory(err);
}

/*
 * Fills in the check of the frame in record: over the contents octets before the check component.
 * Pages that stand in a hole are hashed in their place. tail is what follows the check in the
 * frame (IndexRecord has one more component).
 */
static void seal(struct form_writer *writer, const struct asn_hole *hole,
                 const struct form_put *put, size_t head_len, size_t tail_len,
                 uint8_t check[HASH_CHECK_LEN])
{
    struct buf *record = &writer->record;
    size_t end = record->len - tail_len - FORM_CHECK_TLV_LEN;
    size_t at = head_len;

    hash_reset(writer->check);
    if (hole != NULL && hole->len > 0) {
        hash_put(writer->check, record->p + at, hole->offset - at);
        for (size_t i = 0; i < put->page_count; i++) {
            hash_put(writer->check, put->pages[i].p, put->pages[i].len);
        }
        at = hole->offset;
    }
    hash_put(writer->check, record->p + at, end - at);
    hash_check(writer->check, check);
    memcpy(record->p + end + (FORM_CHECK_TLV_LEN - HASH_CHECK_LEN), check, HASH_CHECK_LEN);
}

/* Octets of identifier and length in front of a frame's contents; our own writing, so it is there.
 */
static size_t frame_head_len(const struct buf *record)
{
    return record->p[1] < 0x80 ? 2 : 2 + (size_t)(record->p[1] & 0x7f);
}

/* Encodes a frame (HeaderRecord, TrailerRecord, IndexRecord) and seals it. */
static bool make_frame(struct form_writer *writer, const struct asn_type *type, const void *value,
                       size_t tail_len, struct err *err)
{
    uint8_t check[HASH_CHECK_LEN];

    buf_clear(&writer->record);
    if (!asn_encode_buf(type, value, &writer->record, NULL, err)) {
        return false;
    }
    seal(writer, NULL, NULL, frame_head_len(&writer->record), tail_len, check);
    return true;
}

static bool put_frame(struct form_writer *writer, const struct asn_type *type, const void *value,
                      size_t tail_len, struct err *err)
{
    return make_frame(writer, type, value, tail_len, err) &&
           out_put(writer->out, writer->record.p, writer->record.len, err);
}

static bool reserve_iov(struct form_writer *writer, size_t count, struct err *err)
{
    struct iovec *iov;

    if (count <= writer->iov_cap) {
        return true;
    }
    iov = realloc(writer->iov, count * sizeof(*iov));
    if (iov == NULL) {
        return err_memory(err);
    }
    writer->iov = iov;
    writer->iov_cap = count;
    return true;
}

/* Takes the memory that RAM records need, and that their output needs. */
static bool reserve(struct form_writer *writer, struct err *err)
{
    struct buf *pending = &writer->out->pending;

    buf_clear(&writer->record);
    return buf_reserve(pending, pending->len_max - pending->len, err) &&
           buf_reserve(&writer->record, FORM_BATCH_ROOM, err) &&
           buf_reserve(&writer->batch, FORM_BATCH_ROOM, err) &&
           buf_reserve(&writer->pages, FORM_ALIGNED_DATA_MIN, err) &&
           reserve_iov(writer, LEG_RAM_PAGES_MAX + 2, err);
}

bool form_writer_header(struct form_writer *writer, const struct wire_header *header,
                        struct err *err)
{
    struct wire_header_record frame;

    memset(&frame, 0, sizeof(frame));
    frame.header = *header;
    frame.check = span_of(zeros, HASH_CHECK_LEN);
    return make_frame(writer, &wire_header_record_type, &frame, 0, err);
}

bool form_writer_begin(struct form_writer *writer, const struct wire_header *header,
                       struct err *err)
{
    return reserve(writer, err) && out_put(writer->out, begin_frame, sizeof(begin_frame), err) &&
           form_writer_header(writer, header, err) &&
           out_put(writer->out, writer->record.p, writer->record.len, err) &&
           out_put(writer->out, begin_frame, sizeof(begin_frame), err);
}

/* Encodes the record, with a pad that puts the contents of RAM data on a multiple of 64 octets. */
static bool encode_record(struct form_writer *writer, struct wire_record *record,
                          struct asn_hole *hole, struct err *err)
{
    struct wire_ram *ram = &record->body.u.ram;
    bool align = record->body.which == WIRE_BODY_RAM && ram->has_data &&
                 ram->data.len >= FORM_ALIGNED_DATA_MIN;

    if (align) {
        ram->has_pad = true;
        ram->pad = span_of(zeros, FORM_ALIGNMENT);
    } else if (record->body.which == WIRE_BODY_RAM) {
        ram->has_pad = false;
    }
    /* A shorter pad can shorten the lengths before it once, so the second correction settles it. */
    for (int round = 0; round < 3; round++) {
        size_t off;

        memset(hole, 0, sizeof(*hole));
        buf_clear(&writer->record);
        if (!asn_encode_buf(&wire_record_type, record, &writer->record, hole, err)) {
            return false;
        }
        off = (size_t)((writer->out->offset + hole->offset) % FORM_ALIGNMENT);
        if (!align || hole->len == 0 || off == 0) {
            break;
        }
        ram->pad.len =
            ram->pad.len > off ? ram->pad.len - off : ram->pad.len + FORM_ALIGNMENT - off;
        if (ram->pad.len > FORM_ALIGNMENT) {
            ram->pad.len = FORM_ALIGNMENT;
        }
    }
    return true;
}

/* Writes the encoded record with the pages in its hole. */
static bool write_with_pages(struct form_writer *writer, const struct asn_hole *hole,
                             const struct form_put *put, struct err *err)
{
    size_t n = put->page_count;

    if (!reserve_iov(writer, n + 2, err)) {
        return false;
    }
    writer->iov[0].iov_base = writer->record.p;
    writer->iov[0].iov_len = hole->offset;
    for (size_t i = 0; i < n; i++) {
        writer->iov[i + 1].iov_base = (void *)(uintptr_t)put->pages[i].p;
        writer->iov[i + 1].iov_len = put->pages[i].len;
    }
    writer->iov[n + 1].iov_base = writer->record.p + hole->offset;
    writer->iov[n + 1].iov_len = writer->record.len - hole->offset;
    return out_gather(writer->out, writer->iov, n + 2, err);
}

/* Seals the encoded record and writes it; by_check: see form_digest.h. */
static bool write_record(struct form_writer *writer, const struct asn_hole *hole,
                         const struct form_put *put, bool by_check, struct err *err)
{
    uint8_t check[HASH_CHECK_LEN];

    seal(writer, hole, put, frame_head_len(&writer->record), 0, check);
    if (by_check) {
        form_digest_check(&writer->digest, check, put->legacy_length);
    } else {
        form_digest_octets(&writer->digest, put->legacy);
    }
    writer->records++;
    if (hole->len > 0) {
        return write_with_pages(writer, hole, put, err);
    }
    return out_put(writer->out, writer->record.p, writer->record.len, err);
}

/* Small pieces of live sections are gathered; RAM with much data goes alone, aligned and uncopied.
 */
static bool is_small(const struct wire_body *body)
{
    return (body->which == WIRE_BODY_FRAMED && body->u.framed.data.len < FORM_ALIGNED_DATA_MIN) ||
           (body->which == WIRE_BODY_RAM &&
            (!body->u.ram.has_data || body->u.ram.data.len < FORM_ALIGNED_DATA_MIN));
}

/* Adds a piece to the batch. */
static bool gather_piece(struct form_writer *writer, const struct form_put *put, struct err *err)
{
    struct wire_body body = *put->body;

    if (body.which == WIRE_BODY_RAM && body.u.ram.has_data && body.u.ram.data.p == NULL) {
        buf_clear(&writer->pages);
        for (size_t i = 0; i < put->page_count; i++) {
            if (!buf_put(&writer->pages, put->pages[i].p, put->pages[i].len, err)) {
                return false;
            }
        }
        body.u.ram.data = buf_span(&writer->pages);
    }
    if (!asn_encode_buf(&wire_body_type, &body, &writer->batch, NULL, err)) {
        return false;
    }
    writer->batched++;
    writer->batch_legacy += put->legacy_length;
    return writer->batch.len < FORM_BATCH_MAX || form_writer_flush(writer, err);
}

/* Appends identifier and length octets. */
static bool put_head(struct buf *out, const struct asn_tag *tag, size_t len, struct err *err)
{
    static const struct ber_tag one_octet = {0, BER_UNIVERSAL, false};
    uint8_t head[BER_HEAD_MAX];
    size_t head_len = ber_forward_head(head, one_octet, len);

    return buf_put(out, tag->octets, tag->len, err) && buf_put(out, head + 1, head_len - 1, err);
}

/* Puts the record around the pieces that are encoded already. */
static bool frame_batch(struct form_writer *writer, struct err *err)
{
    const struct asn_tag none = {0, {0}};
    const struct asn_tag *tag =
        writer->batched > 1 ? &wire_body_type.members[WIRE_BODY_LIVE].tag : &none;
    struct span pieces = buf_span(&writer->batch);
    struct buf *record = &writer->record;
    size_t start;

    /* The head of the list first, alone, to learn its length. */
    buf_clear(record);
    if (tag->len > 0 && !put_head(record, tag, pieces.len, err)) {
        return false;
    }
    start = record->len;
    buf_clear(record);
    return put_head(record, &wire_record_type.tag, start + pieces.len + FORM_CHECK_TLV_LEN, err) &&
           (tag->len == 0 || put_head(record, tag, pieces.len, err)) &&
           buf_put(record, pieces.p, pieces.len, err) &&
           put_head(record, &wire_check_type.tag, HASH_CHECK_LEN, err) &&
           buf_put(record, zeros, HASH_CHECK_LEN, err);
}

bool form_writer_flush(struct form_writer *writer, struct err *err)
{
    struct form_put put = {NULL, false, {NULL, 0}, writer->batch_legacy, NULL, 0};
    struct asn_hole none = {0, 0};

    if (writer->batched == 0) {
        return true;
    }
    if (!frame_batch(writer, err)) {
        return false;
    }
    buf_clear(&writer->batch);
    writer->batched = 0;
    writer->batch_legacy = 0;
    return write_record(writer, &none, &put, true, err);
}

/* Pages that come in one piece are written from where they are, like those that come alone. */
static struct form_put in_a_hole(const struct form_put *put, struct wire_record *record)
{
    struct wire_ram *ram = &record->body.u.ram;
    struct form_put one = *put;

    if (put->body->which == WIRE_BODY_RAM && ram->has_data && ram->data.p != NULL &&
        ram->data.len >= FORM_ALIGNED_DATA_MIN) {
        one.pages = &put->body->u.ram.data;
        one.page_count = 1;
        ram->data.p = NULL;
    }
    return one;
}

bool form_writer_put(struct form_writer *writer, const struct form_put *put, struct err *err)
{
    struct wire_record record;
    struct asn_hole hole;
    struct form_put one;
    bool small = is_small(put->body) && !put->skippable;

    if (!small && !form_writer_flush(writer, err)) {
        return false;
    }
    if (writer->index != NULL &&
        !form_index_note(writer->index, put->body, writer->out->offset,
                         writer->digest.length + writer->batch_legacy, err)) {
        return false;
    }
    if (small) {
        return gather_piece(writer, put, err);
    }
    memset(&record, 0, sizeof(record));
    record.has_skippable = put->skippable;
    record.skippable = put->skippable;
    record.body = *put->body;
    record.check = span_of(zeros, HASH_CHECK_LEN);
    one = in_a_hole(put, &record);
    return encode_record(writer, &record, &hole, err) &&
           write_record(writer, &hole, &one,
                        put->body->which == WIRE_BODY_RAM || put->body->which == WIRE_BODY_FRAMED,
                        err);
}

static bool put_index(struct form_writer *writer, struct err *err)
{
    struct wire_index_record frame;
    uint8_t start[8];

    for (unsigned i = 0; i < sizeof(start); i++) {
        start[i] = (uint8_t)(writer->out->offset >> (56 - 8 * i));
    }
    memset(&frame, 0, sizeof(frame));
    frame.index.entries.items = writer->index->entries;
    frame.index.entries.count = writer->index->count;
    frame.check = span_of(zeros, HASH_CHECK_LEN);
    frame.start = span_of(start, sizeof(start));
    return put_frame(writer, &wire_index_record_type, &frame, 2 + sizeof(start), err);
}

void form_writer_keep(struct form_writer *writer, const struct wire_trailer *trailer)
{
    writer->kept = trailer->unknown;
}

bool form_writer_end(struct form_writer *writer, struct err *err)
{
    struct wire_trailer_record frame;
    uint8_t digest[HASH_DIGEST_LEN];

    if (!form_writer_flush(writer, err)) {
        return false;
    }
    hash_digest(writer->digest.hash, digest);
    memset(&frame, 0, sizeof(frame));
    frame.trailer.records = writer->records;
    frame.trailer.legacy_length = writer->digest.length;
    frame.trailer.digest = span_of(digest, sizeof(digest));
    frame.trailer.unknown = writer->kept;
    frame.check = span_of(zeros, HASH_CHECK_LEN);
    return out_put(writer->out, end_frame, sizeof(end_frame), err) &&
           put_frame(writer, &wire_trailer_record_type, &frame, 0, err) &&
           (writer->index == NULL || put_index(writer, err)) &&
           out_put(writer->out, end_frame, sizeof(end_frame), err) && out_flush(writer->out, err);
}
