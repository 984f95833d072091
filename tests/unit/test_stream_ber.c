/*
 * test_stream_ber.c - codec/stream: what a reader of BER streams takes, keeps and refuses.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "codec/ber/ber_reader.h"
#include "codec/schema/asn_engine.h"
#include "stream_frames.h"
#include "stream_reform.h"
#include "stream_rewrite.h"
#include "stream_samples.h"
#include "stream_trip.h"

static struct stream_sample sample;
static struct stream_frames frames;
static struct err err;

static const char *said(void)
{
    static char line[ERR_PATH_MAX + ERR_TEXT_MAX + 100];

    return err_format(&err, line, sizeof(line));
}

/* The frames of sample, whose legacy octets must come back whatever is done to them. */
static void take_apart(const char *name, unsigned flags)
{
    struct buf ber;

    err_init(&err);
    stream_sample_named(&sample, name);
    ck_assert_msg(stream_encode(buf_span(&sample.legacy), 0, flags, &ber, &err), "%s", said());
    ck_assert_msg(stream_split(buf_span(&ber), &frames, &err), "%s", said());
    buf_done(&ber);
}

static void put_away(void)
{
    stream_frames_done(&frames);
    stream_sample_done(&sample);
}

/* Puts the frames together with a trailer and checks that are right. */
static struct buf put_together(unsigned form)
{
    struct buf ber;

    ck_assert_msg(stream_seal(&frames, &err), "%s", said());
    ck_assert_msg(stream_join(&frames, form, &ber, &err), "%s", said());
    return ber;
}

static void must_decode(struct span ber, size_t chunk, const char *what)
{
    struct buf back;

    ck_assert_msg(stream_decode(ber, chunk, 0, &back, &err), "%s: %s", what, said());
    ck_assert_msg(span_eq(buf_span(&back), buf_span(&sample.legacy)), "%s: other octets", what);
    buf_done(&back);
}

/* Decoding must fail like that; text and path are looked for in the message. */
static void must_refuse(struct span ber, unsigned flags, enum err_band band, const char *text)
{
    struct buf back;

    err_init(&err);
    ck_assert_msg(!stream_decode(ber, 0, flags, &back, &err), "decodes; expected: %s", text);
    ck_assert_msg(err.band == band && strstr(said(), text) != NULL, "expected %s, %s: %s",
                  err_band_name(band), text, said());
    ck_assert_uint_le(back.len, sample.eof_at);
    buf_done(&back);
    err_init(&err);
}

/* put_together and must_refuse. */
static void must_refuse_frames(enum err_band band, const char *text)
{
    struct buf ber = put_together(0);

    must_refuse(buf_span(&ber), 0, band, text);
    buf_done(&ber);
}

static const unsigned forms[] = {
    JOIN_DEFINITE,
    JOIN_INDEFINITE,
    JOIN_PADDED,
    JOIN_SEGMENTED,
    JOIN_DEFINITE | JOIN_PADDED | JOIN_SEGMENTED,
    JOIN_INDEFINITE | JOIN_SEGMENTED,
    JOIN_DEFINITE | JOIN_INDEFINITE | JOIN_PADDED | JOIN_SEGMENTED,
};

enum { FORM_COUNT = sizeof(forms) / sizeof(forms[0]) };

static void other_form(unsigned form, bool inside)
{
    struct buf ber;

    if (inside) {
        ck_assert_msg(stream_reform(&frames, form, &err), "%s, form %x: %s", sample.name, form,
                      said());
    }
    ber = put_together(form);
    must_decode(buf_span(&ber), 0, sample.name);
    must_decode(buf_span(&ber), 7, sample.name);
    must_refuse(buf_span(&ber), STREAM_PROFILE, ERR_MALFORMED, "");
    buf_done(&ber);
}

