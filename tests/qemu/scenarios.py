"""The table of captures: what is run, what must be true of the result.

A scenario is a row. What cannot be said in a row (feeding a device, entering
postcopy) is a step in steps.py, named in the row.
"""

import dataclasses
import hashlib

X86 = "x86_64"


@dataclasses.dataclass(frozen=True)
class Scenario:
    """One capture.

    In `args`, {dir} is the work directory of the run and {ram} its RAM in MiB.
    `guest` is the command line of guest.S, or None to run the firmware only.
    `dest` starts a second QEMU that answers; the stream goes through a relay.
    """

    name: str
    shows: str
    machine: str
    args: str = ""
    arch: str = X86
    accel: str = "tcg"
    ram: int = 16
    guest: str | None = ""
    ticks: int = 20                 # lines the guest prints before the migration starts
    boot_seconds: float = 0         # without a guest: how long the firmware runs
    capabilities: tuple = ()
    parameters: tuple = ()          # (name, value) of migrate-set-parameters
    migrate: tuple = ()             # further (name, value) arguments of the migrate command
    uri: str = "exec:cat > {out}"
    dest: bool = False
    prepare: str = ""               # step before QEMU starts
    before: str = ""                # step before the migration
    during: str = ""                # step right after it has started
    vmdesc: bool = True
    footers: bool = True
    kinds: int = 0                  # at least so many device kinds in the vmdesc
    require: tuple = ()             # (path in query-migrate, least value)
    contains: tuple = ()            # strings that must be in the stream
    loads: bool = True              # can the file alone be loaded by load.py?
    before_load: str = ""           # step before that
    min_qemu: tuple = (0, 0)
    max_qemu: tuple = (99, 0)

    def digest(self, qemu_version, guest_source):
        """Names this scenario, guest and QEMU; a capture with another digest is stale."""
        text = repr(dataclasses.astuple(self)) + qemu_version
        return hashlib.sha256(text.encode() + guest_source).hexdigest()[:16]


def lines(text):
    """The words of a multi-line string, joined by one space."""
    return " ".join(text.split())


def disks(count):
    """Back ends d0, d1, ...: disks that read as zero and take no room."""
    return " ".join(f"-drive if=none,id=d{n},driver=null-co,size=64M,read-zeroes=on"
                    for n in range(count))


def on_bus(bus, devices):
    """-device options; PCI devices without a bus of their own go to `bus`."""
    out = []
    for device in devices.split():
        out.append(f"-device {device}" + ("" if "bus=" in device else f",bus={bus}"))
    return " ".join(out)


ISA_AND_ORPHANS = lines("""
    -device pvpanic -device vmcoreinfo -device vmgenid
    -device isa-parallel,chardev=nul1 -device isa-debugcon,chardev=nul2
    -device isa-serial,chardev=nul3 -device ib700
    -device ipmi-bmc-sim,id=bmc0 -device isa-ipmi-kcs,bmc=bmc0
    -device isa-applesmc
    -device sb16,audiodev=a0 -device adlib,audiodev=a0
    -device cs4231a,audiodev=a0 -device gus,audiodev=a0
    """)

BACKENDS = lines("""
    -chardev null,id=nul0 -chardev null,id=nul1 -chardev null,id=nul2 -chardev null,id=nul3
    -chardev null,id=nul4 -chardev null,id=nul5 -chardev null,id=nul6
    -audiodev none,id=a0
    -netdev user,id=u0 -netdev user,id=u1
    -object rng-builtin,id=r0
    -object can-bus,id=can0
    """) + " " + disks(10)

# Devices that go on any conventional PCI bus, in two handfuls.
PCI_VIRTIO = """
    virtio-net-pci,netdev=u0 virtio-blk-pci,drive=d0 virtio-scsi-pci,id=vs
    virtio-serial-pci,id=vser virtio-balloon-pci virtio-rng-pci,rng=r0 virtio-gpu-pci
    virtio-keyboard-pci virtio-mouse-pci virtio-tablet-pci
    scsi-hd,bus=vs.0,drive=d1 scsi-cd,bus=vs.0,drive=d2
    virtserialport,bus=vser.0,chardev=nul0,name=port.a virtconsole,bus=vser.0,chardev=nul4
    """

