#!/usr/bin/env python3
"""vectors.py - what vmber makes of the vectors of tests/vectors/blobs.

    vectors.py VMBER [--update]

Each is put into a migration stream as the field or the section that its map is for. If the map does
not fit, `encode --lift` must leave it as it is and say so, and `encode --lift --strict` and `lift` must
refuse it, all with the same row, offset and sentence; if it fits, all its values must be those of
maps.py. In either case the stream must come back. What the libraries wrote themselves fits. What came
of the hostile ones is compared with hostile/rows.txt: file, map, and row and sentence, or "fits".
"""
import glob
import json
import os
import re
import struct
import subprocess
import sys
import tempfile

import maps as notation

HERE = os.path.dirname(os.path.abspath(__file__))
VECTORS = os.path.join(HERE, "../vectors/blobs")
WRAP_LEN = 22  # octets before the blob in what lift makes, but for the map's name


def stream(idstr, vmsd, version, kind, blob, field="blob"):
    """A migration stream of one section that has one field of that type, or is of the old style; and
    where its payload begins."""
    head = b"QEVM" + struct.pack(">I", 3) + b"\4" + struct.pack(">I", 0)
    name = idstr.encode()
    head += bytes([len(name)]) + name + struct.pack(">II", 0, version)
    size = {"size": len(blob)}
    device = {"name": idstr, "instance_id": 0}
    if vmsd is None:
        device |= size | {"fields": [{"name": "data"} | size | {"type": kind}]}
    else:
        device |= {"vmsd_name": vmsd, "version": version}
        device["fields"] = [{"name": field, "type": kind} | size]
    text = json.dumps({"page_size": 4096, "devices": [device]}).encode()
    behind = b"\x7e" + struct.pack(">I", 0) + b"\0\6" + struct.pack(">I", len(text)) + text
    return head + blob + behind, len(head)


def wrap(maps, how, blob):
    """Gives the map, its context, arguments for `vmber lift`, and a stream with the blob."""
    words = how.split()
    if words[0] == "slirp":
        return "slirp", {"$version": int(words[1])}, ["--version", words[1]], \
            stream("slirp", None, int(words[1]), "buffer", blob)
    if words[0] == "usbredir":  # a field has its length before it
        blob = struct.pack(">I", len(blob)) + blob
        return "usbredir", {"$version": 1}, [], \
            stream("1/usb-redir", "usb-redir", 1, "usb-redir-parser", blob)
    name = words[1]
    kind, target = maps.roots[name].note.targets[0]
    if kind == "section":
        return name, {"$version": 1}, ["--version", "1"], stream(target, None, 1, "buffer", blob)
    if kind == "field":
        vmsd, field = target.split("/")
        return name, {"$version": 1, "$device": vmsd}, ["--device", vmsd], \
            stream(vmsd, vmsd, 1, "buffer", blob, field)
    if len(words) == 2:
        return name, {"$version": 1, "$device": "device"}, [], stream("device", "device", 1, target, blob)
    transport = notation.transport(words[3])
    return name, {"$version": 1, "$device": words[2], "$transport": transport}, \
        ["--device", words[2], "--transport", transport], stream(words[3], words[2], 1, target, blob)


def run(vmber, *args, **kwargs):
    return subprocess.run([vmber, *args], capture_output=True, check=False, **kwargs)


def said(text, map_name, start):
    """Takes row, offset in the blob, which begins at start, and sentence out of a refusal."""
    path, _, rest = text.strip().partition(f": map {map_name} does not fit: ")
    sentence, _, at = rest.rpartition(" at legacy offset 0x")
    sentence = sentence.partition("; it would")[0]  # and what it would take to fit, if it stops all
    row = " > ".join(path.partition(": unsupported: ")[2].split(" > ")[2:])
    return row, int(at or "0", 16) - start, sentence


