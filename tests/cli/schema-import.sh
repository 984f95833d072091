# Streams and a list of QEMU's to modules: the same whatever the order, and with themselves as base.
cat >list.json <<'TEXT'
{
  "vmschkmachine": { "Name": "none" },
  "a-clock": { "Name": "a-clock", "version_id": 2, "minimum_version_id": 1, "Description": {
    "name": "timer", "version_id": 2, "minimum_version_id": 1, "Fields": [
      { "field": "cpu_ticks_offset", "version_id": 0, "field_exists": false, "size": 8 },
      { "field": "unused", "version_id": 0, "field_exists": true, "size": 8 },
      { "field": "more", "version_id": 0, "field_exists": true, "size": 8 },
      { "field": "cpu_clock_offset", "version_id": 2, "field_exists": false, "size": 8 } ],
    "Subsections": [ { "name": "timer/icount", "version_id": 1, "minimum_version_id": 1, "Fields": [
      { "field": "qemu_icount_bias", "version_id": 0, "field_exists": false, "size": 8 } ] } ] } },
  "b-clock": { "Name": "b-clock", "version_id": 1, "minimum_version_id": 1, "Description": {
    "name": "timer", "version_id": 1, "minimum_version_id": 1 } }
}
TEXT
vmber schema import -o one --origin x86_64 "$STREAMS/isapc.mig" list.json --origin s390x "$STREAMS/s390x.mig"
cat one/timer-v2.asn1
ls one
vmber encode -o isapc.ber "$STREAMS/isapc.mig"
vmber schema import -o two --origin s390x "$STREAMS/s390x.mig" --origin x86_64 list.json isapc.ber "$STREAMS/isapc.mig" isapc.ber
diff -r one two && echo same
vmber schema import --base one -o three --origin x86_64 list.json "$STREAMS/isapc.mig" --origin s390x "$STREAMS/s390x.mig"
diff -r one three && echo same
vmber schema check one
