"""The sections of a stream and QEMU's description of them, taken apart to be changed.

A field is changed as another release of the device would have changed it: the
octets of the section, the description and the length of the description, and
nothing else. What is not changed is written again as it was, to the octet.

Only streams that end in a description, and devices that it tells completely:
no arrays with null pointers, no trees.
"""

import copy
import dataclasses
import json

KINDS = ("add before", "add behind", "drop", "widen", "narrow", "grow", "shrink", "swap")
ADDED = "added"                     # the name of a field that was not there

WIDER = {"uint8": "uint16", "uint16": "uint32", "uint32": "uint64",
         "int8": "int16", "int16": "int32", "int32": "int64"}
NARROWER = {wide: narrow for narrow, wide in WIDER.items()}
SIZES = {"uint8": 1, "uint16": 2, "uint32": 4, "uint64": 8,
         "int8": 1, "int16": 2, "int32": 4, "int64": 8, "bool": 1, "timer": 8}


class Untold(Exception):
    """The description does not say what the octets of a section are."""


class Object(list):
    """A JSON object: [key, value] in the order of the text, also keys that repeat."""

    def get(self, key, otherwise=None):
        """The value of the first such key."""
        return next((value for name, value in self if name == key), otherwise)

    def put(self, key, value, behind=None):
        """Sets a key; a new one goes behind the key `behind`, or at the end."""
        for pair in self:
            if pair[0] == key:
                pair[1] = value
                return
        names = [name for name, _ in self]
        self.insert(names.index(behind) + 1 if behind else len(self), [key, value])

    def drop(self, key):
        """Takes a key away, if it is there."""
        self[:] = [pair for pair in self if pair[0] != key]


def parse_json(text):
    """A value of which write_json makes the same text."""
    return json.loads(text, object_pairs_hook=lambda pairs: Object(map(list, pairs)))


def write_json(value):
    """Text as QEMU writes it."""
    if isinstance(value, Object):
        return "{" + ", ".join(f"{json.dumps(key)}: {write_json(one)}" for key, one in value) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(write_json, value)) + "]"
    return json.dumps(value)


class Source:
    """Octets that are read from the front."""

    def __init__(self, octets):
        self._octets = octets
        self._at = 0

    def take(self, count):
        """The next `count` octets."""
        if count > self.left():
            raise Untold("the description tells more octets than there are")
        self._at += count
        return self._octets[self._at - count:self._at]

    def take_many(self, size, count):
        """The next `count` elements of `size` octets."""
        octets = self.take(size * count)
        if size == 0:
            return [b""] * count
        return [octets[at:at + size] for at in range(0, size * count, size)]

    def left(self):
        """How many octets have not been taken."""
        return len(self._octets) - self._at

    def expect(self, octets):
        """Reads what must be these octets."""
        if self.take(len(octets)) != octets:
            raise Untold("the octets are not those of the description")


