vmber dump --octets 6 "$STREAMS/isapc-bare.mig"
