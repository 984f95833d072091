/*
 * form_convert.c - see form_convert.h.
 *
 * A section's type is brought back to what the source of the stream described, by leaving out the
 * layouts; from there it is lifted as encode does it. So what comes out is what encode would have
 * written with the same choice.
 */
#include "codec/stream/form_convert.h"

#include <inttypes.h>

#include "codec/base/err.h"
#include "codec/savevm/lay_limits.h"
#include "codec/savevm/lay_told.h"
#include "codec/savevm/lay_value.h"
#include "codec/savevm/leg_wire.h"
#include "codec/stream/form_limits.h"
#include "codec/stream/form_plain.h"
#include "codec/stream/form_wire.h"

struct convert {
    const struct form_convert_options *options;
    struct win win;
    struct form_reader reader;
    struct form_lower lower;
    struct form_digest digest; /* of the stream that is read */
    struct buf octets;         /* legacy ones, of the record at hand; of RAM none */
    struct out lowered;
    bool by_check;        /* the record at hand stands in the digest by its check */
    uint64_t live_length; /* legacy octets of its pieces so far */
    struct out out;
    struct form_writer writer;
    struct form_announce announce;
    struct form_plain plain; /* in its table are the types that are written */
    struct buf room;         /* of the value that is written */
    struct arena arena;
};

static bool keep(void *ctx, struct iovec *iov, size_t iov_count, struct err *err)
{
    struct convert *c = ctx;

    for (size_t i = 0; i < iov_count && !c->by_check; i++) {
        if (!buf_put(&c->octets, iov[i].iov_base, iov[i].iov_len, err)) {
            return false;
        }
    }
    return true;
}

static bool put_head(struct convert *c, struct err *err)
{
    struct wire_header header;

    if (!form_reader_head(&c->reader, &header, err) ||
        !form_lower_head(&c->lower, &header, &c->lowered, err) || !out_flush(&c->lowered, err)) {
        return false;
    }
    form_digest_octets(&c->digest, buf_span(&c->octets));
    form_digest_octets(&c->writer.digest, buf_span(&c->octets));
    header.producer = span_str(c->options->producer);
    return form_announce_begin(&c->announce, &header, &c->writer, err);
}

/* ---- types ---- */

static bool tell_type(void *ctx, const struct wire_type_description *wire, struct err *err)
{
    struct convert *c = ctx;
    struct wire_body body;
    struct form_put put = {&body, false, {NULL, 0}, 0, NULL, 0};

    memset(&body, 0, sizeof(body));
    body.which = WIRE_BODY_TYPE_DESCRIPTION;
    body.u.type_description = *wire;
    form_announce_type(&c->announce, wire);
    return form_writer_put(&c->writer, &put, err);
}

/* Tells a type; *id becomes its number. */
static bool tell_types(struct convert *c, uint32_t *id, struct err *err)
{
    if (!lay_told_type(&c->plain.types, *id, tell_type, c, err)) {
        return false;
    }
    *id = lay_told_id(&c->plain.types, *id);
    return true;
}

/* ---- records ---- */

/* Makes of the section at hand what it is with the features chosen. */
static bool convert_section(struct convert *c, struct wire_section *section, struct err *err)
{
    const struct lay_modules *modules = c->options->modules;
    const struct wire_section_identity *identity = &section->open.identity;
    struct lay_where where = {identity->name, ERR_NO_OFFSET, ERR_NO_OFFSET};
    uint32_t type = form_plain_id(&c->plain, section->type);
    struct span payload = buf_span(&c->lower.writer.payload);

    if (payload.len != lay_types_get(&c->plain.types, type)->size) {
        return err_set(err, ERR_INTERNAL, "a section without layouts has another size");
    }
    if (modules != NULL && modules->lift != NULL && section->open.has_identity &&
        !modules->lift(modules->lift_ctx, &c->plain.types, identity->name, identity->version, type,
                       payload, &type, err)) {
        if (err->legacy_offset != ERR_NO_OFFSET) { /* in the payload, which ends before a footer */
            err->legacy_offset +=
                c->lower.legacy_offset - payload.len - (section->close.footer ? LEG_FOOTER_LEN : 0);
        }
        return false;
    }
    section->type = type;
    return lay_value_lift(&c->plain.types, type, payload, &where, &c->room, &section->value, err) &&
           tell_types(c, &section->type, err);
}

/* Names the types that a description is made of by their new numbers. */
static bool convert_form(struct convert *c, struct wire_vmdesc_form *form, struct err *err)
{
    struct wire_vmdesc_entry *entries;

    if (form->has_configuration) {
        form->configuration = form_plain_id(&c->plain, form->configuration);
        if (!tell_types(c, &form->configuration, err)) {
            return false;
        }
    }
    if (!form->has_entries) {
        return true;
    }
    entries = arena_array(&c->arena, form->entries.count, sizeof(*entries), err);
    for (size_t i = 0; entries != NULL && i < form->entries.count; i++) {
        entries[i] = form->entries.items[i];
        entries[i].type = form_plain_id(&c->plain, entries[i].type);
        if (!tell_types(c, &entries[i].type, err)) {
            return false;
        }
    }
    form->entries.items = entries;
    return entries != NULL;
}

