/* view_judge_record.c - verify: records among the others, and the octets they stand for. */
#include <inttypes.h>

#include "codec/savevm/lay_visit.h"
#include "codec/view/view_judge.h"

/* The type that a section, or a description, rests on; false if it is not there. */
static bool judge_type(struct view_judge *v, const struct wire_body *body)
{
    struct err why = ERR_INIT;
    uint32_t type = body->u.section.type;

    if (body->which != WIRE_BODY_SECTION || v->lost_types ||
        lay_types_get(&v->lower.types, type) != NULL) {
        return true;
    }
    (void)err_set(&why, ERR_MALFORMED, "type %" PRIu32 " has not been described", type);
    view_judge_ordered(v, VIEW_TYPE_UNKNOWN, &why);
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
static void judge_value(struct view_judge *v, const struct wire_body *body)
{
    const struct wire_section *section = &body->u.section;
    struct lay_where where = {section->open.identity.name, ERR_NO_OFFSET, ERR_NO_OFFSET};
    struct err why = ERR_INIT;

    if (body->which != WIRE_BODY_SECTION || v->lost_types) {
        return;
    }
    if (section->value.p >= v->raw.octets.p &&
        section->value.p < v->raw.octets.p + v->raw.octets.len) {
        where.ber_offset = v->raw.ber_offset + (uint64_t)(section->value.p - v->raw.octets.p);
    }
    if (!lay_visit(&v->lower.types, section->type, section->value, &where, &v->arena,
                   &(struct lay_visitor){ignore_node, NULL, NULL}, &why)) {
        why.legacy_offset = ERR_NO_OFFSET;
        view_judge_ordered(v, VIEW_VALUE, &why);
    }
}

/* Lowers the record, or a piece of it; false if everything ends here. */
static bool lower_body(struct view_judge *v, const struct wire_body *body, bool skippable,
                       bool quiet)
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
    if (is_type &&
        !form_features_check_type(&body->u.type_description, FORM_FEATURES_ALL, v->named, &why)) {
        view_judge_find(v, VIEW_FEATURE, &why);
        err_init(&why);
    }
    memcpy(lowered.check, v->frame.check_found, sizeof(lowered.check));
    if (!form_lower_put(&v->lower, &lowered, &v->lowered, &length, &why) ||
        !out_flush(&v->lowered, &why)) {
        if (view_judge_fatal(v, &why)) {
            return false;
        }
        if (!quiet) {
            view_judge_find(v,
                            why.band == ERR_LIMIT ? VIEW_LIMIT
                            : is_type             ? VIEW_TYPE_DESCRIPTION
                                                  : VIEW_VALUE,
                            &why);
        }
        view_judge_lose(v, is_type);
        return true;
    }
    v->live_length += length;
    view_order_length(&v->order, length, view_judge_ordered, v);
    return true;
}

static void judge_unknown(struct view_judge *v, const struct wire_body *body, bool skippable)
{
    struct err why = ERR_INIT;

    if (body->which != ASN_UNKNOWN) {
        return;
    }
    (void)err_set(&why, ERR_UNSUPPORTED,
                  "a record of a kind this program does not know (tag 0x%02x)%s",
                  body->unknown.p[0], skippable ? "" : " that may not be skipped");
    view_judge_find(v, skippable ? VIEW_UNKNOWN_SKIPPABLE : VIEW_UNKNOWN_RECORD, &why);
}

/* Judges a record that is one thing, or a piece of a record; false only if everything ends here. */
static bool judge_body(struct view_judge *v, const struct wire_body *body, bool skippable)
{
    uint64_t legacy = v->digest.length + (v->by_check ? v->live_length : 0);
    uint64_t errors = v->findings->errors;

    judge_unknown(v, body, skippable);
    if (!form_index_note(v->index, body, v->raw.ber_offset, legacy, v->fatal) ||
        !view_order_record(&v->order, body, view_judge_ordered, v, v->fatal)) {
        return false;
    }
    if (v->frame.name.len == 0 && v->order.section != NULL) {
        v->frame.name = v->order.section->name;
    }
    if (!judge_type(v, body)) {
        view_judge_lose(v, false);
        return true;
    }
    if (body->which == WIRE_BODY_TYPE_DESCRIPTION ? v->lost_types : v->lost) {
        judge_value(v, body);
        return true;
    }
    return lower_body(v, body, skippable, v->damaged || v->findings->errors > errors);
}

/* Judges the pieces of a record of several. */
static bool judge_pieces(struct view_judge *v, const struct wire_body_live *pieces)
{
    struct err why = ERR_INIT;

    if (pieces->count == 0) {
        (void)err_set(&why, ERR_MALFORMED, "no piece in a record of pieces");
        view_judge_ordered(v, VIEW_VALUE, &why);
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

bool view_judge_record(struct view_judge *v)
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
        view_judge_outer(v, &v->reader.list, "MigrationStream > records");
    }
    v->live_length = 0;
    if (!view_judge_frame(v, &wire_record_type, record)) {
        view_judge_lose(v, v->frame.kind == NULL || strcmp(v->frame.kind, "type-description") == 0);
        return true;
    }
    is_live = record->body.which == WIRE_BODY_LIVE;
    v->by_check =
        is_live || record->body.which == WIRE_BODY_RAM || record->body.which == WIRE_BODY_FRAMED;
    ok = is_live ? judge_pieces(v, &record->body.u.live)
                 : judge_body(v, &record->body, record->skippable);
    if (v->by_check) {
        form_digest_check(&v->digest, v->frame.check_found, v->live_length);
    }
    return ok;
}
