/*
 * blob_qemu.c - blobs of QEMU's own (7.2: hw/virtio, hw/pci, hw/scsi, hw/s390x, hw/usb/redirect.c):
 * states that are hard to bring a guest to, and hostile ones, by what its loaders take without
 * looking, assert on or read past.
 *
 * Octets are written as words:
 *     W:N     an integer of W octets, big-endian        W<N     little-endian
 *     NxO     N times the octet O                       =TEXT   the octets of a text
 *     @NAME   the head of a subsection, version 1
 */
#include <stdlib.h>
#include <string.h>

#include "blob_make.h"

struct case_of_qemu {
    const char *name;
    const char *how; /* the map; of virtio the device, and the section's name */
    const char *octets;
    const char *shows;
};

#define MMIO(device) "qemu virtio " device " virtio-mmio@0/" device
#define PCI(device) "qemu virtio " device " 0000:00:02.0/" device
#define CCW(device) "qemu virtio " device " /fe.0.0001/" device
/* Transport, status, isr, queue_sel, features, no configuration. */
#define HEAD "12x0 1:15 1:0 2:0 4:0 4:0 "
#define QUEUE "4:256 4:4096 8:4096 2:0 "
#define NET HEAD "4:1 " QUEUE "6x0 4:0 4:0 2:1 2:0 "
#define NET_REST "4:0 512x0 4:0 7x0 "
#define CONSOLE HEAD "4:4 " QUEUE QUEUE QUEUE QUEUE "2:80 2:25 4:31 4:1 "
#define IOMMU HEAD "4:0 "
/* A retried READ(10) of LUN 0, and one that was under way. */
#define READ(marker) "1:" marker " 1:0x28 15x0 4:1 4:0 "
#define WRITE(marker) "1:" marker " 1:0x2a 15x0 4:1 4:0 "
#define SRP "16x0 256x0 4:1 "

