/* lay_plan.c - see lay_plan.h. */
#include "codec/savevm/lay_plan.h"

#include <stdlib.h>

#include "codec/savevm/lay_compile.h"
#include "codec/savevm/lay_guess.h"
#include "codec/savevm/lay_hole.h"
#include "codec/savevm/lay_limits.h"
#include "codec/savevm/leg_text.h"
#include "codec/savevm/leg_wire.h"

void lay_plan_init(struct lay_plan *plan)
{
    memset(plan, 0, sizeof(*plan));
    lay_vmdesc_init(&plan->desc);
    err_init(&plan->cut_err);
}

void lay_plan_done(struct lay_plan *plan)
{
    lay_vmdesc_done(&plan->desc);
    free(plan->pieces);
    plan->pieces = NULL;
}

static struct span rest(const struct lay_plan *plan, size_t at)
{
    return span_from(plan->tail, at);
}

/* Adds a piece of that kind from where the last one ended. */
static struct lay_piece *add(struct lay_plan *plan, enum lay_piece_kind kind, size_t at, size_t len,
                             struct err *err)
{
    struct lay_piece *piece;

    if (plan->count == plan->cap) {
        size_t cap = plan->cap == 0 ? 64 : plan->cap * 2;
        struct lay_piece *more;

        if (plan->count >= LAY_ELEMENTS_MAX) {
            (void)err_set(err, ERR_LIMIT, "more than %d sections", LAY_ELEMENTS_MAX);
            return NULL;
        }
        more = realloc(plan->pieces, cap * sizeof(*more));
        if (more == NULL) {
            (void)err_memory(err);
            return NULL;
        }
        plan->pieces = more;
        plan->cap = cap;
    }
    piece = &plan->pieces[plan->count++];
    memset(piece, 0, sizeof(*piece));
    piece->kind = kind;
    piece->at = at;
    piece->len = len;
    piece->device = LAY_NO_DEVICE;
    piece->why = LAY_WHY_COUNT;
    piece->fault = at;
    piece->module = LAY_WHY_COUNT;
    return piece;
}

static bool add_opaque(struct lay_plan *plan, size_t at, size_t len, enum lay_reason why,
                       struct err *err)
{
    struct lay_piece *piece = add(plan, LAY_PIECE_OPAQUE, at, len, err);

    if (piece == NULL) {
        return false;
    }
    piece->why = why;
    return true;
}

/* Adds a section whose payload ends at end; footer: the five octets behind it are its footer. */
static struct lay_piece *add_section(struct lay_plan *plan, size_t at, const struct lay_head *head,
                                     size_t end, bool footer, struct err *err)
{
    size_t len = end - at + (footer ? LEG_FOOTER_LEN : 0);
    struct lay_piece *piece = add(plan, LAY_PIECE_SECTION, at, len, err);

    if (piece != NULL) {
        piece->head = *head;
        piece->payload_len = end - at - head->len;
        piece->footer = footer;
        piece->framing = LAY_FRAMING_FOOTER;
        plan->sections++;
    }
    return piece;
}

static size_t piece_end(const struct lay_piece *piece)
{
    return piece->at + piece->len;
}

/* Notes that the tail is cut; the first note counts. */
static void set_cut(struct lay_plan *plan, size_t at, struct span section, const char *text)
{
    char label[LAY_LABEL_MAX];

    if (!plan->cut) {
        plan->cut = true;
        leg_text_label(section, label, sizeof(label));
        (void)err_set(&plan->cut_err, ERR_TRUNCATED, "%s", text);
        (void)err_at_path(&plan->cut_err, "%s", label);
        (void)err_at_legacy(&plan->cut_err, plan->options->legacy_offset + at);
    }
}

/* ---- with a description ---- */

/* Finds the entry of the description for a head, from entry first on. */
static size_t match(struct lay_plan *plan, const struct lay_head *head, size_t first)
{
    const struct lay_vmdesc *desc = &plan->desc;

    for (size_t i = first; i < desc->device_count && plan->match_budget > 0; i++) {
        plan->match_budget--;
        if (desc->devices[i].instance == head->instance &&
            span_eq(desc->devices[i].name, head->name)) {
            return i;
        }
    }
    return LAY_NO_DEVICE;
}

