#!/usr/bin/env python3
"""The bars of `vmber proxy`, with real QEMU processes and a guest that counts.

    proxy.py --vmber PATH BAR... [--count N] [--source-root DIR] [--target-root DIR]

Each bar prints its table and fails by name; `proxy.py --list` says what they are.
"""

import argparse
import array
import contextlib
import dataclasses
import os
import pathlib
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import traceback

from proxied import MACHINE, PARAMETERS, Proxied, Way, Wire, free_port, row
from vmqemu import Failure, build_guest, need_tools, wait_until

BARS = {}


def bar(function):
    """Makes a function a bar."""
    BARS[function.__name__.replace("_", "-")] = function
    return function


@dataclasses.dataclass
class Setup:
    """What all bars share."""

    vmber: str
    guest: str
    count: int
    source_root: str | None = None
    target_root: str | None = None
    machine: str = MACHINE
    ram: int = 64
    devices: tuple = ()
    prefixes: dict = dataclasses.field(default_factory=dict)

    def qemu(self, name):
        """The QEMU for this end."""
        root = self.target_root if name.startswith("dst") else self.source_root
        return f"{root}/bin/qemu-system-x86_64" if root else "qemu-system-x86_64"

    def prefix(self, name):
        """Words in front of a command of this end, such as ip netns exec."""
        return self.prefixes.get(name, ())


def show(table):
    """Prints rows in columns."""
    widths = [max(len(str(cell)) for cell in column) for column in zip(*table)]
    for line in table:
        print("  " + "  ".join(str(cell).ljust(width) for cell, width in zip(line, widths)),
              flush=True)


@contextlib.contextmanager
def work():
    """A folder for one migration."""
    with tempfile.TemporaryDirectory(prefix="vmber-proxy-") as path:
        yield pathlib.Path(path)


@contextlib.contextmanager
def pair(setup, work_dir, caps=(), ber=True, proxy_args=(), source_extra=(), target_extra=()):
    """A source whose guest counts, and a destination that waits."""
    with Proxied(setup, work_dir, "dst", ["-incoming", "defer", *target_extra], ber,
                 proxy_args) as dst, \
            Proxied(setup, work_dir, "src", source_extra, ber, proxy_args) as src:
        for qemu in (src, dst):
            qemu.set_capabilities(["events", *caps])
        src.ask("migrate-set-parameters", **PARAMETERS)
        src.wait_counter()
        try:
            yield src, dst
        except Failure as error:
            raise Failure(f"{error}; source: {src.proxy_said()}; destination: "
                          f"{dst.proxy_said()}; {dst.log_tail()}") from error


def follow(src, dst, way):
    """Does the migration and follows the guest; returns query-migrate of the source."""
    if not way.sequential:
        way.destination(dst)
    src.ask("migrate", uri=way.source(src))
    info = src.final_status()
    if info["status"] != "completed":
        raise Failure(f"the source says {info['status']}: {info.get('error-desc')}")
    if way.sequential:
        way.destination(dst)
    end = dst.final_status()
    if end["status"] != "completed":
        raise Failure(f"the destination says {end['status']}: {end.get('error-desc')}")
    dst.wait_counter()
    return info


@bar
def matrix(setup):
    """Every transport, with and without return-path; the guest goes on without gap or repeat."""
    table = [("transport", "return-path", "lines", "downtime", "octets of QEMU", "of BER", "events")]
    for kind in ("tcp", "unix", "exec", "fd-socket", "fd-pipe", "fd-file", "file"):
        for return_path in (False, True):
            caps = ["return-path"] if return_path else []
            with work() as place, pair(setup, place, caps) as (src, dst):
                info = follow(src, dst, Way(kind, place, return_path))
                lines = row(src.text(), dst.text())
                counts = info["ber"]
                src.ask("query-status")
                table.append((kind, "yes" if return_path else "no", lines, info["downtime"],
                              counts["legacy-octets"], counts["ber-octets"],
                              " ".join(src.statuses())))
                if src.statuses()[-1:] != ["completed"]:
                    raise Failure(f"events of the source: {src.statuses()}")
            show(table[-1:])
    show(table)


def check_failed(src, dst, wanted=None):
    """The source reads failed with a sentence and its guest goes on; the destination ran nothing."""
    info = src.final_status(40)
    if info["status"] != "failed" or not info.get("error-desc"):
        raise Failure(f"the source says {info['status']}: {info.get('error-desc')}")
    if wanted and wanted not in info["error-desc"]:
        raise Failure(f"expected '{wanted}' in '{info['error-desc']}'")
    running = src.ask("query-status")["running"]
    if not running:
        src.ask("cont")
    src.wait_counter()
    row(src.text())
    time.sleep(0.2)
    if dst.text():
        raise Failure("the destination has run the guest")
    if "completed" in src.statuses():
        raise Failure(f"the source has said completed: {src.statuses()}")
    return info["error-desc"], "ran on" if running else "resumed by cont"


