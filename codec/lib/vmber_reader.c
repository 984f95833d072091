/*
 * vmber_reader.c - see vmber.h: a stream event by event.
 *
 * The rooms below push; callers of the library pull. So each step of reading fills a queue, whose
 * memory is taken back when the queue has been told. A step is one record, or the whole tail of a
 * legacy stream.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "codec/base/arena.h"
#include "codec/device/mod_library.h"
#include "codec/lib/vmber_lib.h"
#include "codec/lib/vmber_limits.h"
#include "codec/savevm/lay_visit.h"
#include "codec/savevm/leg_limits.h"
#include "codec/savevm/leg_stream.h"
#include "codec/stream/form_limits.h"
#include "codec/stream/form_lower.h"
#include "codec/stream/form_plain.h"
#include "codec/stream/form_reader.h"

struct vmber_reader {
    struct vmber_io io;
    struct win win;
    struct err err; /* what ended reading; told when the queue is empty */
    bool started;
    bool is_ber;
    bool done;

    struct vmber_event *queue;
    size_t told;
    size_t count;
    size_t cap;
    struct arena strings;
    struct span block; /* name of the RAM block that pages are of */
    uint8_t block_name[256];

    /* A legacy stream. */
    struct leg_streaming *legacy;
    struct lay_modules modules;
    struct leg_stream_options options;
    struct leg_stream_sink sink;
    struct leg_stream_report report;
    struct lay_types types;

    /* A BER stream. */
    struct form_reader form;
    struct form_lower lower;
    struct out counted;
    struct form_plain plain;
    struct buf room; /* of a value without layouts */
};

/* Where the record that is being told stands. */
struct place {
    uint64_t legacy_offset;
    uint64_t legacy_length;
    uint64_t ber_offset;
    uint64_t ber_length;
    struct span record; /* its octets in a BER stream */
};

static const char *copy_text(struct vmber_reader *reader, struct span text)
{
    const char *copy = arena_copy(&reader->strings, text.p, text.len, &reader->err);

    return copy != NULL ? copy : "";
}

static const uint8_t *copy_octets(struct vmber_reader *reader, struct span octets)
{
    return arena_copy(&reader->strings, octets.p, octets.len, &reader->err);
}

/* Appends an event, or returns NULL with reader->err set. */
static struct vmber_event *push(struct vmber_reader *reader, enum vmber_event_kind kind,
                                const struct place *place)
{
    struct vmber_event *event;

    if (reader->count == reader->cap) {
        size_t cap = reader->cap == 0 ? 64 : reader->cap * 2;
        struct vmber_event *queue;

        if (cap > QUEUE_MAX) {
            err_set(&reader->err, ERR_LIMIT, "more than %d events in one step", QUEUE_MAX);
            return NULL;
        }
        queue = realloc(reader->queue, cap * sizeof(*queue));
        if (queue == NULL) {
            err_memory(&reader->err);
            return NULL;
        }
        reader->queue = queue;
        reader->cap = cap;
    }
    event = &reader->queue[reader->count++];
    memset(event, 0, sizeof(*event));
    event->kind = kind;
    event->name = "";
    event->type = "";
    event->module = "";
    event->legacy_offset = place->legacy_offset;
    event->legacy_length = place->legacy_length;
    event->ber_offset = place->ber_offset;
    event->ber_length = place->ber_length;
    return event;
}

static bool push_octets(struct vmber_reader *reader, enum vmber_event_kind kind,
                        const struct place *place, struct span octets, struct span type)
{
    struct vmber_event *event = push(reader, kind, place);

    if (event == NULL) {
        return false;
    }
    event->type = copy_text(reader, type);
    event->octets = copy_octets(reader, octets);
    event->octet_count = octets.len;
    return reader->err.band == ERR_NONE;
}

static bool push_open(struct vmber_reader *reader, struct vmber_event *event,
                      const struct wire_section_open *open)
{
    event->id = open->id;
    if (open->has_identity) {
        event->name = copy_text(reader, open->identity.name);
        event->instance = open->identity.instance;
        event->version = open->identity.version;
    }
    return reader->err.band == ERR_NONE;
}

/* What push_node needs beside the node. */
struct node_ctx {
    struct vmber_reader *reader;
    bool is_ber;
};

