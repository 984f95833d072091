#!/usr/bin/env python3
"""Migrates a running guest through vmber and follows its counter.

    live.py --vmber PATH [--transport unix|tcp|both] [--scenario NAME]
            [--encode-cmd CMD] [--decode-cmd CMD] [--break OFFSET[:BIT],...]
            [--source-root DIR] [--target-root DIR]

    source QEMU -> encode -> socket -> decode -> destination QEMU

The guest (guest.S) prints 1, 2, 3, ... The console of the source followed by
that of the destination must be that same row: no gap, no repeat.

With --break one bit of the encoded stream is flipped on its way. Then the
destination must not run the guest, and the source must be able to go on. A
negative offset counts from the end of the stream.
"""

import argparse
import contextlib
import dataclasses
import pathlib
import shlex
import socket
import subprocess
import sys
import tempfile
import time

import scenarios
from vmqemu import Failure, Qemu, build_guest, need_tools, wait_until

GUEST = "fill=8 churn=1 touch=1"
PARAMETERS = {"max-bandwidth": 64 << 20, "downtime-limit": 300}


@dataclasses.dataclass(frozen=True)
class Route:
    """What the stream passes through."""

    encode: str
    decode: str
    transport: str
    flip: tuple | None = None       # (offset, bit)
    source_qemu: str = "qemu-system-x86_64"
    target_qemu: str = "qemu-system-x86_64"

    def uris(self, work_dir):
        """The addresses for the source and the destination QEMU."""
        if self.transport == "unix":
            place = f"UNIX-LISTEN:{work_dir}/wire"
            connect = f"UNIX-CONNECT:{work_dir}/wire"
        else:
            port = free_port()
            place = f"TCP-LISTEN:{port},bind=127.0.0.1,reuseaddr"
            connect = f"TCP-CONNECT:127.0.0.1:{port}"
        filters = ""
        if self.flip:
            filters = shlex.join([sys.executable, str(pathlib.Path(__file__).resolve()), "--flip",
                                  f"{self.flip[0]}:{self.flip[1]}", str(work_dir / "flipped")])
            filters = f" | {filters}"
        return (f"exec:{self.encode}{filters} | socat -u - {connect},retry=100,interval=0.05",
                f"exec:socat -u {place},accept-timeout=120 - | {self.decode}")


