/* legacy_trip.c - see legacy_trip.h. */
#include "legacy_trip.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "codec/savevm/leg_writer.h"

enum { TOLD_MAX = 1 << 28, WRITTEN_MAX = 1 << 28 };

struct source {
    struct span left;
    size_t chunk;
};

struct run {
    struct trip *trip;
    struct span input;
    struct source source;
    struct win win;
    struct leg_reader reader;
    struct leg_writer writer;
    struct out out;
    struct buf written; /* by the event at hand */
    struct buf data;    /* the pages of a RAM event, one behind the other */
    uint64_t framed;    /* octets of a framed payload not yet noted */
};

static bool source_read(void *ctx, void *p, size_t cap, size_t *got, struct err *err)
{
    struct source *source = ctx;
    size_t n = source->left.len < cap ? source->left.len : cap;

    (void)err;
    if (source->chunk > 0 && n > source->chunk) {
        n = source->chunk;
    }
    if (n > 0) {
        memcpy(p, source->left.p, n);
    }
    source->left = span_from(source->left, n);
    *got = n;
    return true;
}

static bool sink_write(void *ctx, struct iovec *iov, size_t iov_count, struct err *err)
{
    struct buf *written = ctx;

    for (size_t i = 0; i < iov_count; i++) {
        if (!buf_put(written, iov[i].iov_base, iov[i].iov_len, err)) {
            return false;
        }
    }
    return true;
}

static void broken(struct run *run, const char *what)
{
    if (run->trip->broken == NULL) {
        run->trip->broken = what;
    }
}

static void note(struct run *run, const char *fmt, ...) CC_PRINTF(2, 3);

static void note(struct run *run, const char *fmt, ...)
{
    char line[768];
    va_list ap;
    int n;

    va_start(ap, fmt);
    n = vsnprintf(line, sizeof(line), fmt, ap);
    va_end(ap);
    if (n < 0 || !buf_put(&run->trip->told, line, (size_t)n, NULL)) {
        broken(run, "a note did not fit");
    }
}

static void note_octets(struct run *run, const char *what, struct span s)
{
    note(run, "%s %zu:", what, s.len);
    for (size_t i = 0; i < s.len; i++) {
        note(run, "%02x", s.p[i]);
    }
    note(run, "\n");
}

static void note_open(struct run *run, bool has_open, const struct wire_section_open *open)
{
    if (!has_open) {
        return;
    }
    note(run, "open %" PRId32 " %" PRIu32 "\n", open->kind, open->id);
    if (open->has_identity) {
        note(run, "  %" PRIu32 " %" PRIu32, open->identity.instance, open->identity.version);
        note_octets(run, "", open->identity.name);
    }
}

static void note_item(struct run *run, const struct wire_ram_item *item, uint64_t size)
{
    switch (item->which) {
    case WIRE_RAM_ITEM_PAGES:
        for (uint32_t i = 0; i < item->u.pages.count; i++) {
            note(run, "page %" PRIx64 "\n", (item->u.pages.first + i) * size);
        }
        return;
    case WIRE_RAM_ITEM_FILL:
        for (uint32_t i = 0; i < item->u.fill.count; i++) {
            note(run, "fill %" PRIx64 " %02x\n", (item->u.fill.first + i) * size,
                 item->u.fill.octet);
        }
        return;
    case WIRE_RAM_ITEM_BLOCK:
        note_octets(run, "block", item->u.block);
        return;
    case WIRE_RAM_ITEM_BLOCKS:
        note(run, "blocks %" PRIx64 "\n", item->u.blocks.total);
        for (size_t i = 0; i < item->u.blocks.blocks.count; i++) {
            const struct wire_ram_block *block = &item->u.blocks.blocks.items[i];

            note(run, "  %" PRIx64 " %d %" PRIx64 " %d %" PRIx64, block->length,
                 block->has_page_size, block->page_size, block->has_address, block->address);
            note_octets(run, "", block->name);
        }
        return;
    case WIRE_RAM_ITEM_XBZRLE:
        note(run, "xbzrle %" PRIx64 "\n", item->u.xbzrle.first * size);
        note_octets(run, "", item->u.xbzrle.data);
        return;
    case WIRE_RAM_ITEM_COMPRESSED:
        note(run, "compressed %" PRIx64 "\n", item->u.compressed.first * size);
        note_octets(run, "", item->u.compressed.data);
        return;
    case WIRE_RAM_ITEM_MARK:
        note(run, "mark %" PRIx64 "\n", item->u.mark);
        return;
    case WIRE_RAM_ITEM_RAW:
        note_octets(run, "raw", item->u.raw);
        return;
    default:
        broken(run, "an unknown RAM item");
    }
}

static void note_ram(struct run *run, const struct wire_ram *ram)
{
    note_open(run, ram->has_open, &ram->open);
    for (size_t i = 0; i < ram->items.count; i++) {
        note_item(run, &ram->items.items[i], ram->page_size);
    }
    if (ram->has_close) {
        note(run, "close %d\n", ram->close.footer);
    }
}

static void note_framed(struct run *run, const struct wire_framed *framed)
{
    note_open(run, framed->has_open, &framed->open);
    run->framed += framed->data.len;
    if (framed->has_close) {
        note(run, "framed %" PRIu64 "\nclose %d\n", run->framed, framed->close.footer);
        run->framed = 0;
    }
}

