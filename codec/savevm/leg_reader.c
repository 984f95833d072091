/* leg_reader.c - see leg_reader.h. */
#include "codec/savevm/leg_reader.h"

#include <inttypes.h>
#include <stdlib.h>

#include "codec/savevm/leg_limits.h"
#include "codec/savevm/leg_text.h"

/*
 * One attempt looks only at what is in the window, and either tells something or says how many
 * octets it needs (reader->need, reader->what). Only leg_reader_next reads, between attempts, so
 * that spans of an event cannot be pulled away and no octet is taken that is not told.
 */
enum attempt {
    ATTEMPT_EVENT,
    ATTEMPT_STEP, /* *step */
    ATTEMPT_MORE,
    ATTEMPT_AGAIN, /* the state has changed */
};

struct telling {
    struct leg_event *event;
    enum leg_step *step;
    struct span in; /* the window */
    bool at_end;
};

enum close_result { CLOSE_FOOTER, CLOSE_NONE, CLOSE_MORE, CLOSE_LOST };

bool leg_reader_init(struct leg_reader *reader, struct win *win, const struct leg_options *options,
                     struct err *err)
{
    memset(reader, 0, sizeof(*reader));
    leg_config_init(&reader->config);
    err_init(&reader->lost);
    reader->win = win;
    reader->state = LEG_AT_HEAD;
    reader->footers = LAY_FOOTERS_UNKNOWN;
    if (win->cap < LEG_WINDOW_MIN) {
        return err_set(err, ERR_INTERNAL, "a window of %zu octets for a legacy stream", win->cap);
    }
    reader->sections = malloc(LEG_SECTIONS_MAX * sizeof(*reader->sections));
    if (reader->sections == NULL) {
        return err_memory(err);
    }
    return leg_ram_init(&reader->ram, options != NULL ? options->page_size : 0, err);
}

void leg_reader_done(struct leg_reader *reader)
{
    leg_config_done(&reader->config);
    leg_ram_done(&reader->ram);
    free(reader->sections);
    reader->sections = NULL;
}

static enum attempt more(struct leg_reader *reader, size_t need, const char *what)
{
    reader->need = need;
    reader->what = what;
    return ATTEMPT_MORE;
}

/* Stops for good; reader->lost has been set. offset: from the start of the window. */
static enum attempt stop(struct leg_reader *reader, struct telling *telling, size_t offset)
{
    err_at_legacy(&reader->lost, reader->win->offset + offset);
    if (reader->current != NULL) {
        char label[LEG_NAME_MAX + 1];

        leg_text_label(span_of(reader->current->name, reader->current->name_len), label,
                       sizeof(label));
        err_at_path(&reader->lost, "%s", label);
    }
    reader->state = LEG_STOPPED;
    *telling->step = LEG_LOST;
    return ATTEMPT_STEP;
}

/* Tells the first len octets of the window. body is already there. */
static enum attempt tell(struct leg_reader *reader, struct telling *telling, size_t len)
{
    telling->event->legacy = span_of(telling->in.p, len);
    telling->event->legacy_length = len;
    telling->event->legacy_offset = reader->win->offset;
    win_take(reader->win, len);
    *telling->step = LEG_EVENT;
    return ATTEMPT_EVENT;
}

static struct wire_body *begin_body(struct telling *telling, int32_t which)
{
    memset(telling->event, 0, sizeof(*telling->event));
    telling->event->body.which = which;
    return &telling->event->body;
}

static enum attempt odd_config(struct leg_reader *reader, struct telling *telling)
{
    struct wire_body *body = begin_body(telling, WIRE_BODY_OPAQUE);

    body->u.opaque.reason = span_str("a configuration section in an unusual form");
    body->u.opaque.data = span_of(telling->in.p, reader->config.length);
    reader->state = LEG_AT_ELEMENT;
    return tell(reader, telling, reader->config.length);
}

/* Heads and ends of sections */

