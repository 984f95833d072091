#!/usr/bin/env python3
"""The era matrix: blobs and structs, readers of before and after, two machine types, real QEMUs.

    eras.py --vmber PATH --build DIR --captures DIR --newer DIR --newer-qemu DIR [--jobs N]
    eras.py --list

--vmber is this release; one that converts no device is built in --build. For each feature that
converts a device there is a capture in which QEMU has such a blob: of QEMU 7.2 in --captures, with
machine types from before the conversion, and of a QEMU whose machine types use the feature in
--newer. Each goes through each way to write a BER stream and each reader, into a real QEMU of that
machine type. It runs, or the reader has refused the stream by the name of the feature and handed
over one octet at most, and QEMU does not run. --list names the captures.
"""

import argparse
import collections
import concurrent.futures
import dataclasses
import filecmp
import json
import pathlib
import shlex
import subprocess
import sys
import tempfile

import capture
import releases
import scenarios
from vmqemu import Failure, build_guest, need_tools

# Which capture has a blob of the feature.
ROWS = (
    ("device.cpu.structured", "aarch64-virt"),
    ("device.pci.structured", "q35-min"),
    ("device.s390.structured", "s390x"),
    ("device.scsi.structured", "q35-rich"),
    ("device.slirp.structured", "slirp-sockets"),
    ("device.usb-redir.structured", "usb-redir-connected"),
    ("device.virtio-gpu.structured", "q35-rich"),
    ("device.virtio.structured", "q35-rich"),
    ("device.virtio.structured", "s390x"),
    ("device.vmstate.structured", "q35-rich"),
)
CAPTURES = tuple(dict.fromkeys(name for _, name in ROWS))
ALL = "all, through a pipe"
MACHINES = ("before", "on")

# How a stream is written, and on which machine types it then has structs. {only} is --without for
# all features of devices but the one of the row, {with} that one, whatever the machine type.
WRITERS = {
    "blobs": ("{before} encode -q {capture}", ()),
    "structs": ("{vmber} encode -q {only} {capture}", ("on",)),
    "--with": ("{vmber} encode -q {only} {with} {capture}", MACHINES),
    "encode --for": ("{vmber} encode -q {only} {with} --for {json} {capture}", ()),
    "convert --for": ("{vmber} encode -q {only} {with} {capture} | {vmber} convert -q --for {json}",
                      ()),
    "blobs, convert": ("{before} encode -q {capture} | {vmber} convert -q {only}", ("on",)),
}
READERS = ("before", "vmber")


def run_shell(command, what):
    """Runs a pipeline of which each part must succeed."""
    done = subprocess.run(["bash", "-o", "pipefail", "-c", command], capture_output=True,
                          text=True, check=False)
    if done.returncode != 0:
        raise Failure(f"{what}: status {done.returncode}: {done.stderr.strip()}")
    return done.stdout


@dataclasses.dataclass(frozen=True)
class Group:
    """A feature, the capture that has it, and the machine type."""

    feature: str
    scenario: scenarios.Scenario
    machine: str
    setup: capture.Setup
    folder: pathlib.Path

    def capture(self):
        """The stream of QEMU."""
        return self.folder / f"{self.setup.name(self.scenario)}.mig"

    def machine_type(self):
        """The name in that stream."""
        listed = json.loads((self.folder / "manifest.json").read_text())["captures"]
        return next(one["machine"] for one in listed if one["file"] == self.capture().name)


class Matrix:
    """The programs, and what they have in common."""

    def __init__(self, options, work):
        self.programs = {"vmber": pathlib.Path(options.vmber).resolve(),
                         "before": releases.before(options.build) / "vmber"}
        self.work = pathlib.Path(work)
        self.json = self.work / "before.json"
        self.json.write_text(run_shell(f"{self.programs['before']} features --json", "features"))
        self.features = [one["name"] for one in self._features() if
                         one["name"].startswith("device.")]

    def _features(self):
        return json.loads(run_shell(f"{self.programs['vmber']} features --json",
                                    "features"))["features"]

    def classes(self, stream):
        """The features in the header of a BER stream, with their classes."""
        said = run_shell(f"{self.programs['vmber']} dump --format jsonl {stream} | sed -n 1p",
                         "dump")
        return {one["name"]: one["class"] for one in json.loads(said).get("features", ())}

    def write(self, group, writer):
        """Writes the stream; checks that it is of the era it should be."""
        path = pathlib.Path(tempfile.mkdtemp(dir=self.work)) / "stream.ber"
        command, lifts = WRITERS[writer]
        features = self.features if group.feature == ALL else [group.feature]
        only = [f"--without {name}" for name in self.features if name not in features]
        names = {"only": " ".join(only), "with": " ".join(f"--with {name}" for name in features),
                 "json": self.json, "capture": shlex.quote(str(group.capture()))}
        # A file has withdrawn in the end what is not used; a pipe names what might be.
        command += f" | cat > {path}" if group.feature == ALL else f" -o {path}"
        run_shell(command.format(**names, **self.programs), writer)
        used = [name for name, kind in self.classes(path).items()
                if name in self.features and kind == "incompatible"]
        expected = features if group.machine in lifts else []
        if used != expected:
            raise Failure(f"{writer}: the header has {used}, expected {expected}")
        return path, used

    def read(self, group, stream, used, reader):
        """Has a real QEMU load the stream through the reader; 'runs' or 'refused'."""
        with tempfile.TemporaryDirectory(dir=self.work) as work_dir:
            got, said = pathlib.Path(work_dir) / "got", pathlib.Path(work_dir) / "said"
            command = f"{self.programs[reader]} decode {{}} 2>{said} | tee {got}"
            run = capture.Run(group.setup, group.scenario, work_dir)
            status, failed = None, None
            try:
                status = run.load(stream, command)
            except Failure as error:
                failed = str(error)
            said, octets = said.read_text().strip(), got.stat().st_size
            same = filecmp.cmp(got, group.capture(), shallow=False)
        if reader == "vmber" or not used:
            # The guest of s390x has nothing to boot from; it is then what it was at the source.
            if not same or failed or said or status not in ("running", "guest-panicked"):
                raise Failure(f"{reader}: status {status}, same octets {same}: {failed}: {said}")
            return "runs"
        if not failed or octets > 1 or \
                said.find(f"this stream needs feature {used[0]}, which this reader does not") < 0:
            raise Failure(f"{reader}: {octets} octets were handed over: {said}: {failed}")
        if "ended with status 1" not in failed and "migration failed" not in failed:
            raise Failure(f"{reader}: QEMU: {failed}")
        return "refused"

    def cell(self, group, writer):
        """The results of both readers of a stream."""
        results = {}
        try:
            stream, used = self.write(group, writer)
        except Failure as error:
            return {reader: str(error) for reader in READERS}
        for reader in READERS:
            try:
                results[reader] = self.read(group, stream, used, reader)
            except (Failure, OSError) as error:
                results[reader] = str(error)
        stream.unlink()
        return results


