# All that can be read, then where and why no more.
head -c 7000 "$STREAMS/isapc.mig" >cut
vmber dump --level 1 cut
