/* view_order.c - see view_order.h. */
#include "codec/view/view_order.h"

#include <inttypes.h>

#include "codec/savevm/leg_wire.h"
#include "codec/view/view_names.h"

/* Where faults are told. */
struct teller {
    view_order_fn fn;
    void *ctx;
};

static void tell(const struct teller *t, enum view_rule_id rule, const struct err *err)
{
    t->fn(t->ctx, rule, err);
}

void view_order_init(struct view_order *order)
{
    memset(order, 0, sizeof(*order));
    view_sections_init(&order->sections);
}

void view_order_done(struct view_order *order)
{
    view_sections_done(&order->sections);
}

static bool is_piece(const struct wire_body *body)
{
    return body->which == WIRE_BODY_SECTION || body->which == WIRE_BODY_FRAMED ||
           body->which == WIRE_BODY_RAM;
}

/* Heads, and whether a section is open. */
static void judge_nesting(struct view_order *order, const struct wire_body *body,
                          const struct wire_section_open *open, const struct teller *t)
{
    struct err why = ERR_INIT;
    bool goes_on = is_piece(body) && open == NULL;

    if (body->which == WIRE_BODY_OPAQUE) {
        order->open = false; /* whoever lost the framing has told it */
        order->unsure = true;
        return;
    }
    if (body->which == WIRE_BODY_TYPE_DESCRIPTION || body->which == ASN_UNKNOWN) {
        return; /* they stand for no octets */
    }
    if (!order->unsure && order->open && !goes_on) {
        (void)err_set(&why, ERR_MALFORMED, "begins before the section before it has ended");
        tell(t, VIEW_SECTION_ORDER, &why);
    } else if (!order->unsure && !order->open && goes_on) {
        (void)err_set(&why, ERR_MALFORMED, "goes on with a section that has not begun");
        tell(t, VIEW_SECTION_ORDER, &why);
    }
    order->open = is_piece(body) && !form_event_ends(body);
    order->unsure = goes_on && order->unsure && order->open;
}

static void judge_first(struct view_order *order, const struct wire_section_open *open,
                        const struct teller *t)
{
    struct err why = ERR_INIT;

    if (!open->has_identity) {
        (void)err_set(&why, ERR_MALFORMED, "a section begins without a name");
        tell(t, VIEW_SECTION_ORDER, &why);
    }
    if (view_sections_find(&order->sections, open->id) != NULL) {
        (void)err_set(&why, ERR_MALFORMED, "section id %" PRIu32 " stands for another section, too",
                      open->id);
        tell(t, VIEW_SECTION_TWICE, &why);
    }
}

static void judge_later(struct view_order *order, const struct wire_section_open *open,
                        const struct teller *t)
{
    const struct view_section *section = view_sections_find(&order->sections, open->id);
    const char *kind = view_enum_name(&wire_section_kind_type, open->kind);
    struct err why = ERR_INIT;

    if (open->has_identity) {
        (void)err_set(&why, ERR_MALFORMED, "a section goes on, but with a name");
        tell(t, VIEW_SECTION_ORDER, &why);
    }
    /* One that has ended may go on: QEMU 7.2 ends ram again behind a package. */
    if (section == NULL && !order->lost) {
        (void)err_set(&why, ERR_MALFORMED, "%s of section %" PRIu32 ", which has not begun", kind,
                      open->id);
    }
    if (why.band != ERR_NONE) {
        tell(t, VIEW_SECTION_ID, &why);
    }
}

static void judge_open(struct view_order *order, const struct wire_section_open *open,
                       const struct teller *t)
{
    struct err why = ERR_INIT;

    switch (open->kind) {
    case WIRE_SECTION_KIND_START:
    case WIRE_SECTION_KIND_FULL:
        judge_first(order, open, t);
        return;
    case WIRE_SECTION_KIND_PART:
    case WIRE_SECTION_KIND_END:
        judge_later(order, open, t);
        return;
    default:
        (void)err_set(&why, ERR_MALFORMED, "a section of kind %" PRId32, open->kind);
        tell(t, VIEW_SECTION_ORDER, &why);
        return;
    }
}

static const struct wire_section_close *close_of(const struct wire_body *body)
{
    switch (body->which) {
    case WIRE_BODY_SECTION:
        return &body->u.section.close;
    case WIRE_BODY_FRAMED:
        return body->u.framed.has_close ? &body->u.framed.close : NULL;
    case WIRE_BODY_RAM:
        return body->u.ram.has_close ? &body->u.ram.close : NULL;
    default:
        return NULL;
    }
}

