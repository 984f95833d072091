vmber dump --path 'dma[1] > regs[3]' --format jsonl "$STREAMS/isapc.mig"
vmber dump --path 'cpu > env.regs[9]' --format jsonl "$STREAMS/isapc.mig"
vmber dump --path 'cpu > env.dr' --format json "$STREAMS/isapc.mig"
