/* view_verify.c - see view_verify.h. Legacy streams here, BER streams in view_verify_ber.c. */
#include "codec/view/view_verify.h"

#include <inttypes.h>

#include "codec/device/mod_library.h"
#include "codec/savevm/leg_limits.h"
#include "codec/savevm/leg_stream.h"
#include "codec/stream/form_events.h"
#include "codec/stream/form_limits.h"
#include "codec/stream/form_reader.h"
#include "codec/view/view_finding.h"
#include "codec/view/view_names.h"
#include "codec/view/view_order.h"
#include "codec/view/view_verify_ber.h"

enum { FIRST_OCTETS = 4 };

/* Verifying a legacy stream: its reader judges, we sort what it says. */
struct legacy {
    struct view_findings *findings;
    struct view_verified *what;
    struct view_order order;
    const struct leg_told *told;
    struct err said; /* the last reason shown: pieces of one loss share it */
    enum view_rule_id said_rule;
    uint64_t undescribed; /* sections of a stream that has no description */
    bool whole;
};

static void find(struct legacy *v, enum view_rule_id rule, const struct err *why)
{
    struct view_finding finding;
    struct err err = *why;

    memset(&finding, 0, sizeof(finding));
    finding.rule = rule;
    finding.err = &err;
    if (v->told != NULL) {
        err_at_legacy(&err, v->told->legacy_offset);
        finding.kind = view_body_name(v->told->body);
        if (v->order.section != NULL) {
            finding.section = v->order.section->name;
        }
        if (err.path[0] == '\0') {
            err_at_path(&err, "%s", finding.kind);
        }
    }
    view_findings_add(v->findings, &finding);
}

static void find_ordered(void *ctx, enum view_rule_id rule, const struct err *why)
{
    find(ctx, rule, why);
}

static bool says(const struct err *why, enum lay_reason reason)
{
    return strcmp(why->text, lay_reason_text(reason)) == 0;
}

/* Which rule a descent is about. */
static enum view_rule_id rule_of(const struct wire_body *body, const struct err *why)
{
    if (why->band == ERR_TRUNCATED || says(why, LAY_WHY_CUT)) {
        return VIEW_TRUNCATED;
    }
    if (body->which == WIRE_BODY_OPAQUE) {
        return says(why, LAY_WHY_BEHIND) ? VIEW_TRAILING : VIEW_FRAMING_LOST;
    }
    return why->band == ERR_MALFORMED || why->band == ERR_INTERNAL ? VIEW_NOT_AS_DESCRIBED
                                                                   : VIEW_NOT_DESCRIBED;
}

static void judge_why(struct legacy *v, const struct wire_body *body, const struct err *why)
{
    if (says(why, LAY_WHY_NO_VMDESC)) {
        v->undescribed++;
        return;
    }
    if (strcmp(why->text, v->said.text) == 0 && strcmp(why->path, v->said.path) == 0) {
        return;
    }
    v->said = *why;
    v->said_rule = rule_of(body, why);
    find(v, v->said_rule, why);
}

static bool take_head(void *ctx, const struct wire_configuration *configuration, bool fragment,
                      struct err *err)
{
    struct legacy *v = ctx;

    (void)configuration;
    (void)err;
    v->whole = !fragment;
    return true;
}

static bool take_told(void *ctx, const struct leg_told *told, struct err *err)
{
    struct legacy *v = ctx;

    v->told = told;
    if (!view_order_record(&v->order, told->body, find_ordered, v, err)) {
        return false;
    }
    if (told->why != NULL && told->body->which != WIRE_BODY_SECTION) {
        judge_why(v, told->body, told->why);
    }
    view_order_length(&v->order, told->legacy_length, find_ordered, v);
    v->told = NULL;
    v->order.section = NULL;
    return !v->findings->o->w.failed;
}

/* Why the rest could not be read, unless that has been said of the last piece already. */
static void judge_lost(struct legacy *v, const struct err *lost)
{
    enum view_rule_id rule = lost->band == ERR_TRUNCATED ? VIEW_TRUNCATED : VIEW_FRAMING_LOST;
    bool same = strcmp(lost->text, v->said.text) == 0 && strcmp(lost->path, v->said.path) == 0;

    if (!same && !(v->said.band != ERR_NONE && rule == VIEW_TRUNCATED && v->said_rule == rule)) {
        find(v, rule, lost);
    }
}

/* What the reader says at the end. */
static void judge_rest(struct legacy *v, const struct leg_stream_report *report)
{
    struct err why = ERR_INIT;
    bool lost = report->lost.band != ERR_NONE;

    if (v->undescribed > 0) {
        (void)err_set(&why, ERR_UNSUPPORTED,
                      "%" PRIu64 " sections are known by name only: the stream has no description",
                      v->undescribed);
        find(v, VIEW_NOT_DESCRIBED, &why);
    }
    if (lost) {
        judge_lost(v, &report->lost);
        view_order_lost(&v->order);
    }
    view_order_end(&v->order, v->whole, find_ordered, v);
}