START_TEST(other_ber_means_the_same)
{
    struct buf ber;
    struct buf again;

    err_init(&err);
    stream_sample_make(&sample, (size_t)_i);
    ck_assert(stream_encode(buf_span(&sample.legacy), 0,
                            STREAM_INDEX | ((sample.flags & SAMPLE_CUT) != 0 ? STREAM_SALVAGE : 0U),
                            &ber, &err));
    for (size_t i = 0; i < FORM_COUNT; i++) {
        for (int inside = 0; inside < 2; inside++) {
            ck_assert(stream_split(buf_span(&ber), &frames, &err));
            other_form(forms[i], inside != 0);
            stream_frames_done(&frames);
        }
    }
    /* Taken apart and put together in our own form, it is what it was. */
    ck_assert(stream_split(buf_span(&ber), &frames, &err));
    again = put_together(0);
    ck_assert(span_eq(buf_span(&ber), buf_span(&again)));
    buf_done(&again);
    buf_done(&ber);
    put_away();
}
END_TEST

/* Rewrites ber; it must come out as it was. */
static void must_survive(struct span ber, const char *what)
{
    struct buf again;

    ck_assert_msg(stream_rewrite(ber, &again, &err), "%s: %s", what, said());
    ck_assert_msg(span_eq(ber, buf_span(&again)), "%s: rewritten, it is another stream", what);
    buf_done(&again);
}

static size_t count_octets(struct span in, struct span what)
{
    size_t n = 0;

    for (size_t i = 0; i + what.len <= in.len; i++) {
        n += memcmp(in.p + i, what.p, what.len) == 0;
    }
    return n;
}

/* Converts ber: it must stand for the same legacy octets, and have that as often as ber. */
static void must_convert(struct span ber, struct span kept, const char *what)
{
    struct buf out;

    ck_assert_msg(stream_convert(ber, &out, &err), "%s: %s", what, said());
    must_decode(buf_span(&out), 0, what);
    ck_assert_uint_eq(count_octets(ber, kept), count_octets(buf_span(&out), kept));
    buf_done(&out);
}

/* A frame that does not fit the window a stream is read through. */
START_TEST(large_frames_are_read)
{
    enum { LARGE = 3 << 20 };
    /* Skippable; an unknown body, and in it a primitive element. */
    static const uint8_t head[] = {1, 1,    0xff, 0xbf, 0x7f, 0x83, 0x30,
                                   0, 0x05, 0x04, 0x83, 0x30, 0,    0};
    static const size_t chunks[] = {0, 4096, 100000};
    struct buf large;

    take_apart("leaves, compact", 0);
    buf_init(&large, STREAM_MAX);
    ck_assert(buf_put(&large, head, sizeof(head), &err) && buf_reserve(&large, LARGE, &err));
    memset(large.p + large.len, 'x', LARGE);
    large.len += LARGE;
    ck_assert(stream_frames_insert(&frames, 1, FORM_PART_RECORD, buf_span(&large), &err));
    buf_done(&large);
    for (size_t i = 0; i <= FORM_COUNT; i++) {
        struct buf ber = put_together(i < FORM_COUNT ? forms[i] : 0);

        for (size_t k = 0; k < sizeof(chunks) / sizeof(chunks[0]); k++) {
            must_decode(buf_span(&ber), chunks[k], "a large record");
        }
        buf_done(&ber);
    }
    put_away();
}
END_TEST

START_TEST(rewriting_changes_nothing)
{
    struct buf ber;

    err_init(&err);
    stream_sample_make(&sample, (size_t)_i);
    for (unsigned flags = 0; flags <= STREAM_INDEX; flags += STREAM_INDEX) {
        ck_assert(stream_encode(buf_span(&sample.legacy), 0, flags | STREAM_SALVAGE, &ber, &err));
        must_survive(buf_span(&ber), sample.name);
        buf_done(&ber);
    }
    stream_sample_done(&sample);
}
END_TEST

/* Additions that no module has: a primitive one, and a constructed one of a long tag. */
static const uint8_t additions[] = {0xc9, 2, 'h', 'i', 0xff, 0x81, 0x01, 3, 0x04, 1, 'x'};

