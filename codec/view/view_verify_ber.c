/*
 * view_verify_ber.c - see view_verify_ber.h.
 *
 * Frame by frame: the frame alone (BER, check), then as a value (profile, schema), then among the
 * others (order, types, octets it stands for). What a damaged record makes unknowable is not judged,
 * and that is said once.
 */
#include "codec/view/view_verify_ber.h"

#include <inttypes.h>
#include <stdlib.h>

#include "codec/savevm/leg_wire.h"
#include "codec/schema/asn_engine.h"
#include "codec/stream/form_digest.h"
#include "codec/stream/form_features.h"
#include "codec/stream/form_index.h"
#include "codec/stream/form_limits.h"
#include "codec/stream/form_lower.h"
#include "codec/stream/form_reader.h"
#include "codec/stream/form_wire.h"
#include "codec/view/view_frame.h"
#include "codec/view/view_names.h"
#include "codec/view/view_order.h"

struct verify {
    struct view_findings *findings;
    struct form_reader reader;
    struct arena arena;
    struct hash *hash;
    struct form_lower lower;
    struct form_digest digest;
    struct out lowered;
    struct view_order order;
    struct form_index *index; /* what an index would have */
    struct err *fatal;
    bool has_header;
    bool whole;       /* no fragment */
    bool has_index_feature;
    bool has_index;
    bool is_ram;      /* lowered octets are not digested one by one */
    bool lost;        /* a record could not be lowered: octets are not counted any more */
    bool lost_types;  /* a type description could not be read */
    /* The frame that is looked at. */
    struct form_raw raw;
    struct view_frame frame;
};

/* Shows a finding about the current frame. */
static void find(struct verify *v, enum view_rule_id rule, const struct err *why)
{
    struct view_finding finding;
    struct err err = *why;

    memset(&finding, 0, sizeof(finding));
    finding.rule = rule;
    finding.err = &err;
    if (v->raw.part == FORM_PART_RECORD) {
        finding.record = v->reader.records;
        finding.kind = v->frame.kind;
        finding.section = v->frame.name;
    } else if (err.path[0] == '\0') {
        err_at_path(&err, "%s", view_part_name(v->raw.part));
    }
    err_at_ber(&err, v->raw.ber_offset);
    if (v->raw.part == FORM_PART_RECORD && !v->lost) {
        err_at_legacy(&err, v->digest.length);
    }
    view_findings_add(v->findings, &finding);
}

static void find_ordered(void *ctx, enum view_rule_id rule, const struct err *why)
{
    find(ctx, rule, why);
}

/* A record is lost for what comes behind it. */
static void lose(struct verify *v, bool types)
{
    struct err why = ERR_INIT;

    if (!v->lost) {
        (void)err_set(&why, ERR_FINDINGS,
                      "what rests on this record is not checked: ids, octets behind it, the digest");
        find(v, VIEW_NOT_CHECKED, &why);
    }
    v->lost = true;
    v->lost_types |= types;
    view_order_lost(&v->order);
}

/* The sink of lowered octets. */
static bool take_lowered(void *ctx, struct iovec *iov, size_t iov_count, struct err *err)
{
    struct verify *v = ctx;

    (void)err;
    for (size_t i = 0; i < iov_count && !v->is_ram; i++) {
        form_digest_octets(&v->digest, span_of(iov[i].iov_base, iov[i].iov_len));
    }
    return true;
}

/* Whether err is the system's or ours and ends everything. */
static bool is_fatal(struct verify *v, const struct err *why)
{
    switch (why->band) {
    case ERR_IO:
    case ERR_INTERNAL:
        *v->fatal = *why;
        return true;
    case ERR_NONE:
    case ERR_FINDINGS:
    case ERR_USAGE:
    case ERR_TRUNCATED:
    case ERR_MALFORMED:
    case ERR_UNSUPPORTED:
    case ERR_LIMIT:
        return false;
    }
    return false;
}

