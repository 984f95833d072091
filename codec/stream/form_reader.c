/*
 * form_reader.c - see form_reader.h.
 *
 * The outer two levels are walked here octet by octet because they are streams; everything inside a
 * frame (HeaderRecord, Record, TrailerRecord, IndexRecord) is whole in memory and goes to the
 * engine.
 */
#include "codec/stream/form_reader.h"

#include <inttypes.h>
#include <stdio.h>

#include "codec/base/err.h"
#include "codec/ber/ber_limits.h"
#include "codec/ber/ber_reader.h"
#include "codec/schema/asn_engine.h"
#include "codec/stream/form_features.h"
#include "codec/stream/form_limits.h"
#include "codec/stream/form_wire.h"

bool form_looks_like_ber(struct span first)
{
    return first.len > 0 && first.p[0] == FORM_SEQUENCE;
}

bool form_reader_init(struct form_reader *reader, struct win *win, unsigned flags, struct err *err)
{
    memset(reader, 0, sizeof(*reader));
    reader->win = win;
    reader->flags = flags;
    reader->have = FORM_FEATURES_ALL;
    arena_init(&reader->arena, FORM_ARENA_MAX);
    buf_init(&reader->large, FORM_RECORD_MAX);
    reader->check = hash_new();
    return (reader->check != NULL || err_memory(err)) && win_grow(win, FORM_WINDOW, err);
}

void form_reader_done(struct form_reader *reader)
{
    arena_done(&reader->arena);
    buf_done(&reader->large);
    hash_free(reader->check);
    reader->check = NULL;
}

static unsigned engine_flags(const struct form_reader *reader)
{
    return (reader->flags & FORM_PROFILE) != 0 ? ASN_PROFILE : 0;
}

/* Parses the head of the element at the window's front without taking it. */
static bool peek_head(struct form_reader *reader, struct ber_head *head, const char *what,
                      struct err *err)
{
    uint64_t at = reader->win->offset;

    /* Octet by octet: a live stream may hold no more than the head for a while. */
    for (size_t need = 2;; need++) {
        struct err here = ERR_INIT;

        if (!win_need(reader->win, need, what, err)) {
            return err_at_ber(err, at);
        }
        if (ber_head(win_span(reader->win), head, &here)) {
            return true;
        }
        if (here.band != ERR_TRUNCATED || need > BER_HEAD_MAX) {
            *err = here;
            err->ber_offset = at;
            return err_at_path(err, "%s", what);
        }
    }
}

/* Takes the head of a frame that must be a SEQUENCE. */
static bool open_frame(struct form_reader *reader, struct form_frame *frame, const char *what,
                       struct err *err)
{
    struct ber_head head;

    if (!peek_head(reader, &head, what, err)) {
        return false;
    }
    if (reader->win->mem[reader->win->begin] != FORM_SEQUENCE) {
        err_set(err, ERR_MALFORMED, "expected SEQUENCE (0x30), found 0x%02x",
                reader->win->mem[reader->win->begin]);
        return err_at_path(err, "%s", what), err_at_ber(err, reader->win->offset);
    }
    if ((reader->flags & FORM_PROFILE) != 0 && !head.indefinite) {
        err_set(err, ERR_MALFORMED, "expected indefinite length, found a definite one");
        return err_at_path(err, "%s", what), err_at_ber(err, reader->win->offset);
    }
    win_take(reader->win, head.head_len);
    frame->indefinite = head.indefinite;
    frame->end = reader->win->offset + head.len;
    if (!head.indefinite && frame->end < head.len) {
        err_set(err, ERR_MALFORMED, "length is beyond 64 bits");
        return err_at_ber(err, reader->win->offset);
    }
    return true;
}

