/*
 * map_context.h - what a map may ask that stands outside the blob: $variables of the notation.
 *
 *   $device        the section's vmsd name, or the idstr of an old-style section
 *   $transport     pci, ccw or mmio: what a virtio device hangs on, by the idstr of its section
 *   $version       the section's version_id
 *   $size          octets of the blob
 *   $left          octets that no row has taken yet: of the blob, or of the struct whose size a row
 *                  said
 *   $pci_size      256, or 4096 if there is a PCI Express capability; both this and the next are
 *                  found where <pci-config> stands, and 0 before
 *   $msix_entries  vectors that the MSI-X capability says, 0 without one
 */
#ifndef VMBER_COMPAT_MAP_CONTEXT_H
#define VMBER_COMPAT_MAP_CONTEXT_H

#include "codec/stream/form_features.h"

struct map_context {
    struct span device;
    struct span transport;
    uint32_t version;
    form_feature_set features; /* that the stream may use */
};

/* What a PCI configuration header says of itself. */
struct map_pci {
    uint64_t size;
    uint64_t msix_entries;
};

/* map_pci_read looks through the capabilities in header; false if it is shorter than 256 octets. */
bool map_pci_read(struct span header, struct map_pci *out);

/* map_context_make gives the context of a section, with all features; device may be empty. */
struct map_context map_context_make(struct span idstr, struct span device, uint32_t version);

#endif
