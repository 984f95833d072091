/*
 * view_verify_ber.c - see view_verify_ber.h.
 *
 * Frame by frame: the frame alone (BER, check), then as a value (profile, schema), then among the
 * others (order, types, octets it stands for). What a damaged record makes unknowable is not
 * judged, and that is said once.
 */
#include "codec/view/view_verify_ber.h"

#include <inttypes.h>
#include <stdlib.h>

#include "codec/stream/form_features.h"
#include "codec/stream/form_limits.h"
#include "codec/stream/form_wire.h"
#include "codec/view/view_judge.h"

/* The sink of lowered octets. */
static bool take_lowered(void *ctx, struct iovec *iov, size_t iov_count, struct err *err)
{
    struct view_judge *v = ctx;

    (void)err;
    for (size_t i = 0; i < iov_count && !v->by_check; i++) {
        form_digest_octets(&v->digest, span_of(iov[i].iov_base, iov[i].iov_len));
    }
    return true;
}

static void judge_header(struct view_judge *v)
{
    struct wire_header_record record;
    const struct wire_header *header = &record.header;
    uint64_t findings = view_judge_found(v);
    struct err why = ERR_INIT;

    view_judge_outer(v, &v->reader.outer, "MigrationStream");
    v->whole = true;
    if (!view_judge_frame(v, &wire_header_record_type, &record)) {
        view_judge_lose(v, false);
        return;
    }
    view_judge_second(v, &record, findings);
    v->has_header = true;
    v->whole = header->container == WIRE_CONTAINER_STREAM;
    if (!span_eq(header->format, span_of(FORM_OID, FORM_OID_LEN))) {
        (void)err_set(&why, ERR_MALFORMED, "the format is not 1.3.6.1.4.1.32473.1.1");
        (void)err_at_path(&why, "header > format");
        view_judge_find(v, VIEW_FORMAT, &why);
        err_init(&why);
    }
    if (!form_features_check(&header->features, FORM_FEATURES_ALL, &v->named, &why)) {
        (void)err_at_path(&why, "header > features");
        view_judge_find(v, VIEW_FEATURE, &why);
        err_init(&why);
    }
    if (!form_lower_head(&v->lower, header, &v->lowered, &why) || !out_flush(&v->lowered, &why)) {
        view_judge_find(v, VIEW_VALUE, &why);
        view_judge_lose(v, false);
    }
}

static void judge_trailer(struct view_judge *v)
{
    struct wire_trailer_record record;
    uint8_t digest[HASH_DIGEST_LEN];
    uint64_t findings = view_judge_found(v);
    struct err why = ERR_INIT;

    arena_reset(&v->arena);
    if (v->reader.records == 0) {
        view_judge_outer(v, &v->reader.list, "MigrationStream > records");
    }
    if (!view_judge_frame(v, &wire_trailer_record_type, &record)) {
        return;
    }
    view_judge_second(v, &record, findings);
    if (record.trailer.records != v->reader.records) {
        (void)err_set(&why, ERR_MALFORMED, "the trailer counts %" PRIu64 " records, found %" PRIu64,
                      record.trailer.records, v->reader.records);
        view_judge_ordered(v, VIEW_RECORD_COUNT, &why);
        err_init(&why);
    }
    if (v->lost || v->any_damaged) {
        return;
    }
    if (record.trailer.legacy_length != v->digest.length) {
        (void)err_set(&why, ERR_MALFORMED,
                      "the trailer says %" PRIu64 " legacy octets, the records stand for %" PRIu64,
                      record.trailer.legacy_length, v->digest.length);
        view_judge_find(v, VIEW_LEGACY_LENGTH, &why);
        err_init(&why);
    }
    hash_digest(v->digest.hash, digest);
    if (!span_eq(record.trailer.digest, span_of(digest, sizeof(digest)))) {
        (void)err_set(&why, ERR_MALFORMED,
                      "the digest of the legacy stream is another than its records'");
        view_judge_find(v, VIEW_DIGEST, &why);
    }
}