/* Judges the frame alone; false if there is no value to be had. */
static bool judge_frame(struct verify *v, const struct asn_type *type, void *value)
{
    struct err why = ERR_INIT;
    uint64_t at = v->raw.ber_offset;
    bool readable;
    size_t used = 0;

    if (!view_frame_look(&v->frame, &v->raw, v->hash, &v->arena, &why)) {
        why.ber_offset = at + (why.ber_offset == ERR_NO_OFFSET ? 0 : why.ber_offset);
        find(v, VIEW_BER, &why);
        return false;
    }
    if (!v->frame.check_good) {
        (void)view_frame_explain_check(&v->frame, &why);
        find(v, VIEW_CHECK_MISMATCH, &why);
        err_init(&why);
    }
    readable = asn_decode(type, v->raw.octets, value, &v->arena, ASN_PROFILE, &used, &why);
    if (!readable) {
        struct err outside = why; /* of the profile, perhaps */

        err_init(&why);
        readable = asn_decode(type, v->raw.octets, value, &v->arena, 0, &used, &why);
        if (readable) {
            why = outside;
        }
        why.ber_offset = at + (why.ber_offset == ERR_NO_OFFSET ? 0 : why.ber_offset);
        if (v->frame.check_good) {
            find(v, readable ? VIEW_PROFILE : VIEW_SCHEMA, &why);
        }
    }
    return readable;
}

static void judge_outer(struct verify *v)
{
    struct err why = ERR_INIT;
    const struct form_frame *frame =
        v->raw.part == FORM_PART_HEADER ? &v->reader.outer : &v->reader.list;

    if (!frame->indefinite) {
        (void)err_set(&why, ERR_MALFORMED, "expected indefinite length, found a definite one");
        (void)err_at_path(&why, "%s",
                          v->raw.part == FORM_PART_HEADER ? "MigrationStream" : "records");
        find(v, VIEW_PROFILE, &why);
    }
}

static void judge_header(struct verify *v)
{
    struct wire_header_record record;
    const struct wire_header *header = &record.header;
    struct err why = ERR_INIT;

    judge_outer(v);
    v->whole = true;
    if (!judge_frame(v, &wire_header_record_type, &record)) {
        lose(v, false);
        return;
    }
    v->has_header = true;
    v->whole = header->container == WIRE_CONTAINER_STREAM;
    if (!span_eq(header->format, span_of(FORM_OID, FORM_OID_LEN))) {
        (void)err_set(&why, ERR_MALFORMED, "the format is not 1.3.6.1.4.1.32473.1.1");
        (void)err_at_path(&why, "header > format");
        find(v, VIEW_FORMAT, &why);
        err_init(&why);
    }
    if (!form_features_check(header, &why)) {
        (void)err_at_path(&why, "header > features");
        find(v, VIEW_FEATURE, &why);
        err_init(&why);
    }
    for (size_t i = 0; i < header->features.count; i++) {
        v->has_index_feature |=
            span_eq_str(header->features.items[i].name, FORM_FEATURE_INDEX);
    }
    if (!form_lower_head(&v->lower, header, &v->lowered, &why) ||
        !out_flush(&v->lowered, &why)) {
        find(v, VIEW_VALUE, &why);
        lose(v, false);
    }
}

/* The type that a section, or a description, rests on; false if it is not there. */
static bool judge_type(struct verify *v, const struct wire_body *body)
{
    struct err why = ERR_INIT;
    uint32_t type = body->u.section.type;

    if (body->which != WIRE_BODY_SECTION || v->lost_types ||
        lay_types_get(&v->lower.types, type) != NULL) {
        return true;
    }
    (void)err_set(&why, ERR_MALFORMED, "type %" PRIu32 " has not been described", type);
    find(v, VIEW_TYPE_UNKNOWN, &why);
    return false;
}

/* Whether the record can be lowered, with what is known. */
static bool can_lower(const struct verify *v, const struct wire_body *body)
{
    return !v->lost || body->which == WIRE_BODY_TYPE_DESCRIPTION;
}

/* Lowers the record and adds its octets to the digest. quiet: its damage has been told. */
static bool lower_record(struct verify *v, const struct wire_record *record, bool quiet)
{
    struct form_record lowered;
    struct err why = ERR_INIT;
    uint64_t length = 0;

    memset(&lowered, 0, sizeof(lowered));
    lowered.body = &record->body;
    lowered.skippable = record->skippable;
    lowered.ber_offset = v->raw.ber_offset;
    lowered.ber_length = v->raw.octets.len;
    lowered.octets = v->raw.octets;
    memcpy(lowered.check, v->frame.check_found, sizeof(lowered.check));
    v->is_ram = record->body.which == WIRE_BODY_RAM;
    if (!form_lower_put(&v->lower, &lowered, &v->lowered, &length, &why) ||
        !out_flush(&v->lowered, &why)) {
        if (is_fatal(v, &why)) {
            return false;
        }
        if (!quiet) {
            find(v,
                 record->body.which == WIRE_BODY_TYPE_DESCRIPTION ? VIEW_TYPE_DESCRIPTION
                                                                  : VIEW_VALUE,
                 &why);
        }
        lose(v, record->body.which == WIRE_BODY_TYPE_DESCRIPTION);
        return true;
    }
    if (v->is_ram) {
        form_digest_ram(&v->digest, v->frame.check_found, length);
    }
    view_order_length(&v->order, length, find_ordered, v);
    return true;
}

