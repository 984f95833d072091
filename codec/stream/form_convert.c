/*
 * form_convert.c - see form_convert.h.
 *
 * A section's type is brought back to what the source of the stream described, by leaving out the
 * layouts; from there it is lifted as encode does it. So what comes out is what encode would have
 * written with the same choice.
 */
#include "codec/stream/form_convert.h"

#include <inttypes.h>
#include <stdlib.h>

#include "codec/base/err.h"
#include "codec/savevm/lay_limits.h"
#include "codec/savevm/lay_told.h"
#include "codec/savevm/lay_value.h"
#include "codec/savevm/leg_wire.h"
#include "codec/stream/form_limits.h"
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
    struct lay_types types; /* that are written */
    uint32_t *plain;        /* of the types read, by id - 1: the same without layouts, in types */
    uint32_t plain_count;
    uint32_t plain_cap;
    struct buf room; /* of the value that is written */
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

static uint32_t plain_id(const struct convert *c, uint32_t id)
{
    return c->plain[id - 1];
}

static bool plain_ids(struct convert *c, size_t count, uint32_t **ids, struct err *err)
{
    uint32_t *copy = arena_array(&c->arena, count, sizeof(*copy), err);

    for (size_t i = 0; copy != NULL && i < count; i++) {
        copy[i] = plain_id(c, (*ids)[i]);
    }
    *ids = copy;
    return copy != NULL;
}

/* Whether row b goes on with the array of row a, with elements of the same type. */
static bool goes_on(const struct wire_field *a, const struct wire_field *b)
{
    return a->has_index && b->has_index && !a->has_array && !b->has_array && !b->has_tag &&
           b->index == a->index + a->repeat && span_eq(a->name, b->name) &&
           span_eq(a->type, b->type) && a->has_size == b->has_size && a->size == b->size &&
           !a->has_members && !b->has_members && a->has_element == b->has_element &&
           a->element == b->element && a->unknown.len == 0 && b->unknown.len == 0;
}

/* Puts the rows without their layouts into wire; what only layouts told apart is one row again. */
static bool plain_rows(struct convert *c, struct wire_type_description *wire, struct err *err)
{
    struct wire_field *rows = arena_array(&c->arena, wire->fields.count, sizeof(*rows), err);
    bool had_layout = false; /* the row before */
    size_t count = 0;

    if (rows == NULL) {
        return false;
    }
    for (size_t i = 0; i < wire->fields.count; i++) {
        struct wire_field *row = &rows[count];
        bool has_layout = wire->fields.items[i].has_layout;

        *row = wire->fields.items[i];
        row->has_layout = false;
        row->layout = 0;
        if (row->has_element) {
            row->element = plain_id(c, row->element);
        }
        if (row->has_members && !plain_ids(c, row->members.count, &row->members.items, err)) {
            return false;
        }
        if (count > 0 && (has_layout || had_layout || row->has_element) &&
            goes_on(&rows[count - 1], row)) {
            rows[count - 1].repeat += row->repeat;
            rows[count - 1].has_repeat = true;
        } else {
            count++;
        }
        had_layout = has_layout;
    }
    wire->fields.items = rows;
    wire->fields.count = count;
    return true;
}

/* Leaves out the features of layouts. */
static bool plain_features(struct convert *c, struct wire_type_description *wire, struct err *err)
{
    struct wire_feature *items;
    size_t count = 0;

    if (!wire->has_features) {
        return true;
    }
    items = arena_array(&c->arena, wire->features.count, sizeof(*items), err);
    for (size_t i = 0; items != NULL && i < wire->features.count; i++) {
        enum form_feature_id id = form_feature_find(wire->features.items[i].name);

        if (id == FORM_FEATURES || (form_features_structured() & FORM_FEATURE_BIT(id)) == 0) {
            items[count++] = wire->features.items[i];
        }
    }
    wire->features.items = items;
    wire->features.count = count;
    wire->has_features = count > 0;
    return items != NULL;
}

/* Finds the type that was read last without its layouts. */
static bool take_type(struct convert *c, struct err *err)
{
    const struct lay_type *read = lay_types_get(&c->lower.types, c->lower.types.count);
    struct wire_type_description wire = read->wire;

    if (c->plain_count == c->plain_cap) {
        uint32_t cap = c->plain_cap == 0 ? 256 : c->plain_cap * 2;
        uint32_t *more = realloc(c->plain, cap * sizeof(*more));

        if (more == NULL) {
            return err_memory(err);
        }
        c->plain = more;
        c->plain_cap = cap;
    }
    arena_reset(&c->arena);
    if ((wire.has_subsections &&
         !plain_ids(c, wire.subsections.count, &wire.subsections.items, err)) ||
        !plain_rows(c, &wire, err) || !plain_features(c, &wire, err)) {
        return false;
    }
    return lay_types_intern(&c->types, &wire, &c->plain[c->plain_count++], err);
}

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
    if (!lay_told_type(&c->types, *id, tell_type, c, err)) {
        return false;
    }
    *id = lay_told_id(&c->types, *id);
    return true;
}

/* ---- records ---- */

/* Makes of the section at hand what it is with the features chosen. */
static bool convert_section(struct convert *c, struct wire_section *section, struct err *err)
{
    const struct lay_modules *modules = c->options->modules;
    const struct wire_section_identity *identity = &section->open.identity;
    struct lay_where where = {identity->name, ERR_NO_OFFSET, ERR_NO_OFFSET};
    size_t footer = section->close.footer ? LEG_FOOTER_LEN : 0;
    uint32_t type = plain_id(c, section->type);
    size_t size = lay_types_get(&c->types, type)->size;
    struct span payload;

    if (c->octets.len < footer + size) {
        return err_set(err, ERR_INTERNAL, "a section without layouts has another size");
    }
    payload = span_of(c->octets.p + c->octets.len - footer - size, size);
    if (modules != NULL && modules->lift != NULL && section->open.has_identity &&
        !modules->lift(modules->lift_ctx, &c->types, identity->name, identity->version, type,
                       payload, &type, err)) {
        return false;
    }
    section->type = type;
    return lay_value_lift(&c->types, type, payload, &where, &c->room, &section->value, err) &&
           tell_types(c, &section->type, err);
}

/* Names the types that a description is made of by their new numbers. */
static bool convert_form(struct convert *c, struct wire_vmdesc_form *form, struct err *err)
{
    struct wire_vmdesc_entry *entries;

    if (form->has_configuration) {
        form->configuration = plain_id(c, form->configuration);
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
        entries[i].type = plain_id(c, entries[i].type);
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
        return take_type(c, err);
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
    lay_types_init(&c.types);
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
    lay_types_done(&c.types);
    free(c.plain);
    arena_done(&c.arena);
    buf_done(&c.room);
    buf_done(&c.octets);
    out_done(&c.lowered);
    out_done(&c.out);
    win_done(&c.win);
    return ok;
}
