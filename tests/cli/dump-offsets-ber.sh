# Offsets are those of the octets: what stands at a field's BER offset is its TLV.
vmber encode -o x.ber "$STREAMS/isapc.mig"
line=$(vmber dump --offsets --path 'port92 > outport' x.ber | grep outport)
legacy=$(echo "$line" | cut -c1-8)
ber=$(echo "$line" | cut -c19-26)
tail -c "+$((0x$legacy + 1))" "$STREAMS/isapc.mig" | head -c 1 | od -An -tx1
tail -c "+$((0x$ber + 1))" x.ber | head -c 3 | od -An -tx1
