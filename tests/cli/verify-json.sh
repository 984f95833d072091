head -c 2600 "$STREAMS/none.mig" >short
vmber verify --format json short
vmber verify --format jsonl short
