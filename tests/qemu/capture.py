#!/usr/bin/env python3
"""Makes migration streams with a real QEMU, one file a scenario.

    capture.py --out DIR [--only NAME,...] [--jobs N] [--list]
               [--qemu-root DIR --tag TAG]

Writes DIR/NAME.mig and DIR/manifest.json. A capture that is there already,
made by the same scenario, guest and QEMU, is kept.
"""

import argparse
import concurrent.futures
import contextlib
import hashlib
import json
import mmap
import os
import pathlib
import shlex
import shutil
import struct
import subprocess
import sys
import tempfile
import time

import scenarios
import steps
from vmqemu import (Failure, NotPossible, Qemu, Relay, build_guest, need_tools, read_counter,
                    wait_until)

HERE = pathlib.Path(__file__).resolve().parent


class Setup:
    """What all scenarios of one call share: which QEMU, which guest, where to."""

    def __init__(self, out_dir, qemu_root, tag, guest):
        self.out_dir = pathlib.Path(out_dir)
        self.suffix = f"@{tag}" if tag else ""
        self.guest = guest
        self._root = pathlib.Path(qemu_root) / "bin" if qemu_root else None
        self._guest_source = (HERE / "guest.S").read_bytes()
        self._versions = {}

    def binary(self, arch):
        """The path of qemu-system-ARCH."""
        name = f"qemu-system-{arch}"
        path = self._root / name if self._root else shutil.which(name)
        if not path or not os.access(path, os.X_OK):
            raise Failure(f"not installed: {name} (see tests/qemu/README.md)")
        return path

    def version(self, arch):
        """The line that QEMU prints about itself, without its name, and (major, minor)."""
        if arch not in self._versions:
            done = subprocess.run([self.binary(arch), "--version"], capture_output=True,
                                  text=True, check=True)
            text = done.stdout.splitlines()[0].removeprefix("QEMU emulator version ")
            major, minor = text.split(".")[:2]
            self._versions[arch] = (text, (int(major), int(minor)))
        return self._versions[arch]

    def name(self, scenario):
        """The name of a capture: the scenario's, and the tag."""
        return scenario.name + self.suffix

    def digest(self, scenario):
        """See Scenario.digest."""
        return scenario.digest(self.version(scenario.arch)[0], self._guest_source)

    def fits(self, scenario):
        """Is this QEMU neither too old nor too new for the scenario?"""
        return scenario.min_qemu <= self.version(scenario.arch)[1] <= scenario.max_qemu


class Run:
    """One scenario being run."""

    def __init__(self, setup, scenario, work_dir):
        self.setup = setup
        self.scenario = scenario
        self.dir = pathlib.Path(work_dir)
        self.out = self.dir / "stream"
        self.src = None
        self.dst = None
        self._stack = contextlib.ExitStack()

    def keep(self, thing):
        """Leaves `thing` open until the run ends."""
        return self._stack.enter_context(contextlib.closing(thing))

    def at_end(self, function):
        """Has `function` called when the run ends."""
        self._stack.callback(function)

    def _step(self, name):
        if name:
            steps.STEPS[name](self)

    def _start(self, name, extra=()):
        scenario = self.scenario
        args = ["-machine", scenario.machine, "-m", self._memory(), "-accel", scenario.accel,
                "-serial", f"file:{self.dir}/{name}.serial"]
        if scenario.guest is not None:
            args += ["-kernel", self.setup.guest, "-append", scenario.guest]
        args += shlex.split(scenario.args.format(dir=self.dir, ram=scenario.ram))
        binary = self.setup.binary(scenario.arch)
        return self._stack.enter_context(Qemu(binary, [*args, *extra], self.dir, name))

    def _memory(self):
        hotplug = ",slots=4,maxmem=1G" if "dimm" in self.scenario.args else ""
        return f"{self.scenario.ram}M{hotplug}"

    def _wait_for_guest(self):
        if self.scenario.guest is None:
            time.sleep(self.scenario.boot_seconds)
            return
        serial = self.dir / "src.serial"
        wait_until(lambda: len(read_counter(serial)) >= self.scenario.ticks,
                   "the guest's counter", 60)

    def _start_destination(self):
        """Starts the other end and the relay; returns the relay and its address."""
        self.dst = self._start("dst", ["-incoming", "defer"])
        self.dst.set_capabilities(self.scenario.capabilities)
        self.dst.ask("migrate-incoming", uri=f"unix:{self.dir}/dst.sock")
        relay = Relay(self.dir / "relay.sock", self.dir / "dst.sock", self.out)
        return relay, f"unix:{self.dir}/relay.sock"

    def load(self, stream, command="cat {}"):
        """Has a destination QEMU load what the command makes of a file; returns query-status."""
        with self._stack:
            self._step(self.scenario.prepare)
            self.dst = self._start("dst", ["-incoming", "defer"])
            self.dst.set_capabilities(self.scenario.capabilities)
            self._step(self.scenario.before_load)
            in_file = self.scenario.uri.startswith("file:")
            self.dst.ask("migrate-incoming",
                         uri=f"file:{stream}" if in_file else f"exec:{command.format(stream)}")
            self.dst.wait_migration(("completed",), 60)
            return self.dst.ask("query-status")["status"]

    def migrate(self):
        """Runs the scenario; the stream is then in self.out. Returns query-migrate."""
        with self._stack:
            self._step(self.scenario.prepare)
            self.src = self._start("src")
            self._wait_for_guest()
            relay, uri = None, self.scenario.uri.format(out=self.out)
            if self.scenario.dest:
                relay, uri = self._start_destination()
            self.src.set_capabilities(self.scenario.capabilities)
            self.src.ask("migrate-set-parameters",
                         **{"max-bandwidth": 1 << 33, **dict(self.scenario.parameters)})
            self._step(self.scenario.before)
            self.src.ask("migrate", uri=uri, **dict(self.scenario.migrate))
            self._step(self.scenario.during)
            facts = self.src.wait_migration(("completed",), 90)
            if relay:
                self.dst.wait_migration(("completed",), 30)
                relay.finish()
            return facts


