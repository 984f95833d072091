"""The tables of devices.py: machines, what devices need, how they are configured.

A type that no row names is created without properties.
"""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Machine:
    """A machine type. `fixed`: arguments of all its runs whose guest does nothing."""

    arch: str
    type: str
    ram: int = 16
    fixed: str = "-global pci-device.romfile="
    cpus: tuple = ()                # endings of the names of types that -cpu creates

    @property
    def name(self):
        """The name of its folder."""
        return f"{self.arch}-{self.type}"


NO_BIOS = "-bios {shared}/bios -global pci-device.romfile="
MACHINES = (
    Machine("x86_64", "pc", fixed=NO_BIOS, cpus=("-x86_64-cpu",)),
    Machine("x86_64", "q35", fixed=NO_BIOS, cpus=("-x86_64-cpu",)),
    Machine("aarch64", "virt", fixed="-cpu cortex-a57 -global pci-device.romfile=",
            cpus=("-arm-cpu",)),
    Machine("s390x", "s390-ccw-virtio", cpus=("-s390x-cpu",)),
    Machine("ppc64", "pseries", ram=256,
            fixed=f"{NO_BIOS} -global spapr-pci-host-bridge.dma_win_size=0x1000000",
            cpus=("-spapr-cpu-core", "-powerpc64-cpu")),
    Machine("riscv64", "virt",
            fixed="-accel tcg,thread=single -bios none -global pci-device.romfile=",
            cpus=("-riscv-cpu",)),
)

# What devices need, by name; NAME@ARCH where it differs. {dir} is the work directory of the run,
# {shared} that of all runs.
NEEDS = {
    "disk": "-drive if=none,id=d0,driver=null-co,size=64M,read-zeroes=on",
    "floppydisk": "-drive if=none,id=d0,driver=null-co,size=1440K,read-zeroes=on",
    "disk4G": "-drive if=none,id=d0,driver=null-co,size=4G,read-zeroes=on",
    "net": "-netdev hubport,id=n0,hubid=0",
    "user": "-netdev user,id=n0,restrict=on",
    "vhostnet": "-chardev socket,id=v0,path={dir}/vhost.sock "
                "-netdev vhost-user,id=n0,chardev=v0,queues=2",
    "vhost": "-chardev socket,id=v0,path={dir}/vhost.sock",
    "ivshmem": "-chardev socket,id=c0,path={dir}/ivshmem.sock",
    "chr": "-chardev null,id=c0 -chardev null,id=c1 -chardev null,id=c2 -chardev null,id=c3",
    "sock": "-chardev socket,id=c0,path={dir}/redir.sock,server=on,wait=off",
    "audio": "-audiodev none,id=a0",
    "rng": "-object rng-builtin,id=r0",
    "iothread": "-object iothread,id=t0",
    "crypto": "-object cryptodev-backend-builtin,id=y0",
    "can": "-object can-bus,id=can0",
    "mem": "-object memory-backend-ram,id=m0,size=256M",
    "mem512": "-object memory-backend-ram,id=m0,size=512M",
    "labelled": "-object memory-backend-file,id=m0,size=262272K,share=on,mem-path={dir}/mem",
    "file": "-object memory-backend-file,id=m0,size=16M,share=on,mem-path={dir}/mem",
    "erst": "-object memory-backend-file,id=m0,size=64K,share=on,mem-path={dir}/mem",
    "erst128": "-object memory-backend-file,id=m0,size=128K,share=on,mem-path={dir}/mem",
    "sharedram": "-object memory-backend-memfd,id=ram0,size={ram}M,share=on "
                 "-machine memory-backend=ram0",
    "lsa": "-object memory-backend-file,id=m1,size=16M,share=on,mem-path={dir}/lsa",
    "slots": "-m {ram}M,slots=4,maxmem=2G",
    "slots@aarch64": "-m {ram}M,slots=4,maxmem=2G -bios {shared}/bios",
    "fsdev": "-fsdev local,security_model=none,path={dir},id=f0",
    "tpm": "-chardev socket,id=tpm,path={dir}/tpm.sock -tpmdev emulator,id=tpm0,chardev=tpm",
    "kvm": "-accel kvm -cpu host",
    "xhci": "-device qemu-xhci,id=usb",
    "ehci": "-device usb-ehci,id=usb",
    "uhci": "-device piix3-usb-uhci,id=usb",
    "ohci": "-device pci-ohci,id=usb",
    "ich9": "-device ich9-usb-ehci1,id=ich9,addr=1d.7,multifunction=on",
    "ccid": "-device usb-ccid,id=ccid0",
    "bot": "-device usb-bot,id=s0,bus=usb.0",
    "scsi": "-device virtio-scsi,id=s0",
    "lsi": "-device lsi53c895a,id=s0",
    "megasas": "-device megasas,id=s0",
    "mptsas": "-device mptsas1068,id=s0",
    "pvscsi": "-device pvscsi,id=s0",
    "esp": "-device am53c974,id=s0",
    "vscsi": "-device spapr-vscsi,id=s0",
    "vser": "-device virtio-serial,id=v0",
    "ahci": "-device ich9-ahci,id=ide0",
    "isaide": "-device isa-ide,id=ide0",
    "hda": "-device intel-hda,id=hda0",
    "sdhci": "-device sdhci-pci",
    "nvme": "-device nvme,id=nv0,serial=1",
    "bmc": "-device ipmi-bmc-sim,id=b0",
    "bmcout": "-chardev null,id=c0 -device ipmi-bmc-extern,id=b0,chardev=c0",
    "ipack": "-device tpci200,id=ip0",
    "fdc": "-device isa-fdc,id=fdc0",
    "i2c": "-device ati-vga,id=ati0",
    "isa": "-device i82378,id=isa0",
    "macio": "-device macio-newworld,id=mac0",
    "vmbus": "-device vmbus-bridge",
    "vmxnet3": "-device vmxnet3,addr=4.0,multifunction=on",
    "port": "-device pcie-root-port,id=rp0,slot=1,chassis=9",
    "upstream": "-device x3130-upstream,id=up0,bus=rp0",
    "mmio1": "-global virtio-mmio.force-legacy=off",
    "nvdimm": "-machine nvdimm=on",
    "cxl": "-machine cxl=on -device pxb-cxl,id=cxl0,bus_nr=12",
    "cxlport": "-device cxl-rp,id=cp0,bus=cxl0,chassis=0,slot=2",
    "cxlup": "-device cxl-upstream,id=up0,bus=cp0",
}