PCI_NICS = """
    e1000,netdev=u1 e1000e,romfile= rtl8139,romfile= ne2k_pci,romfile= pcnet,romfile=
    vmxnet3,romfile= tulip i82559c,romfile=
    """

PCI_USB = """
    qemu-xhci,id=xhci usb-ehci,id=ehci piix3-usb-uhci,id=uhci pci-ohci,id=ohci
    usb-tablet,bus=xhci.0 usb-kbd,bus=xhci.0 usb-storage,bus=xhci.0,drive=d3
    usb-mouse,bus=ehci.0 usb-hub,bus=uhci.0,port=1 usb-ccid,bus=ohci.0
    usb-redir,chardev=nul5,bus=ehci.0
    """

PCI_STORAGE = """
    ich9-ahci,id=ahci1 ide-hd,bus=ahci1.0,drive=d4 ide-cd,bus=ahci1.1
    megasas,id=mega scsi-hd,bus=mega.0,drive=d5
    lsi53c895a,id=lsi scsi-hd,bus=lsi.0,drive=d6
    pvscsi,id=pvs scsi-hd,bus=pvs.0,drive=d7
    am53c974,id=esp scsi-hd,bus=esp.0,drive=d8
    mptsas1068 sdhci-pci,id=sdhci sd-card,bus=sd-bus,drive=d9
    """

PCI_REST = """
    cirrus-vga bochs-display ati-vga qxl
    intel-hda,id=hda hda-duplex,bus=hda.0,audiodev=a0 AC97,audiodev=a0 ES1370,audiodev=a0
    i6300esb pci-serial,chardev=nul6 edu kvaser_pci,canbus=can0 tpci200,id=tp
    ipoctal232,bus=tp.0 pci-testdev
    """

def x86_rich(root, virtio, usb_storage, rest):
    """The arguments of a machine with a device of every family."""
    return lines(f"""
        {BACKENDS} {ISA_AND_ORPHANS} {root}
        {on_bus(virtio, PCI_VIRTIO + PCI_NICS)}
        {on_bus(usb_storage, PCI_USB + PCI_STORAGE)}
        {on_bus(rest, PCI_REST)}
        """)


Q35_ROOT = """
    -device VGA,bus=pcie.0
    -device intel-iommu
    -device pcie-root-port,id=rp1,slot=1,bus=pcie.0
    -device pcie-root-port,id=rp2,slot=2,bus=pcie.0
    -device ioh3420,id=rp3,slot=3,chassis=3,bus=pcie.0
    -device x3130-upstream,id=up,bus=rp3
    -device xio3130-downstream,id=down,bus=up,slot=4,chassis=4
    -device e1000e,id=ne,bus=down,romfile=
    -device pcie-pci-bridge,id=pb0,bus=rp1
    -device pci-bridge,id=pb1,bus=pb0,chassis_nr=8,addr=1,shpc=off
    -device pci-bridge,id=pb2,bus=pb0,chassis_nr=9,addr=2,shpc=off
    -device pci-bridge,id=pb3,bus=pb0,chassis_nr=10,addr=3,shpc=on
    -device ich9-usb-ehci1,id=ich9,bus=pcie.0,addr=1d.7,multifunction=on
    -device ich9-usb-uhci1,masterbus=ich9.0,firstport=0,bus=pcie.0,addr=1d.0,multifunction=on
    """

PC_ROOT = """
    -smp 2 -device virtio-vga
    -device pci-bridge,id=pb0,chassis_nr=1,addr=8
    -device pci-bridge,id=pb1,chassis_nr=2,addr=9
    -device ne2k_isa -device isa-ide -device vmware-svga,bus=pb1
    """

