#!/usr/bin/env bash
# lifted - blobs of other owners are fields in every view, and hardly any octet of them is left.
#
#     lifted.sh BUILD CAPTURES
#
# For each capture: the stream, its BER, and its BER with fields in place of blobs show the same fields,
# and count the same octets. Of a q35 machine with devices of 25 kinds and of an s390x machine at
# least 98 % of the octets of blobs are fields; features of virtio devices have names.
set -u
vmber=$1/bin/vmber
captures=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
bad=0
count=0

complain() {
    echo "lifted: $1: $2" >&2
    bad=$((bad + 1))
}

# What is in a dump but for the header and trailer, and for how a framed piece was told.
sections() {
    "$vmber" dump --format jsonl "$1" |
        jq -c 'select(.kind == "section") | del(.why, .framing)'
}

counts() {
    "$vmber" stats --format json "$1" |
        jq -c '[.device_octets, .blob_octets, .lifted_octets, .buffer_octets, .left, .levels, .types]'
}

printf '%-28s %10s %10s %8s %10s\n' capture blobs lifted percent buffers
for capture in "$captures"/*.mig; do
    name=$(basename "$capture" .mig)
    count=$((count + 1))
    "$vmber" encode -q -o "$work/octets.ber" "$capture"
    "$vmber" encode -q --lift -o "$work/fields.ber" "$capture"
    sections "$capture" >"$work/sections"
    counts "$capture" >"$work/counts"
    for ber in octets fields; do
        sections "$work/$ber.ber" | cmp -s "$work/sections" - ||
            complain "$name" "BER with blobs as $ber shows other fields"
        counts "$work/$ber.ber" | cmp -s "$work/counts" - ||
            complain "$name" "BER with blobs as $ber has other counts"
    done
    jq -r --arg name "$name" '[$name, .[1], .[2], (if .[1] > 0 then 100 * .[2] / .[1] else 100 end), .[3]] | @tsv' \
        "$work/counts" | awk '{ printf "%-28s %10d %10d %8.2f %10d\n", $1, $2, $3, $4, $5 }'
    case $name in
    q35-rich | s390x)
        jq -e '.[2] >= 0.98 * .[1]' "$work/counts" >/dev/null ||
            complain "$name" "less than 98 % of the octets of blobs are fields"
        jq -r '.[4][] | select(.why != "buffer" and .why != "unused") | "    left: \(.path), \(.octets): \(.text)"' \
            "$work/counts"
        ;;&
    q35-rich)
        kinds=$(jq -r '.name | sub(".*/"; "")' "$work/sections" | sort -u | wc -l)
        [ "$kinds" -ge 25 ] || complain "$name" "$kinds kinds of sections"
        echo "    $kinds kinds of sections"
        jq -c '.. | objects | select(.name == "guest_features") | .names // [] | .[]' "$work/sections" |
            grep -qx '"seg-max"' || complain "$name" "features of virtio-blk without names"
        ;;
    esac
done
echo "$count captures, $bad complaints"
[ "$count" -gt 0 ] && [ "$bad" -eq 0 ]