def look_at(path, contains):
    """Whether a stream has a vmdesc and footers, its machine and the device kinds it names."""
    with open(path, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        if data[:8] != b"QEVM\0\0\0\3":
            raise Failure("the stream does not begin with QEVM and version 3")
        eof, kinds = data.size() - 1, None
        mark = data.rfind(b"\0\x06")
        while mark >= 0:
            if struct.unpack(">I", data[mark + 2:mark + 6])[0] == data.size() - mark - 6:
                eof = mark
                devices = json.loads(data[mark + 6:])["devices"]
                kinds = sorted({device.get("vmsd_name", device["name"]) for device in devices})
                break
            mark = data.rfind(b"\0\x06", max(0, mark - (16 << 20)), mark + 1)
        machine = None
        if data[8] == 0x07:
            machine = data[13:13 + struct.unpack(">I", data[9:13])[0]].decode()
        missing = [text for text in contains if data.find(text.encode("latin-1")) < 0]
        if missing:
            raise Failure(f"the stream does not contain {missing[0]!r}")
        return {"has_vmdesc": kinds is not None, "kinds": kinds, "machine": machine,
                "has_footers": data[eof] == 0 and data[eof - 5] == 0x7e}


def check(scenario, seen, facts):
    """Raises when the capture does not show what the scenario promises."""
    for key, wanted in (("has_vmdesc", scenario.vmdesc), ("has_footers", scenario.footers)):
        if seen[key] != wanted:
            raise Failure(f"{key} is {seen[key]}, expected {wanted}")
    if len(seen["kinds"] or ()) < scenario.kinds:
        raise Failure(f"{len(seen['kinds'])} device kinds, expected {scenario.kinds}")
    for path, least in scenario.require:
        value = facts
        for key in path.split("."):
            value = value.get(key, {})
        if not isinstance(value, int) or value < least:
            raise Failure(f"query-migrate: {path} is {value or 'absent'}, expected {least}")


def capture(setup, scenario):
    """Makes one capture and returns its entry of the manifest."""
    name = setup.name(scenario)
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="vmber-") as work_dir:
        run = Run(setup, scenario, work_dir)
        try:
            facts = run.migrate()
            seen = look_at(run.out, scenario.contains)
            check(scenario, seen, facts)
        except NotPossible:
            raise
        except (Failure, OSError, subprocess.SubprocessError) as error:
            raise Failure(str(error)) from error
        target = setup.out_dir / f"{name}.mig"
        shutil.move(run.out, target)
    kinds = seen["kinds"]
    return {
        "name": name, "file": target.name, "bytes": target.stat().st_size,
        "sha256": hashlib.sha256(target.read_bytes()).hexdigest(),
        "qemu": setup.version(scenario.arch)[0], "arch": scenario.arch,
        "machine": seen["machine"] or scenario.machine,
        "capabilities": list(scenario.capabilities),
        "has_vmdesc": seen["has_vmdesc"], "has_footers": seen["has_footers"],
        "device_kinds_count": len(kinds) if kinds is not None else None,
        "shows": scenario.shows, "seconds": round(time.monotonic() - started, 1),
        "ram": facts.get("ram", {}), "digest": setup.digest(scenario),
    }