class Vector:
    """A vector, and what vmber makes of it."""

    def __init__(self, vmber, maps, name, how):
        self.name, self.path = name, os.path.join(VECTORS, name)
        self.blob = open(self.path, "rb").read()
        self.map, self.context, args, (self.legacy, self.start) = wrap(maps, how, self.blob)
        self.wrapped = self.map == "usbredir"  # in a stream behind its length
        with tempfile.TemporaryDirectory() as folder:
            mig, ber, refused = (os.path.join(folder, n) for n in ("mig", "ber", "refused"))
            open(mig, "wb").write(self.legacy)
            encode = ("encode", "--schema", "off", "--lift", mig, "-o")
            self.encoded = run(vmber, *encode, ber)
            self.decoded = run(vmber, "decode", ber).stdout
            self.strict = run(vmber, *encode, refused, "--strict")
            self.taken = os.path.exists(refused)
            dump = run(vmber, "dump", "--format", "jsonl", ber).stdout.splitlines()
        self.naked = run(vmber, "lift", "--map", self.map, *args, self.path)
        self.field = json.loads(dump[1])["fields"][0]
        self.lifted = "vmsd" in self.field
        try:
            self.value = notation.fit(maps, maps.roots[self.map], self.blob, self.context)[0]
        except notation.Misfit:
            self.value = None

    def judge(self, complain):
        """Gives the map, and what it makes of the vector."""
        if self.encoded.returncode != 0 or self.decoded != self.legacy:
            complain(f"{self.name}: the stream does not come back: {self.encoded.stderr.decode()}")
        if self.wrapped and not self.blob:  # a length of 0: not connected
            row, _, sentence = said(self.naked.stderr.decode(), self.map, 0)
            return self.map, f"octet 0, {row}: {sentence}"
        if self.lifted != (self.value is not None):
            complain(f"{self.name}: vmber and maps.py do not agree whether {self.map} fits")
        return self.map, self.fits(complain) if self.lifted else self.refused(complain)

    def fits(self, complain):
        field = self.field["value"][1] if self.wrapped else self.field
        for line in notation.differences(self.value, field):
            complain(f"{self.name}: {line}")
        if self.strict.returncode != 0 or self.naked.returncode != 0 or self.encoded.stderr:
            complain(f"{self.name}: fits, but is refused")
        return "fits"

    def refused(self, complain):
        shift = 4 if self.wrapped else 0
        row, offset, sentence = said(self.strict.stderr.decode(),
                                     "usb-redir-parser" if self.wrapped else self.map,
                                     self.start + shift)
        row = row.partition("parser > ")[2] if self.wrapped else row
        if self.strict.returncode != 6 or self.taken or self.naked.returncode != 6:
            complain(f"{self.name}: does not fit, but is taken")
        naked = said(self.naked.stderr.decode(), self.map, WRAP_LEN + len(self.map))
        if naked != (row, offset, sentence):
            complain(f"{self.name}: lift says {naked}, encode --strict {(row, offset, sentence)}")
        note = self.encoded.stderr.decode()
        if f"does not fit at octet {offset + shift}, " not in note or f"{row}: {sentence}" not in note:
            complain(f"{self.name}: encode says {note}, encode --strict {(row, offset, sentence)}")
        return f"octet {offset}, {row}: {sentence}" if row else f"octet {offset}: {sentence}"


def hostile(vmber, maps, complain, update):
    """Judges the hostile vectors, and compares that with what is known."""
    rows, found = os.path.join(VECTORS, "hostile/rows.txt"), []
    for line in open(os.path.join(VECTORS, "hostile/hostile.txt"), encoding="utf-8"):
        name, how, _, _ = line.rstrip("\n").split(" | ", 3)
        verdict = Vector(vmber, maps, f"hostile/{name}", how).judge(complain)
        found.append(" | ".join((name, *verdict)) + "\n")
    if update:
        open(rows, "w", encoding="utf-8").writelines(found)
    expected = open(rows, encoding="utf-8").readlines()
    for line in found:
        if line not in expected:
            complain(f"found {line.strip()}")
    for line in expected:
        if line not in found:
            complain(f"expected {line.strip()}")
    unseen = set(maps.roots) - {line.split(" | ")[1] for line in found}
    if unseen:
        complain("no hostile vector of " + ", ".join(sorted(unseen)))
    fits = sum(line.endswith("| fits\n") for line in found)
    return f"{len(found)} hostile vectors, {len(found) - fits} refused, {fits} fit"


def good(vmber, maps, complain):
    """Judges the vectors of the libraries and of QEMU, which fit."""
    hows = {}
    for path in sorted(glob.glob(os.path.join(VECTORS, "[su]*/*.bin"))):
        name = os.path.relpath(path, VECTORS)
        old = re.match(r"slirp/v([123])[.-]", name)
        hows[name] = "usbredir" if name.startswith("usbredir") else f"slirp {old[1] if old else 4}"
    for line in open(os.path.join(VECTORS, "qemu/qemu.txt"), encoding="utf-8"):
        name, how, _ = line.split(" | ", 2)
        hows[f"qemu/{name}"] = how
    for name, how in hows.items():
        if Vector(vmber, maps, name, how).judge(complain)[1] != "fits":
            complain(f"{name}: does not fit")
    return f"{len(hows)} good vectors"


def main():
    vmber, maps, bad = sys.argv[1], notation.Maps(notation.library()), []
    told = [hostile(vmber, maps, bad.append, "--update" in sys.argv), good(vmber, maps, bad.append)]
    for line in bad:
        print(f"vectors: {line}")
    print(f"vectors: {', '.join(told)}, {len(bad)} complaints")
    return bool(bad)


if __name__ == "__main__":
    sys.exit(main())
