#!/usr/bin/env python3
"""pages.py - writes pages.mig: a stream by hand that has every kind of RAM record.

Two blocks of a few pages, sent the way QEMU 7.2 sends them (migration/ram.c): normal, zero, filled,
XBZRLE and compressed pages, a record that names its block again, a flush word. The one device
section has no description, so it is known by its name only.
"""
import os
import struct
import zlib

PAGE = 4096
ZERO, MEM_SIZE, NORMAL, EOS, CONTINUE, XBZRLE, COMPRESS, FLUSH = (
    0x02, 0x04, 0x08, 0x10, 0x20, 0x40, 0x100, 0x200)


def text(s):
    return bytes([len(s)]) + s.encode()


def word(page, flags):
    return struct.pack(">Q", page * PAGE | flags)


def page_of(seed):
    return bytes((seed + i * 7) & 0xff for i in range(PAGE))


def section(kind, ident, payload, name=None, version=4):
    head = bytes([kind]) + struct.pack(">I", ident)
    if name is not None:
        head += text(name) + struct.pack(">II", 0, version)
    return head + payload + b"\x7e" + struct.pack(">I", ident)


def stream():
    out = b"QEVM" + struct.pack(">I", 3)
    out += b"\x07" + struct.pack(">I", 4) + b"hand"
    blocks = text("low.ram") + struct.pack(">Q", 16 * PAGE)
    blocks += text("high.ram") + struct.pack(">Q", 8 * PAGE)
    total = struct.pack(">Q", 24 * PAGE | MEM_SIZE)
    out += section(1, 2, total + blocks + word(0, EOS), "ram")
    part = word(0, NORMAL) + text("low.ram") + page_of(1)
    part += word(1, NORMAL | CONTINUE) + page_of(2)
    for n in range(2, 8):
        part += word(n, ZERO | CONTINUE) + b"\0"
    part += word(8, ZERO | CONTINUE) + b"\xff"
    part += word(0, NORMAL) + text("high.ram") + page_of(3)
    part += word(1, ZERO | CONTINUE) + b"\0"
    out += section(2, 2, part + word(0, FLUSH) + word(0, EOS))
    diff = b"\x10\x04diff"
    part = word(1, XBZRLE) + text("low.ram")
    part += b"\x01" + struct.pack(">H", len(diff)) + diff
    part += word(9, NORMAL) + text("low.ram") + page_of(4)
    packed = zlib.compress(page_of(5), 1)
    part += word(4, COMPRESS) + text("high.ram") + struct.pack(">I", len(packed)) + packed
    out += section(3, 2, part + word(0, EOS))
    out += section(4, 7, b"\x00\x01\x02\x03", "toy", 1)
    return out + b"\x00"


if __name__ == "__main__":
    with open(os.path.join(os.path.dirname(__file__), "pages.mig"), "wb") as file:
        file.write(stream())