/* Puts the additions into every struct of a decoded value that may have some. */
static size_t sprinkle(const struct asn_type *type, void *value)
{
    uint8_t *p = value;
    size_t n = 0;
    struct span unknown = span_of(additions, sizeof(additions));
    int32_t which;

    switch (type->op) {
    case ASN_SEQUENCE:
        for (uint32_t i = 0; i < type->member_count; i++) {
            const struct asn_member *member = &type->members[i];
            bool present = member->present_offset == ASN_NO_OFFSET ||
                           *(const bool *)(p + member->present_offset);

            n += present ? sprinkle(member->type, p + member->offset) : 0;
        }
        if (type->unknown_offset != ASN_NO_OFFSET) {
            memcpy(p + type->unknown_offset, &unknown, sizeof(unknown));
            n++;
        }
        return n;
    case ASN_SEQUENCE_OF:
        for (size_t i = 0; i < ((const struct asn_list *)value)->count; i++) {
            n += sprinkle(type->element, (uint8_t *)((const struct asn_list *)value)->items +
                                             i * type->element->size);
        }
        return n;
    case ASN_CHOICE:
        memcpy(&which, p, sizeof(which));
        return which == ASN_UNKNOWN
                   ? 0
                   : sprinkle(type->members[which].type, p + type->members[which].offset);
    default:
        return 0;
    }
}

union any {
    struct wire_header header;
    struct wire_body body;
    struct wire_trailer trailer;
};

/* The type of what a frame holds. */
static const struct asn_type *type_of(enum form_part part)
{
    return part == FORM_PART_HEADER    ? &wire_header_type
           : part == FORM_PART_TRAILER ? &wire_trailer_type
           : part == FORM_PART_INDEX   ? &wire_index_type
                                       : &wire_body_type;
}

static void frame_decode(size_t at, union any *value, struct arena *arena)
{
    ck_assert_msg(asn_decode(type_of(frames.items[at].part), frames.items[at].contents, value,
                             arena, 0, NULL, &err),
                  "%s", said());
}

static void frame_encode(size_t at, const union any *value)
{
    struct buf out;

    buf_init(&out, STREAM_MAX);
    ck_assert_msg(asn_encode_buf(type_of(frames.items[at].part), value, &out, NULL, &err), "%s",
                  said());
    ck_assert(stream_frames_set(&frames, at, buf_span(&out), &err));
    buf_done(&out);
}

/* Every struct of every frame has grown: nothing is disturbed, and nothing is lost. */
START_TEST(additions_survive)
{
    size_t n = 0;
    struct buf ber;

    err_init(&err);
    stream_sample_make(&sample, (size_t)_i);
    ck_assert(stream_encode(buf_span(&sample.legacy), 0, STREAM_SALVAGE, &ber, &err));
    ck_assert(stream_split(buf_span(&ber), &frames, &err));
    buf_done(&ber);
    for (size_t i = 0; i < frames.count; i++) {
        struct arena arena;
        union any value;

        arena_init(&arena, STREAM_MAX);
        frame_decode(i, &value, &arena);
        n += sprinkle(type_of(frames.items[i].part), &value);
        frame_encode(i, &value);
        arena_done(&arena);
    }
    ck_assert_uint_ge(n, 2);
    ber = put_together(0);
    must_decode(buf_span(&ber), 0, sample.name);
    must_decode(buf_span(&ber), 1, sample.name);
    if (strcmp(sample.name, "large") == 0) { /* its pages are to be aligned anew */
        struct buf moved = ber;

        ck_assert_msg(stream_rewrite(buf_span(&moved), &ber, &err), "%s", said());
        ck_assert_uint_gt(ber.len + 64, moved.len);
        buf_done(&moved);
    }
    must_survive(buf_span(&ber), sample.name);
    must_convert(buf_span(&ber), span_of(additions, sizeof(additions)), sample.name);
    buf_done(&ber);
    put_away();
}
END_TEST

/* A record of a kind that nobody knows; random contents. */
static void insert_unknown(size_t at, bool skippable, uint32_t *state)
{
    uint8_t contents[3 + 3 + 64] = {0x01, 0x01, 0xff};
    size_t n = stream_random(state) % 64;
    uint8_t *p = contents + (skippable ? 3 : 0);

    p[0] = 0x9f; /* [31] and above, primitive */
    p[1] = (uint8_t)(0x1f + stream_random(state) % 0x60);
    p[2] = (uint8_t)n;
    for (size_t i = 0; i < n; i++) {
        p[3 + i] = (uint8_t)stream_random(state);
    }
    ck_assert(stream_frames_insert(&frames, at, FORM_PART_RECORD,
                                   span_of(contents, (size_t)(p - contents) + 3 + n), &err));
}

