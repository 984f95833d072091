/* mod_opaque.c - see mod_opaque.h. */
#include "codec/device/mod_opaque.h"

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

bool mod_is_express(struct span config)
{
    enum { EXPRESS = 0x10 };

    return find_capability(config, EXPRESS) != 0;
}

/* By QEMU's name of the type; in the order of enum mod_kind from MOD_KIND_OPAQUE on. */
static const struct {
    const char *name;
    void (*measure)(struct measured *m);
    bool is_certain; /* in any release of QEMU */
} opaques[] = {
    {"usb-redir-parser", counted_octets, true},
    {"usb-redir-bufpq", usb_redir_bufpq, true},
    {"usb-redir-packet-id-q", usb_redir_packet_id_q, true},
    {"scsi-requests", scsi_requests, false},
    {"capability", capability, true},
    {"GByteArray", counted_octets, true},
    {"virtio-gpu", virtio_gpu, false}, /* QEMU 10.0 writes more of a scanout */
    {"shpc", shpc, true},
    {"msix state", msix, true},
};

/* And those that are no such. */
static const struct {
    const char *name;
    enum mod_kind kind;
} others[] = {
    {"timer", MOD_KIND_TIMER},   {"unused_buffer", MOD_KIND_UNUSED},
    {"buffer", MOD_KIND_BUFFER}, {"bitmap", MOD_KIND_BITMAP},
    {"struct", MOD_KIND_HOLE},   {"pci config", MOD_KIND_PCI_CONFIG},
};

uint8_t mod_kind_of(struct span type, bool octets)
{
    for (size_t i = 0; octets && i < sizeof(opaques) / sizeof(opaques[0]); i++) {
        if (span_eq_str(type, opaques[i].name)) {
            return (uint8_t)(MOD_KIND_OPAQUE + i);
        }
    }
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        if (span_eq_str(type, others[i].name)) {
            return (uint8_t)others[i].kind;
        }
    }
    return MOD_KIND_PLAIN;
}

bool mod_kind_is_certain(uint8_t kind)
{
    return kind >= MOD_KIND_OPAQUE && opaques[kind - MOD_KIND_OPAQUE].is_certain;
}

enum mod_telling mod_measure(uint8_t kind, struct span octets, struct span config,
                             struct mod_measured *out)
{
    struct measured m = {octets, config, 0, 1, 0, false};

    out->len = 0;
    out->tail = 0;
    out->steps = 0;
    if (kind < MOD_KIND_OPAQUE) {
        return MOD_SILENT;
    }
    opaques[kind - MOD_KIND_OPAQUE].measure(&m);
    out->len = m.n;
    out->tail = m.tail;
    out->steps = m.steps;
    if (m.silent) {
        return MOD_SILENT;
    }
    return m.n > octets.len || m.n >= UINT32_MAX ? MOD_NEVER : MOD_TELLS;
}
