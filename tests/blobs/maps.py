#!/usr/bin/env python3
"""maps.py - checks the maps of asn1/libraries against blobs of real streams: a second, slow reading
of their notation (docs/blobs/notation.md), written apart from the one in compat/.

    maps.py dump FILE.jsonl...     all blobs of `vmber dump --no-lift --format jsonl --offsets`
    maps.py blob MAP [VAR=VALUE]... FILE...
    maps.py show MAP [VAR=VALUE]... FILE
    maps.py cut MAP [VAR=VALUE]... FILE...     every prefix, and every octet changed, ends well
    maps.py agree VMBER FILE...    all blobs of streams: `vmber encode --lift` lifts the same ones, to
                                   the same values

A blob fits if a way through its map consumes every octet, and the values give the octets back.
"""
import collections
import glob
import json
import os
import re
import subprocess
import sys
import tempfile

LIBRARIES = os.path.join(os.path.dirname(__file__), "../../asn1/libraries/*.asn1")
TRIALS_MAX = 512
FLAGS = ("zero", "little", "host", "rest", "maybe", "fits", "pci-config", "host-layout", "subsection",
         "ipv4", "mac", "port", "map", "first-capability")
TYPED = ("bits", "names", "capabilities", "extended-capabilities")
OPS = ("==", "!=", "<", "<=", ">", ">=", "&", "in")


class Misfit(Exception):
    def __init__(self, offset, text):
        super().__init__(f"at {offset}: {text}")
        self.offset = offset


# ---- the notation -----------------------------------------------------------------------------


def tokens(text):
    return re.findall(r'"(?:[^"\\]|\\.)*"|0x[0-9a-fA-F]+|\d+|\$?[A-Za-z][\w.-]*|==|!=|<=|>=|[-+*/<>&]', text)


class Annotation:
    """What stands between < and >."""

    def __init__(self, comment, where):
        self.where = where
        self.flags = set()
        self.ifs, self.checks, self.bits, self.targets = [], [], [], []
        self.one = {}  # keyword to its argument
        self.string = self.number = None
        self.t = tokens(comment[1:])
        self.i = 0
        while self.peek() != ">":
            self.part()

    def peek(self):
        assert self.i < len(self.t), f"{self.where}: annotation without end"
        return self.t[self.i]

    def take(self):
        self.i += 1
        return self.t[self.i - 1]

    def operand(self):
        t = self.take()
        if t[0] == '"':
            return ("string", t[1:-1])
        if t[0].isdigit():
            return ("number", int(t, 0))
        assert re.match(r"\$?[a-z][\w.]*$", t), f"{self.where}: '{t}' is no name"
        return ("name", t)

    def expr(self):
        out = [self.operand()]
        while self.peek() in ("+", "-", "*", "/"):
            out += [self.take(), self.operand()]
        return out

    def cond(self):
        left = self.expr()
        op = self.take()
        assert op in OPS, f"{self.where}: '{op}' is no comparison"
        if op == "in":
            items = [self.operand()]
            while self.peek()[0] in '"0123456789':
                items.append(self.operand())
            return (left, op, items)
        return (left, op, self.expr())

    def set(self, key, value):
        assert key not in self.one, f"{self.where}: second {key}"
        self.one[key] = value

    def part(self):
        t = self.take()
        if t[0] == '"':
            self.string = t[1:-1]
        elif t[0].isdigit():
            self.number = int(t, 0)
        elif t in FLAGS:
            self.flags.add(t)
        elif t in TYPED:
            self.bits.append((t, self.take()))
        elif t == "if":
            self.ifs.append(self.cond())
        elif t == "check":
            self.checks.append(self.cond())
        elif t in ("length", "count", "size"):
            self.set(t, self.expr())
        elif t in ("max", "magic"):
            self.set(t, self.operand()[1])
        elif t == "while":
            how = self.take() if self.peek() in ("not", "&") else "is"
            value = self.operand()[1]
            width = 1
            if self.peek() == "of":
                self.take()
                width = self.operand()[1]
            self.set("while", (how, value, width))
        elif t == "dont-care":
            if self.peek() == "ring":
                self.take()
                self.set("dont-care", ("ring", self.operand(), self.operand()))
            elif self.peek() == "from":
                self.take()
                self.set("dont-care", ("from", self.expr()))
            else:
                self.set("dont-care", ("all",))
        elif t in ("of", "feature"):  # all features are on
            self.operand()
        elif t == "for":
            kind = self.take() if self.peek() in ("section", "field") else "type"
            self.targets.append((kind, self.operand()[1]))
        else:
            raise SystemExit(f"{self.where}: unknown word '{t}'")