TWO_DISKS = lines("""
    -blockdev driver=qcow2,node-name=disk0,file.driver=file,file.filename={dir}/a
    -blockdev driver=raw,node-name=disk1,file.driver=file,file.filename={dir}/b
    -device virtio-blk-pci,drive=disk0,share-rw=on
    -device virtio-blk-pci,drive=disk1,share-rw=on
    """)

SLOW = (("max-bandwidth", 8 << 20), ("downtime-limit", 1))

# Commands as they stand in the stream: type, command, length of its data.
OPEN_RETURN_PATH = "\x08\0\1\0\0"
ADVISE_RAM = "\x08\0\3\0\x10"
ADVISE_EMPTY = "\x08\0\3\0\0"
DISCARD = "\x08\0\6"
PACKAGED = "\x08\0\7\0\4"

RELAYED = "the forward channel while a destination QEMU answers: "

SLIRP_SOCKETS = lines(
    """-netdev user,id=u0,guestfwd=tcp:10.0.2.100:7-chardev:fwd0,"""
    """guestfwd=tcp:10.0.2.101:9-chardev:fwd1
    -chardev socket,id=fwd0,path={dir}/fwd.sock,server=on,wait=off
    -chardev null,id=fwd1 -netdev hubport,id=h0,hubid=0,netdev=u0
    -netdev dgram,id=wire,local.type=unix,local.path={dir}/wire.qemu,"""
    """remote.type=unix,remote.path={dir}/wire.test
    -netdev hubport,id=h1,hubid=0,netdev=wire""")

