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

#include "codec/savevm/lay_visit.h"
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
    bool by_check;    /* lowered octets are not digested one by one, see form_digest.h */
    bool lost;        /* a record could not be lowered: octets are not counted any more */
    bool lost_types;  /* a type description could not be read */
    /* The frame that is looked at. */
    bool damaged;     /* and that has been told */
    uint64_t live_length; /* legacy octets of its pieces so far */
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

/* As find, for what may be a consequence of damage that has been told. */
static void find_ordered(void *ctx, enum view_rule_id rule, const struct err *why)
{
    struct verify *v = ctx;

    if (!v->damaged) {
        find(v, rule, why);
    }
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
    for (size_t i = 0; i < iov_count && !v->by_check; i++) {
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

/* Finds the name of the section that a piece without a name belongs to. */
static void name_section(struct verify *v)
{
    const struct view_sections *sections = &v->order.sections;
    const struct view_section *section = NULL;
    const char *kind = v->frame.kind;

    if (kind == NULL || v->frame.name.len > 0 ||
        (strcmp(kind, "ram") != 0 && strcmp(kind, "framed") != 0 && strcmp(kind, "live") != 0)) {
        return;
    }
    if (v->frame.has_id) {
        section = view_sections_find(sections, v->frame.id);
    } else if (sections->current > 0) {
        section = &sections->items[sections->current - 1];
    }
    if (section != NULL) {
        v->frame.name = section->name;
    }
}

/* Judges the frame alone; false if there is no value to be had. */
static bool judge_frame(struct verify *v, const struct asn_type *type, void *value)
{
    struct err why = ERR_INIT;
    uint64_t at = v->raw.ber_offset;
    bool sound = view_frame_look(&v->frame, &v->raw, v->hash, &v->arena, &why);
    bool readable;
    size_t used = 0;

    name_section(v);
    if (!sound) {
        why.ber_offset = at + (why.ber_offset == ERR_NO_OFFSET ? 0 : why.ber_offset);
        find(v, VIEW_BER, &why);
        return false;
    }
    v->damaged = !v->frame.check_good;
    if (v->damaged) {
        (void)view_frame_explain_check(&v->frame, &why);
        find(v, VIEW_CHECK_MISMATCH, &why);
        err_init(&why);
        v->order.lost = true; /* ids may be wrong */
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
        find_ordered(v, readable ? VIEW_PROFILE : VIEW_SCHEMA, &why);
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
    find_ordered(v, VIEW_TYPE_UNKNOWN, &why);
    return false;
}

static bool ignore_node(void *ctx, enum lay_visit_event event, const struct lay_node *node,
                        struct err *err)
{
    (void)ctx;
    (void)event;
    (void)node;
    (void)err;
    return true;
}

/* When octets are not counted any more: whether the value fits its type. */
static void judge_value(struct verify *v, const struct wire_body *body)
{
    const struct wire_section *section = &body->u.section;
    struct lay_where where = {section->open.identity.name, ERR_NO_OFFSET, ERR_NO_OFFSET};
    struct err why = ERR_INIT;

    if (body->which != WIRE_BODY_SECTION || v->lost_types) {
        return;
    }
    where.ber_offset = v->raw.ber_offset + (uint64_t)(section->value.p - v->raw.octets.p);
    if (!lay_visit(&v->lower.types, section->type, section->value, &where, &v->arena, ignore_node,
                   NULL, &why)) {
        why.legacy_offset = ERR_NO_OFFSET;
        find_ordered(v, VIEW_VALUE, &why);
    }
}

/* Lowers the record, or a piece of it; false if everything ends here. */
static bool lower_body(struct verify *v, const struct wire_body *body, bool skippable, bool quiet)
{
    bool is_type = body->which == WIRE_BODY_TYPE_DESCRIPTION;
    struct form_record lowered;
    struct err why = ERR_INIT;
    uint64_t length = 0;

    memset(&lowered, 0, sizeof(lowered));
    lowered.body = body;
    lowered.skippable = skippable;
    lowered.ber_offset = v->raw.ber_offset;
    lowered.ber_length = v->raw.octets.len;
    lowered.octets = v->raw.octets;
    memcpy(lowered.check, v->frame.check_found, sizeof(lowered.check));
    if (!form_lower_put(&v->lower, &lowered, &v->lowered, &length, &why) ||
        !out_flush(&v->lowered, &why)) {
        if (is_fatal(v, &why)) {
            return false;
        }
        if (!quiet) {
            find(v, is_type ? VIEW_TYPE_DESCRIPTION : VIEW_VALUE, &why);
        }
        lose(v, is_type);
        return true;
    }
    v->live_length += length;
    view_order_length(&v->order, length, find_ordered, v);
    return true;
}

static void judge_unknown(struct verify *v, const struct wire_body *body, bool skippable)
{
    struct err why = ERR_INIT;

    if (body->which != ASN_UNKNOWN) {
        return;
    }
    (void)err_set(&why, ERR_UNSUPPORTED,
                  "a record of a kind this program does not know (tag 0x%02x)%s",
                  body->unknown.p[0], skippable ? "" : " that may not be skipped");
    find(v, skippable ? VIEW_UNKNOWN_SKIPPABLE : VIEW_UNKNOWN_RECORD, &why);
}

/* Judges a record that is one thing, or a piece of a record; false only if everything ends here. */
static bool judge_body(struct verify *v, const struct wire_body *body, bool skippable)
{
    uint64_t legacy = v->digest.length + (v->by_check ? v->live_length : 0);
    uint64_t errors = v->findings->errors;

    judge_unknown(v, body, skippable);
    if (!form_index_note(v->index, body, v->raw.ber_offset, legacy, v->fatal) ||
        !view_order_record(&v->order, body, find_ordered, v, v->fatal)) {
        return false;
    }
    if (v->frame.name.len == 0 && v->order.section != NULL) {
        v->frame.name = v->order.section->name;
    }
    if (!judge_type(v, body)) {
        lose(v, false);
        return true;
    }
    if (body->which == WIRE_BODY_TYPE_DESCRIPTION ? v->lost_types : v->lost) {
        judge_value(v, body);
        return true;
    }
    return lower_body(v, body, skippable, v->damaged || v->findings->errors > errors);
}

/* Judges the pieces of a record of several. */
static bool judge_pieces(struct verify *v, const struct wire_body_live *pieces)
{
    struct err why = ERR_INIT;

    if (pieces->count == 0) {
        (void)err_set(&why, ERR_MALFORMED, "no piece in a record of pieces");
        find_ordered(v, VIEW_VALUE, &why);
    }
    for (size_t i = 0; i < pieces->count; i++) {
        const struct wire_live_piece *piece = &pieces->items[i];
        struct wire_body body;

        memset(&body, 0, sizeof(body));
        switch (piece->which) {
        case WIRE_LIVE_PIECE_FRAMED:
            body.which = WIRE_BODY_FRAMED;
            body.u.framed = piece->u.framed;
            break;
        case WIRE_LIVE_PIECE_RAM:
            body.which = WIRE_BODY_RAM;
            body.u.ram = piece->u.ram;
            break;
        default:
            body.which = ASN_UNKNOWN;
            body.unknown = piece->unknown;
            break;
        }
        if (!judge_body(v, &body, false)) {
            return false;
        }
    }
    return true;
}

/* Judges a record; false only if everything ends here. */
static bool judge_record(struct verify *v)
{
    struct wire_record *record;
    bool is_live;
    bool ok;

    arena_reset(&v->arena);
    record = arena_alloc(&v->arena, sizeof(*record), v->fatal);
    if (record == NULL) {
        return false;
    }
    if (v->reader.records == 1) {
        judge_outer(v);
    }
    v->live_length = 0;
    if (!judge_frame(v, &wire_record_type, record)) {
        lose(v, v->frame.kind == NULL || strcmp(v->frame.kind, "type-description") == 0);
        return true;
    }
    is_live = record->body.which == WIRE_BODY_LIVE;
    v->by_check = is_live || record->body.which == WIRE_BODY_RAM ||
                  record->body.which == WIRE_BODY_FRAMED;
    ok = is_live ? judge_pieces(v, &record->body.u.live)
                 : judge_body(v, &record->body, record->skippable);
    if (v->by_check) {
        form_digest_check(&v->digest, v->frame.check_found, v->live_length);
    }
    return ok;
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

static bool same_entry(const struct verify *v, const struct wire_index_entry *a,
                       const struct wire_index_entry *b)
{
    return a->ber == b->ber && (a->legacy == b->legacy || v->lost) && span_eq(a->name, b->name);
}

/* Returns the first of the known entries at or behind offset ber. */
static size_t first_at(const struct form_index *known, uint64_t ber)
{
    size_t low = 0;
    size_t high = known->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (known->entries[middle].ber < ber) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

/*
 * Compares an entry of the index with the records; several pieces of one record have the same place.
 * *next is where an entry is expected if the index has all of them.
 */
static void judge_entry(struct verify *v, const struct wire_index_entry *entry, size_t *next)
{
    const struct form_index *known = v->index;
    struct err why = ERR_INIT;
    size_t first;
    bool named = false;

    if (*next >= known->count || !same_entry(v, &known->entries[*next], entry)) {
        *next = first_at(known, entry->ber);
    }
    first = *next;
    for (size_t i = first; i < known->count && known->entries[i].ber == entry->ber &&
                           i - first < VIEW_PIECES_TRIED; i++) {
        named |= span_eq(known->entries[i].name, entry->name);
        if (same_entry(v, &known->entries[i], entry)) {
            *next = i + 1;
            return;
        }
    }
    if (first == known->count || known->entries[first].ber != entry->ber) {
        if (v->lost) {
            return; /* of a record that could not be read, perhaps */
        }
        (void)err_set(&why, ERR_MALFORMED, "no record to be indexed begins at 0x%" PRIx64,
                      entry->ber);
    } else {
        (void)err_set(&why, ERR_MALFORMED, "the record at 0x%" PRIx64 " has another %s", entry->ber,
                      named ? "legacy offset" : "name");
    }
    find_ordered(v, VIEW_INDEX_ENTRY, &why);
}

static void judge_index(struct verify *v)
{
    struct wire_index_record record;
    struct err why = ERR_INIT;
    uint64_t start = 0;
    size_t next = 0;

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
        judge_entry(v, &record.index.entries.items[i], &next);
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
    if (strncmp(why->path, "record ", strlen("record ")) == 0) {
        struct err here = *why;

        here.path[0] = '\0'; /* the finding itself names the record */
        v->raw.part = FORM_PART_RECORD;
        v->reader.records++;
        find(v, rule, &here);
        v->reader.records--;
        return true;
    }
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
        v->damaged = false;
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
