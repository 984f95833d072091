/* form_events.c - see form_events.h. */
#include "codec/stream/form_events.h"

#include "codec/device/mod_library.h"

#include <assert.h>

#include "codec/savevm/leg_limits.h"
#include "codec/savevm/leg_wire.h"
#include "codec/stream/form_lift.h"
#include "codec/stream/form_limits.h"
#include "codec/stream/form_lower.h"
#include "codec/stream/form_reader.h"
#include "codec/stream/form_wire.h"

enum {
    FIRST_OCTETS = 4,
    FORM_FRAME_HEAD_LEN = 2, /* identifier and length octet of indefinite length */
};

const struct wire_section_open *form_event_open(const struct wire_body *body)
{
    switch (body->which) {
    case WIRE_BODY_SECTION:
        return &body->u.section.open;
    case WIRE_BODY_FRAMED:
        return body->u.framed.has_open ? &body->u.framed.open : NULL;
    case WIRE_BODY_RAM:
        return body->u.ram.has_open ? &body->u.ram.open : NULL;
    default:
        return NULL;
    }
}

struct lay_where form_event_where(const struct form_event *event)
{
    const struct wire_section *section = &event->body->u.section;
    struct lay_where where = {section->open.identity.name, ERR_NO_OFFSET, ERR_NO_OFFSET};
    const struct span record = event->octets;

    where.legacy_offset =
        event->legacy_offset + LEG_START_HEAD_LEN + section->open.identity.name.len;
    if (event->ber_offset != ERR_NO_OFFSET && section->value.p >= record.p &&
        section->value.p < record.p + record.len) {
        where.ber_offset = event->ber_offset + (uint64_t)(section->value.p - record.p);
    }
    return where;
}

bool form_event_ends(const struct wire_body *body)
{
    switch (body->which) {
    case WIRE_BODY_SECTION:
        return true;
    case WIRE_BODY_FRAMED:
        return body->u.framed.has_close;
    case WIRE_BODY_RAM:
        return body->u.ram.has_close;
    default:
        return false;
    }
}

/* Reading a legacy stream. */
struct from_legacy {
    const struct form_sink *sink;
    struct win *win;
    struct lay_types types;
    uint64_t told; /* events */
};

static bool legacy_head(void *ctx, const struct wire_configuration *configuration, bool fragment,
                        struct err *err)
{
    struct from_legacy *from = ctx;
    struct wire_header header;
    struct form_head head = {FORM_LEGACY, &header, &from->types, 0, ERR_NO_OFFSET, 0};

    memset(&header, 0, sizeof(header));
    header.format = span_of(FORM_OID, FORM_OID_LEN);
    header.container = fragment ? WIRE_CONTAINER_FRAGMENT : WIRE_CONTAINER_STREAM;
    header.has_configuration = configuration != NULL;
    if (configuration != NULL) {
        header.configuration = *configuration;
    }
    head.legacy_length = from->win->offset;
    return from->sink->head(from->sink->ctx, &head, err);
}

static bool legacy_event(void *ctx, const struct leg_told *told, struct err *err)
{
    struct from_legacy *from = ctx;
    struct form_event event;

    memset(&event, 0, sizeof(event));
    event.body = told->body;
    event.is_last = true;
    event.number = ++from->told;
    event.legacy_offset = told->legacy_offset;
    event.legacy_length = told->legacy_length;
    event.ber_offset = ERR_NO_OFFSET;
    event.pages = told->pages;
    event.page_count = told->page_count;
    event.why = told->why;
    event.types = &from->types;
    return from->sink->event(from->sink->ctx, &event, err);
}

static bool read_legacy(struct win *win, const struct lay_modules *modules,
                        const struct form_sink *sink, struct err *err)
{
    const struct lay_modules builtin = mod_library_hooks(NULL);
    const struct leg_stream_options options = {.salvage = true,
                                               .schema = LAY_SCHEMA_AUTO,
                                               .modules = modules != NULL ? modules : &builtin};
    struct from_legacy from;
    struct leg_stream_sink told = {&from, legacy_head, legacy_event};
    struct leg_stream_report report;
    struct form_end end = {NULL, 0, 0};
    bool ok;

    from.sink = sink;
    from.win = win;
    from.told = 0;
    lay_types_init(&from.types);
    ok = leg_stream(win, &options, &from.types, &told, &report, err);
    if (ok && report.lost.band != ERR_NONE) {
        *err = report.lost;
        ok = false;
    }
    end.legacy_length = win->offset;
    ok = ok && sink->end(sink->ctx, &end, err);
    lay_types_done(&from.types);
    return ok;
}