/* What is left when the frame has ended. */
static bool judge_end(struct view_judge *v)
{
    bool announced = (v->named & FORM_FEATURE_BIT(FORM_FEATURE_STREAM_INDEX)) != 0;
    struct err why = ERR_INIT;

    memset(&v->frame, 0, sizeof(v->frame));
    if (v->has_header && v->has_index != announced) {
        (void)err_set(&why, ERR_MALFORMED, "the header %s, the stream has %s index",
                      announced ? "announces an index" : "announces no index",
                      v->has_index ? "an" : "no");
        view_judge_find(v, VIEW_INDEX_MISSING, &why);
        err_init(&why);
    }
    view_order_end(&v->order, v->whole, view_judge_ordered, v);
    if (!win_fill(v->reader.win, 1, v->fatal)) {
        return false;
    }
    if (win_span(v->reader.win).len > 0) {
        (void)err_set(&why, ERR_MALFORMED, "octets behind the end of the stream, first 0x%02x",
                      win_span(v->reader.win).p[0]);
        view_judge_find(v, VIEW_TRAILING, &why);
    }
    return true;
}

/* The next frame could not be had: says why, and that nothing behind it is checked. */
static bool stop(struct view_judge *v, const struct err *why)
{
    enum view_rule_id rule = VIEW_FRAME;

    if (view_judge_fatal(v, why)) {
        return false;
    }
    if (why->band == ERR_TRUNCATED) {
        rule = VIEW_TRUNCATED;
    } else if (why->band == ERR_LIMIT) {
        rule = VIEW_LIMIT;
    }
    memset(&v->frame, 0, sizeof(v->frame));
    memset(&v->raw, 0, sizeof(v->raw));
    v->raw.ber_offset = v->reader.win->offset;
    if (strncmp(why->path, "record ", strlen("record ")) == 0) {
        struct err here = *why;

        here.path[0] = '\0'; /* the finding itself names the record */
        v->raw.part = FORM_PART_RECORD;
        v->reader.records++;
        view_judge_find(v, rule, &here);
        v->reader.records--;
        return true;
    }
    view_judge_find(v, rule, why);
    return true;
}

static bool run(struct view_judge *v)
{
    for (;;) {
        struct err why = ERR_INIT;
        bool ok = true;

        if (!form_reader_raw(&v->reader, &v->raw, &why)) {
            return stop(v, &why);
        }
        memset(&v->frame, 0, sizeof(v->frame));
        v->damaged = false;
        switch (v->raw.part) {
        case FORM_PART_START:
        case FORM_PART_HEADER:
            judge_header(v);
            break;
        case FORM_PART_RECORD:
            ok = view_judge_record(v);
            break;
        case FORM_PART_TRAILER:
            judge_trailer(v);
            break;
        case FORM_PART_INDEX:
            view_judge_index(v);
            break;
        case FORM_PART_END:
            return judge_end(v);
        }
        if (!ok || v->findings->o->w.failed) {
            return ok;
        }
    }
}

bool view_verify_ber(struct win *win, const struct form_type_check *check,
                     struct view_findings *findings, struct view_verified *what, struct err *err)
{
    struct view_judge *v = calloc(1, sizeof(*v));
    struct io_sink lowered = {take_lowered, v};
    bool ok;

    if (v == NULL) {
        return err_memory(err);
    }
    v->findings = findings;
    v->what = what;
    v->second = view_second_new();
    v->fatal = err;
    arena_init(&v->arena, FORM_ARENA_MAX);
    out_init(&v->lowered, lowered);
    view_order_init(&v->order);
    v->hash = hash_new();
    v->index = form_index_new();
    ok = ((v->hash != NULL && v->index != NULL) || err_memory(err)) &&
         form_reader_init(&v->reader, win, 0, err) && form_lower_init(&v->lower, err) &&
         form_digest_init(&v->digest, err);
    if (ok && check != NULL) {
        v->lower.check = *check;
    }
    ok = ok && run(v);
    what->records = v->reader.records;
    what->sections = v->order.sections.count;
    what->legacy_length = v->digest.length;
    what->ber_length = win->offset;
    form_digest_done(&v->digest);
    form_lower_done(&v->lower);
    form_reader_done(&v->reader);
    form_index_free(v->index);
    hash_free(v->hash);
    view_order_done(&v->order);
    view_second_free(v->second);
    out_done(&v->lowered);
    arena_done(&v->arena);
    free(v);
    return ok;
}
