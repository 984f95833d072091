for n in 0 3 16 all; do
    vmber dump --octets $n --path 'globalstate > runstate' "$STREAMS/none.mig"
    vmber dump --octets $n --path 'globalstate > runstate' --format jsonl "$STREAMS/none.mig"
done
vmber dump --octets 4 --path 'cpu' "$STREAMS/isapc-bare.mig"
