/* leg_writer.c - see leg_writer.h. */
#include "codec/savevm/leg_writer.h"

#include <inttypes.h>
#include <stdlib.h>

#include "codec/base/err.h"
#include "codec/savevm/leg_config.h"
#include "codec/savevm/leg_limits.h"
#include "codec/savevm/leg_ram_writer.h"
#include "codec/savevm/leg_wire.h"

static bool no_lower(void *ctx, const struct wire_section *section, struct buf *payload,
                     struct err *err)
{
    (void)ctx;
    (void)section;
    (void)payload;
    return err_set(err, ERR_INTERNAL, "nobody lowers described sections");
}

static bool no_vmdesc(void *ctx, const struct wire_vmdesc_form *form, struct buf *text,
                      struct err *err)
{
    (void)ctx;
    (void)form;
    (void)text;
    return err_set(err, ERR_INTERNAL, "nobody rebuilds descriptions");
}

bool leg_writer_init(struct leg_writer *writer, struct err *err)
{
    static const struct leg_writer_hooks none = {NULL, no_lower, no_vmdesc};

    memset(writer, 0, sizeof(*writer));
    writer->hooks = none;
    buf_init(&writer->payload, LEG_PAYLOAD_MAX);
    return leg_gather_init(&writer->gather, err);
}

void leg_writer_done(struct leg_writer *writer)
{
    leg_gather_done(&writer->gather);
    buf_done(&writer->payload);
}

void leg_writer_set_hooks(struct leg_writer *writer, const struct leg_writer_hooks *hooks)
{
    writer->hooks = *hooks;
}

bool leg_write_head(struct leg_writer *writer, const struct wire_header *header, struct out *out,
                    struct err *err)
{
    uint8_t magic[LEG_MAGIC_LEN];

    writer->is_open = false;
    if (!buf_reserve(&out->pending, out->pending.len_max - out->pending.len, err)) {
        return false;
    }
    if (header->container == WIRE_CONTAINER_FRAGMENT) {
        if (header->has_configuration) {
            return err_set(err, ERR_MALFORMED, "a fragment with a configuration section");
        }
        return true;
    }
    if (header->container != WIRE_CONTAINER_STREAM) {
        return err_set(err, ERR_UNSUPPORTED, "no writer for container %" PRId32, header->container);
    }
    leg_set_be32(magic, LEG_MAGIC);
    leg_set_be32(magic + 4, LEG_VERSION);
    if (!out_put(out, magic, sizeof(magic), err)) {
        return false;
    }
    return !header->has_configuration || leg_config_write(&header->configuration, out, err);
}

static bool check_open(const struct leg_writer *writer, const struct wire_section_open *open,
                       struct err *err)
{
    bool begins = open->kind == WIRE_SECTION_KIND_START || open->kind == WIRE_SECTION_KIND_FULL;

    if (writer->is_open) {
        return err_set(err, ERR_MALFORMED, "section %" PRIu32 " begins inside section %" PRIu32,
                       open->id, writer->id);
    }
    if (!begins && open->kind != WIRE_SECTION_KIND_PART && open->kind != WIRE_SECTION_KIND_END) {
        return err_set(err, ERR_MALFORMED, "expected a kind of section, found %" PRId32,
                       open->kind);
    }
    if (begins != open->has_identity) {
        return err_set(err, ERR_MALFORMED, "section %" PRIu32 " %s", open->id,
                       begins ? "begins without a name" : "goes on with a name");
    }
    if (begins && open->identity.name.len > LEG_NAME_MAX) {
        return err_set(err, ERR_MALFORMED, "a section name of %zu octets", open->identity.name.len);
    }
    return true;
}

/* Writes the header of a section, or checks that one is going on. */
static bool write_open(struct leg_writer *writer, const struct wire_section_open *open,
                       bool has_open, bool is_ram, struct out *out, struct err *err)
{
    uint8_t head[LEG_START_HEAD_LEN + LEG_NAME_MAX];
    size_t len = LEG_PART_HEAD_LEN;

    if (!has_open) {
        if (!writer->is_open || writer->is_ram != is_ram) {
            return err_set(err, ERR_MALFORMED, "a section goes on that has not begun");
        }
        return true;
    }
    if (!check_open(writer, open, err)) {
        return false;
    }
    head[0] = (uint8_t)open->kind;
    leg_set_be32(head + 1, open->id);
    if (open->has_identity) {
        const struct wire_section_identity *identity = &open->identity;

        head[len++] = (uint8_t)identity->name.len;
        if (identity->name.len > 0) {
            memcpy(head + len, identity->name.p, identity->name.len);
            len += identity->name.len;
        }
        leg_set_be32(head + len, identity->instance);
        leg_set_be32(head + len + 4, identity->version);
        len += 8;
    }
    writer->is_open = true;
    writer->is_ram = is_ram;
    writer->id = open->id;
    return out_put(out, head, len, err);
}

static bool write_close(struct leg_writer *writer, const struct wire_section_close *close,
                        struct out *out, struct err *err)
{
    uint8_t footer[LEG_FOOTER_LEN] = {LEG_SECTION_FOOTER};