static bool push_node(void *ctx, enum lay_visit_event what, const struct lay_node *node,
                      struct err *err)
{
    struct node_ctx *at = ctx;
    struct place place = {node->legacy_offset,
                          node->legacy_size,
                          at->is_ber ? node->ber_offset : VMBER_NO_OFFSET,
                          at->is_ber ? node->ber_size : 0,
                          {NULL, 0}};
    enum vmber_event_kind kind = VMBER_EVENT_ENTER;
    struct vmber_event *event;

    (void)err; /* failures go to reader->err, which is the same place in the end */
    if (what == LAY_VISIT_LEAVE) {
        kind = VMBER_EVENT_LEAVE;
    } else if (what == LAY_VISIT_LEAF) {
        kind = node->kind == LAY_NODE_INTEGER   ? VMBER_EVENT_INTEGER
               : node->kind == LAY_NODE_BOOLEAN ? VMBER_EVENT_BOOLEAN
                                                : VMBER_EVENT_OCTETS;
    }
    event = push(at->reader, kind, &place);
    if (event == NULL) {
        return false;
    }
    event->name = copy_text(at->reader, node->name);
    event->type = copy_text(at->reader, node->type);
    event->depth = node->depth;
    event->has_index = node->has_index;
    event->index = node->index;
    event->is_signed = node->is_signed;
    event->integer = node->integer;
    event->count = node->count;
    event->version = node->version;
    if (kind == VMBER_EVENT_OCTETS) {
        event->octets = copy_octets(at->reader, node->octets);
        event->octet_count = node->octets.len;
    }
    return at->reader->err.band == ERR_NONE;
}

/* What a section is as a whole: the module it conforms to, and its value by that. */
static bool push_value(struct vmber_reader *reader, struct vmber_event *event,
                       const struct wire_section *section, const struct lay_types *types)
{
    const struct lay_type *type = lay_types_get(types, section->type);
    struct lay_where where = {section->open.identity.name, ERR_NO_OFFSET, ERR_NO_OFFSET};
    struct span value = section->value;

    if (reader->is_ber && form_plain_differs(&reader->plain, section->type) &&
        !lay_value_lift(&reader->plain.types, form_plain_id(&reader->plain, section->type),
                        buf_span(&reader->lower.writer.payload), &where, &reader->room, &value,
                        &reader->err)) {
        return false;
    }

    if (type != NULL && type->wire.has_module) {
        event->module = copy_text(reader, type->wire.module.name);
    }
    event->octets = copy_octets(reader, value);
    event->octet_count = value.len;
    return reader->err.band == ERR_NONE;
}

static bool push_section(struct vmber_reader *reader, const struct wire_section *section,
                         const struct lay_types *types, const struct place *place)
{
    struct span record = place->record;
    struct lay_where where = {section->open.identity.name, place->legacy_offset, ERR_NO_OFFSET};
    struct vmber_event *event = push(reader, VMBER_EVENT_SECTION, place);
    struct node_ctx ctx = {reader, reader->is_ber};

    if (event == NULL || !push_open(reader, event, &section->open) ||
        !push_value(reader, event, section, types)) {
        return false;
    }
    where.legacy_offset += 1 + 4 + 1 + section->open.identity.name.len + 4 + 4;
    if (reader->is_ber && section->value.p >= record.p &&
        section->value.p < record.p + record.len) {
        where.ber_offset = place->ber_offset + (uint64_t)(section->value.p - record.p);
    }
    return lay_visit(types, section->type, section->value, &where, &reader->strings,
                     &(struct lay_visitor){push_node, NULL, &ctx}, &reader->err) &&
           push(reader, VMBER_EVENT_SECTION_END, place) != NULL;
}

static bool push_run(struct vmber_reader *reader, const struct place *place, const char *kind,
                     uint64_t first, uint64_t count, uint32_t page_size)
{
    struct vmber_event *event = push(reader, VMBER_EVENT_RAM, place);

    if (event == NULL) {
        return false;
    }
    event->name = copy_text(reader, reader->block);
    event->type = kind;
    event->page = first;
    event->count = count;
    event->page_size = page_size;
    return reader->err.band == ERR_NONE;
}