static void judge_unknown(struct verify *v, const struct wire_record *record)
{
    struct err why = ERR_INIT;

    if (record->body.which != ASN_UNKNOWN) {
        return;
    }
    (void)err_set(&why, ERR_UNSUPPORTED, "a record of a kind this program does not know (tag 0x%02x)%s",
                  record->body.unknown.p[0],
                  record->skippable ? "" : " that may not be skipped");
    find(v, record->skippable ? VIEW_UNKNOWN_SKIPPABLE : VIEW_UNKNOWN_RECORD, &why);
}

/* Judges a record; false only if everything ends here. */
static bool judge_record(struct verify *v)
{
    struct wire_record *record;
    uint64_t errors = v->findings->errors;
    bool sound;

    arena_reset(&v->arena);
    record = arena_alloc(&v->arena, sizeof(*record), v->fatal);
    if (record == NULL) {
        return false;
    }
    if (v->reader.records == 1) {
        judge_outer(v);
    }
    if (!judge_frame(v, &wire_record_type, record)) {
        lose(v, v->frame.kind == NULL || strcmp(v->frame.kind, "type-description") == 0);
        return true;
    }
    judge_unknown(v, record);
    if (!form_index_note(v->index, &record->body, v->raw.ber_offset, v->digest.length, v->fatal)) {
        return false;
    }
    if (!view_order_record(&v->order, &record->body, find_ordered, v, v->fatal)) {
        return false;
    }
    if (v->frame.name.len == 0 && v->order.section != NULL) {
        v->frame.name = v->order.section->name;
    }
    sound = judge_type(v, &record->body);
    if (!can_lower(v, &record->body)) {
        return view_frame_value(&v->frame, record, v->lost_types ? NULL : &v->lower.types,
                                &v->arena, find_ordered, v);
    }
    if (!sound) {
        lose(v, false);
        return true;
    }
    return lower_record(v, record, v->findings->errors > errors);
}

static void judge_trailer(struct verify *v)
{
    struct wire_trailer_record record;
    uint8_t digest[HASH_DIGEST_LEN];
    struct err why = ERR_INIT;

    arena_reset(&v->arena);
    if (!judge_frame(v, &wire_trailer_record_type, &record)) {
        return;
    }
    if (record.trailer.records != v->reader.records) {
        (void)err_set(&why, ERR_MALFORMED, "the trailer counts %" PRIu64 " records, found %" PRIu64,
                      record.trailer.records, v->reader.records);
        find(v, VIEW_RECORD_COUNT, &why);
        err_init(&why);
    }
    if (v->lost) {
        return;
    }
    if (record.trailer.legacy_length != v->digest.length) {
        (void)err_set(&why, ERR_MALFORMED,
                      "the trailer says %" PRIu64 " legacy octets, the records stand for %" PRIu64,
                      record.trailer.legacy_length, v->digest.length);
        find(v, VIEW_LEGACY_LENGTH, &why);
        err_init(&why);
    }
    hash_digest(v->digest.hash, digest);
    if (!span_eq(record.trailer.digest, span_of(digest, sizeof(digest)))) {
        (void)err_set(&why, ERR_MALFORMED,
                      "the digest of the legacy stream is another than its records'");
        find(v, VIEW_DIGEST, &why);
    }
}

