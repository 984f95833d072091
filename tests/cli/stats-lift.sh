# How many octets of blobs have been lifted, which are left, and why.
blobs() { sed -n '/^levels/,/^$/p; /^blobs/,/^tail/p' | sed '/^tail/d'; }
echo "== legacy"
vmber stats "$STREAMS/virtio.mig" | blobs
for lift in '' --lift; do
    vmber encode -q $lift -o x.ber "$STREAMS/virtio.mig"
    vmber stats "$STREAMS/virtio.mig" | blobs >legacy
    vmber stats x.ber | blobs | cmp legacy - && echo "BER $lift: same"
done
echo "== not lifted"
vmber stats --no-lift "$STREAMS/virtio.mig" | blobs
echo "== 2000 queues are more than the map takes"
cp "$STREAMS/virtio.mig" x.mig
at=$(vmber dump --offsets --path 'virtio-net > virtio > queue_count' x.mig | sed -n 's/-.*queue_count.*//p')
printf '\000\000\007\320' | dd of=x.mig bs=1 seek=$((0x$at)) conv=notrunc 2>/dev/null
vmber stats x.mig | blobs | grep -e blobs -e virtio
vmber stats --format json x.mig | sed 's/.*"device_octets"/"device_octets"/; s/},.*/}/'
