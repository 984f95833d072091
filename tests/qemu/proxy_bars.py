"""What the bars of `vmber proxy` share: the table of bars, a source and a destination, and the two
ends that a migration may come to.
"""

import contextlib
import dataclasses
import os
import pathlib
import signal
import tempfile
import time

from proxied import GUEST, MACHINE, PARAMETERS, Proxied, row
from vmqemu import Failure, wait_until

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
def pair(setup, work_dir, caps=(), ber=True, proxy_args=(), source_extra=(), target_extra=(),
         target_args=None, guest=GUEST):
    """A source whose guest counts, and a destination that waits."""
    with Proxied(setup, work_dir, "dst", ["-incoming", "defer", *target_extra], ber,
                 proxy_args if target_args is None else target_args, guest) as dst, \
            Proxied(setup, work_dir, "src", source_extra, ber, proxy_args, guest) as src:
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


def check_failed(src, dst, wanted=None):
    """The source reads failed with a sentence and its guest goes on; the destination ran nothing."""
    info = src.final_status(40)
    if info["status"] != "failed" or not info.get("error-desc"):
        raise Failure(f"the source says {info['status']}: {info.get('error-desc')}")
    if wanted and wanted not in info["error-desc"]:
        raise Failure(f"expected '{wanted}' in '{info['error-desc']}'")
    # QEMU says that the migration has failed before it has let the guest go on, if it does.
    wait_until(lambda: src.ask("query-status")["status"] != "finish-migrate", "the end of it all", 10)
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


def check_completed(src, dst):
    """The source reads completed, and only the destination runs."""
    info = src.final_status(40)
    if info["status"] != "completed":
        raise Failure(f"the source says {info['status']}: {info.get('error-desc')}")
    dst.wait_counter()
    row(src.text(), dst.text())
    return "completed", "runs at the destination"


def kill_codec(qemu):
    """Kills the codec beside this QEMU, if it has one."""
    pid = qemu.codec()
    if pid:
        os.kill(pid, signal.SIGKILL)
    return pid is not None
