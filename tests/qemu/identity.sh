#!/usr/bin/env bash
# identity - decode(encode(x)) == x for every capture; sizes; levels.
#
#     identity.sh BUILD CAPTURES
#
# For each capture: encode, decode, compare octet for octet, as blobs and as structs; what convert
# makes of one is the other; --strict must hold where a vmdesc was sent; the BER stream must not be
# larger than the legacy one (without a vmdesc: not by more than its type descriptions). All streams
# name features that nobody knows.
set -u
vmber=$1/bin/vmber
captures=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
bad=0
count=0

complain() {
    echo "identity: $1: $2" >&2
    bad=$((bad + 1))
}

blobs=$("$vmber" features --format jsonl | jq -r 'select(.name // "" | startswith("device.")) | "--without \(.name)"')

printf '%-28s %12s %12s %7s  %s\n' capture legacy BER ratio sections
for capture in "$captures"/*.mig; do
    name=$(basename "$capture" .mig)
    count=$((count + 1))
    if ! "$vmber" encode -q --grease $((count + 1)) $blobs "$capture" -o "$work/ber"; then
        complain "$name" "encode failed"
        continue
    fi
    "$vmber" decode "$work/ber" -o "$work/legacy" || complain "$name" "decode failed"
    cmp "$capture" "$work/legacy" || complain "$name" "decode(encode(x)) is not x"
    # Through pipes, where reads come in pieces.
    cat "$capture" | "$vmber" encode -q | cat | "$vmber" decode | cmp "$capture" - ||
        complain "$name" "decode(encode(x)) is not x through pipes"
    "$vmber" verify "$work/ber" >"$work/said" || { complain "$name" "verify has findings"; head -5 "$work/said" >&2; }
    # The library sees the same sections in both, from the shared object and from the archive.
    "$1/bin/devices" "$capture" >"$work/devices" && "$1/bin/devices" "$work/ber" | cmp - "$work/devices" &&
        "$1/bin/devices_static" "$work/ber" | cmp - "$work/devices" ||
        complain "$name" "the library's example sees other sections in BER"
    # With all blobs as structs, and from one to the other.
    "$vmber" encode -q --grease $((count + 1)) --lift "$capture" -o "$work/lifted" &&
        "$vmber" decode "$work/lifted" | cmp "$capture" - || complain "$name" "decode(encode --lift(x)) is not x"
    "$1/bin/mac_reg" "$capture" >"$work/registers" && "$1/bin/mac_reg" "$work/lifted" | cmp - "$work/registers" ||
        complain "$name" "the generated structs see other values in the lifted stream"
    "$vmber" verify "$work/lifted" >"$work/said" || { complain "$name" "verify has findings in the lifted stream"; head -5 "$work/said" >&2; }
    "$vmber" convert -q --grease $((count + 1)) --lift "$work/ber" | cmp - <("$vmber" convert -q --grease $((count + 1)) --lift "$work/lifted") &&
        "$vmber" convert -q $blobs "$work/lifted" | cmp - <("$vmber" convert -q $blobs "$work/ber") ||
        complain "$name" "convert does not make the one of the other"
    legacy=$(stat -c %s "$capture")
    ber=$(stat -c %s "$work/ber")
    levels=$("$vmber" stats --format json "$work/ber" | jq -r \
        '[.levels[].pieces] | "\(.[2] + .[3]) described, \(.[1]) framed, \(.[0]) octets only"')
    printf '%-28s %12d %12d %7.4f  %s\n' "$name" "$legacy" "$ber" \
        "$(jq -n "$ber / $legacy")" "$levels"
    if jq -e --arg n "$name" '.captures[] | select(.name == $n) | .has_vmdesc' \
        "$captures/manifest.json" >/dev/null; then
        [ "$ber" -le "$legacy" ] || complain "$name" "the BER stream is larger than the legacy one"
        "$vmber" encode --strict "$capture" 2>"$work/said" >/dev/null ||
            complain "$name" "not all at level 2: $(cat "$work/said")"
    else
        types=$("$vmber" dump --format jsonl --level 1 --types --offsets "$work/ber" |
            jq -s '[.[] | select(.kind == "type") | .ber[1] - .ber[0]] | add // 0')
        [ "$ber" -le $((legacy + types)) ] ||
            complain "$name" "the BER stream is larger than the legacy one and its type descriptions"
    fi
done
echo "$count captures, $bad complaints"
[ "$count" -gt 0 ] && [ "$bad" -eq 0 ]
