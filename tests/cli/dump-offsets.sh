vmber dump --offsets "$STREAMS/none.mig"
vmber dump --offsets --path 'cpu > env.regs' --path 'dma[1] > regs[0]' "$STREAMS/isapc.mig"
vmber dump --offsets --format jsonl --path port92 "$STREAMS/isapc.mig"