static void fill_open(const struct leg_reader *reader, struct wire_section_open *open)
{
    const struct leg_section *section = reader->current;

    open->has_kind = true;
    open->kind = reader->kind;
    open->id = section->id;
    open->has_identity =
        reader->kind == WIRE_SECTION_KIND_START || reader->kind == WIRE_SECTION_KIND_FULL;
    if (open->has_identity) {
        open->identity.name = span_of(section->name, section->name_len);
        open->identity.instance = section->instance;
        open->identity.version = section->version;
    }
}

/* What stands at the end of a payload. CLOSE_MORE: reader->need octets of in are needed. */
static enum close_result find_footer(struct leg_reader *reader, struct span in, bool at_end)
{
    uint32_t id;

    if (in.len == 0 && !at_end) {
        more(reader, 1, "a section footer");
        return CLOSE_MORE;
    }
    if (in.len == 0 || in.p[0] != LEG_SECTION_FOOTER) {
        return CLOSE_NONE;
    }
    if (in.len < LEG_FOOTER_LEN) {
        more(reader, LEG_FOOTER_LEN, "a section footer");
        return CLOSE_MORE;
    }
    id = leg_get_be32(in.p + 1);
    if (id != reader->current->id) {
        err_set(&reader->lost, ERR_MALFORMED,
                "expected the footer of section %" PRIu32 ", found that of section %" PRIu32,
                reader->current->id, id);
        return CLOSE_LOST;
    }
    return CLOSE_FOOTER;
}

static void close_section(struct leg_reader *reader, enum close_result result,
                          struct wire_section_close *close)
{
    close->has_footer = true;
    close->footer = result == CLOSE_FOOTER;
    reader->footers = close->footer ? LAY_FOOTERS_YES : LAY_FOOTERS_NO;
    reader->current = NULL;
    reader->state = LEG_AT_ELEMENT;
}

static struct leg_section *find_section(struct leg_reader *reader, uint32_t id)
{
    for (size_t i = 0; i < reader->section_count; i++) {
        if (reader->sections[i].id == id) {
            return &reader->sections[i];
        }
    }
    return NULL;
}

/* Begins a section whose header are the first len octets of the window. */
static enum attempt begin_section(struct leg_reader *reader, const struct leg_section *section,
                                  int32_t kind, size_t len)
{
    reader->current = section;
    reader->kind = kind;
    reader->open_len = len;
    if (section->is_ram) {
        reader->state = LEG_IN_RAM;
    } else {
        leg_frame_begin(&reader->frame, section->framer);
        reader->state = LEG_IN_FRAMED;
    }
    return ATTEMPT_AGAIN;
}

/* Reads the header of a START or FULL section into *section. False: it is not all there. */
static bool read_start(struct leg_reader *reader, struct span in, struct leg_section *section,
                       size_t *len)
{
    const uint8_t *p = in.p;

    *len = LEG_START_HEAD_LEN;
    if (in.len > LEG_PART_HEAD_LEN) {
        *len += p[LEG_PART_HEAD_LEN];
    }
    if (in.len <= LEG_PART_HEAD_LEN || in.len < *len) {
        more(reader, *len, "a section header");
        return false;
    }
    memset(section, 0, sizeof(*section));
    section->id = leg_get_be32(p + 1);
    section->name_len = p[LEG_PART_HEAD_LEN];
    p += LEG_PART_HEAD_LEN + 1;
    memcpy(section->name, p, section->name_len);
    p += section->name_len;
    section->instance = leg_get_be32(p);
    section->version = leg_get_be32(p + 4);
    return true;
}

static enum attempt section_start(struct leg_reader *reader, struct telling *telling)
{
    struct leg_section section;
    struct leg_section *place;
    struct span name;
    size_t len;

