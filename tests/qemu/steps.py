"""Steps of scenarios that a table row cannot say.

Each takes a Run (see capture.py): `run.dir`, `run.src`, `run.dst` (or None),
`run.scenario`, and `run.keep(thing)` for what must stay open until the end.
"""

import os
import pathlib
import socket
import struct
import subprocess

import slirp_peer
from vmqemu import Failure, NotPossible, need_tools, wait_until

MIB = 1 << 20


# ---------------------------------------------------------------- before QEMU starts

def disk_files(run):
    """a: an empty qcow2 of 4 MiB; b: 6 MiB raw, zero in the middle."""
    need_tools(["qemu-img"])
    subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", run.dir / "a", "4M"], check=True)
    pattern = bytes(n * 7 & 0xff for n in range(4096)) * (2 * MIB // 4096)
    (run.dir / "b").write_bytes(pattern + bytes(2 * MIB) + pattern)


def huge_pages(run):
    """Makes sure that the pages for both ends are there; gives them back at the end."""
    control = pathlib.Path("/proc/sys/vm/nr_hugepages")
    info = dict(line.split(":") for line in pathlib.Path("/proc/meminfo").read_text().splitlines())
    free = int(info["HugePages_Free"])
    needed = run.scenario.ram                   # MiB; two ends, 2 MiB a page
    if free >= needed:
        return
    before = int(control.read_text())
    try:
        control.write_text(str(before + needed - free))
    except OSError as error:
        raise NotPossible(f"no huge pages and no right to reserve them: {error}") from error
    run.at_end(lambda: control.write_text(str(before)))
    got = int(control.read_text())
    if got < before + needed - free:
        raise NotPossible(f"the kernel reserved only {got} huge pages of {before + needed - free}")


def need_kvm(_run):
    """KVM has to be there."""
    if not os.access("/dev/kvm", os.R_OK | os.W_OK):
        raise NotPossible("no /dev/kvm that can be opened")


def start_swtpm(run):
    """A software TPM with a fresh state, one for this QEMU."""
    need_tools(["swtpm"])
    state = run.dir / "tpm"
    state.mkdir()
    swtpm = subprocess.Popen(["swtpm", "socket", "--tpm2", "--tpmstate", f"dir={state}",
                              "--ctrl", f"type=unixio,path={run.dir}/tpm.sock"])
    run.at_end(lambda: (swtpm.terminate(), swtpm.wait()))
    wait_until((run.dir / "tpm.sock").exists, "the socket of swtpm", 10)


# ---------------------------------------------------------------- before the migration

def _write(run, node, offset, length):
    run.src.ask("human-monitor-command",
                command_line=f'qemu-io {node} "write -q -P 165 {offset} {length}"')


def _add_bitmap(run, node, name, **options):
    run.src.ask("block-dirty-bitmap-add", node=node, name=name, **options)


def add_bitmaps(run):
    """Bitmaps of different granularity, with different sectors dirty."""
    _add_bitmap(run, "disk0", "nightly", granularity=65536, persistent=True)
    _add_bitmap(run, "disk0", "paused", granularity=4096)
    _add_bitmap(run, "disk1", "fine", granularity=512)
    _write(run, "disk0", 65536, 4096)
    _write(run, "disk0", 1 * MIB, 3 * 65536)
    run.src.ask("block-dirty-bitmap-disable", node="disk0", name="paused")
    for sector in range(0, 4096, 24):
        _write(run, "disk1", sector * 512, 512)


    for disk in run.src.ask("query-named-block-nodes"):
        for bitmap in disk.get("dirty-bitmaps", ()):
            if not bitmap["count"]:
                raise Failure(f"bitmap {bitmap['name']} of {disk['node-name']} is clean")


def _alias(name, other):
    return {"name": name, "alias": other}


def _map_bitmaps(qemu):
    qemu.ask("migrate-set-parameters", block_bitmap_mapping=[
        {"node-name": "disk0", "alias": "system",
         "bitmaps": [_alias("nightly", "n"), _alias("paused", "p")]},
        {"node-name": "disk1", "alias": "data", "bitmaps": [_alias("fine", "f")]}])


def add_mapped_bitmaps(run):
    """The same, sent under other names."""
    add_bitmaps(run)
    _map_bitmaps(run.src)


def map_bitmaps(run):
    """The same names at the other end."""
    _map_bitmaps(run.dst)


def add_big_bitmap(run):
    """A bitmap of some MiB, so that most of it is left for postcopy."""
    _add_bitmap(run, "disk1", "big", granularity=512)
    for offset in range(0, 512 * MIB, 8 * MIB):
        _write(run, "disk1", offset, 65536)


def open_slirp_connections(run):
    """Two TCP connections through libslirp, one with data that is not acknowledged."""
    wire = run.keep(slirp_peer.Wire(run.dir / "wire.test", run.dir / "wire.qemu"))
    wire.announce("10.0.2.100")
    first = slirp_peer.Connection(wire, 1025, "10.0.2.100", 7)
    first.send(b"hello from the guest\n")
    second = slirp_peer.Connection(wire, 1026, "10.0.2.101", 9)
    second.send(b"x" * 700)
    host = run.keep(socket.socket(socket.AF_UNIX))
    host.connect(str(run.dir / "fwd.sock"))
    host.sendall(bytes(range(256)) * 10)
    wire.wait_for_data(first.port)


def feed_usb_redir(run):
    """A device appears, and then half a packet: its state holds a parser with data."""
    host = run.keep(socket.socket(socket.AF_UNIX))
    host.connect(str(run.dir / "redir.sock"))
    host.settimeout(10)
    if not host.recv(4096):
        raise Failure("usb-redir closed its socket")

    def packet(kind, body):
        return struct.pack("<III", kind, len(body), 0) + body

    hello = packet(0, b"vmber test".ljust(64, b"\0") + struct.pack("<I", 0))
    none = b"\xff" * 32                         # end points: no such end point
    endpoints = packet(5, b"\0" + none[1:16] + b"\0" + none[17:] + bytes(64))
    interfaces = packet(4, struct.pack("<I", 1) + bytes(32) + b"\x03" + bytes(95))
    connect = packet(1, struct.pack("<BBBBHH", 1, 0, 0, 0, 0x0627, 0x0001))
    host.sendall(hello + endpoints + interfaces + connect + interfaces[:52])

    def attached():
        text = run.src.ask("human-monitor-command", command_line="info usb")
        return "Product" in text
    wait_until(attached, "usb-redir: device attached", 10)


# ---------------------------------------------------------------- while it migrates

def _passes(run, count):
    def test():
        info = run.src.migration()
        if info["status"] == "completed":
            raise Failure("the migration completed too early")
        return info.get("ram", {}).get("dirty-sync-count", 0) >= count
    wait_until(test, f"{count} passes over RAM", 60)


def passes(run):
    """Lets the migration end only after some passes over RAM."""
    _passes(run, 6)
    run.src.ask("migrate-set-parameters", max_bandwidth=1 << 33, downtime_limit=20000)


def enter_postcopy(run):
    """Starts postcopy in the second pass."""
    _passes(run, 2)
    run.src.ask("migrate-start-postcopy")


def start_postcopy(run):
    """Starts postcopy at once."""
    run.src.wait_migration(("active",), 20)
    run.src.ask("migrate-start-postcopy")


STEPS = {step.__name__: step for step in (
    disk_files, huge_pages, need_kvm, start_swtpm, add_bitmaps, add_mapped_bitmaps,
    map_bitmaps, add_big_bitmap, open_slirp_connections, feed_usb_redir, passes,
    enter_postcopy, start_postcopy)}
