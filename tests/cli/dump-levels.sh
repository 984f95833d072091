vmber dump --level 0 "$STREAMS/pc-2.1.mig"
vmber dump --level 1 "$STREAMS/isapc.mig"