    if (!read_start(reader, telling->in, &section, &len)) {
        return ATTEMPT_MORE;
    }
    name = span_of(section.name, section.name_len);
    section.is_ram = span_eq_str(name, LEG_RAM_IDSTR) && section.version == LEG_RAM_VERSION;
    section.framer = leg_framer_find(name, section.version, LEG_FRAME_LIVE);
    if ((!section.is_ram && section.framer == NULL) || !leg_text_is_utf8(name)) {
        char label[LEG_NAME_MAX + 1];

        leg_text_label(name, label, sizeof(label));
        err_set(&reader->lost, ERR_UNSUPPORTED, "no framer for section '%s', version %" PRIu32,
                label, section.version);
        return stop(reader, telling, 0);
    }
    place = find_section(reader, section.id);
    if (place == NULL) {
        if (reader->section_count == LEG_SECTIONS_MAX) {
            err_set(&reader->lost, ERR_LIMIT, "more than %d sections in parts", LEG_SECTIONS_MAX);
            return stop(reader, telling, 0);
        }
        place = &reader->sections[reader->section_count++];
    }
    *place = section;
    return begin_section(reader, place, WIRE_SECTION_KIND_START, len);
}

static enum attempt section_part(struct leg_reader *reader, struct telling *telling)
{
    const struct leg_section *section;
    uint32_t id;

    if (telling->in.len < LEG_PART_HEAD_LEN) {
        return more(reader, LEG_PART_HEAD_LEN, "a section header");
    }
    id = leg_get_be32(telling->in.p + 1);
    section = find_section(reader, id);
    if (section == NULL) {
        err_set(&reader->lost, ERR_MALFORMED,
                "expected a section that has started, found section %" PRIu32, id);
        return stop(reader, telling, 1);
    }
    return begin_section(reader, section, telling->in.p[0], LEG_PART_HEAD_LEN);
}

/* A FULL section: of the live part if a framer says so, else the first one of the tail. */
static enum attempt section_full(struct leg_reader *reader, struct telling *telling)
{
    struct span name;
    size_t len;

    if (!read_start(reader, telling->in, &reader->early, &len)) {
        return ATTEMPT_MORE;
    }
    name = span_of(reader->early.name, reader->early.name_len);
    reader->early.framer = leg_framer_find(name, reader->early.version, LEG_FRAME_EARLY);
    if (reader->early.framer == NULL || !leg_text_is_utf8(name)) {
        reader->state = LEG_AT_TAIL;
        return ATTEMPT_AGAIN;
    }
    return begin_section(reader, &reader->early, WIRE_SECTION_KIND_FULL, len);
}

/* What is not a section */

static enum attempt command(struct leg_reader *reader, struct telling *telling)
{
    struct wire_body *body;
    const uint8_t *p = telling->in.p;
    size_t len = LEG_COMMAND_HEAD_LEN;

    if (telling->in.len >= LEG_COMMAND_HEAD_LEN) {
        len += leg_get_be16(p + 3);
    }
    if (telling->in.len < len || telling->in.len < LEG_COMMAND_HEAD_LEN) {
        return more(reader, len, "a command");
    }
    body = begin_body(telling, WIRE_BODY_COMMAND);
    body->u.command.number = (uint16_t)leg_get_be16(p + 1);
    body->u.command.data = span_of(p + LEG_COMMAND_HEAD_LEN, len - LEG_COMMAND_HEAD_LEN);
    if (body->u.command.number == LEG_CMD_POSTCOPY_ADVISE &&
        body->u.command.data.len == LEG_CMD_POSTCOPY_ADVISE_LEN) {
        reader->ram.page_sizes_sent = true;
    }
    if (body->u.command.number == LEG_CMD_PACKAGED &&
        body->u.command.data.len == LEG_CMD_PACKAGED_LEN) {
        reader->packaged = leg_get_be32(body->u.command.data.p);
        reader->state = reader->packaged > 0 ? LEG_AT_PACKAGE : LEG_AT_ELEMENT;
    }
    return tell(reader, telling, len);
}

static enum attempt end_of_stream(struct leg_reader *reader, struct telling *telling)
{
    begin_body(telling, WIRE_BODY_END_OF_STREAM);
    reader->ended = true;
    reader->state = LEG_BEHIND_EOF;
    return tell(reader, telling, 1);
}