static bool push_ram(struct vmber_reader *reader, const struct wire_ram *ram,
                     const struct place *place)
{
    bool ok = true;

    for (size_t i = 0; ok && i < ram->items.count; i++) {
        const struct wire_ram_item *item = &ram->items.items[i];

        switch (item->which) {
        case WIRE_RAM_ITEM_BLOCK:
            memcpy(reader->block_name, item->u.block.p, item->u.block.len);
            reader->block = span_of(reader->block_name, item->u.block.len);
            break;
        case WIRE_RAM_ITEM_PAGES:
            ok = push_run(reader, place, "pages", item->u.pages.first, item->u.pages.count,
                          ram->page_size);
            break;
        case WIRE_RAM_ITEM_FILL:
            ok = push_run(reader, place, "fill", item->u.fill.first, item->u.fill.count,
                          ram->page_size);
            break;
        case WIRE_RAM_ITEM_XBZRLE:
            ok = push_run(reader, place, "xbzrle", item->u.xbzrle.first, 1, ram->page_size);
            break;
        case WIRE_RAM_ITEM_COMPRESSED:
            ok = push_run(reader, place, "compressed", item->u.compressed.first, 1, ram->page_size);
            break;
        default: /* block lists, marks, raw records: no pages */
            break;
        }
    }
    return ok;
}

static bool push_body(struct vmber_reader *reader, const struct wire_body *body,
                      const struct lay_types *types, const struct place *place)
{
    struct vmber_event *event;

    switch (body->which) {
    case WIRE_BODY_SECTION:
        return push_section(reader, &body->u.section, types, place);
    case WIRE_BODY_FRAMED:
        if (!push_octets(reader, VMBER_EVENT_FRAMED, place, body->u.framed.data,
                         body->u.framed.has_framing ? body->u.framed.framing : span_str(""))) {
            return false;
        }
        return !body->u.framed.has_open ||
               push_open(reader, &reader->queue[reader->count - 1], &body->u.framed.open);
    case WIRE_BODY_RAM:
        return push_ram(reader, &body->u.ram, place);
    case WIRE_BODY_COMMAND:
        if (!push_octets(reader, VMBER_EVENT_COMMAND, place, body->u.command.data, span_str(""))) {
            return false;
        }
        event = &reader->queue[reader->count - 1];
        event->integer = body->u.command.number;
        return true;
    case WIRE_BODY_END_OF_STREAM:
        return push(reader, VMBER_EVENT_EOF, place) != NULL;
    case WIRE_BODY_VM_DESCRIPTION:
        return push_octets(reader, VMBER_EVENT_DESCRIPTION, place,
                           body->u.vm_description.which == WIRE_VM_DESCRIPTION_TEXT
                               ? body->u.vm_description.u.text
                               : span_of(NULL, 0),
                           span_str(""));
    case WIRE_BODY_OPAQUE:
        return push_octets(reader, VMBER_EVENT_OPAQUE, place, body->u.opaque.data,
                           body->u.opaque.reason);
    default: /* types are known by what uses them; unknown records may be skipped */
        return true;
    }
}

static bool push_head(struct vmber_reader *reader, const struct wire_configuration *configuration,
                      const struct place *place)
{
    struct vmber_event *event = push(reader, VMBER_EVENT_HEAD, place);

    if (event != NULL && configuration != NULL) {
        event->name = copy_text(reader, configuration->machine);
    }
    return reader->err.band == ERR_NONE;
}

static bool legacy_head(void *ctx, const struct wire_configuration *configuration, bool fragment,
                        struct err *err)
{
    struct vmber_reader *reader = ctx;
    struct place place = {0, reader->win.offset, VMBER_NO_OFFSET, 0, {NULL, 0}};

    (void)fragment;
    return push_head(reader, configuration, &place) || (*err = reader->err, false);
}

static bool legacy_told(void *ctx, const struct leg_told *told, struct err *err)
{
    struct vmber_reader *reader = ctx;
    struct place place = {told->legacy_offset, told->legacy_length, VMBER_NO_OFFSET, 0, {NULL, 0}};

    return push_body(reader, told->body, &reader->types, &place) || (*err = reader->err, false);
}

static bool drop(void *ctx, struct iovec *iov, size_t iov_count, struct err *err)
{
    (void)ctx;
    (void)iov;
    (void)iov_count;
    (void)err;
    return true;
}