static bool is_footer(struct span s, uint32_t id)
{
    return s.len >= LEG_FOOTER_LEN && s.p[0] == LEG_SECTION_FOOTER && leg_get_be32(s.p + 1) == id;
}

/* Whether a section that ends at end, as described, is followed by what must follow. */
static bool fits(struct lay_plan *plan, struct span region, const struct lay_head *head, size_t end,
                 size_t device)
{
    struct lay_head next;

    if (end > region.len) {
        return false;
    }
    if (plan->footers) {
        return is_footer(span_from(region, end), head->id);
    }
    return end == region.len || (lay_scan_head(span_from(region, end), &next) == LAY_SEEN_YES &&
                                 match(plan, &next, device + 1) != LAY_NO_DEVICE);
}

/* Finds the end of a section whose size is not known; the region ends before the EOF octet. */
static bool find_end(struct lay_plan *plan, struct span region, size_t from,
                     const struct lay_head *head, size_t device, size_t *end)
{
    size_t at = from;

    if (plan->footers) {
        if (plan->searches >= LAY_SEARCHES_MAX) {
            return false;
        }
        if (lay_scan_footer(region, from, head->id, false, end)) {
            return true;
        }
        plan->searches++;
        return false;
    }
    while (lay_scan_full(region, at, end)) {
        struct lay_head next;

        (void)lay_scan_head(span_from(region, *end), &next);
        if (!plan->has_desc ||
            match(plan, &next, device == LAY_NO_DEVICE ? 0 : device + 1) != LAY_NO_DEVICE) {
            return true;
        }
        at = *end + 1;
    }
    *end = region.len;
    return plan->has_desc;
}

/* Passes over octets that are nothing, or no whole section, to the next listed section. */
static bool plan_resync(struct lay_plan *plan, struct span region, size_t *at, size_t device,
                        enum lay_reason why, size_t fault, struct err *err)
{
    size_t from = *at;
    size_t next = from + 1;
    bool found = false;

    while (!found && next < region.len && lay_scan_full(region, next, &next)) {
        struct lay_head head;

        (void)lay_scan_head(span_from(region, next), &head);
        found = match(plan, &head, device) != LAY_NO_DEVICE;
        next += found ? 0 : 1;
    }
    *at = found ? next : region.len;
    if (!add_opaque(plan, from, *at - from, why, err)) {
        return false;
    }
    plan->pieces[plan->count - 1].fault = fault;
    return true;
}

/* Plans a section that a device module describes where nothing else does; none: guess->type is 0.
 */
static bool plan_guessed(struct lay_plan *plan, struct span region, bool sections_only,
                         const struct lay_head *head, size_t *at, struct lay_guess *guess,
                         struct err *err)
{
    struct lay_piece *piece;

    if (!lay_guess_section(plan, region, sections_only, head, *at + head->len, guess, err)) {
        return false;
    }
    if (guess->type == 0) {
        return true;
    }
    piece = add_section(plan, *at, head, guess->end, plan->footers, err);
    if (piece == NULL) {
        guess->type = 0;
        return false;
    }
    piece->type = guess->type;
    piece->guessed = true;
    piece->framing = guess->framing;
    *at = piece_end(piece);
    return true;
}

