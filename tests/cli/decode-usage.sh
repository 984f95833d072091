# Usage errors say what was wrong, in one line, and how it goes.
vmber decode a b
echo $?
vmber encode --strict --salvage "$STREAMS/isapc.mig"
echo $?
vmber decode --no-such
echo $?
vmber nothing
echo $?
