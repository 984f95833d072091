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


@dataclasses.dataclass(frozen=True)
class Type:
    """A line 'type', and those of its fields."""

    vmsd_name: str
    version: int
    fields: list


def parse_field(words):
    """A field of a line."""
    what, _, name, type_name, tag, kind, form, count, size, struct = words[:10]
    least, dots, most = count.partition("..")
    upto = float(most or "inf") if dots else float(least)
    return Field(name.encode().decode("unicode_escape"), type_name, tag != "-",
                 what == "subsection", kind, form, int(least), upto, size, struct)


class Modules:
    """Modules of one listing; types are found by their ASN.1 names."""

    def __init__(self, text):
        self.types = {}
        self.roots = []
        fields = None
        root_next = False
        for line in text.splitlines():
            words = line.split("\t")
            if words[0] == "module":
                root_next = True
            elif words[0] == "type":
                fields = []
                self.types[words[1]] = Type(words[2], int(words[3]), fields)
                if root_next:
                    self.roots.append(self.types[words[1]])
                root_next = False
            else:
                fields.append(parse_field(words))

    def allow(self, struct):
        """Does this section conform to one of the modules?"""
        return any(self._struct(struct, root) for root in self.roots)

    def _struct(self, struct, to_type):
        if (struct.name, struct.description.get("version")) != (to_type.vmsd_name, to_type.version):
            return False
        found = [(unit.name, False, unit) for unit in struct.units]
        found += [(sub.name, True, sub) for sub in struct.subsections]
        at = 0
        for field in to_type.fields:
            if at < len(found) and found[at][:2] == (field.name, field.is_subsection):
                if not self._field(found[at][2], field):
                    return False
                at += 1
            elif not field.optional:
                return False
        return at == len(found)

    def _field(self, found, field):
        if field.kind == "unseen":
            return True
        if field.is_subsection:
            return self._struct(found, self.types[field.struct])
        if found.type != field.type_name or (found.is_leaf and field.kind in STRUCTS):
            return False
        count = len(found.structs) if found.is_list else found.count()
        if not field.least <= count <= field.most and not found.is_list:
            return False
        if found.is_leaf:
            return field.size == "*" or all(str(row.get("size")) == field.size
                                            for row in found.rows)
        return all(self._struct(one, self.types[field.struct]) for one in found.structs)
