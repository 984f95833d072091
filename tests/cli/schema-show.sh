# What is known of a device.
cat >ring.asn1 <<'TEXT'
-- ring, version 3: the section of ring-a, ring-b.

Vmber-Ring DEFINITIONS IMPLICIT TAGS ::= BEGIN
IMPORTS UInt32, UInt64 FROM Vmber-Leaf Buffer, NullPointer, UInt8Array, Unseen FROM Vmber-Vmstate;

-- <"ring" 3>
Ring ::= SEQUENCE {
    len    UInt32,
    mac    UInt8Array (SIZE (6)),
    blob   Buffer,
    slots  SEQUENCE OF CHOICE { null NullPointer, value Ring-Slot },
    tree   SEQUENCE OF CHOICE { key [0] Ring-Slot, value [1] Ring-Slot },  -- <gtree>
    few    SEQUENCE (SIZE (1..3)) OF BOOLEAN,
    any    SEQUENCE OF BOOLEAN,     -- <by "len">
    dark   [0] Unseen OPTIONAL,     -- <unseen>
    more   [1] Ring-Slot OPTIONAL,  -- <subsection>
    ...
} (WITH COMPONENTS {..., dark PRESENT, more ABSENT} | WITH COMPONENTS {..., more PRESENT})

-- <"ring/slot" 1>
Ring-Slot ::= SEQUENCE { at UInt64, ... }
END
TEXT
cat >save.asn1 <<'TEXT'
Vmber-Save DEFINITIONS IMPLICIT TAGS ::= BEGIN
IMPORTS Buffer FROM Vmber-Vmstate;
-- <"save" old-style>
Save ::= SEQUENCE { data Buffer, ... }
END
TEXT
vmber schema show --modules ring.asn1 ring
vmber schema show --modules ring.asn1 --format json Ring
vmber schema show --modules save.asn1 --format jsonl Vmber-Save
vmber schema show --modules ring.asn1 --listing Ring
vmber schema list --modules ring.asn1 --modules save.asn1 | grep -e Vmber-Ring -e ring- -e Vmber-Save
vmber schema list --modules ring.asn1 --format jsonl | grep Vmber-Ring