# Buses that a machine has not by itself, and what brings them.
BUSES = {("ppc64-pseries", "ISA"): "isa", ("ppc64-pseries", "apple-desktop-bus"): "macio",
         ("ppc64-pseries", "i2c-bus"): "i2c", ("aarch64-virt", "i2c-bus"): "i2c"}

# Sections that types register by hand under another name; behind a colon what their instance
# number begins with.
REGISTERED = {"s390-skeys-qemu": "s390-skeys", "s390-tod-qemu": "todclock",
              "s390-storage_attributes-qemu": "s390-storage_attributes",
              "virtual-css-bridge": "s390_css", "spapr-tce-table": "spapr_iommu",
              "icp": "icp/server", "kvm-apic": "apic",
              "spapr-drc-phb": "spapr_drc:2", "spapr-drc-pci": "spapr_drc:4",
              "spapr-drc-lmb": "spapr_drc:8", "spapr-drc-pmem": "spapr_drc:9"}

# Sections that no vmdesc lists.
UNDESCRIBED = ("s390-storage_attributes", "spapr/htab")


@dataclasses.dataclass(frozen=True)
class Row:
    """How the types that match a word of `types` are created on the machines `where`.

    A word is a pattern of names, or bus:NAME. The first row without a variant
    that matches is the plain way. Each with a variant is one more run, with
    `props` and `needs` beside the plain ones; needs that begin with = replace them.
    """

    types: str
    props: str = ""
    needs: str = ""
    variant: str = ""
    where: str = "*"
    plug: bool = False              # added while QEMU runs, in place of -device
    before: str = ""                # step of steps.py before the migration
    boot: float = 0                 # seconds that the guest's firmware runs


X86 = "x86_64-*"
Q35 = "x86_64-q35"
S390 = "s390x-*"
PPC = "ppc64-*"
MMIO = "[ar]*"                      # machines with virtio-mmio
UUID = "uuid=6d5ac2e8-8a3f-4b8e-9d7c-0f3a4b5c6d7e"