static const struct case_of_qemu good[] = {
    {"virtio-subsections", MMIO("virtio-rng"),
     HEAD "4:1 " QUEUE "@virtio/device_endian 1:2 @virtio/64bit_features 8:0x130000000 "
          "@virtio/ringsize 4:128 4092x0 @virtio/broken 1:1 @virtio/started 1:1 "
          "@virtio/disabled 1:1",
     "all small subsections"},
    {"virtio-net-pairs", MMIO("virtio-net"), NET "4:2 12x0x52 512x0 4:0 7x0 2:4 2:3 4:1 4:0",
     "3 of 4 pairs of queues, 2 addresses"},
    {"virtio-net-rss", MMIO("virtio-net"),
     "12x0 1:15 1:0 2:0 4:4 4:0 4:1 " QUEUE "6x0 4:0 4:0 2:1 2:0 " NET_REST
     "8:0x93 @virtio-net-device/rss 1:1 1:1 1:0 4:0x1ff 2:2 2:1 40x7 2:0 2:1",
     "offloads, and hashes with 2 indirections"},
    {"virtio-console-ports", MMIO("virtio-console"), CONSOLE "4:2 4:0 1:1 1:0 4:0 4:1 1:0 1:1 4:0",
     "2 ports"},
    {"virtio-balloon", MMIO("virtio-balloon"),
     HEAD "4:2 " QUEUE QUEUE "4:256 4:128 @virtio-balloon-device/free-page-report 4:3 4:2 "
          "@virtio-balloon-device/page-poison 4:0xaaaaaaaa",
     "both subsections"},
    {"virtio-mem", MMIO("virtio-mem"),
     HEAD "4:0 8:0x100000000 8:0x8000000 8:0x200000 4:0 8:0x8000000 8:0x400000 8:0x400000 8:3",
     "64 blocks, 2 of them plugged"},
    {"virtio-mem-late", MMIO("virtio-mem"), HEAD "4:0 8:0x8000000 8:0x400000",
     "what is left of it in QEMU 8.0"},
    {"virtio-iommu", MMIO("virtio-iommu"),
     IOMMU "4:2 1:1 8:1 4:1 4:2 1:1 8:0 8:4095 8:0x40000000 4:3 1:1 8:4096 8:8191 8:0x50000000 "
           "4:1 1:0 1:1 4:16 1:1 4:24 1:0 1:0 1:1 8:2 4:2 4:0 1:0 1:0 1:1 1:0 1:1",
     "2 domains, one with 2 mappings and 2 endpoints"},
    {"virtio-gpu-resources", "qemu virtio-gpu",
     "4:1 4:4 4:2 4:1 4:2 8:0x1000 4:16 8:0x3000 4:16 32x0x55 4:2 4:1 4:1 4:67 4:0 4:0xff00ff "
     "4:0 4:1 4:1 4:1 4:4 4:2 4:0 4:0 20x0",
     "2 resources, one of them shown"},
    {"virtio-gpu-framed", "qemu virtio-gpu", "4:0 4:1 4:1 40x0 24x0", "an output of QEMU 9.0"},
    {"scsi-requests-read", "qemu scsi-requests", READ("2") "8:64 4:1 4:512 4:512 512x0xda 1:0",
     "a read under way"},
    {"scsi-requests-two", "qemu scsi-requests",
     READ("1") "8:64 4:1 4:0 " WRITE("1") "8:64 4:1 4:1024 512x0xda 1:0",
     "a read and a write to be retried"},
    {"scsi-requests-other", "qemu scsi-requests", "1:1 1:0x35 15x0 4:1 4:0 1:0",
     "a SYNCHRONIZE CACHE to be retried"},
    {"scsi-requests-mptsas", "qemu scsi-requests",
     READ("1") "48x0x11 4:2 8:0x1000 8:256 8:0x2000 8:256 8:64 4:1 4:0 1:0",
     "mptsas: a read of 2 ranges"},
    {"scsi-requests-vscsi", "qemu scsi-requests",
     WRITE("1") SRP "1:1 4:512 1:1 4:0 252x0 1:1 2:0 2:1 2:0 8:64 4:1 4:0 1:0", "vscsi: a write"},
    {"pci-config-bridge", "qemu pci-config",
     "2<0x1b36 2<1 2<7 2<16 1:0 1:0 1:4 1:6 1:0 1:0 1:1 1:0 8x0 1:0 1:1 1:2 229x0",
     "a header of type 1"},
    {"pci-config-cardbus", "qemu pci-config", "14x0 1:2 241x0", "a header of type 2"},
    {"pci-irq-state", "qemu pci-irq-state", "4:0 4:1 4:0 4:1", "two lines"},
    {"msix-state", "qemu msix-state", "4<0xfee00000 4<0 4<0x4021 4<0 16x0 16x0 1:5",
     "3 vectors, 2 of them pending"},
    {"shpc", "qemu shpc", "12x0 1:2 23x0 8x0x3f", "2 slots"},
    {"s390-skeys", "qemu s390-skeys", "8:2 8:3 =abc 8:0x10002 8:1 1:0xf6 8:1", "2 ranges of keys"},
    {"s390-skeys-failed", "qemu s390-skeys", "8:2 8:1 1:0 8:4", "a source that failed"},
    {"todclock", "qemu todclock", "1:1 1:0 8:0xd7a3e8c0f0000000", "a clock"},
    {"todclock-none", "qemu todclock", "1:0", "no clock"},
    {"bitmap", "qemu bitmap", "8:1 8:0x8000000000000000", "the first of 128 bits, and the last"},
    {"int32-as-uint16", "qemu int32-as-uint16", "2:2026", "a year"},
    {"byte-array", "qemu byte-array", "4:4 =data", "4 octets"},
    {"s390-css", "qemu s390-css", "2x48 1:1 1:0x32 1:1 765x0 253x48",
     "an image behind two null pointers, with one channel path"},
    {"usb-redir-parser-none", "qemu usb-redir-parser", "4:0", "not connected"},
    {"usb-redir-bufpq", "qemu usb-redir-bufpq", "4:2 4:4 4:0 =data 4:0 4:4",
     "2 packets, one stalled"},
    {"usb-redir-ids", "qemu usb-redir-packet-id-q", "4:2 8:7 8:8", "2 ids"},
};

