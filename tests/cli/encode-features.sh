# Which features a stream may use is said by its machine type and by the caller; a reader without
# one refuses the stream by name.
names() {
    vmber dump "$1" | sed -n 's/^  feature //p'
}
vmber encode -q -o none.ber "$STREAMS/s390x.mig"
names none.ber
echo "-- for a newer machine type"
vmber encode -q --for s390-ccw-virtio-10.0 -o all.ber "$STREAMS/s390x.mig"
names all.ber
echo "-- into a pipe, where nothing can be withdrawn"
vmber encode -q --for s390-ccw-virtio-10.0 --without device.cpu.structured "$STREAMS/s390x.mig" >pipe.ber
names pipe.ber
echo "-- one of them"
vmber encode -q --with device.s390.structured -o one.ber "$STREAMS/s390x.mig"
names one.ber
vmber verify one.ber | tail -n 1
vmber decode one.ber | cmp - "$STREAMS/s390x.mig" && echo same
vmber decode --without device.s390.structured one.ber | wc -c
vmber decode --without device.slirp.structured one.ber | cmp - "$STREAMS/s390x.mig" && echo same
echo "-- for a reader"
python3 - <<'END' >reader.json
import json, os
r = json.loads(os.popen("vmber features --json").read())
r["features"] = [f for f in r["features"] if f["name"] != "device.s390.structured"]
r["features"].append({"name": "of.a.later.release"})
print(json.dumps(r))
END
vmber encode -q --lift --for ./reader.json -o reader.ber "$STREAMS/s390x.mig"
names reader.ber
vmber decode --without device.s390.structured reader.ber | cmp - "$STREAMS/s390x.mig" && echo same
echo "-- names nobody knows"
vmber encode -q --grease 1 -o grease.ber "$STREAMS/s390x.mig"
names grease.ber
vmber decode grease.ber | cmp - "$STREAMS/s390x.mig" && echo same
vmber verify grease.ber | tail -n 1
echo "-- slips"
for arguments in "--for virt" "--for ./none.json" "--with device.none" "--without stream" "--for pc-q35-10.0 --for pc-q35-7.2"; do
    vmber encode -q $arguments -o slip.ber "$STREAMS/s390x.mig"
    echo "$?"
done
for text in '{' '[]' '{"features": 1}' '{"features": ["stream.index"]}' '{"features": [{"name": 3}]}' '{"other": []}'; do
    echo "$text" >slip.json
    vmber encode -q --for ./slip.json -o slip.ber "$STREAMS/s390x.mig"
    echo "$?"
done
ls slip.ber