PLAIN_ROWS = (
    # Storage.
    Row("virtio-blk-*", "drive=d0", "disk"),
    Row("ide-hd ide-cd", "drive=d0,bus=ide0.0", "disk ahci"),
    Row("scsi-hd scsi-cd scsi-block scsi-generic", "drive=d0,bus=s0.0", "disk scsi"),
    Row("sd-card", "drive=d0", "disk sdhci"),
    Row("floppy", "drive=d0", "floppydisk", where="x86_64-pc"),
    Row("floppy", "drive=d0", "floppydisk isa fdc", where=PPC),
    Row("floppy", "drive=d0", "floppydisk fdc"),
    Row("nvme", "serial=1,drive=d0", "disk"),
    Row("nvme-ns", "drive=d0,bus=nv0", "disk nvme"),
    Row("nvme-subsys", "nqn=ns0"),
    Row("virtio-9p-*", "fsdev=f0,mount_tag=t", "fsdev"),
    Row("nand", "manufacturer_id=0xec,chip_id=0xa1"),

    # USB.
    Row("usb-storage", "drive=d0,bus=usb.0", "disk xhci"),
    Row("usb-bot usb-uas usb-ccid usb-hub usb-kbd usb-mouse usb-tablet usb-wacom-tablet usb-host "
        "u2f-passthru", "bus=usb.0", "xhci"),
    Row("usb-mtp", "bus=usb.0,rootdir={dir}", "xhci"),
    Row("usb-redir", "bus=usb.0,chardev=c0", "sock xhci"),
    Row("usb-braille usb-serial", "bus=usb.0,chardev=c0", "chr xhci"),
    Row("usb-net", "bus=usb.0,netdev=n0", "net xhci"),
    Row("usb-audio", "bus=usb.0,audiodev=a0", "audio xhci"),
    Row("ccid-card-passthru", "chardev=c0", "chr xhci ccid"),
    Row("ccid-card-emulated", "backend=certificates", "xhci ccid"),

    # Network.
    Row("e1000* i8255* i82562 i82801 ne2k_* pcnet rtl8139 tulip vmxnet3 virtio-net-* spapr-vlan "
        "sungem", "netdev=n0", "net"),
    Row("pvrdma", "addr=4.1,netdev=n0", "vmxnet3 net sharedram"),
    Row("kvaser_pci", "canbus=can0", "can"),
    Row("ctucan_pci mioe3680_pci pcm3680_pci", "canbus0=can0,canbus1=can0", "can"),

    # Input, sound, characters.
    Row("isa-serial isa-parallel isa-debugcon pci-serial spapr-vty sclpconsole sclplmconsole "
        "x-terminal3270 ipmi-bmc-extern", "chardev=c0", "chr"),
    Row("pci-serial-2x", "chardev1=c0,chardev2=c1", "chr"),
    Row("pci-serial-4x", "chardev1=c0,chardev2=c1,chardev3=c2,chardev4=c3", "chr"),
    Row("virtconsole virtserialport", "chardev=c0,bus=v0.0", "chr vser"),
    Row("hda-*", "audiodev=a0,bus=hda0.0", "audio hda"),
    Row("AC97 ES1370 sb16 adlib cs4231a gus", "audiodev=a0", "audio"),
    Row("ipoctal232", "bus=ip0.0", "ipack"),

    # Memory and the rest.
    Row("virtio-rng-* spapr-rng", "rng=r0", "rng"),
    Row("virtio-crypto-*", "cryptodev=y0", "crypto"),
    Row("pc-dimm", "memdev=m0", "mem slots"),
    Row("nvdimm", f"memdev=m0,label-size=128K,{UUID}", "labelled slots nvdimm", where=PPC),
    Row("nvdimm", "memdev=m0", "mem slots nvdimm"),
    Row("spapr-nvdimm", f"memdev=m0,label-size=128K,{UUID}", "labelled slots nvdimm"),
    Row("virtio-mem virtio-mem-*", "memdev=m0,requested-size=16M", "mem slots"),
    Row("virtio-pmem virtio-pmem-*", "memdev=m0", "file slots"),
    Row("ivshmem-plain", "memdev=m0,master=on", "file"),
    Row("ivshmem-doorbell", "chardev=c0,vectors=1,master=on", "ivshmem"),
    Row("acpi-erst", "memdev=m0", "erst"),
    Row("tpm-*", "tpmdev=tpm0", "tpm"),
    Row("isa-ipmi-* pci-ipmi-*", "bmc=b0", "bmc"),
    Row("smbus-ipmi", "bmc=b0,address=0x30", "bmc"),
    Row("loader", "addr=0,data=1,data-len=4"),
    Row("zpci", "uid=1,target=t0"),
    Row("guest-loader", "addr=0x100000,kernel={shared}/bios"),
    Row("led", "color=red"),
    Row("at24c-eeprom", "rom-size=256"),
    Row("spapr-pci-host-bridge", "index=1"),
    Row("hv-syndbg", "", "vmbus"),

    # Bridges and ports.
    Row("pci-bridge pci-bridge-seat", "chassis_nr=1"),
    Row("pcie-root-port ioh3420", "slot=1"),
    Row("pxb pxb-pcie", "bus_nr=64"),
    Row("x3130-upstream", "bus=rp0", "port"),
    Row("xio3130-downstream", "bus=up0,slot=2,chassis=2", "port upstream"),
    Row("pxb-cxl", "bus_nr=12", "cxl"),
    Row("cxl-rp", "bus=cxl0,chassis=0,slot=2", "cxl"),
    Row("cxl-upstream", "bus=cp0", "cxl cxlport"),
    Row("cxl-downstream", "bus=up0,chassis=0,slot=4", "cxl cxlport cxlup"),
    Row("cxl-type3", "bus=cp0,memdev=m0,lsa=m1,id=mem0", "file lsa cxl cxlport"),
    Row("vfio-pci-igd-lpc-bridge", "addr=1f.0", where="x86_64-pc"),

    # Those whose other half is a process of the host.
    Row("vhost-user-blk*", "chardev=v0,num-queues=1", "vhost"),
    Row("vhost-user-fs*", "chardev=v0,tag=t", "vhost"),
    Row("vhost-user-gpu* vhost-user-input* vhost-user-vga", "chardev=v0", "vhost kvm", where=X86),
    Row("vhost-user-gpu* vhost-user-input* vhost-user-vga", "chardev=v0", "vhost"),
    Row("vhost-user-*", "chardev=v0", "vhost"),
    Row("vhost-vsock-*", "guest-cid=3"),
    Row("vhost-scsi*", "wwpn=naa.5000000000000001"),
)