static bool is_before_list_end(size_t at)
{
    return at > 0 && at < frames.count &&
           (frames.items[at].part == FORM_PART_RECORD ||
            frames.items[at].part == FORM_PART_TRAILER);
}

START_TEST(unknown_records_are_passed_over_and_kept)
{
    uint32_t state = 7;

    take_apart("structs, compact", 0);
    for (size_t at = 1; is_before_list_end(at); at++) {
        struct buf ber;

        insert_unknown(at, true, &state);
        ber = put_together(0);
        must_decode(buf_span(&ber), 0, "an unknown record");
        must_survive(buf_span(&ber), "an unknown record");
        must_convert(buf_span(&ber), frames.items[at].contents, "an unknown record");
        buf_done(&ber);
        stream_frames_remove(&frames, at);

        insert_unknown(at, false, &state);
        must_refuse_frames(ERR_UNSUPPORTED, "record");
        stream_frames_remove(&frames, at);
    }
    put_away();
}
END_TEST

/* Replaces the features of the header. */
static void set_features(const struct wire_feature *features, size_t count)
{
    struct arena arena;
    union any value;
    struct wire_feature copies[8];

    arena_init(&arena, STREAM_MAX);
    frame_decode(0, &value, &arena);
    for (size_t i = 0; i < count; i++) {
        copies[i] = features[i];
    }
    value.header.features.count = count;
    value.header.features.items = copies;
    frame_encode(0, &value);
    arena_done(&arena);
}

static struct wire_feature feature(const char *name, int32_t feature_class)
{
    struct wire_feature f = {span_str(name), feature_class, {NULL, 0}};

    return f;
}

START_TEST(features_have_classes)
{
    struct wire_feature good[3];
    struct wire_feature one;
    struct buf ber;
    struct buf converted;

    take_apart("leaves, spaced", 0);
    good[0] = feature("a.compatible", WIRE_FEATURE_CLASS_COMPATIBLE);
    good[1] = feature("b.advisory", WIRE_FEATURE_CLASS_ADVISORY);
    good[2] = feature("stream.index", WIRE_FEATURE_CLASS_COMPATIBLE);
    set_features(good, 2);
    ber = put_together(0);
    must_decode(buf_span(&ber), 0, "features");
    must_survive(buf_span(&ber), "features");
    must_convert(buf_span(&ber), span_str("a.compatible"), "features");
    ck_assert(stream_convert(buf_span(&ber), &converted, &err));
    ck_assert_uint_eq(count_octets(buf_span(&converted), span_str("b.advisory")), 0);
    buf_done(&converted);
    buf_done(&ber);

    one = feature("ram.upside-down", WIRE_FEATURE_CLASS_INCOMPATIBLE);
    set_features(&one, 1);
    must_refuse_frames(ERR_UNSUPPORTED, "header > features: this stream needs feature "
                                        "ram.upside-down");
    one = feature("of.a.new.class", 7);
    set_features(&one, 1);
    must_refuse_frames(ERR_UNSUPPORTED, "of.a.new.class");
    one = feature("stream.index", WIRE_FEATURE_CLASS_INCOMPATIBLE);
    set_features(&one, 1);
    must_refuse_frames(ERR_MALFORMED, "stream.index has class 0, expected 1");
    good[0] = good[2];
    set_features(good, 2);
    must_refuse_frames(ERR_MALFORMED, "b.advisory stands twice or out of order");
    good[1] = good[2];
    set_features(good, 2);
    must_refuse_frames(ERR_MALFORMED, "stream.index stands twice or out of order");
    good[0] = feature("b", WIRE_FEATURE_CLASS_COMPATIBLE);
    good[1] = feature("", WIRE_FEATURE_CLASS_COMPATIBLE);
    set_features(good, 2);
    must_refuse_frames(ERR_MALFORMED, "out of order");
    put_away();
}
END_TEST

