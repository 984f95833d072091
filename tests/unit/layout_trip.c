/* layout_trip.c - see layout_trip.h. */
#include "layout_trip.h"

#include <stdio.h>
#include <stdlib.h>

#include "codec/savevm/lay_scan.h"
#include "codec/savevm/lay_value.h"
#include "codec/savevm/lay_visit.h"
#include "codec/savevm/leg_wire.h"

enum { BACK_MAX = 1 << 28 };

static bool broken(struct layout_trip *trip, const char *what, const struct err *err)
{
    if (trip->broken == NULL) {
        trip->broken = what;
        (void)snprintf(trip->detail, sizeof(trip->detail), "%s", err != NULL ? err->text : "");
    }
    return false;
}

static void put(struct layout_trip *trip, const void *p, size_t n)
{
    if (!buf_put(&trip->back, p, n, NULL)) {
        abort();
    }
}

static void put_be32(struct layout_trip *trip, uint32_t v)
{
    uint8_t p[4];

    leg_set_be32(p, v);
    put(trip, p, sizeof(p));
}

static void put_open(struct layout_trip *trip, const struct wire_section_open *open)
{
    uint8_t octet = (uint8_t)open->kind;

    put(trip, &octet, 1);
    put_be32(trip, open->id);
    if (open->has_identity) {
        octet = (uint8_t)open->identity.name.len;
        put(trip, &octet, 1);
        put(trip, open->identity.name.p, open->identity.name.len);
        put_be32(trip, open->identity.instance);
        put_be32(trip, open->identity.version);
    }
}

static void put_close(struct layout_trip *trip, const struct wire_section_open *open, bool footer)
{
    static const uint8_t octet = LEG_SECTION_FOOTER;

    if (footer) {
        put(trip, &octet, 1);
        put_be32(trip, open->id);
    }
}

/* What a view of a section adds up to. */
struct sum {
    uint64_t legacy;     /* octets of leaves, markers and heads seen */
    uint64_t legacy_end; /* of the section's struct */
    unsigned depth;
    bool bad;
};

static bool see(void *ctx, enum lay_visit_event event, const struct lay_node *node, struct err *err)
{
    struct sum *sum = ctx;

    (void)err;
    switch (event) {
    case LAY_VISIT_ENTER:
        sum->bad = sum->bad || node->depth != sum->depth || node->legacy_offset < sum->legacy;
        sum->depth++;
        sum->legacy_end = node->depth == 0 ? node->legacy_size : sum->legacy_end;
        break;
    case LAY_VISIT_LEAVE:
        sum->depth--;
        sum->bad = sum->bad || node->depth != sum->depth ||
                   sum->legacy > node->legacy_offset + node->legacy_size;
        break;
    case LAY_VISIT_LEAF:
        sum->bad = sum->bad || node->legacy_offset < sum->legacy || node->ber_size < 2;
        sum->legacy = node->legacy_offset + node->legacy_size;
        break;
    }
    return true;
}

static bool visit(struct layout_trip *trip, const struct wire_section *section, size_t payload)
{
    const struct lay_where where = {section->open.identity.name, 0, 0};
    struct err err = ERR_INIT;
    struct sum sum = {0};
    struct arena arena;
    bool ok;

    arena_init(&arena, BACK_MAX);
    ok = lay_visit(&trip->learned, section->type, section->value, &where, &arena,
                   &(struct lay_visitor){see, NULL, &sum}, &err);
    arena_done(&arena);
    if (!ok) {
        return broken(trip, "a section cannot be seen", &err);
    }
    return (!sum.bad && sum.depth == 0 && sum.legacy_end == payload) ||
           broken(trip, "a view's offsets do not add up", NULL);
}

static bool put_section(struct layout_trip *trip, const struct wire_section *section)
{
    const struct lay_where where = {section->open.identity.name, 0, 0};
    struct err err = ERR_INIT;
    size_t begin;

    trip->ber += section->value.len;
    put_open(trip, &section->open);
    begin = trip->back.len;
    if (!lay_value_lower(&trip->learned, section->type, section->value, &where, &trip->back,
                         &err)) {
        return broken(trip, "a section does not lower", &err);
    }
    if (!lay_text_section(&trip->text, section->open.identity.name, section->open.identity.instance,
                          section->type, &err)) {
        return broken(trip, "a section is not noted", &err);
    }
    if (!visit(trip, section, trip->back.len - begin)) {
        return false;
    }
    put_close(trip, &section->open, section->close.footer);
    return true;
}

static bool put_framed(struct layout_trip *trip, const struct wire_framed *framed)
{
    if (framed->has_open) {
        put_open(trip, &framed->open);
    }
    put(trip, framed->data.p, framed->data.len);
    if (framed->has_close) {
        put_close(trip, &framed->open, framed->close.footer);
    }
    return true;
}

static bool put_vmdesc(struct layout_trip *trip, const struct wire_vm_description *vm)
{
    static const uint8_t octet = LEG_VMDESCRIPTION;
    struct err err = ERR_INIT;
    struct buf text;
    bool ok = true;

    buf_init(&text, BACK_MAX);
    if (vm->which == WIRE_VM_DESCRIPTION_TEXT) {
        ok = buf_put(&text, vm->u.text.p, vm->u.text.len, &err);
    } else {
        ok = lay_text_write(&trip->text, &trip->learned, &vm->u.rebuilt, &text, &err);
    }
    put(trip, &octet, 1);
    put_be32(trip, (uint32_t)text.len);
    put(trip, text.p, text.len);
    buf_done(&text);
    return ok || broken(trip, "the description is not rebuilt", &err);
}