def show(groups, results):
    """Prints the matrix; returns how many cells there are of each kind."""
    counts = collections.Counter()
    names = f"{'feature':29} {'capture':20} {'machine type':21} "
    print(names + " ".join(f"{one:>14}" for one in WRITERS))
    print(" " * len(names) + " ".join(f"{'/'.join(READERS):>14}" for _ in WRITERS))
    for group in groups:
        cells = []
        for writer in WRITERS:
            both = [results[group, writer][reader] for reader in READERS]
            counts.update(one if one in ("runs", "refused") else "wrong" for one in both)
            cells.append("/".join(one if one in ("runs", "refused") else "WRONG" for one in both))
        print(f"{group.feature:29} {group.scenario.name:20} {group.machine_type():21} " +
              " ".join(f"{one:>14}" for one in cells))
    for (group, writer), both in results.items():
        for reader, said in both.items():
            if said not in ("runs", "refused"):
                print(f"eras: {group.feature}, {group.scenario.name}, {group.machine}, {writer}, "
                      f"read by {reader}: {said}", file=sys.stderr)
    return counts


def groups_of(options, matrix, guest):
    """All rows of the matrix."""
    missing = set(matrix.features) - {feature for feature, _ in ROWS}
    if missing:
        raise Failure(f"no capture is named for {', '.join(sorted(missing))}")
    table = {scenario.name: scenario for scenario in scenarios.SCENARIOS}
    setups = {"before": (capture.Setup(options.captures, None, "", guest), options.captures),
              "on": (capture.Setup(options.newer, options.newer_qemu, options.tag, guest),
                     options.newer)}
    for feature, name in ROWS + tuple((ALL, name) for name in CAPTURES):
        for machine in MACHINES:
            setup, folder = setups[machine]
            yield Group(feature, table[name], machine, setup, pathlib.Path(folder).resolve())


def main():
    """Does what the command line asks for."""
    parser = argparse.ArgumentParser(description="Blobs and structs, old and new readers.")
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--vmber", metavar="PATH")
    parser.add_argument("--build", metavar="DIR")
    parser.add_argument("--captures", metavar="DIR")
    parser.add_argument("--newer", metavar="DIR")
    parser.add_argument("--newer-qemu", metavar="DIR")
    parser.add_argument("--tag", default="10.0", help="the newer captures are called NAME@TAG")
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    if options.list:
        print(",".join(CAPTURES))
        return 0
    if not all((options.vmber, options.build, options.captures, options.newer,
                options.newer_qemu)):
        parser.error("--vmber, --build, --captures, --newer and --newer-qemu are needed")
    try:
        with tempfile.TemporaryDirectory(prefix="vmber-eras-") as work:
            need_tools(["as", "ld", "bash", "tee"])
            matrix = Matrix(options, work)
            groups = list(groups_of(options, matrix, build_guest(work)))
            with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
                waiting = {(group, writer): pool.submit(matrix.cell, group, writer)
                           for group in groups for writer in WRITERS}
                results = {key: future.result() for key, future in waiting.items()}
        counts = show(groups, results)
    except Failure as error:
        print(f"eras: {error}", file=sys.stderr)
        return 1
    print(f"{counts.total()} cells: {counts['runs']} run, {counts['refused']} are refused by "
          f"feature name, {counts['wrong']} wrong")
    return 1 if counts["wrong"] or not counts["refused"] else 0


if __name__ == "__main__":
    sys.exit(main())