NICS = "e1000 e1000e i82559c ne2k_pci pcnet rtl8139 tulip vmxnet3 virtio-net-pci"
SCREENS = ("VGA cirrus-vga qxl-vga virtio-vga ati-vga vmware-svga bochs-display isa-vga "
           "isa-cirrus-vga virtio-gpu-pci")
VECTORS = ("virtio-blk-pci virtio-net-pci virtio-scsi-pci virtio-serial-pci virtio-9p-pci "
           "virtio-rng-pci virtio-gpu-pci virtio-vga virtio-keyboard-pci")
VARIANT_ROWS = (
    # Transports and places.
    Row("bus:PCI", "bus=rp0", "port", "port", where=Q35),
    Row("virtio-*-pci", "disable-legacy=on", "", "modern", where=Q35),
    Row("virtio-*-pci", "disable-legacy=off,disable-modern=on", "", "legacy", where=Q35),
    Row("virtio-*-pci virtio-*-device", "packed=on", "", "packed"),
    Row("virtio-*-ccw", "packed=on", "", "packed"),
    Row("virtio-*-pci", "disable-legacy=on,iommu_platform=on", "", "iommu", where=Q35),
    Row("virtio-*-pci", "indirect_desc=off,event_idx=off", "", "split", where=Q35),
    Row("virtio-*-pci", "bus=rp0,ats=on,aer=on,page-per-vq=on", "port", "ats", where=Q35),
    Row(VECTORS, "vectors=0", "", "vectors0", where=Q35),
    Row(VECTORS, "vectors=16", "", "vectors16", where=Q35),
    Row("virtio-*-pci vhost-*-pci", "x-pcie-flr-init=off,x-pcie-pm-init=off,bus=rp0", "port",
        "noflr", where=Q35),
    Row("virtio-blk-ccw virtio-net-ccw virtio-scsi-ccw virtio-serial-ccw", "max_revision=0", "",
        "revision0"),
    Row("virtio-*-ccw", "max_revision=1", "", "revision1"),
    Row("virtio-*-ccw", "devno=fe.3.1234", "", "devno"),

    # Queues, counts and sizes.
    Row("virtio-blk-pci virtio-blk-ccw virtio-blk-device", "num-queues=4,queue-size=256", "",
        "queues4"),
    Row("virtio-blk-pci", "iothread=t0", "iothread", "iothread"),
    Row("virtio-blk-pci", "config-wce=off,seg-max-adjust=off,discard=off,write-zeroes=off", "",
        "least", where=Q35),
    Row("virtio-scsi-pci virtio-scsi-ccw virtio-scsi-device", "num_queues=4", "", "queues4"),
    Row("virtio-scsi-pci", "hotplug=off,param_change=off", "", "least", where=Q35),
    Row("virtio-net-pci virtio-net-ccw virtio-net-device", "mq=on", "=vhostnet", "vhost-queues2"),
    Row("virtio-net-pci", "ctrl_vq=off,mrg_rxbuf=off,guest_announce=off,mac=52:54:00:12:34:56", "",
        "least", where=Q35),
    Row("virtio-net-pci", "rss=on,hash=on,guest_rsc_ext=on,tx_queue_size=256,rx_queue_size=512",
        "", "rss", where=Q35),
    Row("virtio-net-pci", "ctrl_guest_offloads=off,host_tso4=off,csum=off,host_mtu=1400", "",
        "offloads", where=Q35),
    Row("virtio-serial-pci virtio-serial-ccw virtio-serial-device", "max_ports=1", "", "ports1"),
    Row("virtio-serial-pci virtio-serial-ccw virtio-serial-device", "max_ports=64", "", "ports64"),
    Row("virtconsole virtserialport", "nr=5", "", "nr5"),
    Row("virtio-gpu-pci virtio-vga virtio-gpu-ccw", "max_outputs=4", "", "outputs4"),
    Row("virtio-gpu-pci", "edid=off", "", "noedid", where=Q35),
    Row("virtio-balloon-pci", "deflate-on-oom=on,free-page-reporting=on,page-poison=on", "",
        "features", where=Q35),
    Row("virtio-balloon-pci", "free-page-hint=on,iothread=t0", "iothread", "hint", where=Q35),
    Row("virtio-mem-pci", "requested-size=0", "=mem512 slots", "512M"),
    Row("virtio-mem-pci", "unplugged-inaccessible=on,block-size=8M", "", "blocks8M", where=Q35),
    Row("virtio-iommu-pci", "boot-bypass=off", "", "nobypass", where=Q35),
    Row("qemu-xhci nec-usb-xhci", "p2=15,p3=15", "", "ports30"),
    Row("qemu-xhci nec-usb-xhci", "p2=1,p3=1", "", "ports2"),
    Row("nec-usb-xhci", "slots=8,intrs=2", "", "slots8"),
    Row("nec-usb-xhci", "msi=on,msix=on", "", "msi+msix"),
    Row("nec-usb-xhci", "msi=off,msix=off", "", "intx"),
    Row("usb-hub", "ports=1", "", "ports1"),
    Row("usb-hub", "ports=4", "", "ports4"),
    Row("usb-ehci", "maxframes=64", "", "frames64"),
    Row("pci-ohci", "num-ports=8", "", "ports8"),
    Row("piix3-usb-uhci", "bandwidth=640,maxframes=64", "", "frames64"),
    Row("ich9-usb-uhci1", "masterbus=ich9.0,firstport=0,addr=1d.0,multifunction=on", "ich9",
        "companion", where=X86),
    Row("megasas megasas-gen2", "msi=off,msix=off", "", "intx"),
    Row("megasas megasas-gen2", "msix=on,max_cmds=16,max_sge=32", "", "commands16"),
    Row("mptsas1068", "msi=on", "", "msi"),
    Row("pvscsi", "use_msg=0", "", "nomsg"),
    Row("intel-hda ich9-intel-hda", "msi=off,old_msi_addr=on", "", "intx"),
    Row("pcie-root-port ioh3420 x3130-upstream xio3130-downstream", "aer_log_max=0", "", "aer0"),
    Row("pcie-root-port ioh3420 x3130-upstream xio3130-downstream", "aer_log_max=16", "", "aer16"),
    Row("pcie-root-port ioh3420 xio3130-downstream", "hotplug=off", "", "nohotplug"),
    Row("pcie-root-port", "x-speed=16,x-width=32,disable-acs=on,power_controller_present=off", "",
        "speed"),
    Row("pci-bridge", "shpc=on,msi=off", "", "shpc"),
    Row("pci-bridge", "shpc=off,msi=off", "", "noshpc"),
    Row("pcie-pci-bridge", "msi=off", "", "nomsi"),
    Row("ivshmem-doorbell", "vectors=8", "", "vectors8"),
    Row("acpi-erst", "record_size=4096", "=erst128", "128K"),
    Row("ipmi-bmc-sim", "fruareasize=2048", "", "fru2048"),
    Row("isa-ipmi-* pci-ipmi-* smbus-ipmi", "", "=bmcout", "extern"),
    Row("spapr-pci-host-bridge", "ddw=off", "", "noddw"),
    Row("spapr-pci-host-bridge", "dynamic-reconfiguration=off", "", "nodr"),
    Row("spapr-vlan", "use-rx-buffer-pools=off", "", "nopools"),
    Row("ipoctal232", "chardev0=c0,chardev7=c1", "chr", "chardevs"),

    # Properties that other subsections and fields depend on.
    Row("e1000", "mitigation=off,extra_mac_registers=off,migrate_tso_props=off", "", "old"),
    Row("e1000", "init-vet=off", "", "novet"),
    Row("e1000e", "init-vet=off,disable_vnet_hdr=1", "", "novnet"),
    Row("VGA isa-vga secondary-vga", "vgamem_mb=32", "", "32M"),
    Row("VGA", "global-vmstate=on", "", "global"),
    Row("cirrus-vga isa-cirrus-vga", "blitter=off,vgamem_mb=8", "", "noblitter"),
    Row("cirrus-vga", "global-vmstate=on", "", "global"),
    Row("vmware-svga", "global-vmstate=on,vgamem_mb=32", "", "global"),
    Row("qxl qxl-vga", "revision=2", "", "revision2"),
    Row("qxl qxl-vga", "ram_size_mb=128,vgamem_mb=32,max_outputs=4", "", "128M"),
    Row("hda-duplex hda-output hda-micro", "mixer=off", "", "nomixer"),
    Row("hda-duplex hda-output hda-micro", "use-timer=off", "", "notimer"),
    Row("usb-kbd usb-mouse usb-tablet", "usb_version=1", "", "usb1"),
    Row("usb-kbd usb-mouse usb-tablet usb-hub", "", "=uhci", "uhci"),
    Row("usb-kbd usb-mouse usb-tablet usb-hub usb-ccid", "", "=ohci", "ohci"),
    Row("usb-kbd usb-mouse usb-tablet usb-bot", "", "=ehci", "ehci"),
    Row("usb-storage", "", "=disk ehci", "ehci"),
    Row("usb-storage", "", "=disk uhci", "uhci"),
    Row("usb-storage", "removable=on,msos-desc=off", "", "removable"),
    Row("usb-redir", "", "=sock ehci", "connected", before="feed_usb_redir",
        boot=0.5),
    Row("usb-redir", "streams=off,suppress-remote-wake=off", "", "nostreams"),
    Row("ide-hd", "bus=ide.0,unit=0", "=disk", "onboard", where="x86_64-pc"),
    Row("ide-cd", "bus=ide.1,unit=0", "=disk", "onboard", where="x86_64-pc"),
    Row("ide-hd ide-cd", "", "=disk isaide", "isa", where=X86),
    Row("scsi-hd scsi-cd", "", "=disk lsi", "lsi", where="[!s]*"),
    Row("scsi-hd scsi-cd", "", "=disk megasas", "megasas", where="[!s]*"),
    Row("scsi-hd scsi-cd", "", "=disk mptsas", "mptsas", where="[!s]*"),
    Row("scsi-hd scsi-cd", "", "=disk pvscsi", "pvscsi", where="[!s]*"),
    Row("scsi-hd scsi-cd", "", "=disk esp", "esp", where="[!s]*"),
    Row("scsi-hd scsi-cd", "", "=disk vscsi", "vscsi", where=PPC),
    Row("scsi-hd scsi-cd", "", "=disk xhci bot", "bot", where="[!s]*"),
    Row("i8042", "extended-state=off", "", "old"),
    Row("tpm-tis tpm-crb", "ppi=off", "", "noppi"),
    Row("ivshmem-plain", "master=off", "", "guest"),
    Row("intel-iommu", "intremap=off,caching-mode=on,aw-bits=48", "", "caching"),
    Row("intel-iommu", "intremap=off,x-scalable-mode=on", "", "scalable"),
    Row("pc-dimm nvdimm", "slot=2", "", "slot2"),
    Row("vmgenid", "guid=324e6eaf-d1d1-4bf6-bf41-b9bb6c91fb87", "", "guid"),
    Row("pvpanic pvpanic-pci", "events=1", "", "events1"),
    Row("isa-serial pci-serial", "wakeup=on", "", "wakeup"),
    Row("virtio-*-device", "", "mmio1", "modern"),
    Row("sdhci-pci", "sd-spec-version=3,uhs=1", "", "uhs"),
    Row("sd-card", "spec_version=3", "", "v3"),
    Row("sd-card", "", "=disk4G sdhci", "4G"),

    # Added while QEMU runs.
    Row("e1000 virtio-net-pci pc-dimm spapr-nvdimm spapr-pci-host-bridge usb-kbd", "", "",
        "plugged", where=PPC, plug=True),
    Row("e1000 virtio-net-pci", "bus=rp0", "port", "plugged", where=Q35, plug=True),
    Row("e1000 pc-dimm usb-kbd scsi-hd", "", "", "plugged", where="x86_64-pc", plug=True),
    Row("pc-dimm", "", "", "plugged", where="aarch64-*", plug=True),
    Row("virtio-net-ccw", "", "", "plugged", where=S390, plug=True),

    # With the machine's firmware run for a while.
    Row("virtio-blk-pci scsi-hd ide-hd ide-cd usb-storage sd-card lsi53c895a megasas mptsas1068 "
        "pvscsi am53c974 ich9-ahci virtio-scsi-pci usb-kbd usb-mouse usb-tablet usb-hub "
        "qemu-xhci usb-ehci piix3-usb-uhci pci-ohci usb-bot usb-redir i8042", "", "", "boot",
        where=X86, boot=1.5),
    Row(SCREENS, "", "", "boot", where=X86, boot=1),
    Row(NICS, "", "=user", "boot", where=Q35, boot=4),
    Row("ne2k_isa", "", "=user", "boot", where="x86_64-pc", boot=2),
    Row("virtio-blk-* scsi-hd virtio-net-* virtio-gpu-*", "", "", "boot", where=S390, boot=1.5),
    Row("virtio-blk-pci virtio-net-pci virtio-scsi-pci scsi-hd spapr-vscsi spapr-vlan VGA "
        "usb-kbd usb-storage qemu-xhci pci-ohci e1000 virtio-serial-pci", "", "", "boot",
        where=PPC, boot=4),
)


