/* leg_stream.c - see leg_stream.h. */
#include "codec/savevm/leg_stream.h"

#include <stdlib.h>

#include "codec/base/spool.h"
#include "codec/savevm/leg_limits.h"
#include "codec/savevm/leg_reader.h"

struct leg_streaming {
    struct leg_reader reader;
    struct win *win;
    const struct leg_stream_options *options;
    struct lay_types types; /* by ids of our own */
    struct lay_types *told; /* the caller's, by the ids they are told under, or NULL */
    const struct leg_stream_sink *sink;
    struct leg_stream_report *report;
    struct spool spool; /* the tail, or the contents of a PACKAGED command */
    struct span spooled;
    uint64_t spooled_at; /* its offset in the legacy stream */
    bool has_head;       /* the head has been told */
    bool inside;         /* what was told last left a section open */
    bool done;
};

/* Passes on what is told, and notes whether it leaves a section open. */
static bool tell(struct leg_streaming *stream, const struct leg_told *told, struct err *err)
{
    const struct wire_body *body = told->body;

    stream->inside = (body->which == WIRE_BODY_FRAMED && !body->u.framed.has_close) ||
                     (body->which == WIRE_BODY_RAM && !body->u.ram.has_close);
    return stream->sink->told(stream->sink->ctx, told, err);
}

/* Passes over n octets of the window, perhaps none, and tells them as opaque. */
static bool tell_opaque(struct leg_streaming *stream, size_t n, const struct err *why,
                        struct err *err)
{
    struct wire_body body;
    struct leg_told told;

    memset(&body, 0, sizeof(body));
    body.which = WIRE_BODY_OPAQUE;
    body.u.opaque.reason = span_str(why->text);
    body.u.opaque.data = span_of(win_span(stream->win).p, n);
    memset(&told, 0, sizeof(told));
    told.body = &body;
    told.legacy_offset = stream->win->offset;
    told.legacy_length = n;
    told.legacy = body.u.opaque.data;
    told.why = why;
    if (!tell(stream, &told, err)) {
        return false;
    }
    stream->report->tail.opaque++;
    stream->report->tail.opaque_octets += n;
    win_take(stream->win, n);
    return true;
}

/* A section that the input breaks off in ends in opaque octets, even if that are none. */
static bool tell_break(struct leg_streaming *stream, const struct err *why, struct err *err)
{
    return !stream->inside || tell_opaque(stream, 0, why, err);
}

/* The rest of the input has no structure that we know. */
static bool tell_rest(struct leg_streaming *stream, const struct err *why, struct err *err)
{
    for (;;) {
        size_t n;

        /* In large pieces: whoever restores the stream holds them back to its end anyway. */
        if (!win_fill(stream->win, LEG_FRAMED_CHUNK_MAX, err)) {
            return false;
        }
        n = win_span(stream->win).len;
        if (n == 0) {
            return tell_break(stream, why, err);
        }
        if (n > LEG_FRAMED_CHUNK_MAX) {
            n = LEG_FRAMED_CHUNK_MAX;
        }
        if (!tell_opaque(stream, n, why, err)) {
            return false;
        }
    }
}

/*
 * Tells an opaque or framed event in pieces that are no larger than a record should be: the head of
 * a section goes with the first, its end with the last.
 */
static bool tell_in_chunks(struct leg_streaming *stream, const struct leg_told *told,
                           struct err *err)
{
    struct wire_body body = *told->body;
    bool framed = body.which == WIRE_BODY_FRAMED;
    struct span *data = framed ? &body.u.framed.data : &body.u.opaque.data;
    struct leg_told piece = *told;
    bool has_close = framed && body.u.framed.has_close;
    struct span all;

    if ((!framed && body.which != WIRE_BODY_OPAQUE) || data->len <= LEG_TAIL_CHUNK_MAX) {
        return tell(stream, told, err);
    }
    all = *data;
    piece.body = &body;
    while (all.len > 0) {
        size_t n = all.len < LEG_TAIL_CHUNK_MAX ? all.len : LEG_TAIL_CHUNK_MAX;
        bool last = n == all.len;

        *data = span_of(all.p, n);
        if (framed) {
            body.u.framed.has_close = has_close && last;
        }
        piece.legacy.len = last ? (size_t)(told->legacy.p + told->legacy.len - piece.legacy.p)
                                : (size_t)(all.p + n - piece.legacy.p);
        piece.legacy_length = piece.legacy.len;
        if (!tell(stream, &piece, err)) {
            return false;
        }
        piece.legacy.p += piece.legacy.len;
        piece.legacy_offset += piece.legacy_length;
        all = span_from(all, n);
        if (framed) {
            body.u.framed.has_open = false;
            body.u.framed.has_framing = false;
        }
    }
    return true;
}