def free_port():
    """A TCP port of the loopback interface that nobody listens on now."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


def flip_filter(text, mark_path):
    """Copies standard input to standard output with one bit flipped; makes mark_path if it was."""
    offset, bit = parse_flip(text)
    source, sink = open(0, "rb", buffering=0), open(1, "wb", buffering=0)
    keep = -offset if offset < 0 else 0     # so many bytes are held until the end
    held, passed, flipped = bytearray(), 0, False

    def flip(index):
        held[index] ^= 1 << bit
        pathlib.Path(mark_path).touch()
        return True

    def pass_on(count):
        view = memoryview(bytes(held[:count]))
        while view:
            view = view[sink.write(view):]
        del held[:count]
        return count

    while chunk := source.read(1 << 16):
        held += chunk
        if not flipped and 0 <= offset - passed < len(held):
            flipped = flip(offset - passed)
        passed += pass_on(max(0, len(held) - keep))
    if keep and len(held) == keep:
        flip(0)
    pass_on(len(held))


def parse_flip(text):
    """OFFSET[:BIT] as two numbers."""
    offset, _, bit = text.partition(":")
    return int(offset, 0), int(bit or "0") & 7


class Live:
    """A source and a destination, and the consoles of both."""

    def __init__(self, scenario, route, guest, work_dir):
        self._scenario = scenario
        self._route = route
        self._guest = guest
        self._dir = pathlib.Path(work_dir)
        self._source_uri, self._target_uri = route.uris(self._dir)

    def _qemu(self, name, *extra):
        scenario = self._scenario
        args = ["-machine", scenario.machine, "-m", f"{max(scenario.ram, 64)}M", "-accel", "tcg",
                "-serial", f"file:{self._console(name)}",
                "-kernel", self._guest, "-append", GUEST,
                *shlex.split(scenario.args.format(dir=self._dir, ram=max(scenario.ram, 64)))]
        binary = self._route.target_qemu if name == "dst" else self._route.source_qemu
        return Qemu(binary, [*args, *extra], self._dir, name)

    def _console(self, name):
        return self._dir / f"{name}.serial"

    def _text(self, name):
        path = self._console(name)
        return path.read_bytes() if path.exists() else b""

    def _lines(self, name):
        return self._text(name).count(b"\n")

    def _check_row(self, text):
        """All complete lines are 1, 2, 3, ...; returns how many there are."""
        lines = text.split(b"\n")[:-1]
        for number, line in enumerate(lines, 1):
            if line != b"%d" % number:
                raise Failure(f"console line {number} is {line!r}, expected {number}")
        return len(lines)

    def _first_byte(self, dst):
        dst.check_alive()
        return self._text("dst")

    @contextlib.contextmanager
    def _pair(self):
        with self._qemu("dst", "-incoming", self._target_uri) as dst, self._qemu("src") as src:
            wait_until(lambda: self._lines("src") >= 20, "the guest's counter", 60)
            src.ask("migrate-set-parameters", **PARAMETERS)
            try:
                yield src, dst
            except Failure as error:
                raise Failure(f"{error}; the destination said: {dst.log_tail()}") from error

    def pass_over(self):
        """The migration that must succeed. Returns a line for a person."""
        with self._pair() as (src, dst):
            src.ask("migrate", uri=self._source_uri)
            wait_until(lambda: self._text("dst") or src.migration()["status"] == "completed",
                       "the end of the migration", 90, pause=0.001)
            wait_until(lambda: self._first_byte(dst), "a byte on the destination's console", 30,
                       pause=0.001)
            gap = time.time() - self._console("src").stat().st_mtime
            info = src.wait_migration(("completed",), 30)
            dst.wait_migration(("completed",), 30)
            wait_until(lambda: self._lines("dst") >= 20, "the destination's counter", 60)
            before, after = self._lines("src"), self._lines("dst")
            total = self._check_row(self._text("src") + self._text("dst"))
            ram = info["ram"]
            return (f"{total} lines in a row ({before} + {after}), both ends completed; "
                    f"{info['total-time']} ms in all, downtime {info['downtime']} ms as QEMU "
                    f"reports, {gap * 1000:.0f} ms between the consoles; "
                    f"{ram['transferred']} bytes, {ram['dirty-sync-count']} passes")

    def break_it(self):
        """The migration that must fail cleanly. Returns a line for a person."""
        with self._pair() as (src, dst):
            src.ask("migrate", uri=self._source_uri)
            end = wait_until(lambda: self._source_status(src), "the source's end", 90)
            refusal = self._wait_for_refusal(dst)
            if not src.ask("query-status")["running"]:
                src.ask("cont")
            lines = self._lines("src")
            wait_until(lambda: self._lines("src") >= lines + 20, "the source going on", 30)
            if self._text("dst"):
                raise Failure(f"the destination ran the guest: {self._text('dst')[:40]!r}")
            total = self._check_row(self._text("src"))
            return (f"source {end}, destination {refusal}; nothing on its console; "
                    f"the source went on, {total} lines in a row")

    @staticmethod
    def _source_status(src):
        status = src.ask("query-migrate").get("status")
        return status if status in ("completed", "failed") else None

    def _wait_for_refusal(self, dst):
        try:
            # QEMU 7.2 waits for ever when an exec: stream ends before its first byte.
            return wait_until(lambda: self._refusal(dst), "the destination's refusal (a decoder "
                              "that fails must have written at least one byte)", 10)
        except Failure:
            if not (self._dir / "flipped").exists():
                raise Failure("the stream ended before the offset, no bit was flipped") from None
            raise

    @staticmethod
    def _refusal(dst):
        """How the destination gave up, once it has; raises when it took the stream."""
        status = None
        with contextlib.suppress(Failure, OSError):     # it ends while it is being asked
            status = dst.ask("query-migrate").get("status")
        if dst.exit_status() is not None:
            return f"ended with status {dst.exit_status()} ({dst.log_tail()})"
        if status == "completed":
            raise Failure("the destination took the broken stream")
        return status if status == "failed" else None


def attempt(scenario, route, guest):
    """Runs one migration and prints how it went."""
    title = f"{scenario.name} over {route.transport}"
    if route.flip:
        title += f", bit {route.flip[1]} flipped at {route.flip[0]}"
    with tempfile.TemporaryDirectory(prefix="vmber-live-") as work_dir:
        live = Live(scenario, route, guest, work_dir)
        try:
            print(f"live: {title}: {live.break_it() if route.flip else live.pass_over()}",
                  flush=True)
            return True
        except (Failure, OSError, subprocess.SubprocessError) as error:
            print(f"live: {title}: FAILED: {error}", file=sys.stderr, flush=True)
            return False


def parse_arguments():
    """The command line."""
    parser = argparse.ArgumentParser(description="Migrate a running guest through vmber.")
    parser.add_argument("--vmber", metavar="PATH")
    parser.add_argument("--encode-cmd", metavar="CMD", help="instead of PATH encode")
    parser.add_argument("--decode-cmd", metavar="CMD", help="instead of PATH decode")
    parser.add_argument("--transport", choices=("unix", "tcp", "both"), default="both")
    parser.add_argument("--scenario", default="q35-min", help="a machine of scenarios.py")
    parser.add_argument("--source-root", metavar="DIR", help="QEMU made by fetch-qemu.sh")
    parser.add_argument("--target-root", metavar="DIR", help="the same for the other end")
    parser.add_argument("--break", dest="flips", metavar="OFFSET[:BIT],...")
    options = parser.parse_args()
    if not options.vmber and not (options.encode_cmd and options.decode_cmd):
        parser.error("--vmber, or both --encode-cmd and --decode-cmd, is needed")
    return options


def routes(options):
    """A Route for each migration the command line asks for."""
    vmber = shlex.quote(str(pathlib.Path(options.vmber).resolve())) if options.vmber else ""
    transports = ("unix", "tcp") if options.transport == "both" else (options.transport,)
    flips = [parse_flip(text) for text in options.flips.split(",")] if options.flips else [None]

    def binary(root):
        name = f"qemu-system-{scenarios.X86}"
        return str(pathlib.Path(root).resolve() / "bin" / name) if root else name

    return [Route(options.encode_cmd or f"{vmber} encode --grease 1 --lift", options.decode_cmd or f"{vmber} decode",
                  transport, flip, binary(options.source_root), binary(options.target_root))
            for transport in transports for flip in flips]


def main():
    """Runs each migration that the command line asks for."""
    if sys.argv[1:2] == ["--flip"]:
        flip_filter(*sys.argv[2:4])
        return 0
    options = parse_arguments()
    table = {scenario.name: scenario for scenario in scenarios.SCENARIOS}
    try:
        scenario = table.get(options.scenario)
        if not scenario or scenario.arch != scenarios.X86:
            raise Failure(f"no x86 scenario is called {options.scenario}")
        with tempfile.TemporaryDirectory(prefix="vmber-guest-") as guest_dir:
            need_tools(["as", "ld", "socat"])
            guest = build_guest(guest_dir)
            good = [attempt(scenario, route, guest) for route in routes(options)]
    except Failure as error:
        print(f"live: {error}", file=sys.stderr)
        return 1
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main())