/* What readers of today do not know must not disturb them, or nobody can add it tomorrow. */
START_TEST(grease)
{
    uint32_t state = (uint32_t)_i + 1;

    err_init(&err);
    take_apart(_i % 2 == 0 ? "subsections, compact" : "package", STREAM_INDEX);
    for (int round = 0; round < 20; round++) {
        char name[40];
        struct wire_feature features[2];
        struct buf ber;
        size_t at;

        (void)snprintf(name, sizeof(name), "grease.%08x", (unsigned)stream_random(&state));
        features[0] = feature(name, stream_random(&state) % 2 == 0 ? WIRE_FEATURE_CLASS_COMPATIBLE
                                                                   : WIRE_FEATURE_CLASS_ADVISORY);
        features[1] = feature("stream.index", WIRE_FEATURE_CLASS_COMPATIBLE);
        set_features(features, 2);
        do {
            at = stream_random(&state) % frames.count;
        } while (!is_before_list_end(at));
        insert_unknown(at, true, &state);
        ber = put_together(0);
        must_decode(buf_span(&ber), 0, "grease");
        buf_done(&ber);
    }
    put_away();
}
END_TEST

/* Element i of those in contents; empty if there are fewer. */
static struct span element_at(struct span contents, size_t i)
{
    struct span element = {NULL, 0};

    for (;; i--) {
        if (contents.len == 0 || !ber_element(contents, &element, NULL, NULL)) {
            return span_of(NULL, 0);
        }
        if (i == 0) {
            return element;
        }
        contents = span_from(contents, element.len);
    }
}

/* Puts the pieces into the element that is all of frame at. */
static void set_components(size_t at, const struct span *pieces, size_t count)
{
    struct buf out;
    uint8_t head[6];
    size_t len = 0;

    for (size_t i = 0; i < count; i++) {
        len += pieces[i].len;
    }
    head[0] = frames.items[at].contents.p[0];
    head[1] = 0x84;
    for (unsigned i = 0; i < 4; i++) {
        head[2 + i] = (uint8_t)(len >> (24 - 8 * i));
    }
    buf_init(&out, STREAM_MAX);
    ck_assert(buf_put(&out, head, sizeof(head), &err));
    for (size_t i = 0; i < count; i++) {
        ck_assert(buf_put(&out, pieces[i].p, pieces[i].len, &err));
    }
    ck_assert(stream_frames_set(&frames, at, buf_span(&out), &err));
    buf_done(&out);
}

/* Repeats and swaps the components of what stands in frame at. */
static void disorder(size_t at)
{
    struct span was = frames.items[at].contents;
    struct ber_head head;
    struct span inside;
    struct span all[20];
    size_t count = 0;

    ck_assert(ber_head(was, &head, &err));
    inside = ber_contents(was, &head);
    while (count < 18 && element_at(inside, count).len > 0) {
        all[count] = element_at(inside, count);
        count++;
    }
    for (size_t i = 0; i < count; i++) {
        struct span pieces[20];
        size_t n = 0;

        for (size_t k = 0; k < count; k++) {
            pieces[n++] = all[k];
            if (k == i) {
                pieces[n++] = all[k];
            }
        }
        set_components(at, pieces, n);
        must_refuse_frames(ERR_MALFORMED, "");
        if (i + 1 == count) {
            break;
        }
        memcpy(pieces, all, sizeof(all));
        pieces[i] = all[i + 1];
        pieces[i + 1] = all[i];
        set_components(at, pieces, count);
        must_refuse_frames(ERR_MALFORMED, "");
    }
    frames.items[at].contents = was;
}

START_TEST(known_components_have_their_place)
{
    static const uint8_t kinds[] = {0xa0, 0xa1, 0xa2, 0xa3, 0xa4, 0xa7};
    static const char *const names[] = {"arrays, compact", "arrays, no vmdesc", "large", "package",
                                        "odd end"};
    bool seen[sizeof(kinds)] = {false};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        take_apart(names[i], 0);
        disorder(0);
        for (size_t k = 0; k < sizeof(kinds); k++) {
            size_t at = stream_frames_find(&frames, kinds[k]);

            if (at < frames.count) {
                seen[k] = true;
                disorder(at);
            }
        }
        put_away();
    }
    for (size_t k = 0; k < sizeof(kinds); k++) {
        ck_assert_msg(seen[k], "no record with tag %02x", kinds[k]);
    }
}
END_TEST

