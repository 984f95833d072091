#!/usr/bin/env python3
"""Changes each field of many device types in real streams, and sees who notices.

    changes.py --vmber PATH [--devices NAME,...] [--every N] [--qemu] [--jobs N]
               [--json FILE] CAPTURE_DIR

Each stream is one that another release of the device would have written: a field
is added, dropped, wider, narrower or swapped with its neighbour, in the octets and
in QEMU's description alike. 'vmber encode --schema strict' must refuse it and name
the field or its neighbour. With --qemu the same streams are fed to a QEMU with the
machine of the capture, and what it says is counted beside.

The captures are made in CAPTURE_DIR if they are not there.
"""

import argparse
import collections
import concurrent.futures
import json
import os
import pathlib
import random
import re
import subprocess
import sys
import tempfile

import capture
import sections
from listing import Modules
from scenarios import Scenario, disks, lines
from vmqemu import Failure, build_guest, need_tools

NO_NET = "-netdev hubport,id=n{0},hubid=0"

# Firmware only, so that it is the firmware that has set the devices up; a machine a group.
MACHINES = {
    Scenario("changes-board", "devices of the board, a disk, a floppy", "pc", lines("""
             -drive if=floppy,driver=null-co,size=1440K,read-zeroes=on
             -drive if=none,id=d0,driver=null-co,size=64M,read-zeroes=on
             -device ide-hd,drive=d0 -audiodev none,id=a0 -device sb16,audiodev=a0
             -chardev null,id=c0 -device isa-parallel,chardev=c0 -device i6300esb"""),
             guest=None, boot_seconds=4):
        "i8254 i8259 mc146818rtc serial ps2kbd ps2mouse pckbd apic ioapic hpet dma fdc "
        "parallel_isa cpu cpu_common fw_cfg ide sb16 i6300esb_wdt",
    Scenario("changes-net", "network cards that their boot ROMs have set up", "pc",
             " ".join(NO_NET.format(n) for n in range(4)) + " -device e1000,netdev=n0 "
             "-device rtl8139,netdev=n1 -device ne2k_pci,netdev=n2 -device pcnet,netdev=n3",
             ram=32, guest=None, boot_seconds=30):
        "e1000 rtl8139 ne2000 pcnet",
    Scenario("changes-usb", "USB controllers with a keyboard and a tablet", "pc", lines("""
             -device piix3-usb-uhci,id=uhci -device usb-ehci,id=ehci -device qemu-xhci,id=xhci
             -device usb-kbd,bus=xhci.0 -device usb-tablet,bus=uhci.0
             -device usb-mouse,bus=ehci.0"""), guest=None, boot_seconds=4):
        "uhci ehci xhci usb-kbd usb-ptr",
    Scenario("changes-media", "sound and graphics", "pc", lines("""
             -device cirrus-vga -audiodev none,id=a0 -device ES1370,audiodev=a0
             -device intel-hda,id=hda -device hda-duplex,bus=hda.0,audiodev=a0"""),
             guest=None, boot_seconds=4):
        "es1370 intel-hda cirrus_vga",
    Scenario("changes-disks", "disk controllers with disks, the SMBus of q35", "q35",
             disks(3) + " " + lines("""-device ide-hd,drive=d0
             -device lsi53c895a,id=lsi -device scsi-hd,bus=lsi.0,drive=d1
             -device am53c974,id=esp -device scsi-hd,bus=esp.0,drive=d2"""),
             guest=None, boot_seconds=4):
        "ich9_ahci ich9_smb lsiscsi pciespscsi",
}

# What became of a stream in QEMU.
THROUGH, LATER, NAMED, DIED = "let through", "footer or later", "named the section", "died or hung"


