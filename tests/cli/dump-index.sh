# With an index the answer is the same, damage that was not looked at apart.
vmber encode -o x.ber "$STREAMS/isapc.mig"
for path in 'dma[1]' 'cpu > env.segs[2]' 'ram > pc.rom' 'port92'; do
    vmber dump --offsets --path "$path" x.ber >index
    cat x.ber | vmber dump --offsets --path "$path" - | cmp index - && echo "$path: same"
done
vmber encode --no-index -o y.ber "$STREAMS/isapc.mig"
vmber dump --path port92 y.ber