static void digest_record(struct convert *c, const struct form_record *record, uint64_t length)
{
    if (!c->by_check) {
        form_digest_octets(&c->digest, buf_span(&c->octets));
        return;
    }
    c->live_length += length;
    if (record->is_last) {
        form_digest_check(&c->digest, record->check, c->live_length);
        c->live_length = 0;
    }
}

static bool put_record(struct convert *c, const struct form_record *record, struct err *err)
{
    struct wire_body body = *record->body;
    struct form_put put = {&body, record->skippable, {NULL, 0}, 0, NULL, 0};

    buf_clear(&c->octets);
    c->by_check = body.which == WIRE_BODY_RAM || body.which == WIRE_BODY_FRAMED;
    if (!form_lower_put(&c->lower, record, &c->lowered, &put.legacy_length, err) ||
        !out_flush(&c->lowered, err)) {
        return false;
    }
    digest_record(c, record, put.legacy_length);
    put.legacy = buf_span(&c->octets);
    switch (body.which) {
    case WIRE_BODY_TYPE_DESCRIPTION:
        return form_plain_take(&c->plain, &c->lower.types, err);
    case WIRE_BODY_SECTION:
        if (!convert_section(c, &body.u.section, err)) {
            return false;
        }
        break;
    case WIRE_BODY_VM_DESCRIPTION:
        if (body.u.vm_description.which == WIRE_VM_DESCRIPTION_REBUILT &&
            !convert_form(c, &body.u.vm_description.u.rebuilt, err)) {
            return false;
        }
        break;
    default:
        break;
    }
    return form_writer_put(&c->writer, &put, err) &&
           (!record->is_last || form_writer_flush(&c->writer, err));
}

static bool run(struct convert *c, struct err *err)
{
    if (!put_head(c, err)) {
        return false;
    }
    for (;;) {
        struct form_record record;
        struct wire_trailer trailer;
        enum form_step step;

        if (!form_reader_next(&c->reader, &step, &record, &trailer, err)) {
            return false;
        }
        if (step == FORM_TRAILER) {
            form_writer_keep(&c->writer, &trailer);
            return form_lower_end(&c->lower, err) &&
                   form_digest_compare(&c->digest, &trailer, err) &&
                   form_writer_end(&c->writer, err) &&
                   form_announce_end(&c->announce, &c->writer, err);
        }
        if (!put_record(c, &record, err)) {
            err_at_path(err, "record %" PRIu64, c->reader.records);
            return err_at_ber(err, record.ber_offset);
        }
    }
}

static bool flush_before_read(void *ctx, struct err *err)
{
    struct convert *c = ctx;

    return form_writer_flush(&c->writer, err) && out_flush(&c->out, err);
}

bool form_convert(struct io_source in, struct io_sink sink,
                  const struct form_convert_options *options, struct form_convert_report *report,
                  struct err *err)
{
    struct convert c;
    struct io_sink lowered = {keep, &c};
    bool ok;

    memset(&c, 0, sizeof(c));
    c.options = options;
    buf_init(&c.octets, FORM_RECORD_MAX);
    buf_init(&c.room, SIZE_MAX / 2);
    arena_init(&c.arena, LAY_TYPES_BYTES_MAX);
    out_init(&c.lowered, lowered);
    out_init(&c.out, sink);
    form_plain_init(&c.plain);
    form_announce_init(&c.announce, &options->choice,
                       options->modules != NULL && options->modules->lift != NULL);
    ok = win_init(&c.win, in, FORM_WINDOW, err) && form_digest_init(&c.digest, err) &&
         form_reader_init(&c.reader, &c.win, 0, err) && form_lower_init(&c.lower, err) &&
         form_writer_init(&c.writer, &c.out, err);
    if (ok) {
        c.lower.check = options->check;
        c.win.before_read = flush_before_read;
        c.win.before_read_ctx = &c;
        ok = run(&c, err);
    }
    report->ber_octets = c.win.offset;
    report->records = c.writer.records;
    form_announce_done(&c.announce);
    form_writer_done(&c.writer);
    form_lower_done(&c.lower);
    form_reader_done(&c.reader);
    form_digest_done(&c.digest);
    form_plain_done(&c.plain);
    arena_done(&c.arena);
    buf_done(&c.room);
    buf_done(&c.octets);
    out_done(&c.lowered);
    out_done(&c.out);
    win_done(&c.win);
    return ok;
}