/* Writes the octets of an event; the letter for its kind goes to *shape. */
static bool put_event(struct layout_trip *trip, const struct wire_body *body, char *shape)
{
    struct err err = ERR_INIT;
    uint8_t head[LEG_COMMAND_HEAD_LEN] = {LEG_COMMAND};

    switch (body->which) {
    case WIRE_BODY_TYPE_DESCRIPTION:
        *shape = 'T';
        return lay_types_add(&trip->learned, &body->u.type_description, &err) ||
               broken(trip, "a type is not taken", &err);
    case WIRE_BODY_SECTION:
        *shape = 'S';
        return put_section(trip, &body->u.section);
    case WIRE_BODY_FRAMED:
        *shape = 'F';
        return put_framed(trip, &body->u.framed);
    case WIRE_BODY_COMMAND:
        *shape = 'C';
        leg_set_be16(head + 1, body->u.command.number);
        leg_set_be16(head + 3, (uint32_t)body->u.command.data.len);
        put(trip, head, sizeof(head));
        put(trip, body->u.command.data.p, body->u.command.data.len);
        return true;
    case WIRE_BODY_END_OF_STREAM:
        *shape = 'E';
        head[0] = LEG_EOF;
        put(trip, head, 1);
        return true;
    case WIRE_BODY_VM_DESCRIPTION:
        *shape = body->u.vm_description.which == WIRE_VM_DESCRIPTION_TEXT ? 'X' : 'V';
        return put_vmdesc(trip, &body->u.vm_description);
    case WIRE_BODY_OPAQUE:
        *shape = 'O';
        put(trip, body->u.opaque.data.p, body->u.opaque.data.len);
        return true;
    default:
        return broken(trip, "an event of no kind", NULL);
    }
}

static bool sink(void *ctx, const struct lay_event *event, struct err *err)
{
    struct layout_trip *trip = ctx;
    size_t at = trip->back.len;
    char shape = '?';

    (void)err;
    if (event->why != NULL && !trip->had_why) {
        trip->had_why = true;
        trip->why = *event->why;
    }
    if (event->legacy_offset != trip->options.legacy_offset + at) {
        return broken(trip, "an event at the wrong offset", NULL);
    }
    if (!put_event(trip, event->body, &shape)) {
        return false;
    }
    if (trip->back.len - at != event->legacy_length || trip->back.len > trip->tail.len) {
        return broken(trip, "an event says another length", NULL);
    }
    if (memcmp(trip->back.p + at, trip->tail.p + at, trip->back.len - at) != 0) {
        return broken(trip, "an event stands for other octets", NULL);
    }
    return (shape == 'T' && trip->shape.len > 0 &&
            trip->shape.p[trip->shape.len - 1] == (uint8_t)'T') ||
           buf_put(&trip->shape, &shape, 1, err);
}

void layout_trip_run(struct layout_trip *trip, struct span tail, const struct lay_options *options)
{
    memset(trip, 0, sizeof(*trip));
    trip->tail = tail;
    trip->options = *options;
    lay_types_init(&trip->types);
    lay_types_init(&trip->learned);
    lay_text_init(&trip->text);
    buf_init(&trip->back, BACK_MAX);
    buf_init(&trip->shape, BACK_MAX);
    err_init(&trip->err);
    err_init(&trip->why);
    (void)buf_reserve(&trip->back, 1, NULL);
    trip->result = lay_tail(tail, options, &trip->types, sink, trip, &trip->report, &trip->err);
    (void)buf_put(&trip->shape, "", 1, NULL);
    if (trip->result == LAY_COMPLETE || (trip->result == LAY_CUT && options->salvage)) {
        if (trip->back.len != tail.len) {
            (void)broken(trip, "the events do not cover the tail", NULL);
        }
    } else if (trip->result == LAY_CUT && trip->back.len > 0) {
        (void)broken(trip, "events of a tail that was refused", NULL);
    }
    if (trip->result != LAY_COMPLETE && trip->err.band == ERR_NONE && trip->broken == NULL) {
        (void)broken(trip, "a failure without an error", NULL);
    }
    if (trip->types.told_count != trip->learned.count && trip->broken == NULL &&
        trip->result != LAY_FAILED) {
        (void)broken(trip, "the types of writer and reader differ", NULL);
    }
}

void layout_trip_done(struct layout_trip *trip)
{
    lay_types_done(&trip->types);
    lay_types_done(&trip->learned);
    lay_text_done(&trip->text);
    buf_done(&trip->back);
    buf_done(&trip->shape);
}

bool layout_tail_of(struct span stream, size_t *at)
{
    size_t first = SIZE_MAX;

    for (size_t i = 0; lay_scan_full(stream, i, &i); i++) {
        if (i >= LEG_FOOTER_LEN && stream.p[i - LEG_FOOTER_LEN] == LEG_SECTION_FOOTER) {
            *at = i;
            return true;
        }
        first = first == SIZE_MAX ? i : first;
    }
    *at = first;
    return first != SIZE_MAX;
}