static const struct case_of_qemu hostile[] = {
    {"virtio-queue-sel", MMIO("virtio-rng"), "12x0 1:15 1:0 2:1024 4:0 4:0 4:0",
     "queue_sel of an index past all queues (CVE-2013-6399)"},
    {"virtio-config-length", MMIO("virtio-rng"), "12x0 1:15 1:0 2:0 4:0 4:0xfffffff0 4:0",
     "-16 octets of configuration, which a reader skips one by one until the number wraps around"},
    {"virtio-config-cut", MMIO("virtio-rng"), "12x0 1:15 1:0 2:0 4:0 4:64 8x0",
     "64 octets of configuration, 8 of them there"},
    {"virtio-queue-count", MMIO("virtio-rng"), HEAD "4:1025 " QUEUE,
     "more queues than there can be"},
    {"virtio-queue-count-cut", MMIO("virtio-rng"), HEAD "4:1024 " QUEUE,
     "1024 queues, one of them there"},
    {"virtio-queue-num", MMIO("virtio-rng"), HEAD "4:1 4:0x80000000 4:4096 8:4096 2:0",
     "a ring of 2^31 entries"},
    {"virtio-cut", MMIO("virtio-rng"), HEAD "4:1 4:256 4:4096 4:0", "cut in a queue"},
    {"virtio-trailing", MMIO("virtio-rng"), HEAD "4:0 =more", "octets behind the end"},
    {"virtio-pci-version", PCI("virtio-rng"), "4:3 256x0 16x0 1:15 1:0 2:0 4:0 4:0 4:0",
     "a PCIDevice of version 3"},
    {"virtio-pci-msix", PCI("virtio-rng"),
     "4:2 6x0 1:16 45x0 1:64 11x0 1:17 1:0 2<0x7ff 188x0 16x0 1:15 1:0 2:0 4:0 4:0 4:0",
     "a capability of 2048 MSI-X vectors, none of them there"},
    {"virtio-pci-express", PCI("virtio-rng"),
     "4:2 6x0 1:16 45x0 1:64 11x0 1:16 191x0 16x0 1:15 1:0 2:0 4:0 4:0 4:0",
     "a capability that says 4096 octets of configuration space, 256 of them there"},
    {"virtio-pci-chain", PCI("virtio-rng"),
     "4:2 6x0 1:16 45x0 1:64 11x0 1:9 1:64 190x0 16x0 1:15 1:0 2:0 4:0 4:0 4:0",
     "a chain of capabilities without an end"},
    {"virtio-ccw-more", CCW("virtio-rng"), "108x0 1:255 2:0x3832 308x0 1:15 1:0 2:0 4:0 4:0 4:0",
     "16 bits more in the transport, unannounced"},
    {"virtio-ccw-less", CCW("virtio-rng"), "108x0 1:255 2:0x3832 304x0 1:15 1:0 2:0 4:0 4:0 4:0",
     "16 bits less in the transport, unannounced"},
    {"virtio-subsection-cut", MMIO("virtio-rng"), HEAD "4:0 @virtio/broken",
     "a subsection without its field"},
    {"virtio-subsection-version", MMIO("virtio-rng"), HEAD "4:0 1:5 1:13 =virtio/broken 4:2 1:1",
     "a subsection of a version that does not exist"},
    {"virtio-subsection-unknown", MMIO("virtio-rng"), HEAD "4:0 1:5 1:13 =virtio/brokem 4:1 1:1",
     "a subsection that does not exist"},
    {"virtio-subsection-twice", MMIO("virtio-rng"),
     HEAD "4:0 @virtio/broken 1:1 @virtio/broken 1:1", "a subsection twice"},
    {"virtio-subsection-name", MMIO("virtio-rng"), HEAD "4:0 1:5 1:255 =virtio/broken",
     "a subsection whose name ends behind the blob"},
    {"virtio-net-macs", MMIO("virtio-net"), NET "4:65 390x0 512x0 4:0 7x0",
     "65 addresses of a table that has room for 64 (CVE-2013-4149)"},
    {"virtio-net-macs-cut", MMIO("virtio-net"), NET "4:64 6x0", "64 addresses, one of them there"},
    {"virtio-net-pairs", MMIO("virtio-net"), NET NET_REST "2:2 2:3 8x0",
     "3 pairs of queues in use, 2 at most (CVE-2013-4150)"},
    {"virtio-net-pairs-cut", MMIO("virtio-net"), NET NET_REST "2:512 2:512",
     "512 pairs of queues, none of them there"},
    {"virtio-net-rss", MMIO("virtio-net"),
     NET NET_REST "@virtio-net-device/rss 3x0 4:0 2:129 2:0 40x0 258x0",
     "129 indirections of a table that has room for 128"},
    {"virtio-blk-marker", MMIO("virtio-blk"), HEAD "4:1 " QUEUE "1:2 1:0",
     "a marker that no writer writes: any but 0 is a request"},
    {"virtio-blk-cut", MMIO("virtio-blk"), HEAD "4:1 " QUEUE "1:1 100x0",
     "100 octets of a queue element of 49 168: a reader asserts on its counts"},
    {"virtio-blk-end", MMIO("virtio-blk"), HEAD "4:1 " QUEUE, "a list without an end"},
    {"virtio-console-ports", MMIO("virtio-console"), CONSOLE "4:0xffffffff",
     "4 294 967 295 ports, for which a reader asks memory"},
    {"virtio-console-ports-cut", MMIO("virtio-console"), CONSOLE "4:2 4:0 1:1 1:1 4:0",
     "2 ports, one of them there"},
    {"virtio-console-iov", MMIO("virtio-console"), CONSOLE "4:1 4:0 1:1 1:1 4:1 4:1024 8:0 100x0",
     "input that goes on in buffer 1024 of 1024"},
    {"virtio-console-offset", MMIO("virtio-console"),
     CONSOLE "4:1 4:0 1:1 1:1 4:1 4:0 8:0xffffffffffffff00 100x0",
     "input that goes on 256 octets before its buffer"},
    {"virtio-balloon-cut", MMIO("virtio-balloon"), HEAD "4:0 4:0", "cut behind num_pages"},
    {"virtio-mem-block-zero", MMIO("virtio-mem"), HEAD "4:0 8:0 8:65536 8:0 4:0 24x0",
     "blocks of no size: a division by 0"},
    {"virtio-mem-region", MMIO("virtio-mem"), HEAD "4:0 8:0 8:0xffffffffffffffff 8:1 4:0 24x0",
     "a bitmap of 2^64 bits"},
    {"virtio-mem-bitmap", MMIO("virtio-mem"), HEAD "4:0 8:0 8:65536 8:1 4:0 24x0 8:0",
     "a bitmap of 1024 words, one of them there"},
    {"virtio-iommu-domains", MMIO("virtio-iommu"), IOMMU "4:0xffffffff 1:0 1:0",
     "4 294 967 295 domains, none of them there"},
    {"virtio-iommu-less", MMIO("virtio-iommu"), IOMMU "4:2 1:1 8:1 4:1 4:0 4x0 1:0 1:0",
     "2 domains, and the end behind the first"},
    {"virtio-iommu-more", MMIO("virtio-iommu"), IOMMU "4:0 1:1 8:1 4:1 4:0 4x0 1:0 1:0",
     "no domain, and one there"},
    {"virtio-iommu-mappings", MMIO("virtio-iommu"), IOMMU "4:1 1:1 8:1 4:1 4:0x1000000 3x0 2x0",
     "16 777 216 mappings, none of them there"},
    {"virtio-gpu-pixels", "qemu virtio-gpu",
     "4:1 4:0x1000000 4:0x1000000 4:1 4:0 64x0 4:0 4:1 4:1 40x0",
     "2^50 octets of pixels, 64 of them there"},
    {"virtio-gpu-width", "qemu virtio-gpu", "4:1 4:0x40000001 4:1 4:1 4:0 4x0 4:0 4:1 4:1 40x0",
     "a width whose octets, of 32 bits, would be 4"},
    {"virtio-gpu-format", "qemu virtio-gpu", "4:1 4:1 4:1 4:5 4:0 4x0 4:0 4:1 4:1 40x0",
     "pixels of a format that does not exist, so of no known size"},
    {"virtio-gpu-iov", "qemu virtio-gpu", "4:1 4:1 4:1 4:1 4:0xffffffff 4x0 4:0 4:1 4:1 40x0",
     "4 294 967 295 ranges, for which a reader asks memory"},
    {"virtio-gpu-iov-cut", "qemu virtio-gpu", "4:1 4:1 4:1 4:1 4:9 12x0 4x0",
     "9 ranges, one of them there"},
    {"virtio-gpu-end", "qemu virtio-gpu", "4:1 4:1 4:1 4:1 4:0 4x0",
     "a list of resources without an end"},
    {"virtio-gpu-outputs", "qemu virtio-gpu", "4:0 4:1 4:17 680x0", "17 outputs of 16"},
    {"virtio-gpu-outputs-cut", "qemu virtio-gpu", "4:0 4:1 4:2 40x0",
     "2 outputs, one of them there"},
    {"virtio-gpu-trailing", "qemu virtio-gpu", "4:0 4:1 4:1 40x0 =more", "octets behind the end"},
    {"pci-config-short", "qemu pci-config", "255x0", "255 octets of a configuration space"},
    {"pci-config-odd", "qemu pci-config", "300x0",
     "300 octets of a configuration space, which has 256 or 4096"},
    {"pci-config-long", "qemu pci-config", "4097x0", "4097 octets of a configuration space"},
    {"pci-config-chain", "qemu pci-config", "6x0 1:16 45x0 1:64 11x0 1:9 1:72 6x0 1:9 1:64 182x0",
     "a chain of capabilities that goes round"},
    {"pci-irq-state-level", "qemu pci-irq-state", "4:0 4:2 8x0", "a line that is neither 0 nor 1"},
    {"pci-irq-state-short", "qemu pci-irq-state", "12x0", "3 lines of 4"},
    {"pci-irq-state-long", "qemu pci-irq-state", "20x0", "5 lines of 4"},
    {"msix-state-size", "qemu msix-state", "18x0", "18 octets: one vector has 17"},
    {"msix-state-short", "qemu msix-state", "16x0", "a vector without its pending bit"},
    {"shpc-slots", "qemu shpc", "12x0 1:32 23x0 128x0", "32 slots of 31"},
    {"shpc-slots-cut", "qemu shpc", "12x0 1:31 23x0 4x0", "31 slots, one of them there"},
    {"shpc-slots-more", "qemu shpc", "12x0 1:1 23x0 8x0", "one slot, and two there"},
    {"scsi-requests-marker", "qemu scsi-requests", READ("3") "8:0 4:1 4:0 1:0",
     "a marker that no writer writes: any above 0 is a request"},
    {"scsi-requests-negative", "qemu scsi-requests", READ("255") "8:0 4:1 4:0 1:0",
     "a marker below 0, at which a reader stops"},
    {"scsi-requests-read", "qemu scsi-requests", READ("2") "8:0 4:1 4:8 4:9 9x0 1:0",
     "9 octets read into a buffer of 8: a reader asserts that there are not"},
    {"scsi-requests-read-cut", "qemu scsi-requests", READ("2") "8:0 4:1 4:512 4:512 8x0",
     "512 octets read, 8 of them there"},
    {"scsi-requests-write-cut", "qemu scsi-requests",
     WRITE("1") "8:0 4:0xffffffff 4:0xffffffff 8x0", "4 GiB written, 8 octets of it there"},
    {"scsi-requests-end", "qemu scsi-requests", READ("1") "8:0 4:1 4:0", "a list without an end"},
    {"scsi-requests-trailing", "qemu scsi-requests", READ("1") "8:0 4:1 4:0 1:0 =more",
     "octets behind the end"},
    {"scsi-requests-sg-negative", "qemu scsi-requests",
     READ("1") "48x0 4:0xffffffff 8:0 4:1 4:0 1:0", "mptsas: -1 ranges, which a reader asserts on"},
    {"scsi-requests-sg-cut", "qemu scsi-requests", READ("1") "48x0 4:9 16x0 8:0 4:1 4:0 1:0",
     "mptsas: 9 ranges, one of them there"},
    {"scsi-requests-sense", "qemu scsi-requests",
     READ("1") SRP "1:1 4:0 1:0 4:253 252x0 7x0 8:0 4:1 4:0 1:0",
     "vscsi: 253 octets of sense data of 252: a reader copies what is behind them"},
    {"scsi-requests-inactive", "qemu scsi-requests",
     READ("1") SRP "1:0 4:0 1:0 4:0 252x0 7x0 8:0 4:1 4:0 1:0",
     "vscsi: a request that is not active, which a reader asserts"},
    {"scsi-requests-tag", "qemu scsi-requests",
     "1:1 1:0x28 15x0 4:24 4:0 " SRP "1:1 4:0 1:0 4:0 252x0 7x0 8:0 4:1 4:0 1:0",
     "vscsi: request 24 of 24, which a reader asserts there is not"},
    {"s390-skeys-flag", "qemu s390-skeys", "8:8 8:1", "a flag that does not exist"},
    {"s390-skeys-flags", "qemu s390-skeys", "8:3 8:1 1:0 8:1", "keys and the end in one"},
    {"s390-skeys-count", "qemu s390-skeys", "8:2 8:0xffffffffffffffff 1:0 8:1",
     "2^64-1 keys, one of them there"},
    {"s390-skeys-cut", "qemu s390-skeys", "8:2 8:16 4x0", "16 keys, 4 of them there"},
    {"s390-skeys-end", "qemu s390-skeys", "8:2 8:1 1:0", "a list without an end"},
    {"s390-skeys-trailing", "qemu s390-skeys", "8:1 =more", "octets behind the end"},
    {"todclock-valid", "qemu todclock", "1:2 9x0", "neither 0 nor 1"},
    {"todclock-cut", "qemu todclock", "1:1 4x0", "a clock, and half of it there"},
    {"todclock-more", "qemu todclock", "1:0 9x0", "no clock, and one there"},
    {"bitmap-odd", "qemu bitmap", "12x0", "a word and a half"},
    {"int32-as-uint16-short", "qemu int32-as-uint16", "1x0", "one octet of two"},
    {"byte-array-cut", "qemu byte-array", "4:5 =data", "5 octets, 4 of them there"},
    {"byte-array-long", "qemu byte-array", "4:0xffffffff =data", "2^32-1 octets, 4 of them there"},
    {"byte-array-trailing", "qemu byte-array", "4:2 =data", "2 octets, 4 there"},
    {"s390-css-less", "qemu s390-css", "255x48", "255 pointers of 256"},
    {"s390-css-cut", "qemu s390-css", "255x48 767x0", "an image, an octet short"},
    {"s390-css-flag", "qemu s390-css", "1:2 767x0 255x48",
     "a channel path that is neither in use nor not"},
    {"int32-as-uint16-long", "qemu int32-as-uint16", "4x0", "4 octets: all of the number"},
    {"usb-redir-parser-cut", "qemu usb-redir-parser", "4:100 4<0x55525031 4<100",
     "100 octets, 8 of them there: past the end QEMU reads zeros"},
    {"usb-redir-parser-long", "qemu usb-redir-parser", "4:4 4<0x55525031 4<8",
     "4 octets, and 8 there"},
    {"usb-redir-bufpq-cut", "qemu usb-redir-bufpq", "4:1 4:4 4:0 =da",
     "a packet of 4 octets, 2 of them there"},
    {"usb-redir-bufpq-less", "qemu usb-redir-bufpq", "4:2 4:4 4:0 =data",
     "2 packets, one of them there"},
    {"usb-redir-bufpq-status", "qemu usb-redir-bufpq", "4:1 4:4 4:256 =data",
     "a status of which QEMU keeps the low 8 bits"},
    {"usb-redir-bufpq-trailing", "qemu usb-redir-bufpq", "4:0 =more", "octets behind the end"},
    {"usb-redir-ids-cut", "qemu usb-redir-packet-id-q", "4:2 8:1", "2 ids, one of them there"},
    {"usb-redir-ids-trailing", "qemu usb-redir-packet-id-q", "4:1 8:7 =more",
     "octets behind the end"},
};