SCENARIOS = (
    Scenario("q35-min", "smallest q35: config section, ram, footers, vmdesc", "q35"),
    Scenario("pc-min", "smallest i440fx", "pc"),
    Scenario("q35-rich",
             "q35 with devices of every family behind ports and bridges, two user netdevs", "q35",
             x86_rich(Q35_ROOT, "pb1", "pb2", "pcie.0"), ram=32, kinds=60),
    Scenario("pc-rich",
             "i440fx with devices of every family, two processors, two user netdevs", "pc",
             x86_rich(PC_ROOT, "pb0", "pb1", "pci.0"), ram=32, kinds=60),
    Scenario("pc-2.1", "machine of 2014: no config section, no footers, no vmdesc",
             "pc-i440fx-2.1", "-device VGA -device e1000 -device virtio-net-pci",
             vmdesc=False, footers=False, max_qemu=(8, 99)),
    Scenario("pc-2.3", "last machine without config section and footers; it has a vmdesc",
             "pc-i440fx-2.3", "-device VGA -device e1000 -device virtio-net-pci",
             footers=False, max_qemu=(9, 99)),
    Scenario("suppress-vmdesc", "footers but no vmdesc", "q35,suppress-vmdesc=on",
             "-netdev user,id=u0 -device virtio-net-pci,netdev=u0 -device VGA", vmdesc=False),
    Scenario("q35-memory", "virtio-mem, virtio-pmem, a DIMM, an NVDIMM and ACPI ERST",
             "q35,nvdimm=on", lines("""-object memory-backend-ram,id=m0,size=64M
             -object memory-backend-ram,id=m1,size=8M
             -object memory-backend-ram,id=m2,size=8M
             -object memory-backend-file,id=m3,size=8M,share=on,mem-path={dir}/pmem
             -device virtio-mem-pci,memdev=m0,requested-size=16M
             -device pc-dimm,memdev=m1 -device nvdimm,memdev=m2
             -object memory-backend-file,id=m4,size=64K,share=on,mem-path={dir}/erst
             -device virtio-pmem-pci,memdev=m3 -device acpi-erst,memdev=m4"""), min_qemu=(6, 2)),
    Scenario("q35-newer", "device types that came after Debian 12", "q35",
             "-device igb -device virtio-multitouch-pci -device vmclock -device ide-cf,drive=d0 "
             "-device uefi-vars-x64 " + disks(1), min_qemu=(10, 0)),
    Scenario("q35-tpm", "TPM 2.0 whose state is blobs of swtpm", "q35",
             "-chardev socket,id=tpm,path={dir}/tpm.sock -tpmdev emulator,id=tpm0,chardev=tpm "
             "-device tpm-crb,tpmdev=tpm0", prepare="start_swtpm", contains=("tpm-emulator",)),
    Scenario("q35-kvm", "processors and timers of KVM", "q35", "-cpu host -smp 2", accel="kvm",
             prepare="need_kvm", contains=("kvmclock",)),
    Scenario("q35-virtio", "39 sections and a tail of 480 KiB: the guest that downtime is measured on",
             "q35", lines("""-device virtio-net-pci -device virtio-net-pci -device virtio-rng-pci
             -device virtio-balloon-pci -device virtio-serial-pci -device virtio-scsi-pci
             -device virtio-keyboard-pci -device virtio-net-pci -device virtio-mouse-pci""")),
    Scenario("q35-iommu", "virtio-iommu and pvpanic-pci", "q35",
             "-device virtio-iommu-pci -device pvpanic-pci -device virtio-net-pci",
             min_qemu=(7, 0)),

    # More than one pass over RAM, and the other ways to send a page.
    Scenario("multi-pass", "several passes: the guest rewrites pages faster than they are sent",
             "q35", ram=64, guest="fill=8 churn=2 touch=2", parameters=SLOW, during="passes",
             require=(("ram.dirty-sync-count", 5),)),
    Scenario("xbzrle", "XBZRLE pages", "q35", ram=64, guest="fill=8 churn=2 touch=4",
             parameters=SLOW, capabilities=("xbzrle",), during="passes",
             require=(("xbzrle-cache.pages", 500), ("ram.dirty-sync-count", 5))),
    Scenario("compress", "COMPRESS_PAGE records, of pages that compress and pages that do not",
             "q35", ram=32, guest="fill=8 bcast=4", capabilities=("compress",),
             require=(("compression.pages", 1000),), max_qemu=(9, 0)),
    Scenario("ignore-shared", "x-ignore-shared: addresses in the block list, pages left out",
             "q35,memory-backend=ram0",
             "-object memory-backend-file,id=ram0,size={ram}M,share=on,mem-path={dir}/ram",
             capabilities=("x-ignore-shared",), guest="fill=4",
             loads=False,
             contains=("configuration/capabilities", "x-ignore-shared")),
    Scenario("validate-uuid", "configuration/uuid subsection", "q35",
             "-uuid 6d5ac2e8-8a3f-4b8e-9d7c-0f3a4b5c6d7e", capabilities=("validate-uuid",),
             contains=("configuration/uuid",)),
    Scenario("background-snapshot", "RAM sent while the guest runs, after the devices were saved",
             "q35", capabilities=("background-snapshot",), guest="fill=4 touch=2",
             min_qemu=(6, 0)),

    # Sections of block devices.
    Scenario("dirty-bitmaps", "three bitmaps of two nodes, one persistent, one disabled", "q35",
             TWO_DISKS, capabilities=("dirty-bitmaps",), prepare="disk_files", before="add_bitmaps",
             contains=("\x0cdirty-bitmap", "\x05disk0", "nightly", "paused", "fine")),
    Scenario("dirty-bitmaps-alias", "bitmaps under the names of block-bitmap-mapping", "q35",
             TWO_DISKS, capabilities=("dirty-bitmaps",), prepare="disk_files",
             before="add_mapped_bitmaps", before_load="map_bitmaps",
             contains=("\x0cdirty-bitmap", "\x06system", "\x04data")),
    Scenario("block", "block migration of a disk of 6 MiB, a third of it zero", "pc",
             "-drive if=none,id=disk1,format=raw,file={dir}/b -device virtio-blk-pci,drive=disk1",
             prepare="disk_files", migrate=(("blk", True),), max_qemu=(9, 0),
             contains=("\x05block",)),

    # With a destination that answers.
    Scenario("return-path", RELAYED + "commands OPEN_RETURN_PATH and PING", "q35",
             capabilities=("return-path",), dest=True, guest="fill=2",
             contains=(OPEN_RETURN_PATH, "\x08\0\2\0\4\0\0\0\1")),
    Scenario("postcopy-advised", RELAYED + "POSTCOPY_ADVISE, but precopy finishes", "q35",
             capabilities=("postcopy-ram",), dest=True, guest="fill=2",
             contains=(OPEN_RETURN_PATH, ADVISE_RAM)),
    Scenario("postcopy", RELAYED + "postcopy entered: discards, PACKAGED, no vmdesc", "q35",
             "-device virtio-net-pci -device VGA", ram=64, guest="fill=8 churn=2 touch=4",
             capabilities=("postcopy-ram",), dest=True, during="enter_postcopy",
             parameters=SLOW + (("max-postcopy-bandwidth", 8 << 20),), vmdesc=False,
             require=(("ram.postcopy-requests", 1),),
             contains=(OPEN_RETURN_PATH, ADVISE_RAM, DISCARD, PACKAGED)),
    Scenario("postcopy-preempt", RELAYED + "postcopy with a second channel for urgent pages",
             "q35", ram=64, guest="fill=8 churn=2 touch=4", parameters=SLOW, dest=True,
             capabilities=("postcopy-ram", "postcopy-preempt"), during="enter_postcopy",
             vmdesc=False, loads=False, min_qemu=(7, 1),
             contains=(OPEN_RETURN_PATH, ADVISE_RAM, DISCARD, PACKAGED)),
    Scenario("postcopy-hugepages", RELAYED + "page sizes in the block list", "q35", ram=32,
             args="-object memory-backend-memfd,id=ram0,size={ram}M,hugetlb=on,hugetlbsize=2M "
             "-machine memory-backend=ram0", guest="fill=4", prepare="huge_pages",
             capabilities=("postcopy-ram",), dest=True,
             contains=(ADVISE_RAM, "\x04ram0\0\0\0\0\2\0\0\0\0\0\0\0\0\x20\0\0")),
    Scenario("postcopy-bitmaps", RELAYED + "a dirty bitmap in postcopy, ADVISE without data",
             "q35", "-blockdev driver=null-co,node-name=disk1,size=17179869184,read-zeroes=on "
             "-device virtio-blk-pci,drive=disk1,share-rw=on", guest="fill=2",
             parameters=SLOW, capabilities=("dirty-bitmaps",), before="add_big_bitmap",
             during="start_postcopy", dest=True, vmdesc=False,
             contains=(ADVISE_EMPTY, PACKAGED, "\x0cdirty-bitmap")),
    Scenario("multifd-main", RELAYED + "main channel of multifd: RAM sections without pages",
             "q35", capabilities=("multifd",), dest=True, loads=False, guest="fill=2"),

    # Devices with something in flight.
    Scenario("slirp-sockets", "libslirp with open TCP connections and data in its buffers", "pc",
             SLIRP_SOCKETS, before="open_slirp_connections", min_qemu=(7, 2), contains=("\x05slirp",)),
    Scenario("q35-blobs", "a tail of 900 KiB that is nearly all blobs: the cost of lifting", "q35",
             lines(SLIRP_SOCKETS + """ -device virtio-net-pci -device virtio-rng-pci
             -device virtio-balloon-pci -device virtio-serial-pci -device virtio-scsi-pci
             -device virtio-keyboard-pci -device qemu-xhci -device lsi53c895a """ +
                   " ".join(f"-device pcie-root-port,id=p{i},chassis={i}" for i in range(1, 9))),
             before="open_slirp_connections", min_qemu=(7, 2), contains=("\x05slirp",)),
    Scenario("usb-redir-connected", "usbredir parser in the middle of a packet", "q35",
             lines("""-device qemu-xhci,id=xhci
             -chardev socket,id=redir,path={dir}/redir.sock,server=on,wait=off
             -device usb-redir,chardev=redir,bus=xhci.0"""), before="feed_usb_redir",
             contains=("1PRU",)),

    # Other processors.
    Scenario("aarch64-virt", "Arm virt: target page bits in the config section", "virt",
             lines(f"""{disks(2)} -cpu cortex-a57 -bios /usr/share/qemu-efi-aarch64/QEMU_EFI.fd
             -netdev user,id=u0 -object rng-builtin,id=r0
             -device virtio-net-device,netdev=u0 -device virtio-blk-device,drive=d0
             -device virtio-rng-device,rng=r0 -device virtio-blk-pci,drive=d1
             -device virtio-gpu-pci -device qemu-xhci,id=xhci -device usb-kbd
             -device virtio-scsi-pci -device virtio-balloon-pci -device virtio-keyboard-pci"""),
             arch="aarch64", ram=64, guest=None, boot_seconds=8,
             contains=("configuration/target-page-bits",)),
    Scenario("aarch64-gicv3", "Arm virt with GICv3, ITS, two processors of kind max",
             "virt,gic-version=3,secure=on,iommu=smmuv3",
             lines(f"""{disks(1)} -cpu max -smp 2 -netdev user,id=u0 -object rng-builtin,id=r0
             -device virtio-net-pci,netdev=u0 -device virtio-blk-pci,drive=d0
             -device virtio-rng-pci,rng=r0 -device pcie-root-port,id=rp"""),
             arch="aarch64", ram=64, guest=None, boot_seconds=1, min_qemu=(6, 2)),
    Scenario("s390x", "s390: channel subsystem, storage keys and attributes, TOD clock",
             "s390-ccw-virtio",
             lines(f"""{disks(1)} -smp 2 -netdev user,id=u0 -object rng-builtin,id=r0
             -device virtio-net-ccw,netdev=u0 -device virtio-blk-ccw,drive=d0
             -device virtio-rng-ccw,rng=r0 -device virtio-serial-ccw
             -device virtio-balloon-ccw -device virtio-scsi-ccw -device virtio-gpu-ccw
             -no-shutdown"""),
             arch="s390x", ram=32, guest=None, boot_seconds=2,
             contains=("s390-skeys", "s390-storage_attributes", "todclock", "s390_css")),
    Scenario("ppc64-hash", "pseries with a hash page table: spapr/htab has contents", "pseries",
             lines(f"""{disks(1)} -cpu power8 -netdev user,id=u0 -object rng-builtin,id=r0
             -device virtio-net-pci,netdev=u0 -device virtio-blk-pci,drive=d0
             -device virtio-rng-pci,rng=r0 -device spapr-vscsi -device spapr-rng,rng=r0
             -device spapr-vlan -device qemu-xhci -device virtio-balloon-pci"""),
             arch="ppc64", ram=256, guest=None, boot_seconds=3,
             contains=("\x0aspapr/htab",)),
    Scenario("ppc64-radix", "pseries on POWER10", "pseries",
             "-cpu power10 -smp 2 -device virtio-serial-pci -device virtio-scsi-pci",
             arch="ppc64", ram=256, guest=None, boot_seconds=3),
    Scenario("riscv64-virt", "RISC-V virt with virtio on both transports", "virt",
             lines(f"""{disks(2)} -netdev user,id=u0 -object rng-builtin,id=r0
             -device virtio-net-device,netdev=u0 -device virtio-blk-device,drive=d0
             -device virtio-rng-device,rng=r0 -device virtio-blk-pci,drive=d1
             -device virtio-gpu-pci -device virtio-keyboard-device -smp 2"""),
             arch="riscv64", ram=64, guest=None, boot_seconds=2),

    # Only in releases newer than Debian 12's.
    Scenario("q35-rich-m7.2", "the machine type of Debian 12 made by a newer QEMU", "pc-q35-7.2",
             x86_rich(Q35_ROOT, "pb1", "pb2", "pcie.0"), ram=32, kinds=60, min_qemu=(8, 0)),
    Scenario("mapped-ram", "mapped-ram: pages at fixed places of the file", "q35",
             capabilities=("mapped-ram",), uri="file:{out}", guest="fill=2", min_qemu=(9, 0)),
)
