/* view_judge.c - see view_judge.h: findings, and frames by themselves. */
#include "codec/view/view_judge.h"

#include <stdio.h>

#include "codec/schema/asn_engine.h"

/* Makes the path of err begin with part, unless it does. */
static void within(struct err *err, const char *part)
{
    char inner[ERR_PATH_MAX];

    if (strncmp(err->path, part, strlen(part)) == 0) {
        return;
    }
    memcpy(inner, err->path, sizeof(inner));
    (void)snprintf(err->path, sizeof(err->path), "%s%s%.200s", part, inner[0] != '\0' ? " > " : "",
                   inner);
}

void view_judge_find(struct view_judge *v, enum view_rule_id rule, const struct err *why)
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
    } else {
        within(&err, view_part_name(v->raw.part));
    }
    err_at_ber(&err, v->raw.ber_offset);
    if (v->raw.part == FORM_PART_RECORD && !v->lost) {
        err_at_legacy(&err, v->digest.length);
    }
    view_findings_add(v->findings, &finding);
}

void view_judge_ordered(void *ctx, enum view_rule_id rule, const struct err *why)
{
    struct view_judge *v = ctx;

    if (!v->damaged) {
        view_judge_find(v, rule, why);
    }
}

void view_judge_lose(struct view_judge *v, bool types)
{
    struct err why = ERR_INIT;

    if (!v->lost) {
        (void)err_set(
            &why, ERR_FINDINGS,
            "what rests on this record is not checked: ids, octets behind it, the digest");
        view_judge_find(v, VIEW_NOT_CHECKED, &why);
    }
    v->lost = true;
    v->lost_types |= types;
    view_order_lost(&v->order);
}

bool view_judge_fatal(struct view_judge *v, const struct err *why)
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
static void name_section(struct view_judge *v)
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

/* A limit is a finding of its own, whatever met it. */
static enum view_rule_id rule_for(const struct err *why, enum view_rule_id rule)
{
    return why->band == ERR_LIMIT ? VIEW_LIMIT : rule;
}

bool view_judge_frame(struct view_judge *v, const struct asn_type *type, void *value)
{
    struct err why = ERR_INIT;
    uint64_t at = v->raw.ber_offset;
    bool sound = view_frame_look(&v->frame, &v->raw, v->hash, &v->arena, &why);
    bool readable;
    size_t used = 0;

    name_section(v);
    if (!sound) {
        why.ber_offset = at + (why.ber_offset == ERR_NO_OFFSET ? 0 : why.ber_offset);
        view_judge_find(v, VIEW_BER, &why);
        return false;
    }
    v->damaged = !v->frame.check_good;
    if (v->damaged) {
        (void)view_frame_explain_check(&v->frame, &why);
        view_judge_find(v, VIEW_CHECK_MISMATCH, &why);
        err_init(&why);
        v->order.lost = true; /* ids may be wrong */
        v->any_damaged = true;
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
        view_judge_ordered(v, readable ? VIEW_PROFILE : rule_for(&why, VIEW_SCHEMA), &why);
    }
    return readable;
}

/* The frames around: MigrationStream at the header, the list at what comes first behind that. */
void view_judge_outer(struct view_judge *v, const struct form_frame *frame, const char *path)
{
    enum form_part part = v->raw.part;
    struct err why = ERR_INIT;

    if (!frame->indefinite) {
        (void)err_set(&why, ERR_MALFORMED, "expected indefinite length, found a definite one");
        (void)err_at_path(&why, "%s", path);
        v->raw.part = FORM_PART_START; /* it is not about the frame inside */
        view_judge_find(v, VIEW_PROFILE, &why);
        v->raw.part = part;
    }
}

void view_judge_second(struct view_judge *v, const void *record, uint64_t findings)
{
    enum form_part part = v->raw.part;
    struct err why = ERR_INIT;
    enum view_opinion opinion = VIEW_OPINION_NONE;

    if (view_judge_found(v) == findings) {
        opinion = view_second_ask(v->second, part, v->raw.octets, record, &why);
    }
    if (opinion == VIEW_OPINION_DIFFERS) {
        view_judge_find(v, VIEW_SECOND_OPINION, &why);
    }
    switch (part) {
    case FORM_PART_HEADER:
        v->what->header = opinion;
        break;
    case FORM_PART_TRAILER:
        v->what->trailer = opinion;
        break;
    case FORM_PART_INDEX:
        v->what->index = opinion;
        break;
    case FORM_PART_START:
    case FORM_PART_RECORD:
    case FORM_PART_END:
        break;
    }
}
