head -c 7000 "$STREAMS/isapc.mig" | vmber stats
