#!/usr/bin/env python3
"""One value added to the state of virtio-ccw, at each place: unannounced, and as a feature.

    added.py --vmber PATH --lift-with PATH --build DIR CAPTURE

CAPTURE is a stream of a machine s390-ccw-virtio of a version whose virtio devices are structs. Two
octets are put between two rows of the transport's state, in the octets and in QEMU's sizes:

  in the blob       encode --strict stops, and says between which rows the value stands
  missing           the same of a number that was taken away
  in structs        a writer whose map has one row more, and says so nowhere: every reader refuses
                    the row and names the one before it
  as a feature      a next release, whose registry and maps have it from machine types 11.0 on:
                    this one refuses by the feature's name, the next one reads; at 10.0 both read
  config_vector     the same of a value that is there: a release that never had it, and one in which
                    it is there by a feature, in both directions

lift_with stands for releases with other maps; the next release is built in --build.
"""

import argparse
import collections
import concurrent.futures
import json
import pathlib
import re
import subprocess
import sys
import tempfile

import releases
import sections
from vmqemu import Failure

MODULE = "virtio-ccw.asn1"
ADDED = "device.virtio-ccw.added"
VECTOR = "device.virtio-ccw.config-vector"
ROW = f"    added  [9] UInt16 OPTIONAL,  -- <feature \"{ADDED}\">\n"
UNANNOUNCED = "    added  UInt16,\n"
VALUES = (b"\x00\x00", b"\xff\xff", b"\x12\x34")
NO_FEATURE = "this stream needs feature {}, which this reader does not have"


def expect(condition, *said):
    """Raises if something is not as it must be."""
    if not condition:
        raise Failure(": ".join(map(str, said)))


class Program:
    """vmber, or lift_with with the maps of a folder."""

    def __init__(self, path, maps=None):
        self.path = str(pathlib.Path(path).resolve())
        self.maps = [str(releases.SOURCE / "asn1/leaf.asn1"),
                     *map(str, sorted(maps.glob("*.asn1")))] if maps else []

    def run(self, octets, verb, *options):
        """Exit status, what came out, what was said."""
        done = subprocess.run([self.path, verb, *options, *self.maps], input=octets,
                              capture_output=True, check=False)
        return done.returncode, done.stdout, done.stderr.decode(errors="replace").strip()

    def good(self, octets, verb, *options):
        """What comes out; raises if that fails."""
        status, out, said = self.run(octets, verb, *options)
        expect(status == 0, verb, said)
        return out


# ---------------------------------------------------------------- places

class Place:
    """Between two rows of a struct of the map: before row `at`, of which there are `rows`."""

    def __init__(self, struct, rows, at):
        self.struct = struct
        self.rows = rows
        self.at = at

    def __str__(self):
        return f"{self.struct}: {self.before() or 'first'}"

    def before(self):
        """The row before, or None."""
        return self.rows[self.at - 1] if self.at > 0 else None

    def insert(self, text, line):
        """The module with a row more."""
        head = re.search(rf"^{self.struct} ::= SEQUENCE {{\n", text, re.MULTILINE)
        lines = text[head.end():].split("\n")
        return text[:head.end()] + "\n".join(lines[:self.at] + [line.rstrip("\n")] +
                                             lines[self.at:])

    def offsets(self, structs):
        """Where that is, in all structs of that kind."""
        return [fields[self.at][1] if self.at < len(fields) else end
                for fields, end in structs[self.struct]]


def places_of(text):
    """All places of the module: what stands behind a subsection would be none of a struct's."""
    for struct, body in re.findall(r"^([\w-]+) ::= SEQUENCE {\n(.*?)\n    \.\.\.\n}", text,
                                   re.MULTILINE | re.DOTALL):
        rows = [line.split()[0].replace("-", "_") for line in body.split("\n")
                if "<subsection>" not in line]
        for at in range(len(rows) + 1):
            yield Place(struct, rows, at)


def vmsd_names(text):
    """The structs of subsections by their vmsd names."""
    return dict(re.findall(r'^-- <"([^"]+)" 1>\n([\w-]+) ::=', text, re.MULTILINE))


