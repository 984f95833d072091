head -c 2600 "$STREAMS/none.mig" >cut
vmber verify --format json cut
vmber verify --format jsonl cut