/* A trailer that says something else than the records. */
static void must_refuse_trailer(uint64_t records, uint64_t length, unsigned bit, const char *text)
{
    size_t at = frames.count - 1;
    struct span was = frames.items[at].contents;
    uint8_t digest[HASH_DIGEST_LEN];
    struct arena arena;
    union any value;
    struct buf ber;

    arena_init(&arena, STREAM_MAX);
    frame_decode(at, &value, &arena);
    memcpy(digest, value.trailer.digest.p, sizeof(digest));
    digest[bit / 8] ^= (uint8_t)(bit > 0 ? 1U << bit % 8 : 0);
    value.trailer.records += records;
    value.trailer.legacy_length += length;
    value.trailer.digest.p = digest;
    frame_encode(at, &value);
    ck_assert(stream_join(&frames, 0, &ber, &err));
    must_refuse(buf_span(&ber), 0, ERR_MALFORMED, text);
    buf_done(&ber);
    frames.items[at].contents = was;
    arena_done(&arena);
}

START_TEST(trailer_is_compared)
{
    take_apart("early, compact", 0);
    must_refuse_trailer(1, 0, 0, "trailer > records");
    must_refuse_trailer((uint64_t)0 - 1, 0, 0, "trailer > records");
    must_refuse_trailer(0, 1, 0, "trailer > legacy-length");
    must_refuse_trailer(0, (uint64_t)0 - 1, 0, "trailer > legacy-length");
    must_refuse_trailer(0, 0, 127, "trailer > digest");
    put_away();
}
END_TEST

/*
 * Neighbours exchanged, with checks that are right. Descriptions stand for no octets, so one of
 * them may stand elsewhere; what decodes is the same stream.
 */
START_TEST(order_of_records_is_in_the_digest)
{
    struct err none = ERR_INIT;
    struct buf ber;
    size_t refused = 0;

    take_apart("many, compact", 0);
    for (size_t i = 1; i + 2 < frames.count; i++) {
        struct stream_frame first = frames.items[i];
        struct buf back;

        if (span_eq(first.contents, frames.items[i + 1].contents)) {
            continue;
        }
        frames.items[i] = frames.items[i + 1];
        frames.items[i + 1] = first;
        ck_assert(stream_join(&frames, 0, &ber, &err));
        if (stream_decode(buf_span(&ber), 0, 0, &back, &none)) {
            ck_assert_msg(span_eq(buf_span(&back), buf_span(&sample.legacy)), "records %zu, %zu", i,
                          i + 1);
        } else {
            refused++;
        }
        if (frames.items[i].contents.p[0] != 0x85 && frames.items[i + 1].contents.p[0] != 0x85) {
            ck_assert(none.band == ERR_NONE || back.len <= sample.eof_at);
        }
        err_init(&none);
        buf_done(&back);
        buf_done(&ber);
        frames.items[i + 1] = frames.items[i];
        frames.items[i] = first;
    }
    ck_assert_uint_gt(refused, 40);
    put_away();
}
END_TEST

/* Octets in the place of the frames; trailer and index are what they are. */
START_TEST(frames_that_are_none)
{
    struct buf ber;
    struct buf bad;
    size_t at;

    take_apart("leaves, compact", STREAM_INDEX);
    sample.eof_at = sample.legacy.len; /* some of these are complete but for their end */
    ber = put_together(0);
    buf_init(&bad, STREAM_MAX);

    /* Behind the end. */
    ck_assert(buf_put(&bad, ber.p, ber.len, &err) && buf_put(&bad, "\0", 1, &err));
    must_refuse(buf_span(&bad), 0, ERR_MALFORMED, "behind the end");

    /* Another element in front of the end. */
    buf_clear(&bad);
    ck_assert(buf_put(&bad, ber.p, ber.len - 2, &err) && buf_put(&bad, "\5\0\0\0", 4, &err));
    must_refuse(buf_span(&bad), 0, ERR_MALFORMED, "expected the end of the stream");

    /* An end that is none. */
    buf_clear(&bad);
    ck_assert(buf_put(&bad, ber.p, ber.len, &err));
    bad.p[bad.len - 1] = 1;
    must_refuse(buf_span(&bad), 0, ERR_MALFORMED, "expected end-of-contents 00 00, found 00 01");

    /* An index that says it begins elsewhere. */
    bad.p[bad.len - 1] = 0;
    bad.p[bad.len - 3] ^= 1;
    must_refuse(buf_span(&bad), 0, ERR_MALFORMED, "the index says it begins at");

    /* No SEQUENCE. */
    bad.p[bad.len - 3] ^= 1;
    bad.p[0] = 0x31;
    must_refuse(buf_span(&bad), 0, ERR_MALFORMED, "expected SEQUENCE (0x30), found 0x31");
    bad.p[0] = 0x30;

    /* No records: two trailers. */
    at = frames.count - 2;
    ck_assert(frames.items[at].part == FORM_PART_TRAILER);
    ck_assert(
        stream_frames_insert(&frames, at, FORM_PART_TRAILER, frames.items[at].contents, &err));
    buf_done(&bad);
    ck_assert(stream_join(&frames, 0, &bad, &err));
    must_refuse(buf_span(&bad), 0, ERR_MALFORMED, "index");

    buf_done(&ber);
    buf_done(&bad);
    put_away();
}
END_TEST

