# Blobs of other owners are fields, whatever the stream has for them, and their bits have names.
# The features that the guest accepted are patched: QEMU wrote the stream before any guest ran.
cp "$STREAMS/virtio.mig" x.mig
at=$(vmber dump --offsets --path 'virtio-net > virtio > guest_features' x.mig | sed -n 's/-.*guest_features.*//p')
printf '\060\000\000\043' | dd of=x.mig bs=1 seek=$((0x$at)) conv=notrunc 2>/dev/null
echo "== legacy"
vmber dump --path 'virtio-net > virtio' --octets 8 x.mig
echo "== JSON"
vmber dump --path 'virtio-net > virtio > guest_features' --format jsonl x.mig
vmber dump --path 'virtio-net > virtio > pci > config > registers' --format jsonl --octets 4 x.mig
echo "== as the stream has it"
vmber dump --path virtio-net --no-lift x.mig
vmber encode -q -o octets.ber x.mig
vmber encode -q --lift -o fields.ber x.mig
vmber dump x.mig | sed '/^header/d; /^trailer/d; /^  feature/d' >legacy
for ber in octets fields; do
    vmber dump $ber.ber | sed '/^header/d; /^trailer/d; /^  feature/d' | cmp legacy - && echo "$ber: same"
    vmber dump --path 'virtio-net > virtio' x.mig >one
    vmber dump --path 'virtio-net > virtio' $ber.ber | cmp one - && echo "$ber: same by its index"
done
echo "== offsets: of the octets in the blob, and of the field if the BER stream has it"
for stream in x.mig octets.ber fields.ber; do
    vmber dump --offsets --path 'virtio-net > virtio > guest_features' $stream | sed 1d
done
tail -c "+$((0x$at + 1))" x.mig | head -c 4 | od -An -tx1
at=$(vmber dump --offsets --path 'virtio-net > virtio > guest_features' fields.ber | sed -n 's/.* \(.*\)-.*guest_features.*/\1/p')
tail -c "+$((0x$at + 1))" fields.ber | head -c 6 | od -An -tx1
echo "== --no-lift leaves fields that are in the stream"
vmber dump --no-lift --path 'virtio-net > virtio > guest_features' fields.ber