class Unit:
    """One field: a row of the description, or a row for each element of an array.

    `elements` has an entry for each time the field is in the section (more than
    once in an array of structs): the elements of a leaf. `structs` are the
    descriptions of what is in it: one, one for each row, or one for each entry of a list.
    """

    def __init__(self, rows):
        self.rows = rows
        self.name = rows[0].get("name")
        self.type = rows[0].get("type")
        self.elements = []
        self.times = 0
        self.written = 0
        if self.type == "gtree":
            raise Untold(f"{self.name} is a tree")
        self.structs = [struct for row in rows for struct in self._structs_of(row)]
        self.is_list = self.type in ("qtailq", "qlist")
        self.is_leaf = not self.structs and not self.is_list

    @staticmethod
    def _structs_of(row):
        inside = row.get("struct")
        if inside is not None:
            if inside.get("fields") is None:
                raise Untold(f"{row.get('name')} has null pointers")
            return [Struct(inside)]
        starts = [at for at, (key, _) in enumerate(row) if key == "vmsd_name"]
        return [Struct(Object(row[at:end])) for at, end in zip(starts, starts[1:] + [len(row)])]

    def counts(self):
        """How many elements each row tells."""
        return [row.get("array_len", 1) for row in self.rows]

    def count(self):
        """How many elements the field has."""
        return sum(self.counts())

    def read(self, source):
        """Takes the octets of this field."""
        self.times += 1
        if self.is_leaf:
            self.elements.append([one for row, count in zip(self.rows, self.counts())
                                  for one in source.take_many(row.get("size"), count)])
        elif self.is_list:
            for struct in self.structs:
                source.expect(b"\1")
                struct.read(source)
            source.expect(b"\0")
        else:
            for struct, count in zip(self.structs, self.counts()):
                for _ in range(count):
                    struct.read(source)

    def write(self):
        """Gives the octets back, and sets the sizes in the description."""
        if self.is_leaf:
            parts = self.elements[self.written]
            self.written += 1
            sizes = parts
        elif self.is_list:
            parts = [b"\1" + struct.write() for struct in self.structs] + [b"\0"]
            sizes = [b"".join(parts)]
        else:
            parts = [struct.write() for struct, count in zip(self.structs, self.counts())
                     for _ in range(count)]
            sizes = parts
        at = 0
        for row, count in zip(self.rows, self.counts()):
            if row.get("size") is not None:
                row.put("size", len(sizes[at]))
            at += count
        return b"".join(parts)

    def rewind(self):
        """Prepares for write()."""
        self.written = 0
        for struct in self.structs:
            struct.rewind()

    def leaves(self):
        """All leaves in this field."""
        if self.is_leaf:
            yield self
        for struct in self.structs:
            for unit in struct.all_units():
                yield from unit.leaves()

    def resize(self, more):
        """One element more, a copy of the last, or one less."""
        before = self.count()
        after = before + (1 if more else -1)
        told_alone = self.rows[0].get("index") is not None
        if self.is_leaf:
            self.elements = [one + one[-1:] if more else one[:-1] for one in self.elements]
        elif told_alone:
            self.structs = self.structs + [copy.deepcopy(self.structs[-1])] if more \
                else self.structs[:-1]
        else:
            for leaf in self.leaves():
                per = len(leaf.elements) // (self.times * before)
                runs = [leaf.elements[at:at + per * before]
                        for at in range(0, len(leaf.elements), per * before)]
                leaf.elements = [one for run in runs
                                 for one in (run + run[-per:] if more else run[:-per])]
        if not told_alone:
            self.rows[0].drop("array_len")
            if after > 1:
                self.rows[0].put("array_len", after, behind="name")
        elif more:
            row = copy.deepcopy(self.rows[-1])
            row.put("index", before)
            if self.structs:
                row.put("struct", self.structs[-1].description)
            self.rows.append(row)
        else:
            self.rows.pop()
            if after == 1:
                self.rows[0].drop("index")


class Struct:
    """What a vmsd of QEMU says: its fields, then its subsections."""

    def __init__(self, description):
        self.description = description
        self.name = description.get("vmsd_name")
        self.times = 0
        self.units = []
        rows = []
        for row in description.get("fields"):
            if rows and (row.get("index") in (None, 0) or row.get("name") != rows[0].get("name")):
                self.units.append(Unit(rows))
                rows = []
            rows.append(row)
        if rows:
            self.units.append(Unit(rows))
        self.subsections = [Struct(one) for one in description.get("subsections", [])]

    def all_units(self):
        """The units of this struct and of its subsections."""
        yield from self.units
        for one in self.subsections:
            yield from one.all_units()

    def find(self, name):
        """Where the field of that name stands, or None."""
        return next((at for at, unit in enumerate(self.units) if unit.name == name), None)

    def read(self, source):
        """Takes the octets of this struct."""
        self.times += 1
        for unit in self.units:
            unit.read(source)
        for one in self.subsections:
            source.expect(one.head())
            one.read(source)

    def head(self):
        """What a subsection begins with."""
        name = self.name.encode()
        return b"\5" + bytes([len(name)]) + name + \
            self.description.get("version").to_bytes(4, "big")

    def write(self):
        """Gives the octets back, and the description what was changed."""
        octets = b"".join(unit.write() for unit in self.units)
        self.description.get("fields")[:] = [row for unit in self.units for row in unit.rows]
        return octets + b"".join(one.head() + one.write() for one in self.subsections)

    def rewind(self):
        """Prepares for write()."""
        for unit in self.units:
            unit.rewind()
        for one in self.subsections:
            one.rewind()