/* Tells whether the frame ends here, and takes its end-of-contents octets if so. */
static bool frame_ends(struct form_reader *reader, const struct form_frame *frame, const char *what,
                       bool *ends, struct err *err)
{
    struct span here;

    if (!frame->indefinite) {
        *ends = reader->win->offset >= frame->end;
        if (reader->win->offset > frame->end) {
            err_set(err, ERR_MALFORMED, "contents pass the end of the frame at 0x%" PRIx64,
                    frame->end);
            return err_at_path(err, "%s", what), err_at_ber(err, reader->win->offset);
        }
        return true;
    }
    if (!win_need(reader->win, 2, what, err)) {
        return err_at_ber(err, reader->win->offset);
    }
    here = win_span(reader->win);
    *ends = here.p[0] == 0 && here.p[1] == 0;
    if (here.p[0] == 0 && here.p[1] != 0) {
        err_set(err, ERR_MALFORMED, "expected end-of-contents 00 00, found 00 %02x", here.p[1]);
        return err_at_path(err, "%s", what), err_at_ber(err, reader->win->offset);
    }
    if (*ends) {
        win_take(reader->win, 2);
    }
    return true;
}

/* A frame that is being taken whole: it is shown in the window, or in reader->large if it is
 * larger. */
struct taking {
    const char *what;
    size_t len_max;
    uint64_t at;   /* where it begins */
    bool is_large; /* what is there of it has been moved to reader->large */
};

static struct span taken(const struct form_reader *reader, const struct taking *taking)
{
    return taking->is_large ? buf_span(&reader->large) : win_span(reader->win);
}

/* Moves octets of the window to reader->large, until len octets of the frame are there. */
static bool take_large(struct form_reader *reader, struct taking *taking, size_t len,
                       struct err *err)
{
    if (!taking->is_large) {
        buf_clear(&reader->large);
        taking->is_large = true;
    }
    while (reader->large.len < len) {
        struct span here;
        size_t take = len - reader->large.len;

        if (!win_need(reader->win, 1, taking->what, err)) {
            return err_at_ber(err, taking->at);
        }
        here = win_span(reader->win);
        take = take < here.len ? take : here.len;
        if (!buf_put(&reader->large, here.p, take, err)) {
            return err_at_ber(err, taking->at);
        }
        win_take(reader->win, take);
    }
    return true;
}

/* Makes sure that the first len octets of the frame, which has at least so many, are there. */
static bool take_up_to(struct form_reader *reader, struct taking *taking, uint64_t len,
                       struct err *err)
{
    if (len > taking->len_max) {
        err_set(err, ERR_LIMIT, "%" PRIu64 " octets, at most %zu are read", len, taking->len_max);
        return err_at_path(err, "%s", taking->what), err_at_ber(err, taking->at);
    }
    if (taking->is_large || len > reader->win->cap) {
        return take_large(reader, taking, (size_t)len, err);
    }
    return win_need(reader->win, (size_t)len, taking->what, err) || err_at_ber(err, taking->at);
}

/* Reads the head at offset at of the frame, octet by octet as peek_head. */
static bool head_inside(struct form_reader *reader, struct taking *taking, uint64_t at,
                        struct ber_head *head, struct err *err)
{
    for (size_t need = 2;; need++) {
        struct err here = ERR_INIT;

        if (!take_up_to(reader, taking, at + need, err)) {
            return false;
        }
        if (ber_head(span_from(taken(reader, taking), (size_t)at), head, &here)) {
            return true;
        }
        if (here.band != ERR_TRUNCATED || need > BER_HEAD_MAX) {
            *err = here;
            err->ber_offset = taking->at + at;
            return err_at_path(err, "%s", taking->what);
        }
    }
}

/*
 * Finds the end of a frame of indefinite length, which only other writers make: passes over each
 * element once, so that time is linear however few octets a read gives. *len is that of the frame's
 * head at first, of all of it in the end.
 */
static bool find_end(struct form_reader *reader, struct taking *taking, uint64_t *len,
                     struct err *err)
{
    unsigned depth = 1; /* elements of indefinite length that are open */