static bool verify_legacy(struct win *win, struct view_findings *findings,
                          struct view_verified *what, struct err *err)
{
    const struct lay_modules modules = mod_library_hooks(NULL);
    const struct leg_stream_options options = {
        .salvage = true, .schema = LAY_SCHEMA_AUTO, .modules = &modules};
    struct leg_stream_report report;
    struct legacy v;
    struct leg_stream_sink sink = {&v, take_head, take_told};
    bool ok;

    memset(&v, 0, sizeof(v));
    err_init(&v.said);
    v.findings = findings;
    v.what = what;
    view_order_init(&v.order);
    ok = leg_stream(win, &options, NULL, &sink, &report, err);
    if (ok) {
        judge_rest(&v, &report);
    }
    what->sections = v.order.sections.count;
    what->legacy_length = win->offset;
    view_order_done(&v.order);
    return ok;
}

static void show_summary(struct view_out *o, bool is_ber, const struct view_verified *what,
                         const struct view_findings *findings)
{
    view_doc_item_begin(o, "summary", &VIEW_NOWHERE);
    view_attr_str(o, "format", is_ber ? "ber" : "legacy");
    if (is_ber) {
        view_attr_u64(o, "records", what->records);
    }
    view_attr_u64(o, "sections", what->sections);
    view_attr_u64(o, "legacy_length", what->legacy_length);
    if (is_ber) {
        view_attr_u64(o, "ber_length", what->ber_length);
    }
    if (is_ber && o->format != VIEW_TEXT) {
        view_attr_str(o, "second_opinion_header", view_opinion_name(what->header));
        view_attr_str(o, "second_opinion_trailer", view_opinion_name(what->trailer));
        view_attr_str(o, "second_opinion_index", view_opinion_name(what->index));
    }
    view_attr_u64(o, "errors", findings->errors);
    view_attr_u64(o, "warnings", findings->warnings);
    view_item_end(o);
}

/* Tells by the first octets what it is; what is neither is a finding, and the end. */
static bool verify(struct win *win, const struct form_type_check *check,
                   struct view_findings *findings, struct view_verified *what, bool *is_ber,
                   struct err *err)
{
    struct view_finding finding;
    struct err why = ERR_INIT;
    struct span first;

    if (!win_fill(win, FIRST_OCTETS, err)) {
        return false;
    }
    first = win_span(win);
    *is_ber = form_looks_like_ber(first);
    if (*is_ber) {
        return view_verify_ber(win, check, findings, what, err);
    }
    if (first.len > 0 && memcmp(first.p, "QEVM", first.len < 4 ? first.len : 4) == 0) {
        return verify_legacy(win, findings, what, err);
    }
    if (first.len == 0) {
        (void)err_set(&why, ERR_TRUNCATED, "the input is empty");
    } else {
        (void)err_set(&why, ERR_MALFORMED,
                      "neither a migration stream (51 45 56 4d) nor BER of it (30): found %02x",
                      first.p[0]);
    }
    (void)err_at_path(&why, "MigrationStream");
    memset(&finding, 0, sizeof(finding));
    finding.rule = VIEW_NOT_A_STREAM;
    finding.err = &why;
    view_findings_add(findings, &finding);
    *err = why;
    return false;
}

bool view_verify(struct io_source in, struct io_sink out, enum view_format format,
                 const struct form_type_check *check, struct view_verify_report *report,
                 struct err *err)
{
    struct view_findings findings;
    struct view_verified what;
    struct view_out o;
    struct win win;
    bool is_ber = false;
    bool ok = false;

    memset(report, 0, sizeof(*report));
    memset(&findings, 0, sizeof(findings));
    memset(&what, 0, sizeof(what));
    if (!win_init(&win, in, LEG_WINDOW_MIN, err)) {
        return false;
    }
    if (view_out_init(&o, out, format, err)) {
        findings.o = &o;
        view_doc_begin(&o);
        view_doc_list_begin(&o, "findings");
        ok = verify(&win, check, &findings, &what, &is_ber, err);
        view_doc_list_end(&o);
        if (ok) {
            show_summary(&o, is_ber, &what, &findings);
        }
        view_doc_end(&o);
        ok = view_out_finish(&o, err) && ok;
    }
    view_out_done(&o);
    win_done(&win);
    report->errors = findings.errors;
    report->warnings = findings.warnings;
    report->verified = ok;
    return ok;
}
