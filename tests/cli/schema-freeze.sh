# Modules that are released may grow, and nothing else.
mkdir modules
cat >modules/a.asn1 <<'TEXT'
Vmber-A DEFINITIONS IMPLICIT TAGS ::= BEGIN
IMPORTS UInt8 FROM Vmber-Leaf;
-- <"a" 1>
A ::= SEQUENCE { on BOOLEAN, b [0] UInt8 OPTIONAL, ... }
END
TEXT
vmber schema freeze --to frozen --check modules; echo "status $?"
vmber schema freeze --to frozen modules; echo "status $?"
cat frozen/modules frozen/tags
vmber schema freeze --to frozen --check modules; echo "status $?"
sed -i 's/\.\.\./c [1] UInt8 OPTIONAL, .../' modules/a.asn1
vmber schema freeze --to frozen --check modules; echo "status $?"
vmber schema freeze --to frozen modules; echo "status $?"
cat frozen/tags
sed -i 's/b \[0\] UInt8 OPTIONAL, //' modules/a.asn1
vmber schema freeze --to frozen modules; echo "status $?"
sed -i 's/on BOOLEAN/b UInt8/' modules/a.asn1
vmber schema freeze --to frozen modules; echo "status $?"
mv modules/a.asn1 modules/b.asn1
sed -i 's/Vmber-A/Vmber-B/' modules/b.asn1
vmber schema freeze --to frozen modules; echo "status $?"
cat frozen/tags
echo nonsense >>frozen/tags
vmber schema freeze --to frozen modules; echo "status $?"