static bool tell_laid(void *ctx, const struct lay_event *event, struct err *err)
{
    struct leg_streaming *stream = ctx;
    struct leg_told told;

    if (event->body->which == WIRE_BODY_TYPE_DESCRIPTION && stream->told != NULL &&
        !lay_types_add(stream->told, &event->body->u.type_description, err)) {
        return false;
    }
    memset(&told, 0, sizeof(told));
    told.body = event->body;
    told.legacy_offset = event->legacy_offset;
    told.legacy_length = event->legacy_length;
    told.legacy = span_of(stream->spooled.p + (event->legacy_offset - stream->spooled_at),
                          (size_t)event->legacy_length);
    told.why = event->why;
    return tell_in_chunks(stream, &told, err);
}

/* Adds what one part of the stream was found to hold. */
static void add_report(struct lay_report *sum, const struct lay_report *part)
{
    sum->described += part->described;
    sum->framed += part->framed;
    sum->commands += part->commands;
    sum->opaque += part->opaque;
    sum->described_octets += part->described_octets;
    sum->framed_octets += part->framed_octets;
    sum->opaque_octets += part->opaque_octets;
    sum->footers |= part->footers;
    sum->has_vmdesc |= part->has_vmdesc;
    sum->rebuilt |= part->rebuilt;
    sum->conforming += part->conforming;
    sum->differing += part->differing;
    sum->no_module += part->no_module;
    for (size_t i = 0; i < LAY_WHY_COUNT; i++) {
        sum->why[i] += part->why[i];
    }
}

/*
 * Lays out what has been put aside; at_end: what it breaks off in, the input breaks off in, so that
 * it takes salvage to go on. A package that is there to its end but breaks off inside is no cut
 * stream: more of it stands behind.
 */
static bool lay_out(struct leg_streaming *stream, enum lay_mode mode, bool at_end, struct err *err)
{
    bool take_cut = at_end ? stream->options->salvage : !stream->options->strict;
    struct lay_options options = {.mode = mode,
                                  .footers = leg_reader_footers(&stream->reader),
                                  .salvage = take_cut,
                                  .strict = stream->options->strict,
                                  .goes_on = stream->report->tail.described > 0,
                                  .legacy_offset = stream->spooled_at,
                                  .schema = stream->options->schema,
                                  .modules = stream->options->modules};
    struct lay_report report;
    enum lay_result result;

    if (!spool_span(&stream->spool, &stream->spooled, err)) {
        return false;
    }
    options.octets = spool_octets(&stream->spool);
    result = lay_tail(stream->spooled, &options, &stream->types, tell_laid, stream, &report, err);
    add_report(&stream->report->tail, &report);
    if (result == LAY_CUT && take_cut) {
        struct err why = *err;

        err_init(err);
        if (at_end) {
            stream->report->lost = why;
        }
        return tell_break(stream, &why, err);
    }
    return result == LAY_COMPLETE;
}

/* Whether the tail that has been put aside is all there is, though the input has not ended. */
static bool is_whole(struct leg_streaming *stream, bool *whole, struct err *err)
{
    struct span tail;

    *whole = false;
    if (stream->options->whole == NULL || win_span(stream->win).len > 0) {
        return true;
    }
    if (!spool_span(&stream->spool, &tail, err)) {
        return false;
    }
    *whole = stream->options->whole(stream->options->whole_ctx, tail);
    return true;
}

/* Puts up to limit octets aside, fewer if the input ends. */
static bool put_aside(struct leg_streaming *stream, uint64_t limit, struct err *err)
{
    uint64_t left = limit;

    if (stream->spool.len > 0) {
        spool_done(&stream->spool);
    }
    stream->spooled_at = stream->win->offset;
    while (left > 0) {
        struct span here;
        bool whole = false;

        if (limit == UINT64_MAX && !is_whole(stream, &whole, err)) {
            return false;
        }
        if (whole) {
            return true;
        }
        if (!win_fill(stream->win, 1, err)) {
            return false;
        }
        here = win_span(stream->win);
        if (here.len == 0) {
            return true;
        }
        if (here.len > left) {
            here.len = (size_t)left;
        }
        if (!spool_put(&stream->spool, here.p, here.len, err)) {
            return false;
        }
        win_take(stream->win, here.len);
        left -= here.len;
    }
    return true;
}

static bool tail(struct leg_streaming *stream, enum lay_mode mode, struct err *err)
{
    stream->report->tail_start = stream->win->offset;
    return put_aside(stream, UINT64_MAX, err) && lay_out(stream, mode, true, err);
}

/* The contents of a PACKAGED command, which says their length. */
static bool packaged(struct leg_streaming *stream, uint32_t length, struct err *err)
{
    if (!put_aside(stream, length, err)) {
        return false;
    }
    if (stream->spool.len < length && !stream->options->salvage) {
        err_set(err, ERR_TRUNCATED, "input ends inside a package: %llu more octets expected",
                (unsigned long long)(length - stream->spool.len));
        return err_at_legacy(err, stream->win->offset);
    }
    return lay_out(stream, LAY_NESTED, stream->spool.len < length, err);
}

