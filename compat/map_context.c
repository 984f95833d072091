/* map_context.c - see map_context.h. */
#include "compat/map_context.h"

#include "compat/map_limits.h"

/* PCI Local Bus Specification 3.0, 6.1 and 6.7; PCI Express Base 7.5.3; MSI-X in 6.8.2. */
enum {
    PCI_HEADER_LEN = 256,
    PCI_STATUS = 6,
    PCI_STATUS_CAP_LIST = 0x10,
    PCI_CAPABILITY_LIST = 0x34,
    PCI_CAP_ID_EXP = 0x10,
    PCI_CAP_ID_MSIX = 0x11,
    PCI_MSIX_SIZE_MASK = 0x7ff,
    PCI_EXPRESS_LEN = 4096,
};

bool map_pci_read(struct span header, struct map_pci *out)
{
    size_t at;

    if (header.len < PCI_HEADER_LEN) {
        return false;
    }
    out->size = PCI_HEADER_LEN;
    out->msix_entries = 0;
    at = (header.p[PCI_STATUS] & PCI_STATUS_CAP_LIST) != 0 ? header.p[PCI_CAPABILITY_LIST] : 0;
    for (int i = 0; i < MAP_PCI_CAPABILITIES_MAX && (at & 0xfc) != 0; i++) {
        at &= 0xfc;
        if (header.p[at] == PCI_CAP_ID_EXP) {
            out->size = PCI_EXPRESS_LEN;
        } else if (header.p[at] == PCI_CAP_ID_MSIX && out->msix_entries == 0) {
            unsigned control = header.p[at + 2] | (unsigned)header.p[at + 3] << 8;

            out->msix_entries = (control & PCI_MSIX_SIZE_MASK) + 1;
        }
        at = header.p[at + 1];
    }
    return true;
}

static bool begins(struct span s, const char *with)
{
    size_t len = strlen(with);

    return s.len >= len && memcmp(s.p, with, len) == 0;
}

struct map_context map_context_make(struct span idstr, struct span device, uint32_t version)
{
    struct map_context context = {device.len > 0 ? device : idstr, span_str("pci"), version,
                                  FORM_FEATURES_ALL};

    /* QEMU 7.2: qdev paths of hw/virtio/virtio-mmio.c, hw/s390x/css-bridge.c. */
    if (begins(idstr, "virtio-mmio@")) {
        context.transport = span_str("mmio");
    } else if (begins(idstr, "/fe.")) {
        context.transport = span_str("ccw");
    }
    return context;
}