    while (depth > 0) {
        struct ber_head head;

        if (!head_inside(reader, taking, *len, &head, err)) {
            return false;
        }
        if (head.len > taking->len_max && !head.indefinite) {
            err_set(err, ERR_LIMIT, "%" PRIu64 " octets, at most %zu are read", head.len,
                    taking->len_max);
            return err_at_path(err, "%s", taking->what), err_at_ber(err, taking->at + *len);
        }
        *len += head.head_len + (head.indefinite ? 0 : head.len);
        if (ber_head_is_eoc(&head)) {
            depth--;
        } else if (head.indefinite && ++depth > BER_DEPTH_MAX) {
            err_set(err, ERR_LIMIT, "more than %d elements inside one another", BER_DEPTH_MAX);
            return err_at_path(err, "%s", taking->what), err_at_ber(err, taking->at + *len);
        }
    }
    return true;
}

/* Gets the whole frame at the window's front as one span and takes it. */
static bool take_frame(struct form_reader *reader, size_t len_max, const char *what,
                       struct span *whole, struct err *err)
{
    struct taking taking = {what, len_max, reader->win->offset, false};
    struct ber_head head;
    uint64_t len;

    if (!peek_head(reader, &head, what, err)) {
        return false;
    }
    if (!head.indefinite && head.len > len_max - head.head_len) {
        err_set(err, ERR_LIMIT, "%" PRIu64 " octets, at most %zu are read", head.len, len_max);
        return err_at_path(err, "%s", what), err_at_ber(err, taking.at);
    }
    len = head.head_len + (head.indefinite ? 0 : head.len);
    if (head.indefinite && !find_end(reader, &taking, &len, err)) {
        return false;
    }
    if (!take_up_to(reader, &taking, len, err)) {
        return false;
    }
    *whole = span_of(taken(reader, &taking).p, (size_t)len);
    if (!taking.is_large) {
        win_take(reader->win, (size_t)len);
    }
    return true;
}

static bool check_fault(struct span expected, const uint8_t found[HASH_CHECK_LEN], struct err *err)
{
    char want[2 * HASH_CHECK_LEN + 1] = "";
    char have[2 * HASH_CHECK_LEN + 1] = "";

    for (size_t i = 0; i < HASH_CHECK_LEN; i++) {
        (void)snprintf(want + 2 * i, 3, "%02x", expected.p[i]);
        (void)snprintf(have + 2 * i, 3, "%02x", found[i]);
    }
    return err_set(err, ERR_MALFORMED, "check does not match: expected %s, found %s", want, have);
}

/*
 * Compares the check of a frame: it covers the contents octets before the check component, behind
 * which after more components stand.
 */
static bool compare_check(struct form_reader *reader, struct span frame, struct span check,
                          unsigned after, uint8_t found[HASH_CHECK_LEN], struct err *err)
{
    struct ber_head head;
    struct span rest;
    size_t starts[4] = {0, 0, 0, 0}; /* of the last components, newest first */
    const uint8_t *contents;

    if (!ber_head(frame, &head, err)) {
        return false;
    }
    contents = frame.p + head.head_len;
    rest = span_of(contents, frame.len - head.head_len - (head.indefinite ? 2 : 0));
    while (rest.len > 0) {
        struct span element;

        if (!ber_element(rest, &element, NULL, err)) {
            return false;
        }
        memmove(starts + 1, starts, 3 * sizeof(starts[0]));
        starts[0] = (size_t)(rest.p - contents);
        rest = span_from(rest, element.len);
    }
    hash_reset(reader->check);
    hash_put(reader->check, contents, starts[after]);
    hash_check(reader->check, found);
    if (!span_eq(check, span_of(found, HASH_CHECK_LEN))) {
        return check_fault(check, found, err);
    }
    return true;
}

/* Decodes one whole frame; errors get the frame's place. */
static bool decode_frame(struct form_reader *reader, const struct asn_type *type, struct span frame,
                         uint64_t at, void *value, struct err *err)
{
    size_t used;

    if (!asn_decode(type, frame, value, &reader->arena, engine_flags(reader), &used, err)) {
        err->ber_offset = at + (err->ber_offset == ERR_NO_OFFSET ? 0 : err->ber_offset);
        return false;
    }
    if (used != frame.len) {
        err_set(err, ERR_MALFORMED, "%zu octets behind the last component", frame.len - used);
        return err_at_ber(err, at + used);
    }
    return true;
}

