/*
 * mod_guess_opaque.c - the lengths of what QEMU's devices write with functions of their own, where
 * the octets tell them. Without this a section with two such fields has no form that stands out.
 *
 * Each row was read in QEMU 7.2. Of what is inside nothing else is known here. Octets that are not
 * as expected are no such field.
 */
#include "codec/device/mod_guessing.h"
#include "codec/savevm/leg_wire.h"

/* Octets being measured. */
struct measured {
    struct span s;
    struct span config; /* the PCI configuration in front of it, or none */
    uint64_t n;         /* octets passed over; more than there are: it does not fit */
    uint64_t steps;     /* integers that were looked at */
    uint64_t tail;      /* offset of what stands behind items of any number */
    bool silent;        /* it does not tell its length */
};

/* Ends measuring octets that are no such field. */
static void refuse(struct measured *m)
{
    m->n = UINT64_MAX;
}

static uint32_t take_be32(struct measured *m)
{
    uint32_t v = 0;

    if (m->n + 4 <= m->s.len) {
        v = leg_get_be32(m->s.p + m->n);
    }
    m->n += 4;
    m->steps++;
    return v;
}

/* hw/usb/redirect.c, usbredir_put_parser; hw/core GByteArray: a length, and octets. */
static void counted_octets(struct measured *m)
{
    m->n += take_be32(m);
}

/* hw/usb/redirect.c, usbredir_put_bufpq: a number; for each length, status, octets. */
static void usb_redir_bufpq(struct measured *m)
{
    uint32_t count = take_be32(m);

    for (uint32_t i = 0; i < count && m->n <= m->s.len; i++) {
        uint32_t len = take_be32(m);

        m->n += 4 + (uint64_t)len;
    }
}

/* hw/usb/redirect.c, usbredir_put_packet_id_q: a number; for each an id. */
static void usb_redir_packet_id_q(struct measured *m)
{
    m->n += (uint64_t)take_be32(m) * 8;
}

/* hw/scsi/scsi-bus.c, put_scsi_requests: of requests in flight devices tell more. */
static void scsi_requests(struct measured *m)
{
    m->n = 1;
    m->silent = m->s.len == 0 || m->s.p[0] != 0;
}

/* migration/savevm.c, put_capability: a length of one octet, and octets. */
static void capability(struct measured *m)
{
    m->n = 1 + (m->s.len > 0 ? (uint64_t)m->s.p[0] : 0);
}

/* hw/display/virtio-gpu.c, virtio_gpu_save: resources, 0, then the scanouts. */
static void virtio_gpu(struct measured *m)
{
    enum { PIXEL = 4, FORMAT_MAX = 134, BACKING = 12, SCANOUT = 40, SCANOUTS_MAX = 16 };
    uint32_t scanouts;

    while (m->n <= m->s.len && take_be32(m) != 0) { /* resource_id */
        uint64_t width = take_be32(m);
        uint64_t height = take_be32(m);
        uint32_t format = take_be32(m); /* all that there are have four octets a pixel */
        uint64_t backings = take_be32(m);

        if (width * height == 0 || width * height > m->s.len || format == 0 ||
            format > FORMAT_MAX) {
            refuse(m);
            return;
        }
        m->n += backings * BACKING + width * height * PIXEL;
        m->tail = m->n;
    }
    if (m->n > m->s.len || take_be32(m) > 1) { /* enable */
        refuse(m);
        return;
    }
    scanouts = take_be32(m);
    m->n += (uint64_t)scanouts * SCANOUT;
    if (scanouts < 1 || scanouts > SCANOUTS_MAX) {
        refuse(m);
    }
}

/* Finds a capability in a PCI configuration; 0: it is not there. */
static uint8_t find_capability(struct span config, uint8_t id)
{
    enum { STATUS = 0x06, STATUS_CAP = 0x10, FIRST = 0x34, COUNT_MAX = 48 };
    const uint8_t *p = config.p;
    uint8_t at;

    if (config.len < 0x100 || (p[STATUS] & STATUS_CAP) == 0) {
        return 0;
    }
    at = p[FIRST] & 0xfc;
    for (int i = 0; at != 0 && i < COUNT_MAX; i++, at = p[at + 1] & 0xfc) {
        if (p[at] == id) {
            return at;
        }
    }
    return 0;
}