/* Finds out what kind of stream it is, and reads its head. */
static bool start(struct vmber_reader *reader)
{
    struct wire_header header;
    struct place place = {0, 0, 0, 0, {NULL, 0}};

    reader->started = true;
    if (!win_fill(&reader->win, 1, &reader->err)) {
        return false;
    }
    reader->is_ber = form_looks_like_ber(win_span(&reader->win));
    if (!reader->is_ber) {
        reader->legacy = leg_stream_open(&reader->win, &reader->options, &reader->types,
                                         &reader->sink, &reader->report, &reader->err);
        return reader->legacy != NULL;
    }
    if (!form_reader_init(&reader->form, &reader->win, 0, &reader->err) ||
        !form_lower_init(&reader->lower, &reader->err) ||
        !form_reader_head(&reader->form, &header, &reader->err) ||
        !form_lower_head(&reader->lower, &header, &reader->counted, &reader->err)) {
        return false;
    }
    place.legacy_length = reader->lower.legacy_offset;
    place.ber_length = reader->win.offset;
    return push_head(reader, header.has_configuration ? &header.configuration : NULL, &place);
}

static bool step_ber(struct vmber_reader *reader)
{
    struct form_record record;
    struct wire_trailer trailer;
    struct place place;
    enum form_step step;

    if (!form_reader_next(&reader->form, &step, &record, &trailer, &reader->err)) {
        return false;
    }
    if (step == FORM_TRAILER) {
        reader->done = true;
        return form_lower_end(&reader->lower, &reader->err);
    }
    place.legacy_offset = reader->lower.legacy_offset;
    place.ber_offset = record.ber_offset;
    place.ber_length = record.ber_length;
    place.record = record.octets;
    return form_lower_put(&reader->lower, &record, &reader->counted, &place.legacy_length,
                          &reader->err) &&
           (record.body->which != WIRE_BODY_TYPE_DESCRIPTION ||
            form_plain_take(&reader->plain, &reader->lower.types, &reader->err)) &&
           push_body(reader, record.body, &reader->lower.types, &place);
}

static bool step(struct vmber_reader *reader)
{
    if (!reader->started) {
        return start(reader);
    }
    return reader->is_ber ? step_ber(reader)
                          : leg_stream_step(reader->legacy, &reader->done, &reader->err);
}

struct vmber_reader *vmber_open(vmber_read_fn read, void *ctx, unsigned flags,
                                struct vmber_error *error)
{
    struct io_sink counted = {drop, NULL};
    struct vmber_reader *reader = calloc(1, sizeof(*reader));
    struct err err = ERR_INIT;

    if (reader == NULL) {
        err_memory(&err);
        (void)vmber_lib_report(&err, error);
        return NULL;
    }
    err_init(&reader->err);
    reader->io.read = read;
    reader->io.read_ctx = ctx;
    reader->modules = mod_library_hooks(NULL);
    reader->options.schema = (flags & VMBER_NO_MODULES) != 0 ? LAY_SCHEMA_OFF : LAY_SCHEMA_AUTO;
    reader->options.modules = &reader->modules;
    reader->sink.ctx = reader;
    reader->sink.head = legacy_head;
    reader->sink.told = legacy_told;
    arena_init(&reader->strings, QUEUE_OCTETS_MAX);
    lay_types_init(&reader->types);
    out_init(&reader->counted, counted);
    form_plain_init(&reader->plain);
    buf_init(&reader->room, SIZE_MAX / 2);
    if (!win_init(&reader->win, vmber_lib_source(&reader->io), LEG_WINDOW_MIN, &err)) {
        (void)vmber_lib_report(&err, error);
        vmber_close(reader);
        return NULL;
    }
    return reader;
}

int vmber_next(struct vmber_reader *reader, struct vmber_event *event, struct vmber_error *error)
{
    while (reader->told == reader->count) {
        if (reader->err.band != ERR_NONE) {
            (void)vmber_lib_report(&reader->err, error);
            return -1;
        }
        if (reader->done) {
            return 0;
        }
        reader->told = 0;
        reader->count = 0;
        arena_reset(&reader->strings);
        if (!step(reader)) {
            reader->done = true;
        }
    }
    *event = reader->queue[reader->told++];
    return 1;
}

void vmber_close(struct vmber_reader *reader)
{
    if (reader == NULL) {
        return;
    }
    leg_stream_close(reader->legacy);
    form_reader_done(&reader->form);
    form_lower_done(&reader->lower);
    form_plain_done(&reader->plain);
    buf_done(&reader->room);
    lay_types_done(&reader->types);
    out_done(&reader->counted);
    arena_done(&reader->strings);
    win_done(&reader->win);
    free(reader->queue);
    free(reader);
}