class Manifest:
    """DIR/manifest.json: an entry a capture, sorted by name, and what could not be made."""

    def __init__(self, out_dir):
        self._dir = pathlib.Path(out_dir)
        self._path = self._dir / "manifest.json"
        self._captures = {}
        self._not_possible = {}
        if self._path.exists():
            listed = json.loads(self._path.read_text())
            self._captures = {entry["name"]: entry for entry in listed["captures"]}
            self._not_possible = {entry["name"]: entry for entry in listed["not_possible"]}

    def has(self, name, digest):
        """Is there a capture of this name, made from the same digest?"""
        entry = self._captures.get(name)
        return bool(entry) and entry["digest"] == digest and (
            self._dir / entry["file"]).exists()

    def add(self, entry):
        """Adds or replaces a capture."""
        self._captures[entry["name"]] = entry
        self._not_possible.pop(entry["name"], None)
        self._write()

    def add_not_possible(self, name, reason):
        """Says why there is no such capture."""
        self._not_possible[name] = {"name": name, "reason": reason}
        self._write()

    def _write(self):
        part = self._path.with_suffix(".part")
        lists = {"captures": self._captures, "not_possible": self._not_possible}
        part.write_text(json.dumps({key: [entries[name] for name in sorted(entries)]
                                    for key, entries in lists.items()}, indent=1) + "\n")
        part.replace(self._path)


def choose(setup, only):
    """The scenarios to run: all that fit this QEMU, or those named."""
    table = {scenario.name: scenario for scenario in scenarios.SCENARIOS}
    if not only:
        return [scenario for scenario in table.values() if setup.fits(scenario)]
    chosen = []
    for name in only.split(","):
        if name not in table:
            raise Failure(f"no scenario is called {name}; --list names them")
        if not setup.fits(table[name]):
            raise Failure(f"{name} is not for QEMU {setup.version(table[name].arch)[0]}")
        chosen.append(table[name])
    return chosen


def make(setup, manifest, todo, jobs):
    """Makes the captures of `todo`; returns how many failed."""
    failures = 0
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        waiting = {pool.submit(capture, setup, one): setup.name(one) for one in todo}
        for future in concurrent.futures.as_completed(waiting):
            name = waiting[future]
            try:
                entry = future.result()
            except NotPossible as error:
                manifest.add_not_possible(name, str(error))
                print(f"{name:22} NOT POSSIBLE HERE: {error}", flush=True)
            except Failure as error:
                failures += 1
                print(f"capture: {name}: {error}", file=sys.stderr, flush=True)
            else:
                manifest.add(entry)
                print(f"{name:22} {entry['bytes']:>10} bytes  {entry['seconds']:5.1f} s  "
                      f"{entry['shows']}", flush=True)
    return failures


def parse_arguments():
    """The command line."""
    parser = argparse.ArgumentParser(description="Make migration streams with a real QEMU.")
    parser.add_argument("--out", metavar="DIR")
    parser.add_argument("--only", metavar="NAME,...")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--qemu-root", metavar="DIR", help="made by fetch-qemu.sh")
    parser.add_argument("--tag", default="", help="added to the names: NAME@TAG")
    options = parser.parse_args()
    if not options.list and not options.out:
        parser.error("--out or --list is needed")
    return options


def main():
    """Does what the command line asks for."""
    options = parse_arguments()
    if options.list:
        for scenario in scenarios.SCENARIOS:
            print(f"{scenario.name:22} {scenario.arch:8} {scenario.shows}")
        return 0
    try:
        with tempfile.TemporaryDirectory(prefix="vmber-guest-") as guest_dir:
            need_tools(["as", "ld"])
            pathlib.Path(options.out).mkdir(parents=True, exist_ok=True)
            setup = Setup(options.out, options.qemu_root, options.tag, build_guest(guest_dir))
            chosen = choose(setup, options.only)
            manifest = Manifest(options.out)
            todo = [one for one in chosen if not manifest.has(setup.name(one), setup.digest(one))]
            print(f"{len(chosen) - len(todo)} captures are there already, {len(todo)} to make",
                  flush=True)
            failures = make(setup, manifest, todo, options.jobs)
    except Failure as error:
        print(f"capture: {error}", file=sys.stderr)
        return 1
    if failures:
        print(f"capture: {failures} of {len(todo)} captures failed", file=sys.stderr)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