/* Registers have one size each. */
static const struct {
    const char *map;
    size_t size;
} registers[] = {
    {"cpsr", 4},       {"fpscr", 4}, {"powered-off", 1}, {"fpr", 8},   {"fpr", 16},
    {"vsr", 8},        {"avr", 16},  {"vscr", 4},        {"slbe", 16}, {"tlb-entry", 28},
    {"tlb-entry", 32}, {"psr", 4},   {"fpcr", 8},        {"psw", 4},   {"tlb-entry-hppa", 16},
    {"msr", 4},        {"sr", 4},    {"sreg", 1},        {"ramp", 1},  {"double", 8},
};

static void put_word(struct blob *out, const char *word, size_t len)
{
    char *end;
    uint64_t left = strtoull(word, &end, 0);

    if (*word == '=') {
        blob_put(out, word + 1, len - 1);
    } else if (*word == '@') {
        blob_int(out, 5, 1, BLOB_BIG);
        blob_int(out, len - 1, 1, BLOB_BIG);
        blob_put(out, word + 1, len - 1);
        blob_int(out, 1, 4, BLOB_BIG);
    } else if (*end == 'x') {
        blob_fill(out, (uint8_t)strtoull(end + 1, NULL, 0), left);
    } else if (*end == ':' || *end == '<') {
        blob_int(out, strtoull(end + 1, NULL, 0), left, *end == '<' ? BLOB_LITTLE : BLOB_BIG);
    } else {
        blob_die("'%s' is no word", word);
    }
}