@dataclasses.dataclass(frozen=True)
class Change:
    """One change of one field. `trail` names the structs it is in, and the field."""

    trail: tuple
    kind: str
    names: tuple                    # the field and its neighbours

    def __str__(self):
        return f"{'.'.join(self.trail)}: {self.kind}"


def inner(structs, name):
    """The structs of the field, or of the subsection, of that name in each of `structs`."""
    of_field = [struct for one in structs for unit in one.units if unit.name == name
                for struct in unit.structs]
    return of_field or [sub for one in structs for sub in one.subsections if sub.name == name]


def fields_of(structs, trail=()):
    """The trails of all fields. Elements of an array are one type: the fields of the first."""
    for unit in structs[0].units:
        yield trail + (unit.name,)
        if unit.structs:
            yield from fields_of(inner(structs, unit.name), trail + (unit.name,))
    for sub in structs[0].subsections:
        yield from fields_of(inner(structs, sub.name), trail + (sub.name,))


def locate(root, trail):
    """The structs that have the field of that trail."""
    structs = [root]
    for name in trail[:-1]:
        structs = inner(structs, name)
    return structs


def base_of(type_name):
    """A type name without what it checks: 'uint32 equal' is a uint32 on the wire."""
    return type_name.split(" ")[0] if type_name.split(" ")[0] in SIZES else type_name


def resize_integers(unit, types):
    """All elements of an integer field in the next wider or narrower type."""
    base = base_of(unit.type)
    to_type = "uint32" if base == "bool" and types is WIDER else types.get(base)
    if to_type is None or SIZES[base] != unit.rows[0].get("size"):
        return False
    signed = base.startswith("int")
    size = SIZES[to_type]

    def convert(octets):
        if len(octets) > size:
            return octets[len(octets) - size:]
        fill = b"\xff" if signed and octets[0] & 0x80 else b"\0"
        return fill * (size - len(octets)) + octets

    for row in unit.rows:
        row.put("type", row.get("type").replace(base, to_type, 1))
    unit.elements = [[convert(one) for one in elements] for elements in unit.elements]
    return True


def resize_octets(unit, more):
    """All elements of a field that is octets to QEMU one octet longer or shorter."""
    if not more and min(row.get("size") for row in unit.rows) < 2:
        return False
    unit.elements = [[one + b"\0" if more else one[:-1] for one in elements]
                     for elements in unit.elements]
    return True


def resize(unit, more):
    """Wider or narrower; a struct is as wide as its fields, which are changed for themselves."""
    if not unit.is_leaf:
        return False
    if base_of(unit.type) in SIZES:
        return resize_integers(unit, WIDER if more else NARROWER)
    return resize_octets(unit, more)


def change_unit(unit, kind):
    """Widens, narrows, grows or shrinks; False if this field cannot be."""
    if kind in ("widen", "narrow"):
        return resize(unit, kind == "widen")
    if unit.is_list:
        return False
    if kind == "grow":
        # What cannot be wider becomes an array of two; of other fields only arrays grow.
        wide = unit.is_leaf and SIZES.get(base_of(unit.type)) == 8
        inline = unit.rows[0].get("vmsd_name") is not None
        if inline or (unit.count() < 2 and not wide):
            return False
        unit.resize(True)
        return True
    if unit.count() < 2:
        return False
    unit.resize(False)
    return True


def added_to(struct):
    """A new field, as often as the struct is in the section."""
    unit = Unit([Object([["name", ADDED], ["type", "uint32"], ["size", 4]])])
    unit.elements = [[b"\0\0\0\x2a"] for _ in range(struct.times)]
    unit.times = struct.times
    return unit


def apply(root, change):
    """Changes the field in each struct that has it; False if it cannot be changed like this."""
    name, kind = change.trail[-1], change.kind
    done = False
    for struct in locate(root, change.trail):
        at = struct.find(name)
        if at is None:
            continue
        last = at + 1 == len(struct.units)
        if kind == "swap":
            if last:
                continue
            struct.units[at:at + 2] = reversed(struct.units[at:at + 2])
        elif kind.startswith("add"):
            # Behind a field is before the next.
            if kind == "add behind" and not last:
                continue
            struct.units.insert(at + (kind == "add behind"), added_to(struct))
        elif kind == "drop":
            del struct.units[at]
        elif not change_unit(struct.units[at], kind):
            continue
        done = True
    return done