    writer->is_open = false;
    leg_set_be32(footer + 1, writer->id);
    return !close->footer || out_put(out, footer, sizeof(footer), err);
}

static bool write_ram(struct leg_writer *writer, const struct wire_ram *ram, struct out *out,
                      struct err *err)
{
    uint8_t eos[8];

    leg_set_be64(eos, LEG_RAM_EOS);
    if (!leg_ram_check(ram, err) ||
        !write_open(writer, &ram->open, ram->has_open, true, out, err) ||
        !leg_ram_write(&writer->gather, ram, out, err)) {
        return false;
    }
    return !ram->has_close ||
           (out_put(out, eos, sizeof(eos), err) && write_close(writer, &ram->close, out, err));
}

static bool write_framed(struct leg_writer *writer, const struct wire_framed *framed,
                         struct out *out, struct err *err)
{
    if (!write_open(writer, &framed->open, framed->has_open, false, out, err) ||
        !out_put(out, framed->data.p, framed->data.len, err)) {
        return false;
    }
    return !framed->has_close || write_close(writer, &framed->close, out, err);
}

static bool write_section(struct leg_writer *writer, const struct wire_section *section,
                          struct out *out, struct err *err)
{
    buf_clear(&writer->payload);
    return writer->hooks.lower(writer->hooks.ctx, section, &writer->payload, err) &&
           write_open(writer, &section->open, true, false, out, err) &&
           out_put(out, writer->payload.p, writer->payload.len, err) &&
           write_close(writer, &section->close, out, err);
}

static bool not_inside(const struct leg_writer *writer, const char *what, struct err *err)
{
    if (writer->is_open) {
        return err_set(err, ERR_MALFORMED, "%s inside section %" PRIu32, what, writer->id);
    }
    return true;
}

static bool write_command(struct leg_writer *writer, const struct wire_command *command,
                          struct out *out, struct err *err)
{
    uint8_t head[LEG_COMMAND_HEAD_LEN] = {LEG_COMMAND};

    if (!not_inside(writer, "a command", err)) {
        return false;
    }
    if (command->data.len > UINT16_MAX) {
        return err_set(err, ERR_MALFORMED, "a command of %zu octets", command->data.len);
    }
    leg_set_be16(head + 1, command->number);
    leg_set_be16(head + 3, (uint32_t)command->data.len);
    return out_put(out, head, sizeof(head), err) &&
           out_put(out, command->data.p, command->data.len, err);
}

static bool write_end(struct leg_writer *writer, struct out *out, struct err *err)
{
    uint8_t eof = LEG_EOF;

    return not_inside(writer, "the end of the stream", err) && out_put(out, &eof, 1, err);
}

static bool write_vmdesc(struct leg_writer *writer, const struct wire_vm_description *desc,
                         struct out *out, struct err *err)
{
    uint8_t head[5] = {LEG_VMDESCRIPTION};
    struct span text = desc->u.text;

    if (!not_inside(writer, "a description", err)) {
        return false;
    }
    if (desc->which == WIRE_VM_DESCRIPTION_REBUILT) {
        buf_clear(&writer->payload);
        if (!writer->hooks.vmdesc(writer->hooks.ctx, &desc->u.rebuilt, &writer->payload, err)) {
            return false;
        }
        text = buf_span(&writer->payload);
    } else if (desc->which != WIRE_VM_DESCRIPTION_TEXT) {
        return err_set(err, ERR_UNSUPPORTED, "no writer for a description of an unknown form");
    }
    if (text.len > UINT32_MAX) {
        return err_set(err, ERR_MALFORMED, "a description of %zu octets", text.len);
    }
    leg_set_be32(head + 1, (uint32_t)text.len);
    return out_put(out, head, sizeof(head), err) && out_put(out, text.p, text.len, err);
}

static bool write_body(struct leg_writer *writer, const struct wire_body *body, struct out *out,
                       struct err *err)
{
    switch (body->which) {
    case WIRE_BODY_TYPE_DESCRIPTION:
        return true; /* stands for no octets */
    case WIRE_BODY_SECTION:
        return write_section(writer, &body->u.section, out, err);
    case WIRE_BODY_FRAMED:
        return write_framed(writer, &body->u.framed, out, err);
    case WIRE_BODY_RAM:
        return write_ram(writer, &body->u.ram, out, err);
    case WIRE_BODY_COMMAND:
        return write_command(writer, &body->u.command, out, err);
    case WIRE_BODY_END_OF_STREAM:
        return write_end(writer, out, err);
    case WIRE_BODY_VM_DESCRIPTION:
        return write_vmdesc(writer, &body->u.vm_description, out, err);
    case WIRE_BODY_OPAQUE:
        writer->is_open = false; /* whatever was going on is in there, too */
        return out_put(out, body->u.opaque.data.p, body->u.opaque.data.len, err);
    default:
        return err_set(err, ERR_UNSUPPORTED, "no writer for a record of an unknown kind");
    }
}

bool leg_write(struct leg_writer *writer, const struct wire_body *body, struct out *out,
               uint64_t *legacy_length, struct err *err)
{
    uint64_t start = out->offset;

    if (!write_body(writer, body, out, err)) {
        return false;
    }
    *legacy_length = out->offset - start;
    return true;
}