class Transport:
    """The transports in a stream: leaves in order, and structs by the type of the map."""

    def __init__(self, vmber, octets, text):
        listed = subprocess.run([vmber.path, "dump", "--offsets", "--format", "json", "-"],
                                input=vmber.good(octets, "encode", "-q"), capture_output=True,
                                check=True).stdout
        self.leaves = []                    # path, start, end: of the first device
        self.structs = collections.defaultdict(list)
        self.subsections = vmsd_names(text)
        self.devices = []
        for section in json.loads(listed)["sections"]:
            for field in section.get("fields", ()):
                ccw = field["value"][0] if field["name"] == "virtio" else {"name": None}
                if ccw["name"] == "ccw":
                    self.devices.append(section["name"])
                    self._walk(ccw, "ccw", self.leaves if len(self.devices) == 1 else [])
        expect(self.devices, "no transport is a struct")

    def _walk(self, struct, path, leaves):
        fields, end = [], struct["legacy"][1]
        for row in struct["value"]:
            name, inside = f"{path} > {row['name']}", row.get("value")
            if row["type"] == "subsection":
                end = min(end, row["legacy"][0])
                leaves.append((name, *row["legacy"]))
            else:
                fields.append((row["name"], *row["legacy"]))
            if not isinstance(inside, list) or not isinstance(inside[0], dict):
                leaves.append((name, *row["legacy"]))
            elif "name" in inside[0]:
                self._walk(row, name, leaves)
            else:
                for index, element in enumerate(inside):
                    self._walk({"vmsd": element.get("vmsd", row.get("vmsd")), **element},
                               f"{name}[{index}]", leaves)
        kind = struct.get("vmsd") or self.subsections[struct["name"]]
        self.structs[kind].append((fields, end))


class Capture:
    """A stream whose blobs of virtio can be changed."""

    def __init__(self, octets):
        self.stream = sections.Stream(octets)

    def edited(self, edits):
        """The stream with octets at offsets put in or taken out: {offset: octets or a number}."""
        stream = self.stream
        for section in stream.sections[::-1]:       # from the end: offsets before stay
            start, end = section.start, section.start + len(section.payload)
            inside = {at: what for at, what in edits.items() if start <= at <= end}
            if not inside:
                continue
            section = next(one for one in stream.sections if one.name == section.name)
            root = section.parse()
            unit = root.units[root.find("virtio")]
            blob = unit.elements[0][0]
            skip = section.payload.index(blob)
            for at in sorted(inside, reverse=True):
                what, here = inside[at], at - start - skip
                blob = blob[:here] + what + blob[here:] if isinstance(what, bytes) else \
                    blob[:here] + blob[here + what:]
            unit.elements[0][0] = blob
            stream = sections.Stream(stream.written(section, root)[0])
        return stream.octets


def of_machine(octets, version):
    """The stream of a machine type of another version, whose name is as long."""
    name = octets[13:13 + int.from_bytes(octets[9:13], "big")]
    expect(name.startswith(b"s390-ccw-virtio-") and len(name) == 20, "the machine is", name)
    return octets.replace(name, name[:-4] + version.encode(), 1)


# ---------------------------------------------------------------- the tests