/* Plans the section at *at by the description; *device is the first entry not used yet. */
static bool plan_described(struct lay_plan *plan, struct span region, const struct lay_head *head,
                           size_t *at, size_t *device, struct err *err)
{
    size_t payload = *at + head->len;
    size_t entry = match(plan, head, *device);
    uint32_t type = entry == LAY_NO_DEVICE ? 0 : plan->desc.devices[entry].type;
    size_t end = type == 0 ? 0 : payload + lay_types_get(plan->types, type)->size;
    enum lay_reason why = type == 0 ? LAY_WHY_NOT_LISTED : LAY_WHY_COUNT;
    struct lay_guess guess = {0, 0, LAY_FRAMING_NONE, LAY_WHY_COUNT};
    struct lay_piece *piece;
    size_t fault = type == 0 ? *at : end;

    if (type == 0 &&
        (!plan_guessed(plan, region, true, head, at, &guess, err) || guess.type != 0)) {
        return guess.type != 0;
    }
    if (type != 0 && !fits(plan, region, head, end, entry)) {
        why = LAY_WHY_SIZE;
        fault = end < region.len ? end : region.len;
        if (!find_end(plan, region, payload, head, entry, &end)) {
            end = SIZE_MAX;
        } else if (lay_hole_fill(plan->types, &type, end - payload)) {
            why = LAY_WHY_COUNT;
        } else {
            type = 0;
        }
    } else if (type == 0 && !find_end(plan, region, payload, head, LAY_NO_DEVICE, &end)) {
        end = SIZE_MAX;
    }
    if (end == SIZE_MAX) {
        *device = entry == LAY_NO_DEVICE ? *device : entry + 1;
        if (!plan_resync(plan, region, at, *device, why, fault, err)) {
            return false;
        }
        plan->pieces[plan->count - 1].device = entry;
        plan->pieces[plan->count - 1].head = *head;
        return true;
    }
    piece = add_section(plan, *at, head, end, plan->footers, err);
    if (piece == NULL) {
        return false;
    }
    piece->type = type;
    piece->why = why;
    piece->fault = fault;
    piece->device = entry;
    piece->module = guess.why;
    if (!plan->footers) {
        piece->framing = end < region.len ? LAY_FRAMING_NEXT_HEADER : LAY_FRAMING_END;
    }
    plan->described += type != 0 ? 1 : 0;
    *device = entry == LAY_NO_DEVICE ? *device : entry + 1;
    *at = piece_end(piece);
    return true;
}

/* Plans the octets before the EOF octet with the description that was read. */
static bool plan_region(struct lay_plan *plan, struct span region, struct err *err)
{
    size_t device = 0;
    size_t at = 0;

    while (at < region.len) {
        struct span s = span_from(region, at);
        struct lay_head head;
        size_t len;
        bool ok;

        if (lay_scan_head(s, &head) == LAY_SEEN_YES) {
            ok = plan_described(plan, region, &head, &at, &device, err);
        } else if (lay_scan_command(s, &len) == LAY_SEEN_YES) {
            ok = add(plan, LAY_PIECE_COMMAND, at, len, err) != NULL;
            at += len;
        } else {
            ok = plan_resync(plan, region, &at, device, LAY_WHY_UNKNOWN, at, err);
        }
        if (!ok) {
            return false;
        }
    }
    return true;
}

/* Adds what follows the sections: EOF, vmdesc and what is behind. */
static bool plan_end(struct lay_plan *plan, size_t eof, size_t text_len, struct err *err)
{
    size_t vmdesc = eof + (plan->options->mode == LAY_AFTER_EOF ? 0 : 1);
    size_t text = vmdesc + 1 + 4;
    size_t behind = text + text_len;

    plan->text = span_of(plan->tail.p + text, text_len);
    return (vmdesc == eof || add(plan, LAY_PIECE_EOF, eof, 1, err) != NULL) &&
           add(plan, LAY_PIECE_VMDESC, vmdesc, behind - vmdesc, err) != NULL &&
           (behind == plan->tail.len ||
            add_opaque(plan, behind, plan->tail.len - behind, LAY_WHY_BEHIND, err));
}

static void forget(struct lay_plan *plan)
{
    plan->count = 0;
    plan->described = 0;
    plan->sections = 0;
    plan->cut = false;
    plan->match_budget = LAY_MATCHES_MAX;
    plan->searches = 0;
    plan->guess_budget = plan->tail.len < SIZE_MAX / LAY_GUESS_PASSES / 2
                             ? plan->tail.len * LAY_GUESS_PASSES + LAY_GUESS_MAX
                             : SIZE_MAX / 2;
    err_init(&plan->cut_err);
}

/* Plans the region with footers and without, if that is not known, and keeps the better. */
static bool plan_both_ways(struct lay_plan *plan, struct span region, struct err *err)
{
    enum lay_footers footers = plan->options->footers;
    uint32_t types = plan->types->count;

    forget(plan);
    plan->footers = footers != LAY_FOOTERS_NO;
    if (!plan_region(plan, region, err)) {
        return false;
    }
    if (footers != LAY_FOOTERS_UNKNOWN || plan->described > 0 || region.len == 0) {
        return true;
    }
    forget(plan);
    lay_types_rollback(plan->types, types);
    plan->footers = false;
    if (!plan_region(plan, region, err) || plan->described > 0) {
        return plan->described > 0;
    }
    forget(plan);
    lay_types_rollback(plan->types, types);
    plan->footers = true;
    return plan_region(plan, region, err);
}