/* The outer levels of definite length must end where their contents do. */
START_TEST(definite_levels_are_kept)
{
    struct buf ber;
    struct err none = ERR_INIT;

    take_apart("leaves, compact", 0);
    ber = put_together(JOIN_DEFINITE | JOIN_PADDED);
    ck_assert_uint_eq(ber.p[1], 0x86);
    for (int by = -300; by <= 300; by++) {
        struct buf back;
        size_t len = ber.len - 8 + (size_t)by;

        if (by == 0) {
            continue;
        }
        ber.p[6] = (uint8_t)(len >> 8);
        ber.p[7] = (uint8_t)len;
        err_init(&none);
        ck_assert_msg(!stream_decode(buf_span(&ber), 0, 0, &back, &none), "%d octets", by);
        ck_assert(none.band == ERR_MALFORMED || (by > 0 && none.band == ERR_TRUNCATED));
        ck_assert_uint_le(back.len, sample.eof_at);
        buf_done(&back);
    }
    buf_done(&ber);
    put_away();
}
END_TEST

/* Heads that claim more than there is room for, each in its place behind what is right. */
START_TEST(claims_are_bounded)
{
    static const struct {
        bool behind_header; /* it stands in the place of the first record, not of the stream */
        const char *octets;
        size_t len;
        enum err_band band;
        const char *text;
    } claims[] = {
        {false, "0\x89\1\0\0\0\0\0\0\0\0", 11, ERR_LIMIT, "64 bits"},
        {false, "0\x88\xff\xff\xff\xff\xff\xff\xff\xff", 10, ERR_MALFORMED, "64 bits"},
        {false,
         "0\x80"
         "0\x83\x10\0\0",
         7, ERR_LIMIT, "header: 1048576 octets"},
        {false,
         "0\x80"
         "0\x80\4\x83\x10\0\0",
         9, ERR_LIMIT, "header: "},
        {false,
         "0\x80"
         "0\x80\4\x84\x7f\xff\xff\xff",
         10, ERR_LIMIT, "header: 2147483647"},
        {true, "0\x84\x40\0\0\0", 6, ERR_LIMIT, "record 1: 1073741824 octets"},
        {true, "0\x88\x7f\xff\xff\xff\xff\xff\xff\xff", 10, ERR_LIMIT, "record 1: "},
        {true, "0\x80\4\x84\x40\0\0\0", 8, ERR_LIMIT, "record 1: "},
        {true, "0\xff", 2, ERR_MALFORMED, "record 1: "},
        {true, "\4\x80", 2, ERR_MALFORMED, "record 1: indefinite length of a primitive"},
        {true, "0\x84\x3f\xff\xff\xf0", 6, ERR_TRUNCATED, "input ends inside record 1"},
    };
    struct buf whole;

    take_apart("leaves, compact", 0);
    while (frames.count > 1) {
        stream_frames_remove(&frames, 1);
    }
    ck_assert(stream_join(&frames, 0, &whole, &err));
    for (size_t i = 0; i < sizeof(claims) / sizeof(claims[0]); i++) {
        struct buf bad;

        buf_init(&bad, STREAM_MAX);
        ck_assert(buf_put(&bad, whole.p, claims[i].behind_header ? whole.len - 4 : 0, &err) &&
                  buf_put(&bad, claims[i].octets, claims[i].len, &err));
        must_refuse(buf_span(&bad), 0, claims[i].band, claims[i].text);
        buf_done(&bad);
    }
    buf_done(&whole);
    put_away();
}
END_TEST