def kill_codec(qemu):
    """Kills the codec beside this QEMU, if it has one."""
    pid = qemu.codec()
    if pid:
        os.kill(pid, signal.SIGKILL)
    return pid is not None


STAGES = (("setup", "data", 0), ("live", "data", 1 << 20), ("tail", "data", None),
          ("trailer", "end", 0), ("verdict", "ready", 0))


@bar
def kill(setup):
    """The codec, the network, or the other QEMU taken away at each stage."""
    table = [("what", "stage", "return-path", "the client of the source reads", "its guest")]
    actions = {"source codec": lambda src, dst, wire: kill_codec(src),
               "destination codec": lambda src, dst, wire: kill_codec(dst),
               "network": lambda src, dst, wire: wire.cut(),
               "destination QEMU": lambda src, dst, wire: dst.kill()}
    for what, action in actions.items():
        for stage, frame, after in STAGES:
            for return_path in (False, True):
                with work() as place:
                    line = kill_once(setup, place, action, stage, frame, after, return_path)
                table.append((what, stage, "yes" if return_path else "no", *line))
                show(table[-1:])


def kill_once(setup, place, action, stage, frame, after, return_path):
    """One migration that something happens to; returns what it came to."""
    wire = Wire(place, frame, after or 0)
    caps = ["pause-before-switchover"] + (["return-path"] if return_path else [])
    with contextlib.closing(wire), pair(setup, place, caps) as (src, dst):
        dst.ask("migrate-incoming", uri=f"unix:{wire.back}")
        if after is None:
            wire.hold_after(1 << 40)
        src.ask("migrate", uri=f"unix:{wire.front}")
        if stage in ("tail", "trailer", "verdict"):
            src.wait_migration(("pre-switchover",), 30)
            if after is None:
                wire.hold_after(0)
            src.ask("migrate-continue", state="pre-switchover")
        if not wire.reached.wait(20):
            raise Failure(f"stage {stage} has not been reached")
        time.sleep(0.1)
        early = src.ask("query-migrate")
        if early["status"] == "completed":
            raise Failure("completed before the destination was ready")
        done = action(src, dst, wire)
        time.sleep(0.1)
        wire.go_on()
        if done is False:       # the source's codec has done its part and is gone
            return check_completed(src, dst)
        return check_failed(src, dst)


def check_completed(src, dst):
    """The source reads completed, and only the destination runs."""
    info = src.final_status(40)
    if info["status"] != "completed":
        raise Failure(f"the source says {info['status']}: {info.get('error-desc')}")
    dst.wait_counter()
    row(src.text(), dst.text())
    return "completed", "runs at the destination"


