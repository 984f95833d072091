/* form_lower.c - see form_lower.h. */
#include "codec/stream/form_lower.h"

#include "codec/base/err.h"
#include "codec/device/mod_join.h"
#include "codec/savevm/lay_limits.h"
#include "codec/savevm/lay_value.h"

static bool lower_section(void *ctx, const struct wire_section *section, struct buf *payload,
                          struct err *err)
{
    struct form_lower *lower = ctx;
    struct span record = lower->record->octets;
    struct span name = section->open.identity.name;
    struct lay_where where = {name, ERR_NO_OFFSET, ERR_NO_OFFSET};

    /* kind, id, length octet, instance and version stand around the name. */
    where.legacy_offset = lower->legacy_offset + 1 + 4 + 1 + name.len + 4 + 4;
    if (section->value.p >= record.p && section->value.p <= record.p + record.len) {
        where.ber_offset = lower->record->ber_offset + (uint64_t)(section->value.p - record.p);
    }
    return lay_value_lower(&lower->types, section->type, section->value, &where, payload, err);
}

static bool write_text(void *ctx, const struct wire_vmdesc_form *form, struct buf *text,
                       struct err *err)
{
    struct form_lower *lower = ctx;
    struct buf bounded; /* a few hostile types can ask for any length of text */
    bool ok;

    buf_init(&bounded, LAY_VMDESC_MAX);
    ok = lay_text_write(&lower->text, &lower->types, form, &bounded, err) &&
         buf_put(text, bounded.p, bounded.len, err);
    buf_done(&bounded);
    return ok;
}

bool form_lower_init(struct form_lower *lower, struct err *err)
{
    struct leg_writer_hooks hooks = {lower, lower_section, write_text};

    memset(lower, 0, sizeof(*lower));
    lay_types_init(&lower->types);
    lay_text_init(&lower->text);
    if (!leg_writer_init(&lower->writer, err)) {
        return false;
    }
    leg_writer_set_hooks(&lower->writer, &hooks);
    return true;
}

void form_lower_done(struct form_lower *lower)
{
    leg_writer_done(&lower->writer);
    lay_text_done(&lower->text);
    lay_types_done(&lower->types);
}

bool form_lower_head(struct form_lower *lower, const struct wire_header *header, struct out *out,
                     struct err *err)
{
    uint64_t start = out->offset;

    if (!leg_write_head(&lower->writer, header, out, err)) {
        return false;
    }
    lower->legacy_offset += out->offset - start;
    return true;
}

/* Keeps a type, which is what the module it names says, if that is known. */
static bool take_type(struct form_lower *lower, const struct wire_type_description *type,
                      struct err *err)
{
    const struct mod_library *modules =
        lower->modules != NULL ? lower->modules : &mod_library_builtin;

    return lay_types_add(&lower->types, type, err) &&
           mod_check(modules, &lower->types, lower->types.count, err) &&
           (lower->check.check == NULL ||
            lower->check.check(lower->check.ctx, &lower->types, lower->types.count, err));
}

bool form_lower_put(struct form_lower *lower, const struct form_record *record, struct out *out,
                    uint64_t *length, struct err *err)
{
    const struct wire_body *body = record->body;

    *length = 0;
    if (body->which == ASN_UNKNOWN) {
        return true;
    }
    if (body->which == WIRE_BODY_TYPE_DESCRIPTION) {
        return take_type(lower, &body->u.type_description, err) ||
               err_at_ber(err, record->ber_offset);
    }
    lower->record = record;
    if (!leg_write(&lower->writer, body, out, length, err)) {
        err_at_ber(err, record->ber_offset);
        return err_at_legacy(err, lower->legacy_offset);
    }
    lower->legacy_offset += *length;
    if (body->which == WIRE_BODY_SECTION) {
        const struct wire_section *section = &body->u.section;

        return lay_text_section(&lower->text, section->open.identity.name,
                                section->open.identity.instance, section->type, err);
    }
    return true;
}

bool form_lower_end(const struct form_lower *lower, struct err *err)
{
    if (lower->writer.is_open) {
        err_set(err, ERR_MALFORMED, "the records end inside section %u",
                (unsigned)lower->writer.id);
        return err_at_legacy(err, lower->legacy_offset);
    }
    return true;
}
