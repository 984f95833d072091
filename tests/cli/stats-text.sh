vmber stats "$STREAMS/isapc.mig"
vmber stats "$STREAMS/pages.mig"