static bool check_frame(struct form_reader *reader, struct span frame, uint64_t at,
                        struct span check, unsigned after, uint8_t found[HASH_CHECK_LEN],
                        const char *what, struct err *err)
{
    if ((reader->flags & FORM_UNCHECKED) != 0 ||
        compare_check(reader, frame, check, after, found, err)) {
        return true;
    }
    return err_at_path(err, "%s", what), err_at_ber(err, at);
}

bool form_reader_head(struct form_reader *reader, struct wire_header *header, struct err *err)
{
    struct wire_header_record frame;
    uint8_t found[HASH_CHECK_LEN];
    struct span whole;
    uint64_t at;

    if (!open_frame(reader, &reader->outer, "MigrationStream", err)) {
        return false;
    }
    at = reader->win->offset;
    if (!take_frame(reader, FORM_HEADER_MAX, "header", &whole, err) ||
        !decode_frame(reader, &wire_header_record_type, whole, at, &frame, err)) {
        return false;
    }
    if (!span_eq(frame.header.format, span_of(FORM_OID, FORM_OID_LEN))) {
        err_set(err, ERR_MALFORMED, "the format is not 1.3.6.1.4.1.32473.1.1: no vmber stream");
        return err_at_path(err, "header > format"), err_at_ber(err, at);
    }
    if (!check_frame(reader, whole, at, frame.check, 0, found, "header", err)) {
        return false;
    }
    if (!form_features_check(&frame.header.features, reader->have, &reader->named, err)) {
        return err_at_path(err, "header > features"), err_at_ber(err, at);
    }
    *header = frame.header;
    return true;
}

/* Tells the next piece of the record in reader->live. */
static bool next_piece(struct form_reader *reader, struct form_record *record, struct err *err)
{
    const struct wire_live_piece *piece = &reader->live->body.u.live.items[reader->live_at++];

    *record = reader->current;
    record->body = &reader->piece;
    record->is_last = reader->live_at == reader->live->body.u.live.count;
    if (record->is_last) {
        reader->live = NULL;
    }
    switch (piece->which) {
    case WIRE_LIVE_PIECE_FRAMED:
        reader->piece.which = WIRE_BODY_FRAMED;
        reader->piece.u.framed = piece->u.framed;
        return true;
    case WIRE_LIVE_PIECE_RAM:
        reader->piece.which = WIRE_BODY_RAM;
        reader->piece.u.ram = piece->u.ram;
        return true;
    default:
        err_set(err, ERR_UNSUPPORTED, "a piece of a kind this reader does not know (tag 0x%02x)",
                piece->unknown.p[0]);
        err_at_path(err, "record %" PRIu64, reader->records);
        return err_at_ber(err, record->ber_offset);
    }
}