static enum attempt behind_eof(struct leg_reader *reader, struct telling *telling)
{
    if (telling->in.len == 0 && !telling->at_end) {
        return more(reader, 0, "");
    }
    *telling->step = telling->in.len == 0 ? LEG_END : LEG_TAIL;
    return ATTEMPT_STEP;
}

static enum attempt element(struct leg_reader *reader, struct telling *telling)
{
    if (telling->in.len == 0) {
        return more(reader, 1, "a migration stream");
    }
    switch (telling->in.p[0]) {
    case LEG_EOF:
        return end_of_stream(reader, telling);
    case LEG_SECTION_START:
        return section_start(reader, telling);
    case LEG_SECTION_PART:
    case LEG_SECTION_END:
        return section_part(reader, telling);
    case LEG_SECTION_FULL:
        return section_full(reader, telling);
    case LEG_COMMAND:
        return command(reader, telling);
    default:
        err_set(&reader->lost, ERR_MALFORMED,
                "expected a section, a command or the end of the stream, found 0x%02x",
                telling->in.p[0]);
        return stop(reader, telling, 0);
    }
}

/* Payloads */

static enum attempt in_ram(struct leg_reader *reader, struct telling *telling)
{
    struct leg_ram *ram = &reader->ram;
    const struct leg_ram_place place = {reader->current->id, telling->at_end};
    struct span in = span_from(telling->in, reader->open_len);
    enum close_result close = CLOSE_MORE;
    struct wire_ram *body;
    size_t used;
    size_t need;
    size_t told;
    enum leg_ram_result result = leg_ram_scan(ram, in, &place, &used, &need, &reader->lost);

    told = reader->open_len + used;
    if (result == LEG_RAM_STOP) {
        close = find_footer(reader, span_from(in, used + 8), telling->at_end);
        need = reader->need + 8;
    }
    if (told == 0 && close == CLOSE_MORE && result != LEG_RAM_LOST) {
        return more(reader, need, result == LEG_RAM_STOP ? "a section footer" : "a RAM record");
    }
    if (told == 0 && (close == CLOSE_LOST || result == LEG_RAM_LOST)) {
        return stop(reader, telling, close == CLOSE_LOST ? 8 : 0);
    }
    body = &begin_body(telling, WIRE_BODY_RAM)->u.ram;
    body->has_page_size = true;
    body->page_size = (uint32_t)ram->page_size;
    body->items.count = ram->item_count;
    body->items.items = ram->items;
    body->has_data = ram->page_count > 0;
    body->data.len = ram->page_count * (size_t)ram->page_size;
    telling->event->pages = ram->pages;
    telling->event->page_count = ram->page_count;
    body->has_open = reader->open_len > 0;
    if (body->has_open) {
        fill_open(reader, &body->open);
        reader->open_len = 0;
    }
    if (close == CLOSE_FOOTER || close == CLOSE_NONE) {
        body->has_close = true;
        close_section(reader, close, &body->close);
        told += close == CLOSE_FOOTER ? 8 + LEG_FOOTER_LEN : 8;
    } else {
        err_init(&reader->lost); /* the same is found again, at the start of the window */
    }
    return tell(reader, telling, told);
}

static enum attempt in_framed(struct leg_reader *reader, struct telling *telling)
{
    struct span in = span_from(telling->in, reader->open_len);
    enum leg_frame_result result;
    struct wire_framed *body;
    size_t used = 0;
    size_t need = 0;
    size_t told;

    if (in.len > LEG_FRAMED_CHUNK_MAX) {
        in.len = LEG_FRAMED_CHUNK_MAX;
    }
    result = leg_frame_pass(&reader->frame, in, &used, &need, &reader->lost);
    told = reader->open_len + used;
    if (told == 0 && result == LEG_FRAME_MORE) {
        return more(reader, need, reader->frame.framer->name);
    }
    if (told == 0 && result == LEG_FRAME_LOST) {
        return stop(reader, telling, 0);
    }
    body = &begin_body(telling, WIRE_BODY_FRAMED)->u.framed;
    body->data = span_of(in.p, used);
    body->has_open = reader->open_len > 0;
    if (body->has_open) {
        fill_open(reader, &body->open);
        reader->open_len = 0;
        body->has_framing = body->open.has_identity;
        body->framing = span_str(reader->frame.framer->name);
    }
    err_init(&reader->lost);
    if (result == LEG_FRAME_END) {
        enum close_result close =
            find_footer(reader, span_from(telling->in, told), telling->at_end);

        reader->state = LEG_AT_CLOSE;
        if (close == CLOSE_FOOTER || close == CLOSE_NONE) {
            body->has_close = true;
            close_section(reader, close, &body->close);
            told += close == CLOSE_FOOTER ? LEG_FOOTER_LEN : 0;
        }
        err_init(&reader->lost);
    }
    return tell(reader, telling, told);
}