/* hw/pci/shpc.c, SHPC_SIZEOF: the number of slots is in a register. */
static void shpc(struct measured *m)
{
    enum { SHPC = 0x0c, NSLOTS = 0x0c, NSLOTS_MASK = 0x1f, SLOTS = 0x24, SLOT = 4 };

    if (m->s.len <= NSLOTS || (m->config.len > 0 && find_capability(m->config, SHPC) == 0)) {
        refuse(m);
        return;
    }
    m->n = SLOTS + (uint64_t)(m->s.p[NSLOTS] & NSLOTS_MASK) * SLOT;
}

/* hw/pci/msix.c, msix_save: the table and the pending bits, of as many vectors as the configuration
 * says. */
static void msix(struct measured *m)
{
    enum { MSIX = 0x11, ENTRY = 16, BITS = 8, VECTORS_MASK = 0x7ff };
    uint8_t at = find_capability(m->config, MSIX);

    m->silent = m->config.len == 0;
    if (at != 0) {
        uint32_t vectors =
            (((uint32_t)m->config.p[at + 3] << 8 | m->config.p[at + 2]) & VECTORS_MASK) + 1;

        m->n = (uint64_t)vectors * ENTRY + (vectors + BITS - 1) / BITS;
    }
}

bool guess_is_express(struct span config)
{
    enum { EXPRESS = 0x10 };

    return find_capability(config, EXPRESS) != 0;
}

/* By QEMU's name of the type; in the order of enum guess_kind from GUESS_OPAQUE on. */
static const struct {
    const char *name;
    void (*measure)(struct measured *m);
} opaques[] = {
    {"usb-redir-parser", counted_octets},
    {"usb-redir-bufpq", usb_redir_bufpq},
    {"usb-redir-packet-id-q", usb_redir_packet_id_q},
    {"scsi-requests", scsi_requests},
    {"capability", capability},
    {"GByteArray", counted_octets},
    {"virtio-gpu", virtio_gpu},
    {"shpc", shpc},
    {"msix state", msix},
};

/* And those that are no such. */
static const struct {
    const char *name;
    enum guess_kind kind;
} others[] = {
    {"timer", GUESS_TIMER},   {"unused_buffer", GUESS_UNUSED}, {"buffer", GUESS_BUFFER},
    {"bitmap", GUESS_BITMAP}, {"struct", GUESS_HOLE},          {"pci config", GUESS_PCI_CONFIG},
};

uint8_t guess_kind_of(const struct mod_set *set, const struct mod_field *field)
{
    struct span name = mod_string(set, field->type_name);

    for (size_t i = 0; field->op == MOD_OCTETS && i < sizeof(opaques) / sizeof(opaques[0]); i++) {
        if (span_eq_str(name, opaques[i].name)) {
            return (uint8_t)(GUESS_OPAQUE + i);
        }
    }
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        if (span_eq_str(name, others[i].name)) {
            return (uint8_t)others[i].kind;
        }
    }
    return GUESS_PLAIN;
}

enum guess_telling guess_opaque(struct guess_walk *w, const struct mod_field *field, size_t at,
                                uint32_t *len, size_t *tail)
{
    uint8_t kind = guess_kind(w->sizes, field);
    struct measured m = {span_from(w->payload, at), w->config, 0, 1, 0, false};

    if (kind < GUESS_OPAQUE) {
        return GUESS_SILENT;
    }
    opaques[kind - GUESS_OPAQUE].measure(&m);
    w->steps += m.steps;
    if (m.silent) {
        return GUESS_SILENT;
    }
    if (m.n > m.s.len || m.n >= UINT32_MAX) {
        return GUESS_NEVER;
    }
    *len = (uint32_t)m.n;
    *tail = at + (size_t)m.tail;
    return GUESS_TELLS;
}