/* Lowered octets are counted only. */
static bool drop(void *ctx, struct iovec *iov, size_t iov_count, struct err *err)
{
    (void)ctx;
    (void)iov;
    (void)iov_count;
    (void)err;
    return true;
}

/* Reading a BER stream. */
struct from_ber {
    const struct form_sink *sink;
    struct form_reader reader;
    struct form_lower lower;
    struct form_lift lift;
    struct out counted;
};

static bool from_ber_head(struct from_ber *from, struct err *err)
{
    struct wire_header header;
    struct form_head head = {FORM_BER, &header, &from->lower.types, 0, ERR_NO_OFFSET, 0};

    if (!form_reader_head(&from->reader, &header, err) ||
        !form_lower_head(&from->lower, &header, &from->counted, err)) {
        return false;
    }
    head.legacy_length = from->lower.legacy_offset;
    if (from->reader.outer.indefinite) {
        head.ber_offset = FORM_FRAME_HEAD_LEN;
        head.ber_length = from->reader.win->offset - head.ber_offset;
    }
    return from->sink->head(from->sink->ctx, &head, err);
}

static bool from_ber_event(struct from_ber *from, const struct form_record *record, struct err *err)
{
    struct form_event event;
    struct err why = ERR_INIT;

    memset(&event, 0, sizeof(event));
    event.body = record->body;
    event.skippable = record->skippable;
    event.is_last = record->is_last;
    event.number = from->reader.records;
    event.legacy_offset = from->lower.legacy_offset;
    event.ber_offset = record->ber_offset;
    event.ber_length = record->ber_length;
    event.octets = record->octets;
    event.types = &from->lower.types;
    if (!form_lower_put(&from->lower, record, &from->counted, &event.legacy_length, &why)) {
        event.legacy_length = 0;
        event.why = &why;
        return from->sink->event(from->sink->ctx, &event, err) && (*err = why, false);
    }
    return form_lift_event(&from->lift, &from->lower, &event, err) &&
           from->sink->event(from->sink->ctx, &event, err);
}

static bool from_ber_records(struct from_ber *from, struct err *err)
{
    for (;;) {
        struct form_record record;
        struct wire_trailer trailer;
        enum form_step step;

        if (!form_reader_next(&from->reader, &step, &record, &trailer, err)) {
            err_at_legacy(err, from->lower.legacy_offset);
            return false;
        }
        if (step == FORM_TRAILER) {
            struct form_end end = {&trailer, from->lower.legacy_offset, from->reader.win->offset};

            return from->sink->end(from->sink->ctx, &end, err) && form_lower_end(&from->lower, err);
        }
        if (!from_ber_event(from, &record, err)) {
            return false;
        }
    }
}

static bool read_ber(struct win *win, const struct lay_modules *modules,
                     const struct form_sink *sink, struct err *err)
{
    struct io_sink counted = {drop, NULL};
    struct from_ber from;
    bool ok;

    memset(&from, 0, sizeof(from));
    from.sink = sink;
    form_lift_init(&from.lift, modules);
    out_init(&from.counted, counted);
    ok = form_reader_init(&from.reader, win, 0, err) && form_lower_init(&from.lower, err) &&
         from_ber_head(&from, err) && from_ber_records(&from, err);
    form_lift_done(&from.lift);
    form_lower_done(&from.lower);
    form_reader_done(&from.reader);
    out_done(&from.counted);
    return ok;
}

bool form_events(struct io_source in, const struct lay_modules *modules,
                 const struct form_sink *sink, struct err *err)
{
    struct win win;
    struct span first;
    bool ok = false;

    if (!win_init(&win, in, LEG_WINDOW_MIN, err)) {
        return false;
    }
    if (!win_fill(&win, FIRST_OCTETS, err)) {
        goto out;
    }
    first = win_span(&win);
    if (form_looks_like_ber(first)) {
        ok = read_ber(&win, modules, sink, err);
    } else if (first.len > 0 && memcmp(first.p, "QEVM", first.len < 4 ? first.len : 4) == 0) {
        ok = read_legacy(&win, modules, sink, err);
    } else if (first.len == 0) {
        err_set(err, ERR_TRUNCATED, "the input is empty");
    } else {
        err_set(err, ERR_MALFORMED,
                "neither a migration stream (51 45 56 4d) nor BER of it (30): found %02x",
                first.p[0]);
    }
out:
    win_done(&win);
    return ok;
}