/* The end of a framed section whose contents have been told without it. */
static enum attempt at_close(struct leg_reader *reader, struct telling *telling)
{
    enum close_result close = find_footer(reader, telling->in, telling->at_end);
    struct wire_framed *body;

    if (close == CLOSE_MORE) {
        return ATTEMPT_MORE;
    }
    if (close == CLOSE_LOST) {
        return stop(reader, telling, 0);
    }
    body = &begin_body(telling, WIRE_BODY_FRAMED)->u.framed;
    body->data = span_of(telling->in.p, 0);
    body->has_close = true;
    close_section(reader, close, &body->close);
    return tell(reader, telling, close == CLOSE_FOOTER ? LEG_FOOTER_LEN : 0);
}

static enum attempt attempt(struct leg_reader *reader, struct telling *telling)
{
    switch (reader->state) {
    case LEG_AT_ODD_CONFIG:
        return odd_config(reader, telling);
    case LEG_AT_ELEMENT:
        return element(reader, telling);
    case LEG_IN_RAM:
        return in_ram(reader, telling);
    case LEG_IN_FRAMED:
        return in_framed(reader, telling);
    case LEG_AT_CLOSE:
        return at_close(reader, telling);
    case LEG_AT_PACKAGE:
        reader->state = LEG_AT_ELEMENT;
        *telling->step = LEG_PACKAGED;
        return ATTEMPT_STEP;
    case LEG_AT_TAIL:
        *telling->step = LEG_TAIL;
        return ATTEMPT_STEP;
    case LEG_BEHIND_EOF:
        return behind_eof(reader, telling);
    case LEG_AT_HEAD:
    case LEG_STOPPED:
        break;
    }
    *telling->step = LEG_LOST;
    return ATTEMPT_STEP;
}

/* Reads until reader->need octets are there. */
static bool fill(struct leg_reader *reader, struct telling *telling, struct err *err)
{
    size_t have = telling->in.len;
    char label[LEG_NAME_MAX + 1] = "";

    if (reader->need > reader->win->cap) {
        err_set(&reader->lost, ERR_LIMIT, "expected at most %zu octets of %s, found %zu",
                reader->win->cap, reader->what, reader->need);
        (void)stop(reader, telling, 0);
        return true;
    }
    if (!telling->at_end) {
        return win_fill(reader->win, reader->need > have ? reader->need : have + 1, err);
    }
    err_set(err, ERR_TRUNCATED, "input ends inside %s: %zu more octets expected", reader->what,
            reader->need > have ? reader->need - have : 1);
    if (reader->current != NULL) {
        leg_text_label(span_of(reader->current->name, reader->current->name_len), label,
                       sizeof(label));
        err_at_path(err, "%s", label);
    }
    return err_at_legacy(err, reader->win->offset + have);
}

bool leg_reader_next(struct leg_reader *reader, struct leg_event *event, enum leg_step *step,
                     struct err *err)
{
    for (;;) {
        struct telling telling = {event, step, win_span(reader->win), reader->win->at_end};

        switch (attempt(reader, &telling)) {
        case ATTEMPT_EVENT:
        case ATTEMPT_STEP:
            return true;
        case ATTEMPT_AGAIN:
            break;
        case ATTEMPT_MORE:
            if (!fill(reader, &telling, err)) {
                return false;
            }
            break;
        }
    }
}
