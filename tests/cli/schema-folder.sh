# What is in a folder and is no file is passed over: a folder, a pipe that never ends.
cat >one.asn1 <<'TEXT'
Vmber-A DEFINITIONS IMPLICIT TAGS ::= BEGIN
-- <"a" 1>
A ::= SEQUENCE { on BOOLEAN, ... }
END
TEXT
mkdir all none
cp one.asn1 all
ln -s . all/loop.asn1
mkdir all/folder.asn1
mkfifo all/pipe.asn1 none/pipe.asn1
vmber schema check all
vmber schema check none; echo "status $?"
ln -s nowhere all/dangling.asn1
vmber schema check all; echo "status $?"
vmber schema check one.asn1 >/dev/full; echo "status $?"