@bar
def kill_any_time(setup):
    """The codec killed at moments around the end: failed and a guest here, or completed and there."""
    count = setup.count or 24
    seen = {}
    for turn in range(count):
        victim = ("source", "destination")[turn % 2]
        return_path = turn // 2 % 2 == 1
        with work() as place, pair(setup, place, ["pause-before-switchover"] + (
                ["return-path"] if return_path else [])) as (src, dst):
            way = Way("unix", place, return_path)
            way.destination(dst)
            src.ask("migrate", uri=way.source(src))
            src.wait_migration(("pre-switchover",), 30)
            pid = (src if victim == "source" else dst).codec()
            killer = threading.Timer(turn // 4 * 0.001, lambda: kill_pid(pid))
            killer.start()
            with contextlib.suppress(Failure):      # it may have failed already
                src.ask("migrate-continue", state="pre-switchover")
            info = src.final_status(40)
            killer.join()
            time.sleep(0.3)
            if info["status"] == "failed":
                check_failed(src, dst)
            elif victim == "source" or dst.text():
                check_completed(src, dst)
            elif src.ask("query-status")["running"]:
                raise Failure("completed, and the source runs")
            key = (victim, "yes" if return_path else "no", info["status"],
                   "destination" if dst.text() else "source")
            seen[key] = seen.get(key, 0) + 1
    show([("killed", "return-path", "source reads", "guest at", "times")] +
         [(*key, times) for key, times in sorted(seen.items())])


def kill_pid(pid):
    """Kills a process that may have ended."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


@bar
def kill_source(setup):
    """The source's QEMU killed at each stage: the destination does not run half a guest."""
    table = [("stage", "return-path", "the destination's proxy says", "guest runs at")]
    for stage, frame, after in STAGES:
        for return_path in (False, True):
            with work() as place, contextlib.closing(Wire(place, frame, after or 0)) as wire, \
                    pair(setup, place, ["pause-before-switchover"] + (
                        ["return-path"] if return_path else [])) as (src, dst):
                dst.ask("migrate-incoming", uri=f"unix:{wire.back}")
                if after is None:
                    wire.hold_after(1 << 40)
                src.ask("migrate", uri=f"unix:{wire.front}")
                if stage in ("tail", "trailer", "verdict"):
                    src.wait_migration(("pre-switchover",), 30)
                    if after is None:
                        wire.hold_after(0)
                    src.ask("migrate-continue", state="pre-switchover")
                wire.reached.wait(20)
                src.kill()
                time.sleep(0.2)
                wire.go_on()
                wait_until(lambda: dst.exit_status() is not None, "the destination's end", 20)
                if dst.text():
                    raise Failure("the destination runs a guest")
                said = [line for line in dst.proxy_log.read_text().splitlines()
                        if "migration failed" in line]
                table.append((stage, "yes" if return_path else "no",
                              said[-1].split("failed: ")[-1], "neither"))
    show(table)


@bar
def commit(setup):
    """Behind GO the source says completed, whatever happens; never do two guests run."""
    table = [("what", "return-path", "source", "guest runs at")]
    for what in ("nothing", "network", "destination codec", "cancel"):
        for return_path in (False, True):
            caps = ["return-path"] if return_path else []
            with work() as place, contextlib.closing(Wire(place, "go")) as wire, \
                    pair(setup, place, caps) as (src, dst):
                dst.ask("migrate-incoming", uri=f"unix:{wire.back}")
                src.ask("migrate", uri=f"unix:{wire.front}")
                if not wire.reached.wait(20):
                    raise Failure("GO has not been sent")
                if what == "network":
                    wire.cut()
                elif what == "destination codec":
                    kill_codec(dst)
                elif what == "cancel":
                    src.ask("migrate_cancel")
                time.sleep(0.1)
                wire.go_on()
                info = src.final_status(40)
                time.sleep(0.5)
                before = len(src.counter()), len(dst.counter())
                time.sleep(0.5)
                runs = [name for name, count, qemu in zip(("source", "destination"), before,
                                                          (src, dst))
                        if len(qemu.counter()) > count]
                table.append((what, "yes" if return_path else "no", info["status"],
                              " and ".join(runs) or "neither"))
                if len(runs) > 1 or "source" in runs or info["status"] != "completed":
                    raise Failure(f"{table[-1]}")
                if not runs:
                    src.ask("cont")
                    src.wait_counter()
                    row(src.text())
    show(table)


@bar
def flip(setup):
    """A flipped bit in the stream on its way: the destination never starts the guest."""
    count = setup.count or 24
    with work() as place, contextlib.closing(Wire(place)) as wire, pair(setup, place) as (src, dst):
        dst.ask("migrate-incoming", uri=f"unix:{wire.back}")
        src.ask("migrate", uri=f"unix:{wire.front}")
        src.final_status()
        size = wire.passed["data"]
    places = [0, 3, 6, 8, 40] + [size * step // count for step in range(1, count)]
    table = [("octet", "the client of the source reads", "its guest")]
    for place_of in places:
        with work() as place, contextlib.closing(Wire(place, flip=place_of)) as wire, \
                pair(setup, place) as (src, dst):
            dst.ask("migrate-incoming", uri=f"unix:{wire.back}")
            src.ask("migrate", uri=f"unix:{wire.front}")
            table.append((place_of, *check_failed(src, dst)))
            if not wire.flipped:
                raise Failure(f"octet {place_of} was not there")
    show(table)


@bar
def loop(setup):
    """Migrations in a row, back and forth, of a guest that dirties memory; nothing is left."""
    count = setup.count or 20
    consoles, downtimes = [], []
    with contextlib.ExitStack() as stack:
        place = stack.enter_context(work())
        here = stack.enter_context(Proxied(setup, place, "src0"))
        here.wait_counter()
        for turn in range(1, count + 1):
            there = stack.enter_context(
                Proxied(setup, place, f"dst{turn}", ["-incoming", "defer"]))
            for qemu in (here, there):
                qemu.set_capabilities(["events"] + (["return-path"] if turn % 2 else []))
            here.ask("migrate-set-parameters", **PARAMETERS)
            info = follow(here, there, Way(("tcp", "unix")[turn // 2 % 2], place, turn % 2))
            downtimes.append(info["downtime"])
            consoles.append(here.text())
            fds, children, _ = here.proxy_state()
            if children or fds > 12:
                raise Failure(f"turn {turn}: {children} processes and {fds} descriptors are left")
            here.close()
            here = there
        lines = row(*consoles, here.text())
        fds, children, rss = here.proxy_state()
        # One proxy that lives through many migrations: to files, of a guest that goes on each time.
        first = None
        for turn in range(count):
            here.ask("migrate", uri=f"file:{place}/turn.ber")
            if here.final_status()["status"] != "completed":
                raise Failure(f"file {turn}: {here.ask('query-migrate')}")
            here.ask("cont")
            here.wait_counter(3)
            first = first or here.proxy_state()
        last = here.proxy_state()
        if last[:2] != first[:2] or last[2] > first[2] + 256:
            raise Failure(f"one proxy: {first} after the first migration, {last} after the last")
        left = [path.name for path in place.iterdir() if path.name.startswith("turn.ber.")]
        if left:
            raise Failure(f"files are left: {left}")
        show([("migrations", "lines in a row", "median downtime", "descriptors", "processes",
               "resident KiB"),
              (f"{count} back and forth", lines, statistics.median(downtimes), fds, children, rss),
              (f"{count} by one proxy", "", "", last[0], last[1], f"{first[2]} to {last[2]}")])


@bar
def downtime(setup):
    """With BER against without, the same guest, alternating, medians."""
    count = setup.count or 9
    table = [("transport", "return-path", "without", "with", "throughput without", "with",
              "of it")]
    for kind, return_path in (("unix", False), ("tcp", False), ("tcp", True)):
        down, rate = {False: [], True: []}, {False: [], True: []}
        for turn in range(2 * count):
            ber = turn % 2 == 1
            caps = ["return-path"] if return_path else []
            big = dataclasses.replace(setup, ram=512)
            with work() as place, Proxied(big, place, "dst", ["-incoming", "defer"], ber,
                                          guest="fill=384 touch=8") as dst, \
                    Proxied(big, place, "src", (), ber, guest="fill=384 touch=8") as src:
                for qemu in (src, dst):
                    qemu.set_capabilities(caps)
                src.ask("migrate-set-parameters", **{"max-bandwidth": 1 << 36,
                                                     "downtime-limit": 100})
                src.wait_counter(20)
                # No row is asked for: QEMU's TCG itself loses the last write to a page now and then
                # when the machine is this busy, with and without the proxy (a line comes twice).
                info = follow(src, dst, Way(kind, place, return_path))
            down[ber].append(info["downtime"])
            rate[ber].append(info["ram"]["transferred"] / info["total-time"] / 1000)
        middle = [statistics.median(values) for values in (*down.values(), *rate.values())]
        table.append((kind, "yes" if return_path else "no", f"{middle[0]:.0f} ms",
                      f"{middle[1]:.0f} ms", f"{middle[2]:.0f} MB/s", f"{middle[3]:.0f} MB/s",
                      f"{middle[3] / middle[2]:.2f}"))
        show(table[-1:])
    show(table)


QUERIES_THAT_VARY = {"query-migrate", "query-cpus-fast", "query-stats", "query-blockstats",
                     "query-replay", "query-dirty-rate", "query-chardev", "query-memory-devices",
                     "query-named-block-nodes", "query-jobs", "query-balloon"}


@bar
def identity(setup):
    """A QMP session with and without the proxy: the same octets but for the lines of 'ber'."""
    with work() as place:
        seen = {}
        for through in (False, True):
            folder = place / ("with" if through else "without")
            folder.mkdir()
            one = dataclasses.replace(setup, vmber=setup.vmber if through else None)
            with Proxied(one, folder, "src", ["-S"], ber=False) as src:
                names = sorted(item["name"] for item in src.ask("query-commands")
                               if item["name"].startswith("query-"))
                seen[through] = [src_raw(src, octets) for octets in requests(names)]
    table, differing, total = [("query", "octets", "octets more")], [], 0
    for octets, plain, proxied in zip(requests(names), seen[False], seen[True]):
        total += 1
        if plain != proxied:
            name = octets[:60].decode("latin-1")
            differing.append(name)
            table.append((name, len(plain), len(proxied) - len(plain)))
            stripped = proxied
            for piece in (b', {"state": false, "capability": "ber"}', b', "ber"',
                          b', {"name": "ber"}',
                          b', {"name": "ber", "default": null, "type": "any"}'):
                stripped = stripped.replace(piece, b"", 1)
            if stripped != plain:
                at = next((i for i, (a, b) in enumerate(zip(plain, stripped)) if a != b), -1)
                raise Failure(f"{name}: other octets at {at}: {plain[at - 40:at + 40]!r} and "
                              f"{stripped[at - 40:at + 40]!r}")
    show(table)
    print(f"  {total} messages, {total - len(differing)} identical", flush=True)
    if len(differing) != 2:
        raise Failure(f"expected two queries to differ, found {differing}")


def requests(names):
    """What is asked: every query that tells the same twice, and odd messages."""
    yield from (f'{{"execute": "{name}", "id": "{name}"}}\n'.encode() for name in names
                if name not in QUERIES_THAT_VARY)
    yield b"{'execute': 'query-status', 'id': 'single \\' quotes'}"
    yield b'{"execute":"query-name","id":{"a":[1,2.5,null,"\\u00e9"]}}\r\n'
    yield b'{"execute": "query-name"}'
    yield b'{"execute": "no-such-command", "id": 7}\n'
    yield b'{"execute": }\n'
    yield b'[1, 2]\n'
    yield b'5\n'
    yield b'"a string"'
    yield b'{"execute": "query-migrate", "arguments": 3}\n'
    yield b'\xff'
    yield b'{"execute": "migrate", "arguments": {}}\n'
    yield b'{"execute": "migrate-set-capabilities", "arguments": {"capabilities": [{"capability": "none-such", "state": true}]}}'
    yield b'{"execute": "migrate-set-capabilities", "arguments": {"capabilities": []}}'


def src_raw(src, octets):
    """Sends octets, and returns the octets of the answer."""
    src._sock.sendall(octets)
    line = src._lines.readline()
    while b'"event"' in line[:90]:
        line = src._lines.readline()
    return line


@bar
def capability(setup):
    """The capability as QEMU shows its own; what cannot be combined is refused by both names."""
    table = [("asked", "answer")]
    with work() as place, Proxied(setup, place, "src", ber=False) as src:
        def on():
            return {item["capability"]: item["state"]
                    for item in src.ask("query-migrate-capabilities")}

        def say(what, answer):
            table.append((what, answer))

        def refused(what, function):
            try:
                function()
            except Failure as error:
                say(what, str(error).split(": ", 2)[-1])
                return str(error)
            raise Failure(f"{what} was not refused")

        if on()["ber"]:
            raise Failure("'ber' is on from the start")
        src.set_capabilities(["ber", "xbzrle", "return-path"])
        if not (on()["ber"] and on()["xbzrle"]):
            raise Failure(f"not all on: {on()}")
        say("ber, xbzrle, return-path on", "all on")
        for other in ("multifd", "x-colo", "background-snapshot", "postcopy-ram"):
            for names in ([other], ["ber", other]):
                text = refused(f"{' and '.join(names)} on", lambda: src.set_capabilities(names))
                if "'ber'" not in text or f"'{other}'" not in text:
                    raise Failure(f"{other}: {text}")
        src.ask("migrate-set-capabilities", capabilities=[{"capability": "ber", "state": False}])
        if on()["ber"]:
            raise Failure("'ber' does not go off")
        src.set_capabilities(["multifd"])
        refused("ber on, beside multifd", lambda: src.set_capabilities(["ber"]))
        src.ask("migrate-set-capabilities",
                capabilities=[{"capability": "multifd", "state": False}])
        src.set_capabilities(["ber"])
        src.reconnect()
        if not on()["ber"]:
            raise Failure("'ber' was forgotten between two clients")
        say("another client", "ber is on still")
        refused("migrate to nowhere:", lambda: src.ask("migrate", uri="nowhere:1"))
        refused("migrate rdma:", lambda: src.ask("migrate", uri="rdma:host:1"))
        refused("migrate fd:none", lambda: src.ask("migrate", uri="fd:none"))
        refused("migrate file:/none/x", lambda: src.ask("migrate", uri="file:/none/x"))
        src.ask("migrate-set-parameters", **{"tls-creds": "creds0"})
        refused("migrate with tls-creds", lambda: src.ask("migrate", uri="tcp:127.0.0.1:1"))
        src.ask("migrate-set-parameters", **{"tls-creds": ""})
        src.ask("migrate", uri="tcp:127.0.0.1:1")
        say("migrate to a closed port", src.final_status()["error-desc"])
        src.ask("migrate", uri="exec:cat >/dev/full")
        say("migrate to a full disk, by exec", src.final_status()["error-desc"])
        src.ask("migrate", uri="file:/dev/full")
        say("migrate to a full disk, by file", src.final_status()["error-desc"])
        src.ask("migrate-set-parameters", **{"max-bandwidth": 1 << 16})
        src.ask("migrate", uri=f"file:{place}/cancelled")
        refused("a second migrate", lambda: src.ask("migrate", uri=f"file:{place}/second"))
        src.wait_migration(("active",), 10)
        src.ask("migrate_cancel")
        info = src.final_status()
        say("migrate_cancel", info["status"])
        if info["status"] != "cancelled" or (place / "cancelled").exists():
            raise Failure(f"cancelled: {info}")
        if not src.ask("query-status")["running"]:
            src.ask("cont")
        src.wait_counter()
    show(table)


@bar
def other_format(setup):
    """'ber' on one side only: refused at once, by name."""
    table = [("source", "destination", "the source reads", "the destination says")]
    for ber in (True, False):
        with work() as place, Proxied(setup, place, "dst", ["-incoming", "defer"], not ber) as dst, \
                Proxied(setup, place, "src", (), ber) as src:
            src.wait_counter()
            dst.ask("migrate-incoming", uri=f"unix:{place}/wire")
            src.ask("migrate", uri=f"unix:{place}/wire")
            began = time.monotonic()
            info = src.final_status(30)
            if info["status"] != "failed" or time.monotonic() - began > 5:
                raise Failure(f"{info} after {time.monotonic() - began:.1f} s")
            wait_until(lambda: dst.exit_status() is not None, "the destination's end", 10)
            names = ("ber", "legacy") if ber else ("legacy", "ber")
            log = [line for line in dst.proxy_log.read_text().splitlines() if "failed" in line]
            table.append((*names, info.get("error-desc", "(no words of QEMU 7.2)"),
                          log[-1].split("failed: ")[1] if log else dst.log_tail()))
            src.wait_counter()
    show(table)


@bar
def isolation(setup):
    """What the codecs may do while a migration is under way."""
    table = [("codec", "NoNewPrivs", "Seccomp", "open files", "address space", "descriptors")]
    with work() as place, contextlib.closing(Wire(place, "data", 1 << 20)) as wire, \
            pair(setup, place) as (src, dst):
        dst.ask("migrate-incoming", uri=f"unix:{wire.back}")
        src.ask("migrate", uri=f"unix:{wire.front}")
        wire.reached.wait(20)
        for qemu in (src, dst):
            proc = pathlib.Path(f"/proc/{qemu.codec()}")
            status = dict(line.split(":\t", 1) for line in
                          (proc / "status").read_text().splitlines() if ":\t" in line)
            limits = {line[:25].strip(): line[26:].split()[0] for line in
                      (proc / "limits").read_text().splitlines()[1:]}
            table.append((qemu.name, status["NoNewPrivs"], status["Seccomp"],
                          limits["Max open files"], limits["Max address space"],
                          len(list((proc / "fd").iterdir()))))
            if status["NoNewPrivs"] != "1" or status["Seccomp"] != "2":
                raise Failure(f"{table[-1]}")
        wire.go_on()
        src.final_status()
    show(table)


@bar
def rules(setup):
    """The configuration file decides for a client that knows nothing of 'ber'."""
    table = [("rules", "migration", "became")]
    with work() as place:
        config = place / "proxy.conf"
        text = ("# off but for files\noutgoing file * on\n"
                "outgoing network pc-q35 >= 8.0 on\nincoming any * auto\n")
        config.write_text(text)
        args = ["--config", str(config)]
        with pair(setup, place, ber=False, proxy_args=args) as (src, dst):
            info = follow(src, dst, Way("file", place, False))
            row(src.text(), dst.text())
            table.append(("outgoing file * on; incoming any * auto", "file",
                          "BER" if "ber" in info else "legacy"))
        with pair(setup, place, ber=False, proxy_args=args) as (src, dst):
            info = follow(src, dst, Way("unix", place, False))
            row(src.text(), dst.text())
            table.append(("outgoing network pc-q35 >= 8.0 on; incoming auto", "unix",
                          "BER" if "ber" in info else "legacy"))
            if "ber" in info:
                raise Failure("a 7.2 machine became BER")
        config.write_text(text.replace(">= 8.0", ">= 7.0"))
        with pair(setup, place, ["return-path"], ber=False, proxy_args=args) as (src, dst):
            info = follow(src, dst, Way("unix", place, True))
            row(src.text(), dst.text())
            table.append(("outgoing network pc-q35 >= 7.0 on", "unix",
                          "BER" if "ber" in info else "legacy"))
            if "ber" not in info:
                raise Failure("it did not become BER")
        config.write_text("outgoing network * on require device.none.such\nincoming any * auto\n")
        with pair(setup, place, ber=False, proxy_args=args) as (src, dst):
            way = Way("unix", place, False)
            way.destination(dst)
            src.ask("migrate", uri=way.source(src))
            desc, _ = check_failed(src, dst, "device.none.such")
            table.append(("require device.none.such", "unix", desc))
    show(table)


@bar
def clients(setup):
    """Clients that come and go, in the middle of a migration as well."""
    table = [("what", "outcome")]
    with work() as place, pair(setup, place) as (src, dst):
        second = socket.socket(socket.AF_UNIX)
        second.settimeout(0.3)
        second.connect(str(src.qmp_path))
        try:
            second.recv(1)
            raise Failure("a second client was served beside the first")
        except socket.timeout:
            table.append(("a second client", "waits, as with QEMU"))
        second.close()
        src.ask("migrate-set-parameters", **{"max-bandwidth": 4 << 20})
        way = Way("unix", place, False)
        way.destination(dst)
        src.ask("migrate", uri=way.source(src))
        src.wait_migration(("active",), 10)
        src.reconnect()
        src.ask("migrate-set-parameters", **PARAMETERS)
        info = src.final_status()
        if info["status"] != "completed" or "ber" not in info:
            raise Failure(f"{info}")
        dst.wait_counter()
        table.append(("a client that comes back in mid-migration", f"reads {info['status']}"))
        row(src.text(), dst.text())
    with work() as place, pair(setup, place) as (src, dst):
        way = Way("unix", place, False)
        way.destination(dst)
        src.raw(b'{"execute": "migrate", "arguments": {"uri": "%s"}}' % way.source(src).encode())
        src._lines.close()
        src._sock.close()
        dst.final_status()
        dst.wait_counter()
        src._connect_again()
        info = src.final_status()
        table.append(("a client that is away until the end", f"reads {info['status']}"))
        row(src.text(), dst.text())
    with work() as place, pair(setup, place) as (src, dst):
        src.ask("migrate-set-parameters", **{"max-bandwidth": 1 << 20})
        way = Way("unix", place, False)
        way.destination(dst)
        src.ask("migrate", uri=way.source(src))
        src.wait_migration(("active",), 10)
        src.proxy.kill()
        src.proxy.wait()
        src.proxy = None
        wait_until(lambda: dst.exit_status() is not None, "the destination's end", 10)
        src.wait_counter()
        if dst.text():
            raise Failure("the destination ran")
        table.append(("the proxy of the source is killed", "the guest runs on at the source only"))
    show(table)


@bar
def passing(setup):
    """Descriptors and out-of-band commands go through; a new client negotiates for itself."""
    table = [("what", "outcome")]
    with work() as place, Proxied(setup, place, "src", ber=False) as src:
        with open(place / "file", "wb") as file:
            request = b'{"execute": "add-fd", "arguments": {"fdset-id": 7}}'
            rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [file.fileno()]))]
            # An earlier command in the same breath must not get the descriptor.
            src._sock.sendall(b'{"execute": "query-name"}')
            src._sock.sendmsg([request], rights)
            src._receive()
            answer = src._receive()
            if answer.get("return", {}).get("fdset-id") != 7:
                raise Failure(f"add-fd: {answer}")
            table.append(("add-fd behind another command", "its descriptor arrives with it"))
        fds = [src.proxy_state()[0]]
        for turn in range(30):
            with open(place / "file", "rb") as file:
                src.give_fd(f"name{turn % 3}", file.fileno())
            src.ask("closefd", fdname=f"name{turn % 3}")
        fds.append(src.proxy_state()[0])
        if fds[0] != fds[1]:
            raise Failure(f"descriptors of the proxy: {fds}")
        table.append(("getfd and closefd, thirty times", f"the proxy has {fds[1]} descriptors still"))
        src._lines.close()
        src._sock.close()
        src._sock = socket.socket(socket.AF_UNIX)
        src._sock.connect(str(src.qmp_path))
        src._sock.settimeout(20)
        src._lines = src._sock.makefile("rb")
        greeting = src._receive()
        answer = src.raw(b'{"execute": "query-name"}')
        if "oob" not in greeting["QMP"]["capabilities"] or "error" not in answer:
            raise Failure(f"{greeting} {answer}")
        src.raw(b'{"execute": "qmp_capabilities", "arguments": {"enable": ["oob"]}}')
        src._sock.sendall(b'{"execute": "query-migrate-capabilities", "id": 1}'
                          b'{"exec-oob": "migrate-pause", "id": 2}'
                          b'{"execute": "query-status", "id": 3}{"execute": "query-name", "id": 3}'
                          b'{"exec-oob": "no-such", "id": 3}')
        answers = {}
        for _ in range(5):
            answer = src._receive()
            answers.setdefault(answer["id"], []).append(answer)
        if "ber" not in str(answers[1]) or "error" not in answers[2][0] or len(answers[3]) != 3:
            raise Failure(f"{answers}")
        table.append(("five commands, two of them out of band", "each answered, with its id"))
    show(table)


@bar
def channels(setup):
    """The list of channels of newer QEMU, in the place of a URI (needs --source-root: 10.0)."""
    table = [("transport", "lines", "became")]

    def main_channel(**addr):
        return [{"channel-type": "main", "addr": addr}]

    for kind in ("unix", "tcp", "exec", "file", "fd"):
        with work() as place, pair(setup, place) as (src, dst):
            port, path, ours = str(free_port()), str(place / "way"), None
            if kind == "unix":
                here = there = main_channel(transport="socket", type="unix", path=path)
            elif kind == "tcp":
                here = there = main_channel(transport="socket", type="inet", host="127.0.0.1",
                                            port=port)
            elif kind == "exec":
                here = main_channel(transport="exec", args=[
                    "/usr/bin/socat", "-u", "-", f"UNIX-CONNECT:{path},retry=100,interval=0.05"])
                there = main_channel(transport="exec", args=[
                    "/usr/bin/socat", "-u", f"UNIX-LISTEN:{path}", "-"])
            elif kind == "file":
                here = there = main_channel(transport="file", filename=path, offset=4096)
            else:
                ours, theirs = socket.socketpair()
                src.give_fd("out", ours.fileno())
                dst.give_fd("in", theirs.fileno())
                ours.close()
                theirs.close()
                here = main_channel(transport="socket", type="fd", str="out")
                there = main_channel(transport="socket", type="fd", str="in")
            if kind != "file":
                dst.ask("migrate-incoming", channels=there)
            src.ask("migrate", channels=here)
            info = src.final_status()
            if kind == "file":
                dst.ask("migrate-incoming", channels=there)
            dst.final_status()
            dst.wait_counter()
            table.append((kind, row(src.text(), dst.text()), info.get("ber", {}).get("state")))
            if info["status"] != "completed" or "ber" not in info:
                raise Failure(f"{kind}: {info}")
    show(table)


@contextlib.contextmanager
def two_hosts(setup):
    """The proxies in two network namespaces with a cable between them; gives its two ends."""
    names = [f"vmber-{end}-{os.getpid()}" for end in ("src", "dst")]
    with contextlib.ExitStack() as stack:
        for name in names:
            ip("netns", "add", name)
            stack.callback(ip, "netns", "del", name)
        ip("link", "add", "cable", "netns", names[0], "type", "veth", "peer", "name", "cable",
           "netns", names[1])
        for number, name in enumerate(names, 1):
            ip("-n", name, "addr", "add", f"10.99.8.{number}/24", "dev", "cable")
            ip("-n", name, "link", "set", "cable", "up")
        setup.prefixes = {end: ("ip", "netns", "exec", name)
                          for end, name in zip(("src", "dst"), names)}
        yield names


def ip(*words):
    """Runs ip."""
    done = subprocess.run(["ip", *words], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Failure(f"ip {' '.join(words)}: {done.stderr.strip()}")


@bar
def network(setup):
    """Two hosts, and a cable that is pulled; with and without return-path."""
    need_tools(["ip"])
    table = [("return-path", "cable pulled", "the client of the source reads", "its guest",
              "seconds")]
    with two_hosts(setup) as names:
        for return_path in (False, True):
            for pulled in (True, False):
                caps = ["return-path"] if return_path else []
                with work() as place, pair(setup, place, caps,
                                           proxy_args=["--network-timeout", "3"]) as (src, dst):
                    port = free_port()
                    dst.ask("migrate-incoming", uri=f"tcp:10.99.8.2:{port}")
                    began = time.monotonic()
                    if pulled:
                        src.ask("migrate-set-parameters", **{"max-bandwidth": 4 << 20})
                    src.ask("migrate", uri=f"tcp:10.99.8.2:{port}")
                    if pulled:
                        src.wait_migration(("active",), 10)
                        time.sleep(0.5)
                        began = time.monotonic()
                        ip("-n", names[1], "link", "set", "cable", "down")
                        line = check_failed(src, dst)
                        ip("-n", names[1], "link", "set", "cable", "up")
                    else:
                        line = check_completed(src, dst)
                    table.append(("yes" if return_path else "no", "yes" if pulled else "no", *line,
                                  f"{time.monotonic() - began:.1f}"))
    show(table)


def main():
    """Runs the bars that the command line names."""
    parser = argparse.ArgumentParser(description="The bars of vmber proxy.")
    parser.add_argument("--vmber", default="build/release/bin/vmber")
    parser.add_argument("--count", type=int, default=0)
    parser.add_argument("--source-root", metavar="DIR")
    parser.add_argument("--target-root", metavar="DIR")
    parser.add_argument("--list", action="store_true")
    parser.add_argument("bars", nargs="*")
    options = parser.parse_args()
    if options.list:
        for name, function in BARS.items():
            print(f"{name:12} {function.__doc__}")
        return 0
    unknown = [name for name in options.bars if name not in BARS]
    if unknown or not options.bars:
        parser.error(f"bars are {', '.join(BARS)}")
    need_tools(["as", "ld", "socat"])
    bad = 0
    with tempfile.TemporaryDirectory(prefix="vmber-guest-") as guest_dir:
        setup = Setup(str(pathlib.Path(options.vmber).resolve()), build_guest(guest_dir),
                      options.count, options.source_root, options.target_root)
        for name in options.bars:
            began = time.monotonic()
            print(f"proxy: {name}: {BARS[name].__doc__}", flush=True)
            try:
                BARS[name](dataclasses.replace(setup))
                print(f"proxy: {name}: passed in {time.monotonic() - began:.0f} s", flush=True)
            except (Failure, OSError, subprocess.SubprocessError) as error:
                bad += 1
                traceback.print_exc()
                print(f"proxy: {name}: FAILED: {error}", file=sys.stderr, flush=True)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
