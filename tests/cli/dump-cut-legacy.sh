# All that can be read, then where and why no more.
head -c 7000 "$STREAMS/isapc.mig" >short
vmber dump --level 1 short