static void note_body(struct run *run, const struct wire_body *body)
{
    switch (body->which) {
    case WIRE_BODY_RAM:
        note_ram(run, &body->u.ram);
        return;
    case WIRE_BODY_FRAMED:
        note_framed(run, &body->u.framed);
        return;
    case WIRE_BODY_COMMAND:
        note(run, "command %u\n", body->u.command.number);
        note_octets(run, "", body->u.command.data);
        return;
    case WIRE_BODY_END_OF_STREAM:
        note(run, "eof\n");
        return;
    case WIRE_BODY_OPAQUE:
        note_octets(run, "opaque", body->u.opaque.data);
        return;
    default:
        broken(run, "an event of an unknown kind");
    }
}

/* Are the octets of written those of the input from trip->octets on? Then they count as told. */
static void compare(struct run *run, struct span written)
{
    struct span left = span_from(run->input, (size_t)run->trip->octets);

    if (written.len > left.len || !span_eq(written, span_of(left.p, written.len))) {
        broken(run, "written octets differ");
        return;
    }
    run->trip->octets += written.len;
    if (run->trip->octets != run->win.offset) {
        broken(run, "the window stands elsewhere");
    }
}

static void write_back(struct run *run, const struct leg_event *event)
{
    struct wire_body body = event->body;
    uint64_t length = 0;
    struct err err = ERR_INIT;

    if (body.which == WIRE_BODY_RAM) {
        if (event->page_count * body.u.ram.page_size != body.u.ram.data.len) {
            broken(run, "pages and data differ");
        }
        buf_clear(&run->data);
        for (size_t i = 0; i < event->page_count; i++) {
            if (!buf_put(&run->data, event->pages[i].p, event->pages[i].len, NULL)) {
                broken(run, "pages did not fit");
            }
        }
        body.u.ram.data = buf_span(&run->data);
    }
    buf_clear(&run->written);
    if (!leg_write(&run->writer, &body, &run->out, &length, &err) || !out_flush(&run->out, &err)) {
        broken(run, "an event could not be written");
        return;
    }
    if (length != run->written.len || length != event->legacy_length ||
        !span_eq(event->legacy, buf_span(&run->written)) ||
        event->legacy_offset != run->trip->octets) {
        broken(run, "an event stands for other octets");
    }
    compare(run, buf_span(&run->written));
}

static void read_head(struct run *run)
{
    struct trip *trip = run->trip;
    struct wire_header header;

    memset(&header, 0, sizeof(header));
    trip->ok =
        leg_reader_head(&run->reader, &header.configuration, &header.has_configuration, &trip->err);
    if (!trip->ok) {
        return;
    }
    header.container = WIRE_CONTAINER_STREAM;
    if (!leg_write_head(&run->writer, &header, &run->out, NULL) || !out_flush(&run->out, NULL)) {
        broken(run, "the head could not be written");
    }
    compare(run, buf_span(&run->written));
    note(run, "head %d\n", header.has_configuration);
}

/* Takes what a package holds, as the caller of a reader does. */
static void take_package(struct run *run)
{
    uint64_t left = run->reader.packaged;

    note(run, "package %" PRIu64 "\n", left);
    while (left > 0) {
        size_t n;

        if (!win_fill(&run->win, 1, NULL) || win_span(&run->win).len == 0) {
            return;
        }
        n = win_span(&run->win).len < left ? win_span(&run->win).len : (size_t)left;
        run->trip->octets += n;
        win_take(&run->win, n);
        left -= n;
    }
}

static void read_live(struct run *run)
{
    struct trip *trip = run->trip;

    for (;;) {
        struct leg_event event;

        trip->ok = leg_reader_next(&run->reader, &event, &trip->step, &trip->err);
        if (!trip->ok) {
            return;
        }
        switch (trip->step) {
        case LEG_EVENT:
            trip->events++;
            note_body(run, &event.body);
            write_back(run, &event);
            break;
        case LEG_PACKAGED:
            take_package(run);
            break;
        case LEG_LOST:
            trip->err = run->reader.lost;
            return;
        case LEG_TAIL:
        case LEG_END:
            return;
        }
    }
}

static void check_left(struct run *run)
{
    struct span left = span_from(run->input, (size_t)run->trip->octets);
    struct span here = win_span(&run->win);

    if (here.len > left.len || !span_eq(here, span_of(left.p, here.len)) ||
        left.len - here.len != run->source.left.len) {
        broken(run, "octets that were not told are gone");
    }
    if (run->framed > 0) {
        note(run, "framed %" PRIu64 "\n", run->framed);
    }
}

void trip_run(struct trip *trip, struct span input, size_t chunk, size_t cap)
{
    struct run run;
    struct io_source source = {source_read, &run.source};
    struct io_sink sink = {sink_write, &run.written};

    memset(trip, 0, sizeof(*trip));
    memset(&run, 0, sizeof(run));
    buf_init(&trip->told, TOLD_MAX);
    err_init(&trip->err);
    run.trip = trip;
    run.input = input;
    run.source.left = input;
    run.source.chunk = chunk;
    buf_init(&run.written, WRITTEN_MAX);
    buf_init(&run.data, WRITTEN_MAX);
    out_init(&run.out, sink);
    if (!win_init(&run.win, source, cap, NULL) || !leg_writer_init(&run.writer, NULL) ||
        !leg_reader_init(&run.reader, &run.win, NULL, NULL)) {
        broken(&run, "out of memory");
    } else {
        read_head(&run);
        if (trip->ok) {
            read_live(&run);
        }
        check_left(&run);
    }
    leg_reader_done(&run.reader);
    leg_writer_done(&run.writer);
    win_done(&run.win);
    out_done(&run.out);
    buf_done(&run.written);
    buf_done(&run.data);
}

void trip_done(struct trip *trip)
{
    buf_done(&trip->told);
}
