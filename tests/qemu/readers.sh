#!/usr/bin/env bash
# readers - other people's programs read our streams: openssl asn1parse, dumpasn1, asn1c's decoder.
#
#     readers.sh BUILD CAPTURES
#
# RAM is cut to two pages a record first, because the first two print every octet. Each must read
# the whole stream without a complaint; what asn1c decodes and encodes again must have the same values
# (helpers/same_values.c).
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
    "$vmber" encode -q --grease 1 --lift "$work/cut" -o "$work/ber" || complain "$name" "encode failed"
    openssl asn1parse -inform DER -in "$work/ber" >"$work/openssl" 2>"$work/said" ||
        complain "$name" "openssl asn1parse: $(head -c 200 "$work/said")"
    # -z: an empty SEQUENCE is legal; -o: no guessing at text in octets. dumpasn1, made for
    # certificates, also calls every negative INTEGER an error (registers hold them), and takes
    # printable octets under a context tag for an IA5String, a type no module of ours has. Every other
    # complaint counts.
    dumpasn1 -a -e -z -o "$work/ber" >"$work/dumpasn1" 2>&1 || true
    usual=$(grep -cE 'Error: (Integer is encoded as a negative|IA5String contains illegal)' "$work/dumpasn1")
    tail -n 3 "$work/dumpasn1" | grep -qE "^0 warnings, $usual errors?\\." ||
        complain "$name" "dumpasn1: $(tail -n 1 "$work/dumpasn1"), of which $usual are known guesses"
    "$build/bin/judge_asn1c" "$work/ber" "$work/again" || complain "$name" "asn1c's decoder"
    "$build/bin/same_values" "$work/ber" "$work/again" || complain "$name" "asn1c's values are others"
done
echo "$count captures read by openssl asn1parse, dumpasn1 and asn1c, $bad complaints"
[ "$count" -gt 0 ] && [ "$bad" -eq 0 ]