class Job:
    """What all changes of one call share."""

    def __init__(self, options, setup, work):
        self.vmber = os.path.abspath(options.vmber)
        self.with_qemu = options.qemu
        self.setup = setup
        self.work = work

    def encode(self, octets, *arguments):
        """vmber's exit status and what it said."""
        done = subprocess.run([self.vmber, "encode", *arguments, "-o", os.devnull, "-"],
                              input=octets, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                              check=False)
        return done.returncode, done.stderr.decode(errors="replace").strip()

    def modules(self, vmsd_name):
        """The modules of the sections of that name."""
        done = subprocess.run([self.vmber, "schema", "show", "--listing", vmsd_name],
                              capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise Failure(f"{vmsd_name}: {done.stderr.strip()}")
        return Modules(done.stdout)


class Device:
    """A device type of a capture, and the changes of its fields."""

    def __init__(self, job, scenario, stream, vmsd_name):
        self.job = job
        self.scenario = scenario
        self.stream = stream
        self.section = stream.section(vmsd_name)
        self.name = vmsd_name
        self.modules = job.modules(vmsd_name)
        self.known = set()              # what QEMU says of the unchanged stream

    def choose(self, every):
        """All changes, or a sample of one in `every`."""
        changes = list(self.section.changes())
        if every > 1:
            count = -(-len(changes) // every)
            changes = random.Random(self.name).sample(changes, count)
        return changes

    def run(self, change):
        """Makes one change and asks both; a row of the result."""
        root = self.section.parse()
        sections.apply(root, change)
        octets, altered = self.stream.written(self.section, root)
        row = {"device": self.name, "field": ".".join(change.trail), "change": change.kind,
               "octets": "altered" if altered else "same", "allowed": self.modules.allow(root)}
        sane, said = self.job.encode(octets, "--strict")
        if sane != 0:
            raise Failure(f"{self.name}: {change}: the stream is not sound: {said}")
        status, said = self.job.encode(octets, "--schema", "strict")
        row.update(refused=status != 0, vmber=said, named=names_one(said, change.names))
        if self.job.with_qemu:
            row["qemu"], said = self.feed(octets)
            row["qemu_said"] = " | ".join(said)
        return row

    def feed(self, octets):
        """Has a real QEMU load the stream: what became of it, and what QEMU said."""
        with tempfile.TemporaryDirectory(dir=self.job.work) as work_dir:
            path = pathlib.Path(work_dir) / "stream"
            path.write_bytes(octets)
            run = capture.Run(self.job.setup, self.scenario, work_dir)
            try:
                run.load(path)
                failure = None
            except (Failure, OSError) as error:
                failure = str(error)
            said = [line.removeprefix(f"qemu-system-{self.scenario.arch}: ") for line in
                    (path.parent / "dst.log").read_text(errors="replace").splitlines()[1:]]
        said = [line for line in said if line not in self.known and "on signal 15" not in line]
        return self.judge(failure, said), said or [failure or ""]

    def judge(self, failure, said):
        """One of the four."""
        if failure is None:
            return THROUGH
        if "ended with status 1:" not in failure and "migration failed:" not in failure:
            return DIED
        found = re.search(r"error while loading state for instance (0x[0-9a-f]+) of device '(.*?)'",
                          " | ".join(said))
        if found and found[2] == self.section.name and \
                int(found[1], 16) == self.section.instance_id:
            return NAMED
        return LATER


def names_one(said, names):
    """Does the message have one of these names, in quotes?"""
    return not set(names).isdisjoint(re.findall(r"'([^']*)'", said))


def counts_of(rows):
    """The numbers of a line of the table."""
    altered = [row for row in rows if row["octets"] == "altered"]
    other = [row for row in altered if not row["allowed"]]
    same = [row for row in rows if row["octets"] == "same"]
    qemu = collections.Counter(row.get("qemu") for row in other)
    return [len({(row["device"], row["field"]) for row in rows}), len(rows),
            len(altered) - len(other), len(other), sum(row["refused"] for row in other),
            sum(row["refused"] and row["named"] for row in other),
            len(same), sum(row["refused"] for row in same),
            *(qemu[one] for one in (THROUGH, LATER, NAMED, DIED))]


HEADS = ("fields", "changes", "allowed", "altered", "refused", "named", "same", "refused",
         "through", "later", "named", "died")

LEGEND = """\
allowed   octets altered, and the module allows it: an element of an array that varies, an
          optional field; counted nowhere else
altered   octets altered otherwise; refused by vmber, and refused by the name of the field or
          of its neighbour
same      only the description altered; refused by vmber"""

QEMU_LEGEND = """\
through   QEMU loaded what is counted under altered
later     it refused it at the footer or at a later section
named     it refused it and named the section for another reason than its footer
died      it was ended by a signal, or hung"""


def show(rows, with_qemu):
    """Prints the table."""
    names = list(dict.fromkeys(row["device"] for row in rows))
    table = [(name, counts_of([row for row in rows if row["device"] == name])) for name in names]
    heads = HEADS if with_qemu else HEADS[:8]
    for name, counts in [(f"{len(names)} devices", heads), *table, ("all", counts_of(rows))]:
        print(f"{name:14}" + "".join(f"{one:>8}" for one in counts[:len(heads)]))
    print(LEGEND)
    if with_qemu:
        print(QEMU_LEGEND)


def what_is_bad(row):
    """Why a row fails, or None."""
    if row["allowed"] and row["refused"]:
        return f"the module allows it, and it is refused: {row['vmber']}"
    if row["allowed"] or row["octets"] == "same":
        return None
    if not row["refused"]:
        return "not refused"
    return None if row["named"] else f"not named: {row['vmber']}"


class Suite:
    """The captures, and the devices that are changed in them."""

    def __init__(self, job, captures, names):
        self._job = job
        self._captures = pathlib.Path(captures)
        self._names = names

    def _stream(self, scenario):
        """The stream of a capture, which is made if it is not there."""
        manifest = capture.Manifest(self._captures)
        if not manifest.has(scenario.name, self._job.setup.digest(scenario)):
            manifest.add(capture.capture(self._job.setup, scenario))
        octets = (self._captures / f"{scenario.name}.mig").read_bytes()
        stream = sections.Stream(octets)
        for one in stream.sections:
            if stream.written(one, one.parse()) != (octets, False):
                raise Failure(f"{scenario.name}: {one.name} unchanged is not written as it was")
        status, said = self._job.encode(octets, "--schema", "strict")
        if status != 0:
            raise Failure(f"{scenario.name}: unchanged, vmber refuses it: {said}")
        return stream

    def devices(self):
        """All devices to change, one after the other."""
        for scenario, words in MACHINES.items():
            chosen = [name for name in words.split() if not self._names or name in self._names]
            if not chosen:
                continue
            stream = self._stream(scenario)
            known = None
            for name in chosen:
                device = Device(self._job, scenario, stream, name)
                if self._job.with_qemu and known is None:
                    known = self._baseline(device)
                device.known = known or set()
                yield device

    @staticmethod
    def _baseline(device):
        """What QEMU says of the stream as it was captured, which it must load."""
        _, said = device.feed(device.stream.octets)
        if "load of migration failed" in " ".join(said):
            raise Failure(f"{device.scenario.name}: unchanged, QEMU says: {said}")
        return set(said)


def parse_arguments():
    """The command line."""
    parser = argparse.ArgumentParser(description="Change each field and see who notices.")
    parser.add_argument("--vmber", metavar="PATH", required=True)
    parser.add_argument("--devices", metavar="NAME,...", default="")
    parser.add_argument("--every", type=int, default=1, help="of N changes try one")
    parser.add_argument("--qemu", action="store_true", help="feed them to a QEMU too")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--json", metavar="FILE", help="a row for each change")
    parser.add_argument("captures", metavar="CAPTURE_DIR")
    options = parser.parse_args()
    options.names = [name for name in options.devices.split(",") if name]
    known = {name for words in MACHINES.values() for name in words.split()}
    if not known.issuperset(options.names):
        parser.error("there are " + ", ".join(sorted(known)))
    return options


def run_all(options):
    """The rows of all changes."""
    need_tools(["as", "ld"])
    pathlib.Path(options.captures).mkdir(parents=True, exist_ok=True)
    rows = []
    with tempfile.TemporaryDirectory(prefix="vmber-changes-") as work, \
            concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        setup = capture.Setup(options.captures, None, "", build_guest(work))
        job = Job(options, setup, work)
        for device in Suite(job, options.captures, options.names).devices():
            rows.extend(pool.map(device.run, device.choose(options.every)))
            print(f"{device.name}: {len(rows)} changes so far", file=sys.stderr, flush=True)
    return rows


def main():
    """Does what the command line asks for."""
    options = parse_arguments()
    try:
        rows = run_all(options)
    except (Failure, sections.Untold, OSError) as error:
        print(f"changes: {error}", file=sys.stderr)
        return 1
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps(rows, indent=1) + "\n")
    show(rows, options.qemu)
    bad = [(row, why) for row in rows if (why := what_is_bad(row))]
    for row, why in bad:
        print(f"changes: {row['device']}: {row['field']}: {row['change']}: {why}", file=sys.stderr)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
