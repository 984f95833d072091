/* leg_config.c - see leg_config.h. */
#include "codec/savevm/leg_config.h"

#include <inttypes.h>

#include "codec/base/err.h"
#include "codec/savevm/leg_text.h"
#include "codec/savevm/leg_wire.h"

/* The subsections in the order QEMU sends them (QEMU 7.2 savevm.c, vmstate_configuration). */
enum config_part { PART_PAGE_BITS, PART_CAPABILITIES, PART_UUID, PART_COUNT };

static const char *const part_names[PART_COUNT] = {
    LEG_CONFIG_PAGE_BITS,
    LEG_CONFIG_CAPABILITIES,
    LEG_CONFIG_UUID,
};

enum { SUBSECTION_HEAD_LEN = 2 }; /* 0x05, length of the name */

struct config_scan {
    struct leg_config *config;
    struct span in;
    size_t pos;
    size_t need; /* octets of in that were asked for last */
    int last;    /* the part before this one */
    bool odd;
};

void leg_config_init(struct leg_config *config)
{
    memset(config, 0, sizeof(*config));
    buf_init(&config->octets, LEG_CONFIG_MAX);
}

void leg_config_done(struct leg_config *config)
{
    buf_done(&config->octets);
}

/* Are n octets there? If not, need says how many would have to be. */
static bool have(struct config_scan *scan, size_t n)
{
    scan->need = scan->pos + n;
    return scan->in.len - scan->pos >= n;
}

static const uint8_t *take(struct config_scan *scan, size_t n)
{
    const uint8_t *p = scan->in.p + scan->pos;

    scan->pos += n;
    return p;
}

static enum leg_config_result scan_capabilities(struct config_scan *scan, struct err *lost)
{
    struct wire_configuration *wire = &scan->config->wire;
    uint32_t count;

    if (!have(scan, 4)) {
        return LEG_CONFIG_MORE;
    }
    count = leg_get_be32(take(scan, 4));
    if (count > LEG_CAPABILITIES_MAX) {
        err_set(lost, ERR_LIMIT, "expected at most %d capabilities, found %" PRIu32,
                LEG_CAPABILITIES_MAX, count);
        return LEG_CONFIG_LOST;
    }
    for (uint32_t i = 0; i < count; i++) {
        size_t len;

        if (!have(scan, 1) || !have(scan, (size_t)1 + scan->in.p[scan->pos])) {
            return LEG_CONFIG_MORE;
        }
        len = *take(scan, 1);
        scan->config->names[i] = span_of(take(scan, len), len);
        scan->odd |= !leg_text_is_utf8(scan->config->names[i]);
    }
    wire->has_capabilities = true;
    wire->capabilities.count = count;
    wire->capabilities.items = scan->config->names;
    return LEG_CONFIG_GOOD;
}

static enum leg_config_result scan_fields(struct config_scan *scan, int part, struct err *lost)
{
    struct wire_configuration *wire = &scan->config->wire;

    switch ((enum config_part)part) {
    case PART_PAGE_BITS:
        if (!have(scan, 4)) {
            return LEG_CONFIG_MORE;
        }
        wire->page_bits = leg_get_be32(take(scan, 4));
        wire->has_page_bits = true;
        return LEG_CONFIG_GOOD;
    case PART_CAPABILITIES:
        return scan_capabilities(scan, lost);
    case PART_UUID:
        if (!have(scan, LEG_UUID_LEN)) {
            return LEG_CONFIG_MORE;
        }
        wire->uuid = span_of(take(scan, LEG_UUID_LEN), LEG_UUID_LEN);
        wire->has_uuid = true;
        return LEG_CONFIG_GOOD;
    case PART_COUNT:
        break;
    }
    return LEG_CONFIG_LOST;
}

static enum leg_config_result scan_subsection(struct config_scan *scan, struct err *lost)
{
    struct span name;
    int part = 0;

    if (!have(scan, SUBSECTION_HEAD_LEN) ||
        !have(scan, (size_t)SUBSECTION_HEAD_LEN + scan->in.p[scan->pos + 1] + 4)) {
        return LEG_CONFIG_MORE;
    }
    name.len = *(take(scan, SUBSECTION_HEAD_LEN) + 1);
    name.p = take(scan, name.len);
    while (part < PART_COUNT && !span_eq_str(name, part_names[part])) {
        part++;
    }
    if (part == PART_COUNT) {
        char label[LEG_NAME_MAX + 1];

        leg_text_label(name, label, sizeof(label));
        err_set(lost, ERR_UNSUPPORTED, "no layout for subsection '%s'", label);
        return LEG_CONFIG_LOST;
    }
    scan->odd |= leg_get_be32(take(scan, 4)) != LEG_CONFIG_VERSION || part <= scan->last;
    scan->last = part;
    return scan_fields(scan, part, lost);
}

static enum leg_config_result scan_all(struct config_scan *scan, bool at_end, struct err *lost)
{
    struct span *machine = &scan->config->wire.machine;

