# What is wrong with a module is shown.
cat >good.asn1 <<'TEXT'
Vmber-A DEFINITIONS IMPLICIT TAGS ::= BEGIN
-- <"a" 1>
A ::= SEQUENCE { on BOOLEAN, ... }
END
TEXT
sed 's/on BOOLEAN/on [0] BOOLEAN/' good.asn1 >tag.asn1
sed 's/<"a" 1>/<"a" one>/' good.asn1 >word.asn1
sed 's/BOOLEAN/UInt3/' good.asn1 >name.asn1
vmber schema check good.asn1 tag.asn1 word.asn1 name.asn1
