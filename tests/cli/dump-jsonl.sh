vmber dump --format jsonl "$STREAMS/none.mig"
