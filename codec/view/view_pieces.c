/* view_pieces.c - see view_pieces.h. */
#include "codec/view/view_pieces.h"

#include <stdio.h>

bool view_pieces_init(struct view_pieces *pieces, size_t octets_max, struct err *err)
{
    memset(pieces, 0, sizeof(*pieces));
    return view_gather_init(&pieces->data, octets_max, err);
}

void view_pieces_done(struct view_pieces *pieces)
{
    view_gather_done(&pieces->data);
}

static void set_text(struct err *err, struct span text)
{
    err_init(err);
    (void)snprintf(err->text, sizeof(err->text), "%.*s",
                   (int)(text.len < ERR_TEXT_MAX ? text.len : ERR_TEXT_MAX - 1),
                   text.len > 0 ? (const char *)text.p : "");
}

static void start(struct view_pieces *pieces, const struct form_event *event,
                  const struct view_section *section, int32_t kind)
{
    const struct wire_body *body = event->body;

    view_gather_reset(&pieces->data);
    pieces->on = true;
    pieces->opaque = body->which == WIRE_BODY_OPAQUE;
    pieces->place = view_event_place(event);
    pieces->has_section = section != NULL;
    if (section != NULL) {
        pieces->section = *section;
    }
    pieces->kind = kind;
    pieces->has_why = event->why != NULL;
    if (event->why != NULL) {
        pieces->why = *event->why;
    }
    set_text(&pieces->text, pieces->opaque ? body->u.opaque.reason : body->u.framed.framing);
}

/* Whether the event goes on with what is on the way. */
static bool goes_on(const struct view_pieces *pieces, const struct wire_body *body)
{
    if (!pieces->on || pieces->opaque != (body->which == WIRE_BODY_OPAQUE)) {
        return false;
    }
    return pieces->opaque ? span_eq_str(body->u.opaque.reason, pieces->text.text)
                          : !body->u.framed.has_open;
}

bool view_pieces_add(struct view_pieces *pieces, struct view_out *o, const struct form_event *event,
                     const struct view_section *section, int32_t kind, struct err *err)
{
    const struct wire_body *body = event->body;
    struct span data = body->which == WIRE_BODY_OPAQUE ? body->u.opaque.data : body->u.framed.data;

    if (goes_on(pieces, body)) {
        view_place_stretch(&pieces->place, event);
    } else {
        view_pieces_flush(pieces, o);
        start(pieces, event, section, kind);
    }
    if (!view_gather_put(&pieces->data, data, err)) {
        return false;
    }
    if (form_event_ends(body)) {
        view_pieces_flush(pieces, o);
    }
    return true;
}

void view_pieces_flush(struct view_pieces *pieces, struct view_out *o)
{
    struct view_octets octets;

    if (!pieces->on) {
        return;
    }
    pieces->on = false;
    octets = view_gather_get(&pieces->data);
    if (pieces->opaque) {
        view_item_begin(o, "opaque", &pieces->place);
        view_attr_u64(o, "level", 0);
        view_attr_str(o, "reason", pieces->text.text);
    } else {
        view_show_section(o, pieces->has_section ? &pieces->section : NULL, pieces->kind, 1,
                          &pieces->place);
        if (pieces->text.text[0] != '\0' && pieces->kind != WIRE_SECTION_KIND_PART &&
            pieces->kind != WIRE_SECTION_KIND_END) {
            view_attr_str(o, "framing", pieces->text.text); /* said once for a section */
        }
        if (pieces->has_why) {
            view_attr_str(o, "why", pieces->why.text);
        }
    }
    view_attr_gathered(o, "data", &octets);
    view_item_end(o);
}

static void flush_run(struct view_runs *runs, struct view_out *o)
{
    if (runs->has_run) {
        runs->has_run = false;
        view_show_run(o, &runs->run);
    }
}

/* Whether item goes on with the run that waits. */
static bool continues(const struct view_runs *runs, const struct wire_ram_item *item)
{
    const struct wire_ram_item *run = &runs->run;

    if (!runs->has_run || run->which != item->which) {
        return false;
    }
    if (item->which == WIRE_RAM_ITEM_PAGES) {
        return run->u.pages.first + run->u.pages.count == item->u.pages.first &&
               item->u.pages.count <= UINT32_MAX - run->u.pages.count;
    }
    return run->u.fill.first + run->u.fill.count == item->u.fill.first &&
           run->u.fill.octet == item->u.fill.octet &&
           item->u.fill.count <= UINT32_MAX - run->u.fill.count;
}

static void add_run(struct view_runs *runs, struct view_out *o, const struct wire_ram_item *item)
{
    bool is_run = item->which == WIRE_RAM_ITEM_PAGES || item->which == WIRE_RAM_ITEM_FILL;

    if (is_run && continues(runs, item)) {
        if (item->which == WIRE_RAM_ITEM_PAGES) {
            runs->run.u.pages.count += item->u.pages.count;
        } else {
            runs->run.u.fill.count += item->u.fill.count;
        }
        return;
    }
    flush_run(runs, o);
    if (is_run) {
        runs->run = *item;
        runs->has_run = true;
    } else {
        view_show_run(o, item);
    }
}

void view_runs_add(struct view_runs *runs, struct view_out *o, const struct form_event *event,
                   const struct view_section *section, int32_t kind)
{
    const struct wire_ram *ram = &event->body->u.ram;

    if (ram->has_open || !runs->on) {
        struct view_place start_of = view_event_place(event);

        view_runs_flush(runs, o);
        start_of.legacy_length = 0; /* the end is not known yet */
        start_of.ber_length = 0;
        view_show_section(o, section, kind, 2, &start_of);
        view_list_begin(o, "runs");
        runs->on = true;
    }
    for (size_t i = 0; i < ram->items.count; i++) {
        add_run(runs, o, &ram->items.items[i]);
    }
    if (ram->has_close) {
        view_runs_flush(runs, o);
    }
}

void view_runs_flush(struct view_runs *runs, struct view_out *o)
{
    if (!runs->on) {
        return;
    }
    flush_run(runs, o);
    runs->on = false;
    view_list_end(o);
    view_item_end(o);
}
