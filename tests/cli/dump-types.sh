vmber dump --types --level 1 "$STREAMS/none.mig"
vmber dump --types --level 1 --format jsonl "$STREAMS/none.mig" | grep '"type"'
