#!/usr/bin/env python3
"""Damages a stream and reads what vmber says of it.

    damage.py VMBER --ber FILE --count N     flip N bits: verify must name the record
    damage.py VMBER --legacy FILE            insert and remove an octet in each device section:
                                             encode --strict must name section and offset
"""
import argparse
import json
import os
import random
import subprocess
import sys
import tempfile


def lines_of(vmber, *arguments):
    done = subprocess.run([vmber, *arguments], stdout=subprocess.PIPE, check=False)
    return [json.loads(line) for line in done.stdout.splitlines()]


def element(octets, at):
    """Where the definite-length element at at ends."""
    length = octets[at + 1]
    at += 2
    if length & 0x80:
        count = length & 0x7f
        length = int.from_bytes(octets[at:at + count], "big")
        at += count
    return at + length


def frames_of(octets):
    """The records of a BER stream: (start, end, number)."""
    at = element(octets, 2) + 2  # 30 80, HeaderRecord, 30 80
    frames = []
    while octets[at] == 0x30:
        frames.append((at, element(octets, at), len(frames) + 1))
        at = frames[-1][1]
    return frames


def flip(vmber, path, count, seed=1):
    octets = bytearray(open(path, "rb").read())
    frames = frames_of(octets)
    chooser = random.Random(seed)
    bad = 0
    for _ in range(count):
        bit = chooser.randrange(len(octets) * 8)
        frame = next((f for f in frames if f[0] <= bit // 8 < f[1]), None)
        octets[bit // 8] ^= 1 << bit % 8
        with tempfile.NamedTemporaryFile() as damaged:
            damaged.write(octets)
            damaged.flush()
            done = subprocess.run([vmber, "verify", "--format", "jsonl", damaged.name],
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
            findings = [json.loads(line) for line in done.stdout.splitlines()]
        octets[bit // 8] ^= 1 << bit % 8
        findings = [f for f in findings if f["kind"] == "finding"]
        named = {f.get("record") for f in findings}
        if done.returncode not in (1, 5) or (not findings and done.returncode == 1):
            print(f"bit {bit}: exit status {done.returncode}, {len(findings)} findings")
            bad += 1
        elif frame is not None and frame[2] not in named:
            print(f"bit {bit} is in record {frame[2]}; findings name {sorted(named, key=str)}: "
                  f"{findings[0]['text']}")
            bad += 1
    print(f"{os.path.basename(path)}: {count} flipped bits, {bad} not found in their record")
    return bad == 0


def hidden_sections(vmber, path):
    """Sections with an array whose elements QEMU's description does not tell (7.2, null pointers):
    what is in there can be any octets, so an octet more is as good as one less."""
    types = {line["id"]: line for line in lines_of(vmber, "dump", "--format", "jsonl", "--level", "1",
                                                   "--types", path) if line["kind"] == "type"}
    names = {t["name"] for t in types.values() if any("extent" in f for f in t["fields"])}
    if names:
        print(f"{os.path.basename(path)}: left out, hidden by QEMU's own description: {sorted(names)}")
    return names


def shift(vmber, path):
    octets = open(path, "rb").read()
    sections = [line for line in lines_of(vmber, "dump", "--format", "jsonl", "--level", "1",
                                          "--offsets", path)
                if line["kind"] == "section" and line["name"] != "ram" and line["level"] == 2]
    footers = octets[sections[0]["legacy"][1] - 5] == 0x7e
    hidden = hidden_sections(vmber, path)
    chooser = random.Random(1)
    bad = 0
    tries = 0
    for section in sections:
        start, end = section["legacy"]
        # Behind the head: kind, id, length octet, name, instance, version.
        start += 14 + len(section["name"].encode())
        end -= 5 if footers else 0
        if section["name"] in hidden or start >= end:
            continue
        for at in {start, (start + end) // 2, end - 1, chooser.randrange(start, end)}:
            for what, damaged in (("inserted", octets[:at] + b"\x2a" + octets[at:]),
                                  ("removed", octets[:at] + octets[at + 1:])):
                tries += 1
                done = subprocess.run([vmber, "encode", "--strict", "-"], input=damaged,
                                      stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False)
                said = done.stderr.decode()
                if done.returncode not in (4, 5, 6) or section["name"] not in said or \
                        "legacy offset" not in said:
                    print(f"{section['name']}: octet {what} at {at:#x}: status {done.returncode}, "
                          f"{said.strip()}")
                    bad += 1
    print(f"{os.path.basename(path)}: {len(sections)} sections, {tries} octets inserted or removed, "
          f"{bad} not refused by name")
    return bad == 0 and tries > 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("vmber")
    parser.add_argument("--ber")
    parser.add_argument("--legacy")
    parser.add_argument("--count", type=int, default=100)
    arguments = parser.parse_args()
    if arguments.ber:
        good = flip(arguments.vmber, arguments.ber, arguments.count)
    else:
        good = shift(arguments.vmber, arguments.legacy)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