static bool next_record(struct form_reader *reader, struct form_record *record, struct err *err)
{
    struct wire_record *frame;
    struct span whole;
    uint64_t at = reader->win->offset;
    char what[40];

    (void)snprintf(what, sizeof(what), "record %" PRIu64, reader->records + 1);
    arena_reset(&reader->arena);
    frame = arena_alloc(&reader->arena, sizeof(*frame), err);
    if (frame == NULL || !take_frame(reader, FORM_RECORD_MAX, what, &whole, err)) {
        return false;
    }
    if (!decode_frame(reader, &wire_record_type, whole, at, frame, err)) {
        char inner[ERR_PATH_MAX];

        memcpy(inner, err->path, sizeof(inner));
        (void)snprintf(err->path, sizeof(err->path), "%s%s%.200s", what,
                       inner[0] != '\0' ? " > " : "", inner);
        return false;
    }
    if (!check_frame(reader, whole, at, frame->check, 0, record->check, what, err)) {
        return false;
    }
    record->body = &frame->body;
    record->skippable = frame->skippable;
    record->is_last = true;
    record->ber_offset = at;
    record->ber_length = whole.len;
    record->octets = whole;
    if (frame->body.which == ASN_UNKNOWN && !frame->skippable) {
        err_set(err, ERR_UNSUPPORTED,
                "a record of a kind this reader does not know (tag 0x%02x) that may not be skipped",
                frame->body.unknown.p[0]);
        return err_at_path(err, "%s", what), err_at_ber(err, at);
    }
    if (frame->body.which == WIRE_BODY_TYPE_DESCRIPTION &&
        !form_features_check_type(&frame->body.u.type_description, reader->have, reader->named,
                                  err)) {
        return err_at_path(err, "%s > features", what), err_at_ber(err, at);
    }
    reader->records++;
    if (frame->body.which != WIRE_BODY_LIVE) {
        return true;
    }
    if (frame->body.u.live.count == 0) {
        err_set(err, ERR_MALFORMED, "no piece in a record of pieces");
        return err_at_path(err, "%s", what), err_at_ber(err, at);
    }
    reader->live = frame;
    reader->live_at = 0;
    reader->current = *record;
    return next_piece(reader, record, err);
}

static bool read_trailer(struct form_reader *reader, struct wire_trailer *trailer, struct err *err)
{
    struct wire_trailer_record frame;
    uint8_t found[HASH_CHECK_LEN];
    struct span whole;
    uint64_t at = reader->win->offset;

    arena_reset(&reader->arena);
    if (!take_frame(reader, FORM_HEADER_MAX, "trailer", &whole, err) ||
        !decode_frame(reader, &wire_trailer_record_type, whole, at, &frame, err) ||
        !check_frame(reader, whole, at, frame.check, 0, found, "trailer", err)) {
        return false;
    }
    if (frame.trailer.records != reader->records) {
        err_set(err, ERR_MALFORMED, "the trailer counts %" PRIu64 " records, found %" PRIu64,
                frame.trailer.records, reader->records);
        return err_at_path(err, "trailer > records"), err_at_ber(err, at);
    }
    *trailer = frame.trailer;
    /* What it points at must outlive the frame's octets, which the next read may overwrite. */
    trailer->digest.p =
        arena_copy(&reader->arena, frame.trailer.digest.p, frame.trailer.digest.len, err);
    trailer->unknown.p =
        arena_copy(&reader->arena, frame.trailer.unknown.p, frame.trailer.unknown.len, err);
    return trailer->digest.p != NULL && trailer->unknown.p != NULL;
}

static bool read_index(struct form_reader *reader, struct err *err)
{
    struct wire_index_record frame;
    uint8_t found[HASH_CHECK_LEN];
    struct span whole;
    uint64_t at = reader->win->offset;
    uint64_t start = 0;

    if (!take_frame(reader, FORM_RECORD_MAX, "index", &whole, err) ||
        !decode_frame(reader, &wire_index_record_type, whole, at, &frame, err) ||
        !check_frame(reader, whole, at, frame.check, 1, found, "index", err)) {
        return false;
    }
    for (size_t i = 0; i < frame.start.len; i++) {
        start = start << 8 | frame.start.p[i];
    }
    if (start != at && (reader->flags & FORM_UNCHECKED) == 0) {
        err_set(err, ERR_MALFORMED, "the index says it begins at 0x%" PRIx64, start);
        return err_at_path(err, "index > start"), err_at_ber(err, at);
    }
    return true;
}