class Test:
    """What all parts share."""

    def __init__(self, options, work):
        self.work = pathlib.Path(work)
        self.maps = releases.libraries()
        self.text = self.maps[MODULE]
        self.vmber = Program(options.vmber)
        self.lift_with = options.lift_with
        self.octets = pathlib.Path(options.capture).read_bytes()
        self.capture = Capture(self.octets)
        self.transport = Transport(self.vmber, self.octets, self.text)
        self.places = list(places_of(self.text))
        self.jobs = options.jobs
        self.next = None

    def build_next(self, where):
        """The next release: two features more, and the row behind config_vector."""
        place = next(one for one in self.places if one.before() == "config_vector")
        entries = (releases.entry("DEVICE_VIRTIO_CCW_ADDED", ADDED, 11, 0),
                   releases.entry("DEVICE_VIRTIO_CCW_VECTOR", VECTOR, 11, 0))
        self.next = releases.build(where, releases.registry(more=entries),
                                   {**self.maps, MODULE: place.insert(self.text, ROW)},
                                   ("vmber", "lift_with"))
        return place

    def with_maps(self, path, text):
        """lift_with with another module of virtio-ccw."""
        folder = pathlib.Path(tempfile.mkdtemp(dir=self.work))
        for name, one in {**self.maps, MODULE: text}.items():
            (folder / name).write_text(one)
        return Program(path, folder)

    def in_blob(self):
        """Part 1: octets that are too many, or not there."""
        print("in the blob of the first device, one place after the other; the map would fit ...")
        leaves = list(enumerate(self.transport.leaves))
        numbers = [(at, leaf) for at, leaf in leaves
                   if leaf[2] - leaf[1] in (1, 2, 4, 8) and "ciw[" not in leaf[0]]
        jobs = [(value.hex(), at, path, {start: value})
                for value in VALUES for at, (path, start, _) in leaves]
        jobs += [("missing", at, path, {start: end - start}) for at, (path, start, end) in numbers]
        said = self.each(lambda job: self._hint(job[3], job[0] == "missing", job[1]), jobs)
        for title in dict.fromkeys(job[0] for job in jobs):
            self._print(title, [(job[2], one[0]) for job, one in zip(jobs, said)
                                if job[0] == title])
        print(f"in the blob: {len(jobs)} changes, all are refused; the error says between which rows, "
              f"of {sum(exact for _, exact in said)} the very row before it")

    def each(self, function, things):
        """The results of all calls, in order."""
        with concurrent.futures.ThreadPoolExecutor(self.jobs) as pool:
            return list(pool.map(function, things))

    def _hint(self, edits, missing, at):
        """Checks that encode stops, and that the place is among those that it says."""
        status, _, said = self.vmber.run(self.capture.edited(edits), "encode", "-q", "--strict")
        expect(status == 6, self.transport.leaves[at][0], "not refused", said)
        names = [path for path, _, _ in self.transport.leaves]
        if missing:
            found = re.search(r"without (?:one of )?'([^']*)'(?: to '([^']*)')?", said)
            expect(found, names[at], said)
            low, high = self._index(names, found[1]) - 1, self._index(names, found[2] or found[1])
        else:
            found = re.search(r"with \d octets more between (the start|'[^']*') and '([^']*)'", said)
            expect(found, names[at], said)
            low = -1 if found[1][0] != "'" else self._index(names, found[1][1:-1], last=True)
            high = self._index(names, found[2])
        expect(low < at <= high, names[at], said)
        return said[said.index("it would ") + 9:].rsplit(" at ", 1)[0], low == at - 1 and high == at

    @staticmethod
    def _index(names, name, last=False):
        """The number of the leaf of that name; of a struct its first, or its last."""
        found = [at for at, one in enumerate(names)
                 if one == name or one.startswith((name + " > ", name + "["))]
        return found[-1 if last and not names[found[0]] == name else 0] if found else len(names)

    @staticmethod
    def _print(title, said):
        """One line for places next to each other of which the same is said."""
        runs = []
        for path, text in said:
            if runs and runs[-1][2] == text:
                runs[-1][1:2] = [path]
                runs[-1][3] += 1
            else:
                runs.append([path, path, text, 1])
        for first, last, text, count in runs:
            where = f"before {first}" if count == 1 else f"before {first} to {last} ({count})"
            print(f"  {title:8} {where}: {text}")

    def in_structs(self):
        """Part 2: unannounced rows in the structs of a stream."""
        def check(place):
            octets = self._with(place, self.octets)
            writer = self.with_maps(self.lift_with, place.insert(self.text, UNANNOUNCED))
            ber = writer.good(octets, "encode", "--strict")
            where = f"'added' stands {self._where(place)}, which map virtio does not have there"
            for verb in ("decode", "convert", "verify"):
                status, out, said = self.vmber.run(ber, verb)
                said += out.decode(errors="replace") if verb == "verify" else ""
                expect(status != 0 and where in said, place, verb, said)
                expect(verb != "decode" or octets[:self.transport.leaves[0][1]].startswith(out),
                       place, verb, "it was handed over")
            expect(writer.good(ber, "decode") == octets, place, "other octets")

        self.each(check, self.places)
        print(f"in structs, unannounced: {len(self.places)} places of "
              f"{len({place.struct for place in self.places})} structs; decode, convert and verify "
              "refuse each, and name the row before it")

    @staticmethod
    def _where(place):
        return f"behind '{place.before()}'" if place.before() else "first"

    def _with(self, place, octets):
        """The stream with the value at that place, in all devices."""
        edits = {at: b"\x12\x34" for at in place.offsets(self.transport.structs)}
        return octets[:33] + self.capture.edited(edits)[33:]

    def as_feature(self):
        """Part 3: announced."""
        newer = of_machine(self.octets, "11.0")

        def check(place):
            octets = self._with(place, newer)
            release = self.with_maps(self.next / "lift_with", place.insert(self.text, ROW))
            ber = release.good(octets, "encode", "--strict", "--without", VECTOR)
            self._refused(ber, ADDED, place)
            expect(release.good(ber, "decode") == octets, place, "other octets")
            old = release.good(self.octets, "encode", "--strict")
            expect(ADDED.encode() not in old, place, "the feature is named at 10.0")
            expect(self.vmber.good(old, "decode") == self.octets, place, "10.0: other octets")

        self.each(check, self.places)
        print(f"as a feature: {len(self.places)} places: this release refuses {ADDED} by name, the "
              "next one reads; at machine types before it both read")

    def _refused(self, ber, feature, what):
        """This release hands over an octet at most, and names the feature."""
        for verb in ("decode", "convert"):
            status, out, said = self.vmber.run(ber, verb)
            expect(status == 6 and len(out) <= 1 and NO_FEATURE.format(feature) in said, what,
                   verb, said)

    def releases(self, place):
        """Part 3 with the two programs, at one place."""
        this, later = self.vmber, Program(self.next / "vmber")
        octets = self._with(place, of_machine(self.octets, "11.0"))
        listed = self.work / "this.json"
        listed.write_bytes(this.good(b"", "features", "--json"))
        ber = later.good(octets, "encode", "-q", "--strict")
        self._refused(ber, ADDED, "the next release's stream")
        expect(later.good(ber, "decode") == octets, "the next release reads its own")
        for what, lowered in (
                ("encode --for", later.good(octets, "encode", "-q", "--for", str(listed))),
                ("convert --for", later.good(ber, "convert", "-q", "--for", str(listed)))):
            expect(ADDED.encode() not in lowered, what, "names the feature")
            expect(this.good(lowered, "decode") == octets, what, "other octets")
            lifted = later.good(lowered, "convert", "-q")
            self._refused(lifted, ADDED, f"{what}, convert")
            expect(later.good(lifted, "decode") == octets, what, "other octets")
        mine = this.good(octets, "encode", "-q")
        expect(later.good(mine, "decode") == octets, "this release's blobs")
        lifted = later.good(mine, "convert", "-q", "--strict")
        self._refused(lifted, ADDED, "this release's blobs, convert")
        expect(later.good(lifted, "decode") == octets, "this release's blobs, convert")
        status, _, said = this.run(octets, "encode", "-q", "--strict")
        expect(status == 6 and "more between" in said, "this release, strict", said)
        for one, other in ((this, later), (later, this)):
            expect(other.good(one.good(self.octets, "encode", "-q", "--strict"), "decode") ==
                   self.octets, "10.0 between the releases")
        print("two programs, behind config_vector: the next release's stream is refused by name; "
              "encode --for and convert --for this release are read; blobs of this one are read")

    def config_vector(self):
        """The value that old machine types never had."""
        row = re.search(r"^    config-vector .*\n", self.text, re.MULTILINE)[0]
        by_feature = f"    config-vector  [7] UInt16 OPTIONAL,  -- <feature \"{VECTOR}\">\n"
        older = self.with_maps(self.lift_with, self.text.replace(row, ""))
        newer = self.with_maps(self.next / "lift_with", self.text.replace(row, by_feature))
        at = [start for fields, _ in self.transport.structs["Virtio-Ccw"]
              for name, start, _ in fields if name == "config_vector"]
        without = self.capture.edited({start: 2 for start in at})
        having = of_machine(self.octets, "11.0")
        table = []

        def say(writer, machine, form, reader, result):
            table.append((writer, machine, form, reader, result))

        for name, one, other in (("older", older, newer), ("newer", newer, older)):
            ber = one.good(without, "encode", "--strict")
            expect(VECTOR.encode() not in ber, name, "names the feature at 10.0")
            expect(other.good(ber, "decode") == without, name, "10.0: other octets")
            say(name, "10.0", "struct without the row", "newer" if one is older else "older",
                "reads")
        ber = newer.good(having, "encode", "--strict", "--without", ADDED)
        expect(newer.good(ber, "decode") == having, "11.0: other octets")
        say("newer", "11.0", "struct with the row", "newer", "reads")
        status, out, said = older.run(ber, "decode")
        expect(status == 6 and not out and NO_FEATURE.format(VECTOR) in said, "11.0", said)
        say("newer", "11.0", "struct with the row", "older", f"refuses {VECTOR}")
        status, _, said = newer.run(having, "encode", "--strict", "--without", VECTOR)
        expect(status == 6, "11.0 without the feature, strict", said)
        for name, blob in (("newer", newer.good(having, "encode", "--without", VECTOR,
                                                "--without", ADDED)),
                           ("older", older.good(having, "encode"))):
            for whom, reader in (("older", older), ("newer", newer)):
                expect(reader.good(blob, "decode") == having, name, whom, "other octets")
            say(name, "11.0", "--without: a blob" if name == "newer" else "a blob", "both", "read")
        status, _, said = older.run(having, "encode", "--strict")
        expect(status == 6 and "with 2 octets more between" in said, said)
        say("older", "11.0", "--strict", "", "stops: " + re.search(r"with 2 .*?' and '.*?'", said)[0])
        print(f"config_vector, from 11.0 on by {VECTOR}; older: a release that never had it")
        for line in table:
            print("  {:6} writes {:5} {:24} {:6} {}".format(*line))


def main():
    """Does what the command line asks for."""
    parser = argparse.ArgumentParser(description="A value added to virtio-ccw.")
    parser.add_argument("--vmber", metavar="PATH", required=True)
    parser.add_argument("--lift-with", metavar="PATH", required=True)
    parser.add_argument("--build", metavar="DIR", required=True)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("capture", metavar="CAPTURE")
    options = parser.parse_args()
    try:
        with tempfile.TemporaryDirectory(prefix="vmber-added-") as work:
            test = Test(options, work)
            test.in_blob()
            test.in_structs()
            place = test.build_next(options.build)
            test.as_feature()
            test.releases(place)
            test.config_vector()
    except (Failure, sections.Untold) as error:
        print(f"added: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