@dataclasses.dataclass(frozen=True)
class MachineRow:
    """Another configuration of a machine itself."""

    variant: str
    args: str
    where: str = "*"
    boot: float = 0


RISCV, ARM, PC = "riscv64-*", "aarch64-*", "x86_64-pc"
MACHINE_ROWS = (
    MachineRow("smp2", "-smp 2"),
    MachineRow("smp4", "-smp 4"),
    MachineRow("slirp", "-netdev user,id=n0"),
    MachineRow("boot", "", X86, boot=1.5),
    MachineRow("boot", "", S390, boot=1),
    MachineRow("boot", "", PPC, boot=4),
    MachineRow("boot", "-bios default", RISCV, boot=1),

    MachineRow("kvm", "-accel kvm -cpu host", X86),
    MachineRow("kvm-smp2", "-accel kvm -cpu host -smp 2", X86),
    MachineRow("kvm-hyperv", "-accel kvm -cpu host,hv-vpindex,hv-synic,hv-time,hv-stimer,"
               "hv-relaxed,hv-vapic,hv-runtime,hv-frequencies", X86),
    MachineRow("kvm-split", "-machine kernel-irqchip=split -accel kvm -cpu host", X86),
    MachineRow("kvm-boot", "-accel kvm -cpu host", X86, boot=1.5),
    MachineRow("slots", "-m {ram}M,slots=4,maxmem=2G", "[!sr]*"),
    MachineRow("maxcpus4", "-smp 1,maxcpus=4", "[!ar]*"),
    MachineRow("pflash", "-drive if=pflash,unit=0,format=raw,file={shared}/flash,readonly=on "
               "-drive if=pflash,unit=1,format=raw,file={dir}/flash", X86),
    MachineRow("smm-off", "-machine smm=off", X86),
    MachineRow("vmport-off", "-machine vmport=off", X86),
    MachineRow("i8042-off", "-machine i8042=off", X86),
    MachineRow("hpet-off", "-machine hpet=off", X86),
    MachineRow("pit-off", "-machine pit=off,acpi=off", X86),
    MachineRow("smbus-off", "-machine smbus=off", X86),
    MachineRow("sata-off", "-machine sata=off", Q35),
    MachineRow("usb", "-machine usb=on", "[xp]*"),
    MachineRow("nvdimm", "-machine nvdimm=on -m {ram}M,slots=4,maxmem=2G", X86),
    MachineRow("hpet-timers8", "-global hpet.timers=8 -global hpet.msi=on", X86),
    MachineRow("slew", "-rtc driftfix=slew", X86),
    MachineRow("fdc-drives", "-drive if=none,id=d0,driver=null-co,size=1440K,read-zeroes=on "
               "-device floppy,drive=d0 -boot a", PC, boot=2),
    MachineRow("ioapic17", "-global ioapic.version=0x11", X86),
    MachineRow("fwcfg-nodma", "-global fw_cfg_io.dma_enabled=off", X86),
    MachineRow("notco", "-global ICH9-LPC.enable_tco=off", Q35),
    MachineRow("nosmi", "-global ICH9-LPC.x-smi-broadcast=off", Q35),
    MachineRow("nohotplug", "-global ICH9-LPC.acpi-pci-hotplug-with-bridge-support=off", Q35),
    MachineRow("nohotplug", "-global PIIX4_PM.acpi-pci-hotplug-with-bridge-support=off "
               "-global PIIX4_PM.acpi-root-pci-hotplug=off", PC),
    MachineRow("roothotplug", "-global PIIX4_PM.acpi-pci-hotplug-with-bridge-support=off", PC),
    MachineRow("x2apic", "-cpu qemu64,+x2apic,+tsc-deadline", X86),
    MachineRow("cpu-features", "-cpu max,+pku,+smap,+vmx,+svm", X86),
    MachineRow("watchdog", "-device i6300esb -watchdog-action none", X86),

    MachineRow("gic2", "-machine gic-version=2", ARM),
    MachineRow("gic2-smp2", "-machine gic-version=2 -smp 2", ARM),
    MachineRow("gic2-el2", "-machine gic-version=2,virtualization=on,secure=on -cpu max", ARM),
    MachineRow("gic3", "-machine gic-version=3", ARM),
    MachineRow("gic3-smp2", "-machine gic-version=3 -smp 2", ARM),
    MachineRow("gic3-noits", "-machine gic-version=3,its=off", ARM),
    MachineRow("gic3-el2", "-machine gic-version=3,virtualization=on,secure=on -cpu max", ARM),
    MachineRow("gic4", "-machine gic-version=4,virtualization=on -cpu max", ARM),
    MachineRow("secure", "-machine secure=on -cpu max", ARM),
    MachineRow("virtualization", "-machine virtualization=on -cpu max", ARM),
    MachineRow("smmuv3", "-machine iommu=smmuv3", ARM),
    MachineRow("mte", "-machine mte=on -cpu max", ARM),
    MachineRow("ras", "-machine ras=on -bios {shared}/bios", ARM),
    MachineRow("acpi", "-bios {shared}/bios", ARM),
    MachineRow("acpi-off", "-bios {shared}/bios -machine acpi=off", ARM),
    MachineRow("highmem-off", "-machine highmem=off", ARM),
    MachineRow("cpu-max", "-cpu max", ARM),
    MachineRow("cpu-max-nosve", "-cpu max,sve=off,pmu=off,sme=off", ARM),
    MachineRow("cpu-el1-32", "-cpu cortex-a15,pmu=off,cfgend=on,reset-hivecs=on", ARM),
    MachineRow("mmio-modern", "-global virtio-mmio.force-legacy=off", MMIO),
    MachineRow("pflash", "-drive if=pflash,driver=null-co,size=64M,read-zeroes=on", ARM),
    MachineRow("efi", "-bios /usr/share/qemu-efi-aarch64/QEMU_EFI.fd -m 64 -cpu cortex-a57 "
               "-device virtio-gpu-pci -device qemu-xhci,id=usb -device usb-kbd,bus=usb.0 "
               "-netdev user,id=n0 -device virtio-net-pci,netdev=n0 "
               "-drive if=none,id=d0,driver=null-co,size=64M,read-zeroes=on "
               "-device virtio-blk-pci,drive=d0 -device pcie-root-port,id=rp0,slot=1", ARM,
               boot=15),

    MachineRow("cpu-max", "-cpu max", S390),
    MachineRow("css-nopath", "-global virtual-css-bridge.css_dev_path=off", S390),
    MachineRow("nokeywrap", "-machine aes-key-wrap=off,dea-key-wrap=off", S390),
    MachineRow("sclp", "-chardev null,id=c0 -device sclpconsole,chardev=c0", S390),

    MachineRow("xics", "-machine ic-mode=xics -cpu power9", PPC),
    MachineRow("xive", "-machine ic-mode=xive -cpu power9", PPC),
    MachineRow("xive-smp4", "-machine ic-mode=xive -cpu power9 -smp 4", PPC),
    MachineRow("xics-smp2", "-machine ic-mode=xics -cpu power9 -smp 2", PPC),
    MachineRow("power8", "-cpu power8", PPC),
    MachineRow("power8-boot", "-cpu power8", PPC, boot=4),
    MachineRow("power10", "-cpu power10", PPC),
    MachineRow("compat", "-cpu power9 -machine max-cpu-compat=power8", PPC),
    MachineRow("caps", "-machine cap-htm=off,cap-vsx=off,cap-dfp=off,cap-large-decr=off,"
               "cap-ccf-assist=off,cap-fwnmi=off,cap-cfpc=broken,cap-sbbc=broken,cap-ibs=broken",
               PPC),
    MachineRow("nvram128K", "-drive if=pflash,driver=null-co,size=128K,read-zeroes=on", PPC),
    MachineRow("window1G", "-global spapr-pci-host-bridge.dma_win_size=0x40000000", PPC),
    MachineRow("nested", "-machine cap-nested-hv=on -cpu power9", PPC),
    MachineRow("hpt", "-machine resize-hpt=required,cap-hpt-max-page-size=16M -cpu power8", PPC),
    MachineRow("graphics", "-machine graphics=on,usb=on -vga std", PPC),
    MachineRow("tpm-proxy", "-device spapr-tpm-proxy,host-path=/dev/null", PPC),

    MachineRow("aclint", "-machine aclint=on", RISCV),
    MachineRow("aplic", "-machine aia=aplic", RISCV),
    MachineRow("imsic", "-machine aia=aplic-imsic", RISCV),
    MachineRow("imsic-guests", "-machine aia=aplic-imsic,aia-guests=3 -smp 2 -cpu rv64,h=on",
               RISCV),
    MachineRow("aclint-smp2", "-machine aclint=on -smp 2", RISCV),
    MachineRow("sockets2", "-smp 2,sockets=2 -m 32 -object memory-backend-ram,id=m0,size=16M "
               "-object memory-backend-ram,id=m1,size=16M -numa node,memdev=m0,cpus=0 "
               "-numa node,memdev=m1,cpus=1", RISCV),
    MachineRow("cpu-h", "-cpu rv64,h=on,v=on,pmu-num=4,sstc=on", RISCV),
    MachineRow("cpu-least", "-cpu rv64,h=off,v=off,f=off,d=off,mmu=off,pmp=off", RISCV),
    MachineRow("cpu-debug", "-cpu rv64,debug=off,pmu-num=0", RISCV),
    MachineRow("pflash", "-drive if=pflash,driver=null-co,size=32M,read-zeroes=on", RISCV),
)
