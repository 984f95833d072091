# A file appears when it is complete: not after an error, not in a full place, not under no name.
vmber encode -o none "$STREAMS/README.md"
echo "not a stream $?"
ls
vmber encode "$STREAMS/isapc.mig" >/dev/full
echo "full $?"
vmber encode -o '' "$STREAMS/isapc.mig"
echo "no name $?"
vmber encode -q -o there/is/no/such "$STREAMS/isapc.mig"
echo "no folder $?"
(sleep 1; vmber encode -q "$STREAMS/isapc.mig") | true
vmber --version >/dev/full
echo "version $?"
