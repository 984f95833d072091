#!/usr/bin/env bash
# readers - other people's programs read our streams: openssl asn1parse, dumpasn1, asn1c's decoder.
#
#     readers.sh BUILD CAPTURES
#
# RAM is cut to two pages a record first, because the first two print every octet. Each must read
# the whole stream without a complaint; what asn1c decodes and encodes again must decode to the same
set -u
build=$1
captures=$2
vmber=$build/bin/vmber
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
bad=0
count=0

complain() {
    echo "readers: $1: $2" >&2
    bad=$((bad + 1))
}

for capture in "$captures"/*.mig; do
    name=$(basename "$capture" .mig)
    count=$((count + 1))
    "$build/bin/ram_cut" 2 <"$capture" >"$work/cut" || complain "$name" "cannot cut its RAM"
    "$vmber" encode -q "$work/cut" -o "$work/ber" || complain "$name" "encode failed"
    openssl asn1parse -inform DER -in "$work/ber" >"$work/openssl" 2>"$work/said" ||
        complain "$name" "openssl asn1parse: $(head -c 200 "$work/said")"
    # dumpasn1 counts what it does not like in its last lines; -a prints all, -e checks no encapsulation.
    dumpasn1 -a -e "$work/ber" >"$work/dumpasn1" 2>&1 || true
    tail -n 3 "$work/dumpasn1" | grep -q '^0 warnings, 0 errors' ||
        complain "$name" "dumpasn1: $(tail -n 1 "$work/dumpasn1")"
    "$build/bin/judge_asn1c" "$work/ber" "$work/again" || complain "$name" "asn1c's decoder"
    "$vmber" decode "$work/again" -o "$work/legacy" || complain "$name" "asn1c's encoding is refused"
    cmp "$work/cut" "$work/legacy" || complain "$name" "asn1c's encoding means another stream"
done
echo "$count captures read by openssl asn1parse, dumpasn1 and asn1c, $bad complaints"
[ "$count" -gt 0 ] && [ "$bad" -eq 0 ]