/* Compares an entry of the index with the records. */
static bool judge_entry(struct verify *v, const struct wire_index_entry *entry, size_t *hint)
{
    const struct form_index *known = v->index;
    const struct wire_index_entry *record;
    struct err why = ERR_INIT;
    size_t low = 0;
    size_t high = known->count;

    if (*hint < known->count && known->entries[*hint].ber == entry->ber) {
        low = *hint;
    } else {
        while (low < high) {
            size_t middle = low + (high - low) / 2;

            if (known->entries[middle].ber < entry->ber) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
    }
    if (low == known->count || known->entries[low].ber != entry->ber) {
        (void)err_set(&why, ERR_MALFORMED, "no record to be indexed begins at 0x%" PRIx64,
                      entry->ber);
    } else {
        record = &known->entries[low];
        *hint = low + 1;
        if (!span_eq(record->name, entry->name)) {
            (void)err_set(&why, ERR_MALFORMED, "the record at 0x%" PRIx64 " has another name",
                          entry->ber);
        } else if (record->legacy != entry->legacy && !v->lost) {
            (void)err_set(&why, ERR_MALFORMED,
                          "the record at 0x%" PRIx64 " stands for octets at 0x%" PRIx64
                          ", the index says 0x%" PRIx64,
                          entry->ber, record->legacy, entry->legacy);
        }
    }
    if (why.band == ERR_NONE) {
        return true;
    }
    find(v, VIEW_INDEX_ENTRY, &why);
    return false;
}

static void judge_index(struct verify *v)
{
    struct wire_index_record record;
    struct err why = ERR_INIT;
    uint64_t start = 0;
    size_t hint = 0;

    v->has_index = true;
    arena_reset(&v->arena);
    if (!judge_frame(v, &wire_index_record_type, &record)) {
        return;
    }
    for (size_t i = 0; i < record.start.len; i++) {
        start = start << 8 | record.start.p[i];
    }
    if (start != v->raw.ber_offset) {
        (void)err_set(&why, ERR_MALFORMED, "the index says it begins at 0x%" PRIx64, start);
        find(v, VIEW_INDEX_START, &why);
        err_init(&why);
    }
    for (size_t i = 0; i < record.index.entries.count; i++) {
        (void)judge_entry(v, &record.index.entries.items[i], &hint);
    }
    if (record.index.entries.count < v->index->count) {
        (void)err_set(&why, ERR_MALFORMED, "the index has %zu of %zu records",
                      record.index.entries.count, v->index->count);
        find(v, VIEW_INDEX_MISSING, &why);
    }
}

/* What is left when the frame has ended. */
static bool judge_end(struct verify *v)
{
    struct err why = ERR_INIT;

    memset(&v->frame, 0, sizeof(v->frame));
    if (v->has_header && v->has_index != v->has_index_feature) {
        (void)err_set(&why, ERR_MALFORMED, "the header %s, the stream has %s index",
                      v->has_index_feature ? "announces an index" : "announces no index",
                      v->has_index ? "an" : "no");
        find(v, VIEW_INDEX_MISSING, &why);
        err_init(&why);
    }
    view_order_end(&v->order, v->whole, find_ordered, v);
    if (!win_fill(v->reader.win, 1, v->fatal)) {
        return false;
    }
    if (win_span(v->reader.win).len > 0) {
        (void)err_set(&why, ERR_MALFORMED, "octets behind the end of the stream, first 0x%02x",
                      win_span(v->reader.win).p[0]);
        find(v, VIEW_TRAILING, &why);
    }
    return true;
}

/* The next frame could not be had: says why, and that nothing behind it is checked. */
static bool stop(struct verify *v, const struct err *why)
{
    enum view_rule_id rule = VIEW_FRAME;

    if (is_fatal(v, why)) {
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
    find(v, rule, why);
    return true;
}

static bool run(struct verify *v)
{
    for (;;) {
        struct err why = ERR_INIT;
        bool ok = true;

        if (!form_reader_raw(&v->reader, &v->raw, &why)) {
            return stop(v, &why);
        }
        memset(&v->frame, 0, sizeof(v->frame));
        switch (v->raw.part) {
        case FORM_PART_START:
        case FORM_PART_HEADER:
            judge_header(v);
            break;
        case FORM_PART_RECORD:
            ok = judge_record(v);
            break;
        case FORM_PART_TRAILER:
            judge_trailer(v);
            break;
        case FORM_PART_INDEX:
            judge_index(v);
            break;
        case FORM_PART_END:
            return judge_end(v);
        }
        if (!ok || v->findings->o->w.failed) {
            return ok;
        }
    }
}

bool view_verify_ber(struct win *win, struct view_findings *findings, struct view_verified *what,
                     struct err *err)
{
    struct verify *v = calloc(1, sizeof(*v));
    struct io_sink lowered = {take_lowered, v};
    bool ok;

    if (v == NULL) {
        return err_memory(err);
    }
    v->findings = findings;
    v->fatal = err;
    arena_init(&v->arena, FORM_ARENA_MAX);
    out_init(&v->lowered, lowered);
    view_order_init(&v->order);
    v->hash = hash_new();
    v->index = form_index_new();
    ok = ((v->hash != NULL && v->index != NULL) || err_memory(err)) &&
         form_reader_init(&v->reader, win, 0, err) && form_lower_init(&v->lower, err) &&
         form_digest_init(&v->digest, err) && run(v);
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
    out_done(&v->lowered);
    arena_done(&v->arena);
    free(v);
    return ok;
}