/* Zeros: as many as a register has, and one more or less. */
static void emit_registers(const char *directory, bool good_ones)
{
    struct blob blob = {0};
    char name[64];
    char how[64];
    char shows[64];

    for (size_t i = 0; i < 3 * sizeof(registers) / sizeof(registers[0]); i++) {
        const char *map = registers[i / 3].map;
        size_t size = registers[i / 3].size;
        size_t octets = size + i % 3 - 1;

        if ((octets == size) != good_ones || octets == 0) { /* no octets are no field */
            continue;
        }
        (void)snprintf(name, sizeof(name), "%s-%zu", map, octets);
        (void)snprintf(how, sizeof(how), "qemu %s", map);
        (void)snprintf(shows, sizeof(shows), "%zu octets of a register of %zu", octets, size);
        blob_fill(&blob, good_ones ? 0xa5 : 0, octets);
        blob_emit(directory, name, how, &blob, shows);
    }
    blob_free(&blob);
}

void blob_make_qemu(const char *directory, bool good_ones)
{
    const struct case_of_qemu *cases = good_ones ? good : hostile;
    size_t count = good_ones ? sizeof(good) : sizeof(hostile);
    struct blob blob = {0};

    for (size_t i = 0; i < count / sizeof(cases[0]); i++) {
        const char *p = cases[i].octets;

        while (*p != '\0') {
            size_t len = strcspn(p, " ");

            put_word(&blob, p, len);
            p += len + strspn(p + len, " ");
        }
        blob_emit(directory, cases[i].name, cases[i].how, &blob, cases[i].shows);
    }
    emit_registers(directory, good_ones);
    blob_free(&blob);
}