class Row:
    def __init__(self, name, tag, text, optional, note):
        self.name = name.replace("-", "_")
        self.tag, self.optional, self.note = tag, optional, note
        m = re.match(r"SEQUENCE (?:\(SIZE \((\d+)\)\) )?OF (.*)", text)
        self.is_list = m is not None
        self.fixed = int(m[1]) if m and m[1] else None
        text = m[2] if m else text
        m = re.match(r"OCTET STRING(?: \(SIZE \((\d+)\)\))?$", text)
        self.octets = m is not None
        self.octets_size = int(m[1]) if m and m[1] else None
        self.type = text
        self.leaf = None  # octets of an integer or BOOLEAN
        self.signed = False


class Type:
    def __init__(self, name, kind, note):
        self.name, self.kind, self.note, self.rows, self.items = name, kind, note, [], {}


INTS = {f"{s}Int{w}": (w // 8, s == "") for w in (8, 16, 32, 64) for s in ("U", "")}


class Maps:
    def __init__(self, paths):
        self.types = {}
        for path in sorted(paths):
            self.read(path)
        self.roots = {}
        self.by_target = collections.defaultdict(list)
        for t in self.types.values():
            for row in t.rows:
                self.bind(t, row)
            if t.note and "map" in t.note.flags:
                self.roots[t.note.string] = t
                for target in t.note.targets:
                    self.by_target[target].append(t)

    def target_of(self, targets):
        """The first of the targets that there is a map for, or None."""
        return next((t for t in targets if t in self.by_target), None)

    def bind(self, t, row):
        row.field_name = row.note and row.note.string or row.name
        if row.note and "subsection" in row.note.flags:
            row.field_name = self.types[row.type].note.string
        if row.type in self.types and self.types[row.type].kind == "OCTET STRING":
            row.octets, row.octets_size = True, self.types[row.type].size
        if row.type in INTS:
            row.leaf, row.signed = INTS[row.type]
        elif row.type == "BOOLEAN":
            row.leaf = 1
        assert row.octets or row.leaf or row.type in self.types, f"{t.name}: no type {row.type}"
        assert row.optional == (row.tag is not None) or t.kind == "CHOICE", f"{t.name}.{row.name}: tag"
        if row.note:
            for _, name in row.note.bits:
                assert name in self.types, f"{t.name}.{row.name}: no type {name}"
        if row.octets and row.octets_size is None:
            assert row.note and row.note.flags | row.note.one.keys(), f"{t.name}.{row.name}: no length"

    def read(self, path):
        lines = open(path, encoding="ascii").read().split("\n")
        above, cur, text = [], None, None
        for n, line in enumerate(lines, 1):
            where = f"{os.path.basename(path)}:{n}"
            assert len(line) <= 110, f"{where}: {len(line)} columns"
            body, _, comment = line.partition("--")
            body, comment = body.strip(), comment.strip()
            if not body:
                above = above + [comment] if line.strip() else []
                continue
            notes = above + ([comment] if comment else [])
            assert not any(c.startswith("<") for c in notes[1:]), f"{where}: annotation is not first"
            note = Annotation(notes[0], where) if notes and notes[0].startswith("<") else None
            above = []
            if text is not None:  # inside BIT STRING { or INTEGER {
                text += " " + body
            elif cur is not None and body == "}":
                cur = None
            elif cur is not None and body == "...":
                pass
            elif cur is not None:
                m = re.match(r"([a-z][\w-]*) +(?:\[(\d+)\] )?(.*?)( OPTIONAL)?,$", body)
                assert m, f"{where}: {body}"
                cur.rows.append(Row(m[1], m[2] and int(m[2]), m[3], m[4] is not None, note))
                tags = [r.tag for r in cur.rows if r.tag is not None]
                assert len(tags) == len(set(tags)), f"{where}: tag twice"
            else:
                m = re.match(r"([A-Z][\w-]*) ::= (.*)$", body)
                if not m:
                    continue
                assert m[1] not in self.types, f"{where}: type {m[1]} twice"
                if m[2] in ("SEQUENCE {", "CHOICE {"):
                    cur = self.types[m[1]] = Type(m[1], m[2][:-2], note)
                elif m[2].startswith("OCTET STRING"):
                    t = self.types[m[1]] = Type(m[1], "OCTET STRING", note)
                    t.size = int(re.search(r"(\d+)", m[2])[1])
                else:
                    t = self.types[m[1]] = Type(m[1], m[2].split(" {")[0], note)
                    text, open_type = m[2], t
            if text is not None and text.endswith("}"):
                for name, number in re.findall(r"([a-z][\w-]*)\((\d+)\)", text):
                    assert int(number) not in open_type.items, f"{where}: {number} twice"
                    open_type.items[int(number)] = name
                text = None


# ---- the interpreter --------------------------------------------------------------------------


class Struct:
    def __init__(self, type_, outer):
        self.type, self.outer, self.values, self.torn = type_, outer, {}, False


class Run:
    """One way through a map: decisions say which, those behind the last of them are 0."""

    def __init__(self, maps, blob, context, decisions):
        self.maps, self.blob, self.context, self.decisions = maps, blob, context, decisions
        self.at, self.limit, self.taken, self.order = 0, len(blob), [], None
        self.out = bytearray()

    def fail(self, text):
        raise Misfit(self.at, text)

    def choose(self, ways):
        i = len(self.taken)
        self.taken.append([self.decisions[i] if i < len(self.decisions) else 0, ways])
        return self.taken[i][0]

    def take(self, n):
        if n > self.limit - self.at:
            self.fail(f"{n} octets wanted, {self.limit - self.at} left")
        self.at += n
        return self.blob[self.at - n : self.at]

    def name(self, struct, name):
        if name[0] == "$":
            if name == "$left":
                return self.limit - self.at
            if name == "$size":
                return len(self.blob)
            if name not in self.context:
                self.fail(f"nobody says {name}")
            return self.context[name]
        for part in name.split("."):
            if part == "outer":
                struct = struct.outer
            elif struct is not None:
                row = next((r for r in struct.type.rows if r.name == part), None)
                assert row, f"{struct.type.name}: no {part}"
                struct = struct.values.get(part)
                if row.signed and struct is not None:
                    struct &= (1 << 8 * row.leaf) - 1
        return struct

    def expr(self, struct, expr):
        """None: an operand is not there."""
        value = self.operand(struct, expr[0])
        for op, operand in zip(expr[1::2], expr[2::2]):
            right = self.operand(struct, operand)
            if value is None or right is None:
                return None
            if op == "+":
                value += right
            elif op == "*":
                value *= right
            elif op == "-":
                value -= right
            elif right == 0:
                self.fail("division by 0")
            else:
                value //= right
            if not 0 <= value < 1 << 64:
                self.fail("a number below 0 or above 2^64-1")
        return value

    def operand(self, struct, operand):
        return self.name(struct, operand[1]) if operand[0] == "name" else operand[1]

    def cond(self, struct, cond, absent):
        left, op, right = cond
        a = self.expr(struct, left)
        if a is None:
            return absent
        if op == "in":
            return a in [item[1] for item in right]
        b = self.expr(struct, right)
        if b is None:
            return absent
        return {"==": a == b, "!=": a != b, "<": a < b, "<=": a <= b, ">": a > b, ">=": a >= b,
                "&": a & b != 0 if op == "&" else False}[op]

    def needs(self, row):
        """Octets of a row of fixed size; 0 of any other."""
        if row.optional:
            return 0
        one = row.leaf or row.octets_size or 0
        return one * (row.fixed or 1) if not row.is_list or row.fixed else 0

    def integer(self, row, note):
        raw = self.take(row.leaf)
        flags = note.flags if note else ()
        order = "little" if "little" in flags else "big"
        if "host" in flags:
            if self.order is None:
                self.order = ("little", "big")[self.choose(2)]
            order = self.order
        value = int.from_bytes(raw, order, signed=row.signed)
        self.out += value.to_bytes(row.leaf, order, signed=row.signed)
        unsigned = int.from_bytes(raw, order)
        if note and "magic" in note.one and unsigned != note.one["magic"]:
            self.fail(f"{row.name} is {value}, not {note.one['magic']}")
        if note and "max" in note.one and unsigned > note.one["max"]:
            self.fail(f"{row.name} is {value}, above {note.one['max']}")
        return value

    def element(self, struct, row, note):
        if row.octets:
            n = row.octets_size
            if n is None and "length" in note.one:
                n = self.expr(struct, note.one["length"])
                if n is None:
                    self.fail(f"length of {row.name} is not there")
            elif n is None:
                rows = struct.type.rows
                n = self.limit - self.at - sum(map(self.needs, rows[rows.index(row) + 1 :]))
                if n < 0:
                    self.fail(f"no rest for {row.name}")
            raw = self.take(n)
            self.out += raw
            if note and "zero" in note.flags and any(raw):
                self.fail(f"{row.name} is not zero")
            return raw
        if row.leaf:
            if row.type == "BOOLEAN":
                raw = self.take(1)
                self.out += raw
                return raw[0]
            return self.integer(row, note)
        return self.struct(self.maps.types[row.type], struct)

    def marker(self, rule):
        how, number, width = rule
        if self.limit - self.at < width:
            return False
        value = int.from_bytes(self.blob[self.at : self.at + width], "big")
        return {"is": value == number, "not": value != number, "&": value & number != 0}[how]

    def peek_pci(self):
        head = self.blob[self.at : min(self.at + 256, self.limit)]
        found = {}
        if len(head) == 256 and head[6] & 0x10:
            at = head[0x34] & 0xFC
            while 0x40 <= at and at not in found.values() and len(found) < 48:
                found.setdefault(head[at], at)
                at = head[at + 1] & 0xFC
        self.context["$pci_size"] = 4096 if 0x10 in found else 256
        msix = found.get(0x11)
        entries = 0
        if msix is not None:
            entries = (int.from_bytes(head[msix + 2 : msix + 4], "little") & 0x7FF) + 1
        self.context["$msix_entries"] = entries

    def is_there(self, struct, row, note):
        """Tells whether an OPTIONAL row that is no subsection and no list is there."""
        if not all(self.cond(struct, c, False) for c in note.ifs):
            return False
        if "fits" in note.flags:
            n = row.leaf or row.octets_size
            if struct.torn or n > self.limit - self.at:
                struct.torn = True
                return False
        return True

    def row(self, struct, row):
        note = row.note
        flags = note.flags if note else ()
        rules = note.one if note else {}
        if "subsection" in flags:
            return self.subsection(struct, row)
        if row.optional and not self.is_there(struct, row, note):
            return None
        if "pci-config" in flags:
            self.peek_pci()
        count = None
        if row.is_list:
            count = row.fixed
            if "count" in rules:
                count = self.expr(struct, rules["count"])
                if count is None:
                    self.fail(f"count of {row.name} is not there")
            there = count > 0 if count is not None else self.marker(rules["while"])
            if not there:
                return None
        if "maybe" in flags and self.choose(2) == 1:
            return None
        limit = self.limit
        if "size" in rules:
            n = self.expr(struct, rules["size"])
            if n is None or n > self.limit - self.at:
                self.fail(f"{row.name}: {n} octets wanted, {self.limit - self.at} left")
            self.limit = self.at + n
        if not row.is_list:
            value = self.element(struct, row, note)
        else:
            value = []
            while len(value) < count if count is not None else self.marker(rules["while"]):
                before = self.at
                value.append(self.element(struct, row, note))
                if self.at == before:
                    self.fail(f"{row.name}: an element of no octets")
        if "size" in rules:
            if self.at != self.limit:
                self.fail(f"{row.name}: {self.limit - self.at} octets too many")
            self.limit = limit
        return value

    def subsection(self, struct, row):
        note = self.maps.types[row.type].note
        head = bytes([5, len(note.string)]) + note.string.encode()
        if self.blob[self.at : self.limit][: len(head)] != head:
            return None
        self.out += self.take(len(head) + 4)
        version = int.from_bytes(self.blob[self.at - 4 : self.at], "big")
        if version != note.number:
            self.fail(f"{note.string} has version {version}")
        return self.struct(self.maps.types[row.type], struct)

    def struct(self, type_, outer):
        assert type_.kind == "SEQUENCE", f"{type_.name} is no struct"
        struct = Struct(type_, outer)
        for row in type_.rows:
            value = self.row(struct, row)
            if value is None:
                assert row.optional, f"{type_.name}.{row.name}"
                continue
            struct.values[row.name] = value
            for check in row.note.checks if row.note else ():
                if not self.cond(struct, check, True):
                    self.fail(f"{type_.name}.{row.name} ({str(value)[:40]}) fails its check")
        return struct


def fit(maps, root, blob, context):
    """Returns the values, and how many ways were tried."""
    decisions, first = [], None
    for trial in range(1, TRIALS_MAX + 1):
        run = Run(maps, blob, dict(context, **{"$msix_entries": 0}), decisions)
        try:
            value = run.struct(root, None)
            if run.at != len(blob):
                run.fail(f"{len(blob) - run.at} octets left over")
            assert run.out == blob, "values do not give the octets back"
            return value, trial
        except Misfit as why:
            if first is None or why.offset > first.offset:
                first = why
        taken = run.taken
        while taken and taken[-1][0] + 1 == taken[-1][1]:
            taken.pop()
        if not taken:
            raise first
        decisions = [t[0] for t in taken[:-1]] + [taken[-1][0] + 1]
    raise Misfit(0, f"more than {TRIALS_MAX} ways")


# ---- what it is for ---------------------------------------------------------------------------


def show(value, path=""):
    if isinstance(value, Struct):
        for row in value.type.rows:
            if row.name in value.values:
                name = row.field_name
                yield from show(value.values[row.name], f"{path}.{name}" if path else name)
    elif isinstance(value, list):
        for i, v in enumerate(value):
            yield from show(v, f"{path}[{i}]")
    else:
        yield path, value.hex() if isinstance(value, (bytes, bytearray)) else value


def differences(value, field):
    """Says where the values of a blob are not those of its field in `vmber dump --format jsonl`."""
    ours, theirs = dict(show(value)), dict(dumped(field))
    for path in sorted(ours.keys() | theirs.keys()):
        a, b = ours.get(path), theirs.get(path)
        if a != b:
            yield f"{path} is {str(a)[:60]} by maps.py, {str(b)[:60]} by vmber"


def dumped(field, path=""):
    """Yields path and value of all that stands in a field of a dump, with the names of maps.py."""
    value = field["value"]
    if field.get("type") in ("struct", "subsection") or "vmsd" in field:
        for f in value:
            if "index" in f:
                yield from dumped(f, f"{path}[{f['index']}]")
            else:
                yield from dumped(f, f"{path}.{f['name']}" if path else f["name"])
    elif isinstance(value, list):
        for i, v in enumerate(value):
            yield f"{path}[{i}]", int(v)
    else:
        yield path, value if "size" in field else int(value)


def library():
    return glob.glob(LIBRARIES)


def transport(idstr):
    if idstr.startswith("virtio-mmio@"):
        return "mmio"
    return "ccw" if re.match(r"/fe\.", idstr) else "pci"


def context_of(section):
    name = section["name"]
    return {"$version": section["version"], "$device": name.rsplit("/", 1)[-1],
            "$transport": transport(name), "name": name}


def blobs(path):
    """Yields (targets, context, octets) of a dump."""

    def walk(field, context, vmsd):
        kind, value = field.get("type"), field.get("value")
        for v in value if isinstance(value, list) else [value]:
            if isinstance(v, dict):
                yield from walk(v, context, field.get("vmsd", vmsd))
            elif isinstance(v, list):
                for f in v:
                    if isinstance(f, dict):
                        yield from walk(f, context, vmsd)
            elif isinstance(v, str) and re.fullmatch(r"(?:[0-9a-f]{2})*", v):
                targets = [("type", kind)]
                if not isinstance(value, list):
                    targets.insert(0, ("field", f"{vmsd}/{field.get('name')}"))
                yield targets, context, bytes.fromhex(v)
        for f in field.get("fields", ()):
            yield from walk(f, context, vmsd)

    for line in open(path, encoding="utf-8"):
        section = json.loads(line)
        if section.get("kind") != "section" or "fields" not in section:
            continue
        context = context_of(section)
        name, device = section["name"], context["$device"]
        for field in section["fields"]:
            if field["name"] == "data" and len(section["fields"]) == 1:
                yield [("section", name)], context, bytes.fromhex(field["value"])
            else:
                yield from walk(field, context, device)


def from_dumps(maps, paths):
    counts = collections.defaultdict(lambda: [0, 0, 0, 0])
    seen, bad = {}, 0
    for path in paths:
        for targets, context, octets in blobs(path):
            target = maps.target_of(targets)
            for root in maps.by_target.get(target, ()):
                n = counts[target]
                n[0] += 1
                key = (target, context["$device"], context["$transport"], context["$version"], octets)
                if key not in seen:
                    try:
                        seen[key] = (fit(maps, root, octets, context)[1], None)
                    except Misfit as why:
                        seen[key] = (0, why)
                        bad += 1
                        print(f"{os.path.basename(path)}: {context['name']}: {target[1]}, "
                              f"{len(octets)} octets: {why}")
                trials, why = seen[key]
                n[1] += why is None
                n[2] += len(octets)
                n[3] = max(n[3], trials)
    print(f"{'blob':<24} {'blobs':>8} {'fitted':>8} {'misfits':>8} {'octets':>12} {'ways':>5}")
    for (_, name), (all_, good, size, ways) in sorted(counts.items(), key=lambda x: -x[1][2]):
        print(f"{name:<24} {all_:8} {good:8} {all_ - good:8} {size:12} {ways:5}")
    print("none seen of:", ", ".join(sorted(t[1] for t in maps.by_target if t not in counts)))
    return bad


def same_blobs(maps, plain, lifted, context, vmsd):
    """Yields (target, context, octets, field lifted or None) of a field and what lifting made of it."""
    kind, a, b = plain.get("type"), plain["value"], lifted["value"]
    if isinstance(a, str) and "size" in plain:
        target = maps.target_of([("field", f"{vmsd}/{plain['name']}"), ("type", kind)])
        yield target, context, bytes.fromhex(a), lifted if isinstance(b, list) else None
    elif isinstance(a, list):
        for one, other in zip(a, b, strict=True):
            if isinstance(one, dict):
                yield from same_blobs(maps, one, other, context, plain.get("vmsd", vmsd))
            elif ("type", kind) in maps.by_target:
                yield ("type", kind), context, bytes.fromhex(one), \
                    other if isinstance(other, dict) else None


def agree(maps, vmber, path):
    """Compares what the two interpreters make of the blobs of a stream; returns how many there are."""

    def lines(*command, **kwargs):
        out = subprocess.run(command, check=True, stdout=subprocess.PIPE, **kwargs).stdout
        return [json.loads(line) for line in out.splitlines()]

    counts, seen = [0, 0, 0], {}
    with tempfile.NamedTemporaryFile() as ber:
        subprocess.run([vmber, "encode", "-q", "--lift", path, "-o", ber.name], check=True)
        dumps = [lines(vmber, "dump", "--no-lift", "--format", "jsonl", f) for f in (path, ber.name)]
    sections = [[s for s in d if s.get("kind") == "section" and "fields" in s] for d in dumps]
    for plain, lifted in zip(*sections, strict=True):
        context = context_of(plain)
        for one, other in zip(plain["fields"], lifted["fields"], strict=True):
            for target, where, octets, field in same_blobs(maps, one, other, context,
                                                              context["$device"]):
                if one["name"] == "data" and len(plain["fields"]) == 1:
                    target = ("section", plain["name"])
                for root in maps.by_target.get(target, ()):
                    key = (root.name, *where.values(), octets)
                    if key not in seen:
                        try:
                            seen[key] = dict(show(fit(maps, root, octets, where)[0]))
                        except Misfit:
                            seen[key] = None
                    value = seen[key]
                    counts[0] += 1
                    counts[1] += field is not None
                    if (value is None) != (field is None):
                        print(f"{path}: {where['name']}: {root.name}: only one of the two lifts it")
                        counts[2] += 1
                    elif field is not None and value != dict(dumped(field)):
                        print(f"{path}: {where['name']}: {root.name}: the values differ")
                        counts[2] += 1
    return counts


def damaged(maps, root, octets, context):
    """Whatever a blob is, the answer is a fit that gives it back, or a misfit."""
    fits = 0
    for i in range(len(octets)):
        for blob in (octets[:i], octets[:i] + bytes([octets[i] ^ 0xFF]) + octets[i + 1 :]):
            try:
                fit(maps, root, blob, context)
                fits += 1
            except Misfit:
                pass
    return fits


def main():
    if len(sys.argv) < 3 or sys.argv[1] not in ("dump", "blob", "show", "cut", "agree"):
        sys.exit(__doc__)
    maps = Maps(library())
    if sys.argv[1] == "dump":
        sys.exit(from_dumps(maps, sys.argv[2:]) > 0)
    if sys.argv[1] == "agree":
        total = [agree(maps, sys.argv[2], path) for path in sys.argv[3:]]
        all_, lifted, bad = (sum(column) for column in zip(*total))
        print(f"{len(total)} streams, {all_} blobs, {lifted} lifted, {bad} not alike")
        sys.exit(bad > 0 or all_ == 0)
    root, context, bad = maps.roots[sys.argv[2]], {"$version": 4}, 0
    for arg in sys.argv[3:]:
        if re.match(r"\w+=", arg):
            name, _, value = arg.partition("=")
            context["$" + name] = int(value) if value.isdigit() else value
            continue
        octets = open(arg, "rb").read()
        try:
            if sys.argv[1] == "cut":
                print(f"{arg}: {damaged(maps, root, octets, context)} of {2 * len(octets)} fit")
                continue
            value, ways = fit(maps, root, octets, context)
            print(f"{arg}: {len(octets)} octets, {len(list(show(value)))} values, {ways} ways tried")
            if sys.argv[1] == "show":
                for path, v in show(value):
                    print(f"{path} {str(v)[:80]}")
        except Misfit as why:
            bad += 1
            print(f"{arg}: {why}")
    sys.exit(bad > 0)


if __name__ == "__main__":
    main()