START_TEST(nesting_is_bounded)
{
    uint8_t octets[2 * 80];
    struct buf bad;

    take_apart("leaves, compact", 0);
    for (size_t i = 0; i < sizeof(octets); i += 2) {
        octets[i] = 0x30;
        octets[i + 1] = 0x80;
    }
    must_refuse(span_of(octets, sizeof(octets)), 0, ERR_LIMIT, "elements inside one another");
    memcpy(octets, "\xbf\x7f\x80", 3);
    octets[3] = 0x30;
    memset(octets + 4, 0, sizeof(octets) - 4);
    ck_assert(stream_frames_insert(&frames, 1, FORM_PART_RECORD, span_of(octets, 8), &err));
    ck_assert(stream_join(&frames, 0, &bad, &err)); /* checks are right, BER is not */
    must_refuse(buf_span(&bad), 0, ERR_MALFORMED, "record 1");
    buf_done(&bad);
    put_away();
}
END_TEST

/* Records of several pieces. */
START_TEST(pieces)
{
    static const uint8_t none[] = {0xa8, 0};
    static const uint8_t unknown[] = {0xa8, 2, 0x89, 0};
    size_t at;

    take_apart("many, compact", 0);
    at = stream_frames_find(&frames, 0xa8);
    ck_assert_uint_lt(at, frames.count);
    ck_assert(stream_frames_set(&frames, at, span_of(none, sizeof(none)), &err));
    must_refuse_frames(ERR_MALFORMED, "no piece in a record of pieces");
    ck_assert(stream_frames_set(&frames, at, span_of(unknown, sizeof(unknown)), &err));
    must_refuse_frames(ERR_UNSUPPORTED, "a piece of a kind this reader does not know (tag 0x89)");
    put_away();
}
END_TEST

START_TEST(headers_that_no_writer_makes)
{
    struct arena arena;
    union any value;

    take_apart("leaves, compact", 0);
    arena_init(&arena, STREAM_MAX);
    frame_decode(0, &value, &arena);
    value.header.container = 9;
    frame_encode(0, &value);
    must_refuse_frames(ERR_UNSUPPORTED, "container 9");
    value.header.container = WIRE_CONTAINER_FRAGMENT;
    frame_encode(0, &value);
    must_refuse_frames(ERR_MALFORMED, "a fragment with a configuration section");
    value.header.container = WIRE_CONTAINER_STREAM;
    value.header.format = span_of("\x2b\x06\x01\x04\x01\x81\xfd\x59\x01\x02", 10);
    frame_encode(0, &value);
    must_refuse_frames(ERR_MALFORMED, "header > format");
    arena_done(&arena);
    put_away();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("stream_ber");
    TCase *tcase = tcase_create("ber");
    int samples = (int)stream_sample_count();
    SRunner *runner;
    int failed;

    tcase_set_timeout(tcase, 300);
    tcase_add_loop_test(tcase, other_ber_means_the_same, 0, samples);
    tcase_add_test(tcase, large_frames_are_read);
    tcase_add_loop_test(tcase, rewriting_changes_nothing, 0, samples);
    tcase_add_loop_test(tcase, additions_survive, 0, samples);
    tcase_add_test(tcase, unknown_records_are_passed_over_and_kept);
    tcase_add_test(tcase, features_have_classes);
    tcase_add_loop_test(tcase, grease, 0, 6);
    tcase_add_test(tcase, known_components_have_their_place);
    tcase_add_test(tcase, trailer_is_compared);
    tcase_add_test(tcase, order_of_records_is_in_the_digest);
    tcase_add_test(tcase, frames_that_are_none);
    tcase_add_test(tcase, definite_levels_are_kept);
    tcase_add_test(tcase, claims_are_bounded);
    tcase_add_test(tcase, nesting_is_bounded);
    tcase_add_test(tcase, pieces);
    tcase_add_test(tcase, headers_that_no_writer_makes);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