/* Tries the octets at eof as the end of the sections: the text of a description is behind it. */
static bool plan_candidate(struct lay_plan *plan, size_t eof, size_t text_len, bool *taken,
                           struct err *err)
{
    bool at_end = eof + 1 + 5 + text_len == plan->tail.len;
    uint32_t known = plan->types->count;
    struct err mine = ERR_INIT;

    *taken = false;
    if (!lay_vmdesc_read(&plan->desc, plan->types, span_of(plan->tail.p + eof + 6, text_len),
                         &mine)) {
        /* A description beyond our limits is none: its sections stay octets. */
        return !err_is_memory(&mine) || err_memory(err);
    }
    plan->has_desc = true;
    if (!plan_both_ways(plan, span_of(plan->tail.p, eof), err)) {
        return false;
    }
    /* A description of something else, inside a section of a stream that was cut, is not taken. */
    if (at_end || plan->described == plan->sections) {
        *taken = true;
        return plan_end(plan, eof, text_len, err);
    }
    lay_types_rollback(plan->types, known);
    plan->has_desc = false;
    return true;
}

/* ---- without a description ---- */

/* Finds the end of a section that is followed by the next, by the end mark or by commands. */
static bool end_without_footer(const struct lay_plan *plan, size_t payload, size_t *end,
                               enum lay_framing *framing)
{
    bool final = plan->options->mode == LAY_FINAL;

    *framing = LAY_FRAMING_NEXT_HEADER;
    if (lay_scan_full(plan->tail, payload, end)) {
        return true;
    }
    *framing = final ? LAY_FRAMING_END : LAY_FRAMING_NEXT_HEADER;
    return lay_scan_last(plan->tail, payload, final, end);
}

/* Plans a section whose end nothing tells; *at becomes where the next element begins. */
static bool plan_framed(struct lay_plan *plan, const struct lay_head *head, size_t *at,
                        struct err *err)
{
    bool final = plan->options->mode == LAY_FINAL;
    size_t payload = *at + head->len;
    enum lay_framing framing = LAY_FRAMING_FOOTER;
    struct lay_guess guess;
    struct lay_piece *piece;
    size_t end = 0;
    bool found;

    if (!plan_guessed(plan, plan->tail, false, head, at, &guess, err) || guess.type != 0) {
        return guess.type != 0;
    }
    if (plan->footers) {
        found = lay_scan_footer(plan->tail, payload, head->id, false, &end) ||
                (final && plan->options->salvage &&
                 lay_scan_footer(plan->tail, payload, head->id, true, &end));
    } else {
        found = end_without_footer(plan, payload, &end, &framing);
    }
    if (!found) {
        set_cut(plan, plan->tail.len, head->name, "input ends inside the section");
        framing = LAY_FRAMING_NONE;
        end = plan->tail.len;
    }
    piece = add_section(plan, *at, head, end, found && plan->footers, err);
    if (piece == NULL) {
        return false;
    }
    piece->framing = framing;
    piece->why = found ? LAY_WHY_NO_VMDESC : LAY_WHY_CUT;
    piece->module = guess.why;
    *at = piece_end(piece);
    return true;
}

/* Plans what is behind an EOF octet; at is behind it. */
static bool plan_behind(struct lay_plan *plan, size_t at, struct err *err)
{
    size_t len = 0;

    if (at == plan->tail.len) {
        return true;
    }
    switch (lay_scan_vmdesc(rest(plan, at), &len)) {
    case LAY_SEEN_YES:
        plan->text = span_of(plan->tail.p + at + 5, len);
        if (add(plan, LAY_PIECE_VMDESC, at, 5 + len, err) == NULL) {
            return false;
        }
        at += 5 + len;
        return at == plan->tail.len ||
               add_opaque(plan, at, plan->tail.len - at, LAY_WHY_BEHIND, err);
    case LAY_SEEN_CUT:
        set_cut(plan, plan->tail.len, span_of("", 0),
                "input ends inside the description behind the stream");
        return add_opaque(plan, at, plan->tail.len - at, LAY_WHY_CUT, err);
    case LAY_SEEN_NO:
        break;
    }
    return add_opaque(plan, at, plan->tail.len - at, LAY_WHY_BEHIND, err);
}

