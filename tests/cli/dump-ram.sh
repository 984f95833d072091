vmber dump --ram "$STREAMS/pages.mig"
vmber dump --ram --format jsonl --path ram "$STREAMS/pages.mig"