static bool tell_live(struct leg_streaming *stream, const struct leg_event *event, struct err *err)
{
    struct leg_told told;

    memset(&told, 0, sizeof(told));
    told.body = &event->body;
    told.legacy_offset = event->legacy_offset;
    told.legacy_length = event->legacy_length;
    told.legacy = event->legacy;
    told.pages = event->pages;
    told.page_count = event->page_count;
    return tell(stream, &told, err);
}

/*
 * Reading failed or framing was lost. Decides whether the rest goes on as opaque octets: always
 * with salvage; when only the framing is lost, unless strict, or if nothing but the framing could
 * tell where the stream ends.
 */
static bool give_up(struct leg_streaming *stream, const struct err *why, bool lost, struct err *err)
{
    bool of_input = lost || why->band == ERR_TRUNCATED || why->band == ERR_MALFORMED;
    bool go_on = of_input && (stream->options->salvage ||
                              (lost && !stream->options->strict && stream->options->whole == NULL));

    stream->report->lost = *why;
    if (!go_on) {
        *err = *why;
        return false;
    }
    return tell_rest(stream, &stream->report->lost, err);
}

/* One step behind the head. */
static bool live(struct leg_streaming *stream, struct err *err)
{
    struct leg_event event;
    struct err why = ERR_INIT;
    enum leg_step step;

    if (!leg_reader_next(&stream->reader, &event, &step, &why)) {
        stream->done = true;
        return give_up(stream, &why, false, err);
    }
    stream->done = step == LEG_TAIL || step == LEG_LOST || step == LEG_END;
    switch (step) {
    case LEG_EVENT:
        return tell_live(stream, &event, err);
    case LEG_PACKAGED:
        return packaged(stream, stream->reader.packaged, err);
    case LEG_TAIL:
        return tail(stream, leg_reader_ended(&stream->reader) ? LAY_AFTER_EOF : LAY_FINAL, err);
    case LEG_LOST:
        return give_up(stream, &stream->reader.lost, true, err);
    case LEG_END:
        break;
    }
    return true;
}

static bool head(struct leg_streaming *stream, struct err *err)
{
    struct wire_configuration configuration;
    struct err why = ERR_INIT;
    bool has_configuration = false;

    if (leg_reader_head(&stream->reader, &configuration, &has_configuration, &why)) {
        return stream->sink->head(stream->sink->ctx, has_configuration ? &configuration : NULL,
                                  false, err);
    }
    if ((why.band != ERR_TRUNCATED && why.band != ERR_MALFORMED) || !stream->options->salvage) {
        *err = why;
        return false;
    }
    stream->report->lost = why;
    stream->done = true;
    return stream->sink->head(stream->sink->ctx, NULL, true, err) &&
           tell_rest(stream, &stream->report->lost, err);
}

struct leg_streaming *leg_stream_open(struct win *win, const struct leg_stream_options *options,
                                      struct lay_types *types, const struct leg_stream_sink *sink,
                                      struct leg_stream_report *report, struct err *err)
{
    struct leg_streaming *stream = calloc(1, sizeof(*stream));

    memset(report, 0, sizeof(*report));
    err_init(&report->lost);
    if (stream == NULL) {
        err_memory(err);
        return NULL;
    }
    stream->win = win;
    stream->options = options;
    stream->told = types;
    stream->sink = sink;
    stream->report = report;
    spool_init(&stream->spool);
    if (options->spool_file > 0) {
        spool_give(&stream->spool, options->spool_file);
    }
    lay_types_init(&stream->types);
    if (!leg_reader_init(&stream->reader, win, NULL, err)) {
        leg_stream_close(stream);
        return NULL;
    }
    return stream;
}

bool leg_stream_step(struct leg_streaming *stream, bool *done, struct err *err)
{
    bool ok = true;

    if (!stream->has_head) {
        stream->has_head = true;
        ok = head(stream, err);
    } else if (!stream->done) {
        ok = live(stream, err);
    }
    stream->report->octets = stream->win->offset;
    *done = stream->done;
    return ok;
}

void leg_stream_close(struct leg_streaming *stream)
{
    if (stream != NULL) {
        leg_reader_done(&stream->reader);
        spool_done(&stream->spool);
        lay_types_done(&stream->types);
        free(stream);
    }
}

bool leg_stream(struct win *win, const struct leg_stream_options *options, struct lay_types *types,
                const struct leg_stream_sink *sink, struct leg_stream_report *report,
                struct err *err)
{
    struct leg_streaming *stream = leg_stream_open(win, options, types, sink, report, err);
    bool done = false;
    bool ok = stream != NULL;

    while (ok && !done) {
        ok = leg_stream_step(stream, &done, err);
    }
    leg_stream_close(stream);
    return ok;
}