    if (!have(scan, 5)) {
        return LEG_CONFIG_MORE;
    }
    machine->len = leg_get_be32(take(scan, 5) + 1);
    if (machine->len > LEG_MACHINE_NAME_MAX) {
        err_set(lost, ERR_LIMIT, "expected a machine type name of at most %d octets, found %zu",
                LEG_MACHINE_NAME_MAX, machine->len);
        return LEG_CONFIG_LOST;
    }
    if (!have(scan, machine->len)) {
        return LEG_CONFIG_MORE;
    }
    machine->p = take(scan, machine->len);
    scan->odd = !leg_text_is_utf8(*machine);
    for (;;) {
        enum leg_config_result result;

        if (!have(scan, 1)) {
            return at_end ? LEG_CONFIG_GOOD : LEG_CONFIG_MORE;
        }
        if (scan->in.p[scan->pos] != LEG_SUBSECTION) {
            return LEG_CONFIG_GOOD;
        }
        result = scan_subsection(scan, lost);
        if (result != LEG_CONFIG_GOOD) {
            return result;
        }
        if (scan->pos > LEG_CONFIG_MAX) {
            err_set(lost, ERR_LIMIT, "expected at most %d octets of configuration", LEG_CONFIG_MAX);
            return LEG_CONFIG_LOST;
        }
    }
}

enum leg_config_result leg_config_scan(struct leg_config *config, struct span in, bool at_end,
                                       size_t *need, struct err *lost)
{
    struct config_scan scan = {config, in, 0, 0, -1, false};
    enum leg_config_result result;

    memset(&config->wire, 0, sizeof(config->wire));
    result = scan_all(&scan, at_end, lost);
    *need = scan.need;
    config->length = scan.pos;
    return result == LEG_CONFIG_GOOD && scan.odd ? LEG_CONFIG_ODD : result;
}

static void rebase(struct span *s, const uint8_t *from, const uint8_t *to)
{
    s->p = to + (s->p - from);
}

bool leg_config_keep(struct leg_config *config, struct span in, struct err *err)
{
    struct wire_configuration *wire = &config->wire;
    const uint8_t *to;

    buf_clear(&config->octets);
    if (!buf_put(&config->octets, in.p, config->length, err)) {
        return false;
    }
    to = config->octets.p;
    rebase(&wire->machine, in.p, to);
    for (size_t i = 0; wire->has_capabilities && i < wire->capabilities.count; i++) {
        rebase(&config->names[i], in.p, to);
    }
    if (wire->has_uuid) {
        rebase(&wire->uuid, in.p, to);
    }
    return true;
}

bool leg_config_has(const struct wire_configuration *wire, const char *capability)
{
    for (size_t i = 0; wire->has_capabilities && i < wire->capabilities.count; i++) {
        if (span_eq_str(wire->capabilities.items[i], capability)) {
            return true;
        }
    }
    return false;
}

static bool write_be32(struct out *out, uint32_t v, struct err *err)
{
    uint8_t octets[4];

    leg_set_be32(octets, v);
    return out_put(out, octets, sizeof(octets), err);
}

static bool write_subsection(struct out *out, enum config_part part, struct err *err)
{
    const char *name = part_names[part];
    uint8_t head[SUBSECTION_HEAD_LEN] = {LEG_SUBSECTION, (uint8_t)strlen(name)};

    return out_put(out, head, sizeof(head), err) && out_put(out, name, strlen(name), err) &&
           write_be32(out, LEG_CONFIG_VERSION, err);
}

static bool write_capabilities(const struct wire_configuration *wire, struct out *out,
                               struct err *err)
{
    if (wire->capabilities.count > LEG_CAPABILITIES_MAX) {
        return err_set(err, ERR_LIMIT, "expected at most %d capabilities, found %zu",
                       LEG_CAPABILITIES_MAX, wire->capabilities.count);
    }
    if (!write_subsection(out, PART_CAPABILITIES, err) ||
        !write_be32(out, (uint32_t)wire->capabilities.count, err)) {
        return false;
    }
    for (size_t i = 0; i < wire->capabilities.count; i++) {
        struct span name = wire->capabilities.items[i];
        uint8_t len = (uint8_t)name.len;

        if (name.len > LEG_NAME_MAX) {
            return err_set(err, ERR_MALFORMED, "a capability's name has %zu octets", name.len);
        }
        if (!out_put(out, &len, 1, err) || !out_put(out, name.p, name.len, err)) {
            return false;
        }
    }
    return true;
}

bool leg_config_write(const struct wire_configuration *wire, struct out *out, struct err *err)
{
    uint8_t type = LEG_CONFIGURATION;

    if (wire->machine.len > LEG_MACHINE_NAME_MAX) {
        return err_set(err, ERR_LIMIT,
                       "expected a machine type name of at most %d octets, found %zu",
                       LEG_MACHINE_NAME_MAX, wire->machine.len);
    }
    if (wire->has_uuid && wire->uuid.len != LEG_UUID_LEN) {
        return err_set(err, ERR_MALFORMED, "expected a uuid of %d octets, found %zu", LEG_UUID_LEN,
                       wire->uuid.len);
    }
    if (!out_put(out, &type, 1, err) || !write_be32(out, (uint32_t)wire->machine.len, err) ||
        !out_put(out, wire->machine.p, wire->machine.len, err)) {
        return false;
    }
    if (wire->has_page_bits &&
        (!write_subsection(out, PART_PAGE_BITS, err) || !write_be32(out, wire->page_bits, err))) {
        return false;
    }
    if (wire->has_capabilities && !write_capabilities(wire, out, err)) {
        return false;
    }
    if (wire->has_uuid && (!write_subsection(out, PART_UUID, err) ||
                           !out_put(out, wire->uuid.p, wire->uuid.len, err))) {
        return false;
    }
    return true;
}
