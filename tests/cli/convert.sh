# From blobs to structs and back; what comes out is what encode writes with the same choice.
blobs="--without device.cpu.structured --without device.s390.structured"
vmber encode -q $blobs -o blobs.ber "$STREAMS/s390x.mig"
vmber encode -q --lift -o structs.ber "$STREAMS/s390x.mig"
vmber convert -q --lift -o up.ber blobs.ber && cmp up.ber structs.ber && echo up
vmber convert -q $blobs -o down.ber structs.ber && cmp down.ber blobs.ber && echo down
vmber convert structs.ber | vmber dump | sed -n 's/^  feature/by the machine type:/p'
vmber convert --for s390-ccw-virtio-10.0 <structs.ber | vmber decode | cmp - "$STREAMS/s390x.mig" && echo same
vmber encode -q --grease 5 -o grease.ber "$STREAMS/s390x.mig"
vmber convert -q grease.ber -o kept.ber && vmber dump kept.ber | sed -n 's/^  feature//p'
echo "-- refused"
head -c 4000 structs.ber >cut.ber
vmber convert cut.ber -o none.ber
echo "cut $?"
vmber convert "$STREAMS/s390x.mig" -o none.ber
echo "legacy $?"
vmber convert --with none blobs.ber -o none.ber
echo "usage $?"
ls none.ber
