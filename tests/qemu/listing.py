"""Device modules as 'vmber schema show NAME --listing' tells them, and what conforms to them.

A second opinion on what a module allows, so that a change that is none (an
element more of an array that varies, an optional field left out) is told from
one that went unnoticed.
"""

import dataclasses

STRUCTS = ("struct", "list", "tree")


@dataclasses.dataclass(frozen=True)
class Field:
    """A line 'field' or 'subsection'."""

    ident: str
    name: str
    type_name: str
    optional: bool
    is_subsection: bool
    kind: str
    form: str
    least: int
    most: float
    size: str                       # of an element of a leaf; "*" if any
    struct: str                     # the type of a struct
    by: str                         # the identifier of the field that counts it


@dataclasses.dataclass(frozen=True)
class Type:
    """A line 'type', and those of its fields and constraints."""

    vmsd_name: str
    version: int
    fields: list
    constraints: list               # alternatives: which identifiers are there, and which not


def parse_field(words):
    """A field of a line."""
    what, ident, name, type_name, tag, kind, form, count, size, struct = words[:10]
    least, dots, most = count.partition("..")
    upto = float(most or "inf") if dots else float(least)
    return Field(ident, name.encode().decode("unicode_escape"), type_name, tag != "-",
                 what == "subsection", kind, form, int(least), upto, size, struct,
                 "".join(words[11:]))


def parse_alternative(text):
    """The identifiers of a part of a line 'either', each with whether it is there."""
    return {word[1:]: word[0] == "+" for word in text.split(" ")}


def msix_octets(config):
    """How many octets the MSI-X table and its pending bits have (PCI 6.8.2), by the configuration."""
    at = config[0x34] & 0xfc if config[0x06] & 0x10 else 0
    while at and config[at] != 0x11:
        at = config[at + 1] & 0xfc
    if not at:
        return 0
    vectors = (int.from_bytes(config[at + 2:at + 4], "little") & 0x7ff) + 1
    return 16 * vectors + -(-vectors // 8)


class Modules:
    """Modules of one listing; types are found by their ASN.1 names."""

    def __init__(self, text):
        self.types = {}
        self.roots = []
        fields = None
        constraints = None
        root_next = False
        for line in text.splitlines():
            words = line.split("\t")
            if words[0] == "module":
                root_next = True
            elif words[0] == "type":
                fields = []
                constraints = []
                self.types[words[1]] = Type(words[2], int(words[3]), fields, constraints)
                if root_next:
                    self.roots.append(self.types[words[1]])
                root_next = False
            elif words[0] == "either":
                constraints.append([parse_alternative(part) for part in words[1:]])
            else:
                fields.append(parse_field(words))

    def allow(self, struct):
        """Does this section conform to one of the modules?"""
        return any(self._struct(struct, root, []) for root in self.roots)

    def _struct(self, struct, to_type, configs):
        """Does a struct conform to a type? `configs` are the PCI configurations before it."""
        if (struct.name, struct.description.get("version")) != (to_type.vmsd_name, to_type.version):
            return False
        found = [(unit.name, False, unit) for unit in struct.units]
        found += [(sub.name, True, sub) for sub in struct.subsections]
        there = {}
        for field in to_type.fields:
            at = len(there)
            if at < len(found) and found[at][:2] == (field.name, field.is_subsection):
                there[field.ident] = found[at][2]
                if not self._field(found[at][2], field, configs):
                    return False
            elif not field.optional:
                return False
            if field.by and not self._counted(there, to_type, field):
                return False
        return len(there) == len(found) and all(
            any(all((ident in there) == present for ident, present in one.items())
                for one in alternatives) for alternatives in to_type.constraints)

    @staticmethod
    def _counted(there, to_type, field):
        """Does the field that counts another have the right number, each time it is there?"""
        by = next(one for one in to_type.fields if one.ident == field.by)
        numbers = {int.from_bytes(one[0], "big", signed=by.kind == "integer")
                   for one in there[by.ident].elements}
        unit = there.get(field.ident)
        if unit is None:
            return numbers == {0}
        if field.form == "one" and field.size != "*":
            return 0 not in numbers
        return numbers == {len(unit.elements[0][0]) if field.form == "one" else unit.count()}

    def _field(self, found, field, configs):
        if field.kind == "unseen":
            return True
        if field.is_subsection:
            return self._struct(found, self.types[field.struct], configs)
        if found.type != field.type_name or (found.is_leaf and field.kind in STRUCTS):
            return False
        count = len(found.structs) if found.is_list else found.count()
        if not field.least <= count <= field.most and not found.is_list:
            return False
        if field.type_name == "pci config":
            configs.append(found.elements[-1][0])
        if field.type_name == "msix state":
            return len(found.elements[-1][0]) == msix_octets(configs[-1])
        if found.is_leaf:
            return field.size == "*" or all(str(row.get("size")) == field.size
                                            for row in found.rows)
        return all(self._struct(one, self.types[field.struct], configs) for one in found.structs)
