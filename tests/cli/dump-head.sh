# A reader that has seen enough is no error.
{ vmber dump --octets all "$STREAMS/isapc.mig"; echo "status $?" >status; } | head -n 1
cat status