/* Finds out from the first section whether there are footers. */
static bool guess_footers(const struct lay_plan *plan)
{
    struct span s = plan->tail;
    struct lay_head head;
    size_t at = 0;

    if (plan->options->footers != LAY_FOOTERS_UNKNOWN) {
        return plan->options->footers == LAY_FOOTERS_YES;
    }
    while (lay_scan_command(s, &at) == LAY_SEEN_YES) {
        s = span_from(s, at);
    }
    if (lay_scan_head(s, &head) != LAY_SEEN_YES ||
        lay_scan_footer(s, head.len, head.id, plan->options->salvage, &at)) {
        return true;
    }
    return !lay_scan_full(s, head.len, &at) && s.p[s.len - 1] != LEG_EOF;
}

/* Plans the next element at *at, which is before the end of the tail; *over: it was the last. */
static bool plan_element(struct lay_plan *plan, size_t *at, bool *over, struct err *err)
{
    struct span s = rest(plan, *at);
    struct lay_head head;
    enum lay_seen seen = lay_scan_head(s, &head);
    size_t from = *at;
    size_t len;

    if (seen == LAY_SEEN_YES) {
        return plan_framed(plan, &head, at, err);
    }
    if (seen == LAY_SEEN_NO) {
        seen = lay_scan_command(s, &len);
        if (seen == LAY_SEEN_YES) {
            *at += len;
            return add(plan, LAY_PIECE_COMMAND, from, len, err) != NULL;
        }
    }
    *over = true;
    if (s.p[0] == LEG_EOF && plan->options->mode == LAY_FINAL) {
        return add(plan, LAY_PIECE_EOF, from, 1, err) != NULL && plan_behind(plan, from + 1, err);
    }
    if (seen == LAY_SEEN_CUT) {
        set_cut(plan, plan->tail.len, span_of("", 0), "input ends inside the head of a section");
    }
    return add_opaque(plan, from, s.len, seen == LAY_SEEN_CUT ? LAY_WHY_CUT : LAY_WHY_UNKNOWN, err);
}

/* Plans a tail without a description. */
static bool plan_bare(struct lay_plan *plan, struct err *err)
{
    bool over = false;
    size_t at = 0;

    forget(plan);
    plan->footers = guess_footers(plan);
    while (at < plan->tail.len && !over) {
        if (!plan_element(plan, &at, &over, err)) {
            return false;
        }
    }
    if (!over && plan->options->mode == LAY_FINAL) {
        set_cut(plan, plan->tail.len, span_of("", 0), "the stream ends before its end mark (00)");
    }
    return true;
}

/* A tail from behind the EOF octet. */
static bool plan_after_eof(struct lay_plan *plan, struct err *err)
{
    struct err mine = ERR_INIT;
    size_t len = 0;

    forget(plan);
    if (lay_scan_vmdesc(plan->tail, &len) == LAY_SEEN_YES) {
        plan->has_desc =
            lay_vmdesc_read(&plan->desc, plan->types, span_of(plan->tail.p + 5, len), &mine);
        if (!plan->has_desc && err_is_memory(&mine)) {
            return err_memory(err);
        }
    }
    return plan_behind(plan, 0, err);
}

bool lay_plan_make(struct lay_plan *plan, struct span tail, const struct lay_options *options,
                   struct lay_types *types, struct err *err)
{
    size_t at = tail.len;
    size_t len = 0;

    plan->tail = tail;
    plan->options = options;
    plan->types = types;
    if (options->mode == LAY_AFTER_EOF) {
        return plan_after_eof(plan, err);
    }
    for (int i = 0;
         options->mode == LAY_FINAL && i < LAY_CANDIDATES_MAX && lay_scan_back(tail, &at, &len);
         i++) {
        bool taken = false;

        if (!plan_candidate(plan, at, len, &taken, err)) {
            return false;
        }
        if (taken) {
            return true;
        }
    }
    return plan_bare(plan, err);
}