static void judge_footer(struct view_order *order, const struct wire_section_close *close,
                         const struct teller *t)
{
    struct err why = ERR_INIT;

    if (!order->footers_known) {
        order->footers_known = true;
        order->footers = close->footer;
    } else if (order->footers != close->footer && !order->mixed) {
        order->mixed = true;
        (void)err_set(&why, ERR_MALFORMED, "the section has %s footer, those before it have %s",
                      close->footer ? "a" : "no", order->footers ? "one" : "none");
        tell(t, VIEW_FOOTERS, &why);
    }
}

static void judge_end(struct view_order *order, const struct wire_body *body,
                      const struct teller *t)
{
    struct err why = ERR_INIT;

    switch (body->which) {
    case WIRE_BODY_END_OF_STREAM:
        if (order->ended) {
            (void)err_set(&why, ERR_MALFORMED, "a second end mark");
        } else if (order->packaged > 0) {
            (void)err_set(&why, ERR_MALFORMED, "an end mark inside a package");
        }
        order->ended = true;
        break;
    case WIRE_BODY_VM_DESCRIPTION:
        if ((!order->ended && !order->opaque) || order->described) {
            (void)err_set(&why, ERR_MALFORMED, "a description %s",
                          order->described ? "for the second time" : "before the end mark");
        }
        order->described = true;
        break;
    case WIRE_BODY_SECTION:
    case WIRE_BODY_FRAMED:
    case WIRE_BODY_RAM:
    case WIRE_BODY_COMMAND:
        if (order->ended) {
            (void)err_set(&why, ERR_MALFORMED, "a %s behind the end mark", view_body_name(body));
        }
        break;
    default:
        break; /* what stands for no octets, and what is opaque, may stand anywhere */
    }
    if (why.band != ERR_NONE && !order->lost) {
        tell(t, VIEW_END_ORDER, &why);
    }
}

bool view_order_record(struct view_order *order, const struct wire_body *body, view_order_fn fn,
                       void *ctx, struct err *err)
{
    const struct wire_section_open *open = form_event_open(body);
    const struct wire_section_close *close = close_of(body);
    const struct teller t = {fn, ctx};

    judge_nesting(order, body, open, &t);
    if (open != NULL) {
        judge_open(order, open, &t);
    }
    if (close != NULL) {
        judge_footer(order, close, &t);
    }
    judge_end(order, body, &t);
    if (body->which == WIRE_BODY_OPAQUE) {
        order->opaque = true;
    }
    if (!view_sections_note(&order->sections, body, &order->section, err)) {
        return false;
    }
    if (body->which == WIRE_BODY_COMMAND && body->u.command.number == LEG_CMD_PACKAGED &&
        body->u.command.data.len == LEG_CMD_PACKAGED_LEN && order->packaged == 0) {
        /* The octets of the command itself do not count: see view_order_length. */
        order->packaged = (uint64_t)leg_get_be32(body->u.command.data.p) + LEG_COMMAND_HEAD_LEN +
                          LEG_CMD_PACKAGED_LEN;
    }
    return true;
}

void view_order_length(struct view_order *order, uint64_t legacy_length, view_order_fn fn,
                       void *ctx)
{
    const struct teller t = {fn, ctx};
    struct err why = ERR_INIT;

    if (order->packaged == 0 || order->lost_length) {
        return;
    }
    if (legacy_length > order->packaged) {
        (void)err_set(&why, ERR_MALFORMED, "a package ends %" PRIu64 " octets into it",
                      order->packaged);
        tell(&t, VIEW_PACKAGED_LENGTH, &why);
        legacy_length = order->packaged;
    }
    order->packaged -= legacy_length;
}

void view_order_lost(struct view_order *order)
{
    order->lost = true;
    order->unsure = true;
    order->lost_length = true;
    order->packaged = 0;
}

void view_order_end(struct view_order *order, bool whole, view_order_fn fn, void *ctx)
{
    const struct teller t = {fn, ctx};

    if (order->lost) {
        return;
    }
    if (order->packaged > 0) {
        struct err why = ERR_INIT;

        (void)err_set(&why, ERR_MALFORMED, "the stream ends %" PRIu64 " octets before a package",
                      order->packaged);
        tell(&t, VIEW_PACKAGED_LENGTH, &why);
    }
    if (order->open) {
        struct err why = ERR_INIT;

        (void)err_set(&why, ERR_MALFORMED, "the stream ends inside a section");
        tell(&t, VIEW_SECTION_ORDER, &why);
    }
    if (whole && !order->ended && !order->opaque) {
        struct err why = ERR_INIT;

        (void)err_set(&why, ERR_MALFORMED, "no end mark: a destination goes on waiting for it");
        tell(&t, VIEW_END_MISSING, &why);
    }
}
