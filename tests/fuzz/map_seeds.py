#!/usr/bin/env python3
"""map_seeds.py - the corpus of fuzz_map_identity, from real streams and the vectors of tests/vectors.

    map_seeds.py VMBER OUT STREAM...

Of each map the smallest blob of the streams and the largest below MOST octets; of virtio for each device
and transport without what the transport keeps of 1024 queues, and one of each transport with it. A seed
begins with the map's name and what the context is, as the target reads it.
"""
import collections
import glob
import json
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../blobs"))
import maps as notation  # noqa: E402

MOST = 20000
VECTOR_MOST = 2000
DEVICES = ("virtio-net", "virtio-blk", "virtio-console", "virtio-balloon", "virtio-mem",
           "virtio-gpu", "virtio-iommu", "virtio-scsi", "virtio-input", "virtio-rng")  # as in the target
PLACES = ("pci", "ccw", "mmio")


def context_octet(context):
    """The octet that makes the target's context this one; no device and version at once."""
    if context.get("$device") in DEVICES:
        return 64 * PLACES.index(context["$transport"]) + DEVICES.index(context["$device"])
    return context.get("$version", 0) % 5


def without_queues(blob):
    """A virtio blob up to its first subsection."""
    ends = [blob.find(bytes([5, len(n)]) + n) for n in (b"virtio/64bit_features", b"virtio/virtqueues",
                                                       b"virtio/extra_state", b"virtio/disabled")]
    return blob[:min((e for e in ends if e > 0), default=len(blob))]


def collect(maps, vmber, paths):
    """Gives name, map, context and octets of each blob of the streams that is to be a seed."""
    found = collections.defaultdict(dict)
    for path in paths:
        with tempfile.NamedTemporaryFile("wb") as dump:
            subprocess.run([vmber, "dump", "--no-lift", "--format", "jsonl", path], stdout=dump, check=True)
            for targets, context, blob in notation.blobs(dump.name):
                for root in maps.by_target.get(maps.target_of(targets), ()):
                    map_name = name = root.note.string
                    if map_name == "virtio":
                        if context["$device"] not in DEVICES:
                            continue
                        name = f"virtio-{context['$transport']}"
                        found[map_name, name][len(blob)] = context, blob
                        name += context["$device"][6:]
                        blob = without_queues(blob)
                    found[map_name, name][len(blob)] = context, blob
    for (map_name, name), blobs in found.items():
        sizes = sorted(blobs)
        yield name, map_name, *blobs[sizes[0]]
        small = [size for size in sizes if size <= MOST]
        if len(small) > 1 and map_name != "virtio":
            yield f"{name}-large", map_name, *blobs[small[-1]]


def vectors():
    """The same of the vectors."""
    folder = os.path.join(HERE, "../vectors/blobs")
    for path in glob.glob(os.path.join(folder, "[su]*/*.bin")):
        map_name, name = path.split(os.sep)[-2:]
        version = int(name[1]) if name[0] == "v" and name[1].isdigit() else 4
        blob = open(path, "rb").read()
        if len(blob) <= VECTOR_MOST:
            yield f"{map_name}-{name[:-4]}", map_name, {"$version": version}, blob
    for line in open(os.path.join(folder, "qemu/qemu.txt"), encoding="ascii"):
        name, how, _ = line.split(" | ", 2)
        _, map_name, *where = how.split()
        context = {"$version": 1}
        if where:
            context |= {"$device": where[0], "$transport": notation.transport(where[1])}
        blob = open(os.path.join(folder, "qemu", name), "rb").read()
        yield f"vector-{name[:-4]}", map_name, context, blob


def main():
    vmber, out, paths = sys.argv[1], sys.argv[2], sys.argv[3:]
    maps = notation.Maps(notation.library())
    os.makedirs(out, exist_ok=True)
    count = octets = 0
    for name, map_name, context, blob in (*collect(maps, vmber, paths), *vectors()):
        with open(os.path.join(out, name), "wb") as seed:
            seed.write(map_name.encode() + bytes([0, context_octet(context)]) + blob)
        count, octets = count + 1, octets + len(blob)
    print(f"{count} seeds, {octets} octets")


if __name__ == "__main__":
    main()