def near(root, trail, kind):
    """The field, the one before it and the one behind it; alone, what it is in."""
    struct = locate(root, trail)[0]
    at = struct.find(trail[-1])
    behind = 1 if kind == "add before" else 2
    names = [unit.name for unit in struct.units[max(at - 1, 0):at + behind]]
    if len(struct.units) == 1:
        names += [struct.name, *trail[-2:-1]]
    if kind.startswith("add"):
        names.append(ADDED)
    return tuple(names)


class Section:
    """One device section: where it is, and its entry of the description."""

    def __init__(self, text, start, payload):
        self.text = text            # of the entry
        self.start = start          # of the payload in the stream
        self.payload = payload
        entry = parse_json(text)
        self.name = entry.get("name")
        self.vmsd_name = entry.get("vmsd_name")
        self.instance_id = entry.get("instance_id")

    def parse(self):
        """The section taken apart."""
        root = Struct(parse_json(self.text))
        source = Source(self.payload)
        root.read(source)
        if source.left():
            raise Untold("there are octets that the description does not tell")
        return root

    def changes(self):
        """All changes of all fields that can be made, each once."""
        root = self.parse()
        for trail in fields_of([root]):
            for kind in KINDS:
                change = Change(trail, kind, near(root, trail, kind))
                if apply(self.parse(), change):
                    yield change


class Stream:
    """A stream with the sections that its description tells."""

    def __init__(self, octets):
        self.octets = octets
        self.end, self._entries, self._description = self._describe()
        self.sections = self._find_sections()

    def _describe(self):
        """The end of the sections, the text of each entry, and the whole description."""
        mark = self.octets.rfind(b"\0\6")
        while mark >= 0:
            size = int.from_bytes(self.octets[mark + 2:mark + 6], "big")
            if size == len(self.octets) - mark - 6:
                text = self.octets[mark + 6:].decode()
                description = parse_json(text)
                if write_json(description) != text:
                    raise Untold("the description is not written as QEMU 7.2 writes it")
                entries = [write_json(one) for one in description.get("devices")]
                return mark, entries, description
            mark = self.octets.rfind(b"\0\6", 0, mark + 1)
        raise Untold("the stream does not end in a description")

    def _find_sections(self):
        """Goes back from the end; a section that is not told completely is looked for."""
        footer = 5 if self.octets[self.end - 5] == 0x7e else 0
        end, found = self.end, []
        for text in reversed(self._entries):
            entry = parse_json(text)
            name = entry.get("name").encode()
            version = entry.get("version", None)
            tail = bytes([len(name)]) + name + entry.get("instance_id").to_bytes(4, "big")
            if version is not None:
                tail += version.to_bytes(4, "big")
            at = self.octets.rfind(tail, 0, end)
            while at >= 0 and not self._begins(at, end, footer):
                at = self.octets.rfind(tail, 0, at)
            if at < 0:
                raise Untold(f"section {entry.get('name')} was not found")
            start = at + len(name) + 9
            found.append(Section(text, start, self.octets[start:end - footer]))
            end = at - 5
        return found[::-1]

    def _begins(self, at, end, footer):
        """Is this the name in the head of the section that ends there?"""
        same_id = not footer or self.octets[at - 4:at] == self.octets[end - 4:end]
        return self.octets[at - 5] == 4 and same_id

    def section(self, vmsd_name):
        """The first section of that vmsd."""
        for one in self.sections:
            if one.vmsd_name == vmsd_name:
                return one
        raise Untold(f"no section of {vmsd_name}")

    def written(self, section, root):
        """The stream with a section that was changed, and whether its octets were."""
        root.rewind()
        payload = root.write()
        entries = list(self._entries)
        entries[self.sections.index(section)] = write_json(root.description)
        text = write_json(self._description).encode()
        before, behind = text.split(b'"devices": [', 1)[0], b"]}"
        description = before + b'"devices": [' + ", ".join(entries).encode() + behind
        end = section.start + len(section.payload)
        octets = self.octets[:section.start] + payload + self.octets[end:self.end + 2] + \
            len(description).to_bytes(4, "big") + description
        return octets, payload != section.payload