/* Reads the index, if there is one, and the end of the stream. */
static bool read_rest(struct form_reader *reader, struct err *err)
{
    bool ends = false;

    if (!frame_ends(reader, &reader->outer, "MigrationStream", &ends, err)) {
        return false;
    }
    if (!ends && (!read_index(reader, err) ||
                  !frame_ends(reader, &reader->outer, "MigrationStream", &ends, err))) {
        return false;
    }
    if (!ends) {
        err_set(err, ERR_MALFORMED, "expected the end of the stream, found another element");
        return err_at_ber(err, reader->win->offset);
    }
    if ((reader->flags & FORM_LIVE) == 0 && !win_fill(reader->win, 1, err)) {
        return false;
    }
    if (win_span(reader->win).len > 0) {
        err_set(err, ERR_MALFORMED, "octets behind the end of the BER stream, first 0x%02x",
                win_span(reader->win).p[0]);
        return err_at_ber(err, reader->win->offset);
    }
    return true;
}

bool form_reader_next(struct form_reader *reader, enum form_step *step, struct form_record *record,
                      struct wire_trailer *trailer, struct err *err)
{
    bool ends = false;

    if (reader->live != NULL) {
        *step = FORM_RECORD;
        return next_piece(reader, record, err);
    }
    if (!reader->list_open && !open_frame(reader, &reader->list, "records", err)) {
        return false;
    }
    reader->list_open = true;
    if (!frame_ends(reader, &reader->list, "records", &ends, err)) {
        return false;
    }
    if (!ends) {
        *step = FORM_RECORD;
        return next_record(reader, record, err);
    }
    *step = FORM_TRAILER;
    return read_trailer(reader, trailer, err) && read_rest(reader, err);
}

/* Says which frame comes next, and reads the heads and ends of the outer levels on the way. */
static bool next_part(struct form_reader *reader, enum form_part *part, struct err *err)
{
    bool ends = false;

    switch (reader->part) {
    case FORM_PART_START:
        *part = FORM_PART_HEADER;
        return open_frame(reader, &reader->outer, "MigrationStream", err);
    case FORM_PART_HEADER:
        if (!open_frame(reader, &reader->list, "records", err)) {
            return false;
        }
        reader->list_open = true;
        break;
    case FORM_PART_RECORD:
        break;
    case FORM_PART_TRAILER:
    case FORM_PART_INDEX:
        *part = reader->part == FORM_PART_TRAILER ? FORM_PART_INDEX : FORM_PART_END;
        if (!frame_ends(reader, &reader->outer, "MigrationStream", &ends, err)) {
            return false;
        }
        if (!ends && *part == FORM_PART_END) {
            err_set(err, ERR_MALFORMED, "expected the end of the stream, found another element");
            return err_at_ber(err, reader->win->offset);
        }
        *part = ends ? FORM_PART_END : *part;
        return true;
    case FORM_PART_END:
        *part = FORM_PART_END;
        return true;
    }
    if (!frame_ends(reader, &reader->list, "records", &ends, err)) {
        return false;
    }
    *part = ends ? FORM_PART_TRAILER : FORM_PART_RECORD;
    return true;
}

bool form_reader_raw(struct form_reader *reader, struct form_raw *raw, struct err *err)
{
    enum form_part part;
    const char *what = "header";
    char number[40];
    size_t len_max = FORM_HEADER_MAX;

    if (!next_part(reader, &part, err)) {
        return false;
    }
    switch (part) {
    case FORM_PART_START:
    case FORM_PART_HEADER:
        break;
    case FORM_PART_RECORD:
        (void)snprintf(number, sizeof(number), "record %" PRIu64, reader->records + 1);
        what = number;
        len_max = FORM_RECORD_MAX;
        break;
    case FORM_PART_TRAILER:
        what = "trailer";
        break;
    case FORM_PART_INDEX:
        what = "index";
        len_max = FORM_RECORD_MAX;
        break;
    case FORM_PART_END:
        reader->part = part;
        memset(raw, 0, sizeof(*raw));
        raw->part = part;
        raw->ber_offset = reader->win->offset;
        return true;
    }
    raw->part = part;
    raw->ber_offset = reader->win->offset;
    if (!take_frame(reader, len_max, what, &raw->octets, err)) {
        return err_at_path(err, "%s", what);
    }
    reader->part = part;
    reader->records += part == FORM_PART_RECORD;
    return true;
}
