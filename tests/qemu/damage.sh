#!/usr/bin/env bash
# damage - what is damaged is refused, with the place.
#
#     damage.sh BUILD CAPTURES
#
# BER: every bit and every cut of a small stream, a thousand of each of a large one: decode fails and
# has not written the EOF octet (helpers/flip_bits.c). verify names the record a flipped bit is in.
# Legacy: an octet inserted or removed in each device section is refused under --strict, by name and
# offset (damage.py).
set -u
build=$1
captures=$2
here=$(cd "$(dirname "$0")" && pwd)
vmber=$build/bin/vmber
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
bad=0

"$build/bin/ram_cut" 0 <"$captures/multifd-main.mig" >"$work/small" &&
    "$vmber" encode -q --grease 1 --lift "$work/small" -o "$work/small.ber" || bad=1
"$vmber" encode -q --grease 1 --lift "$captures/q35-rich.mig" -o "$work/large.ber" || bad=1
"$build/bin/flip_bits" "$work/large.ber" 1000 1 &
"$build/bin/flip_bits" "$work/small.ber" all || bad=1
wait $! || bad=1
"$here/damage.py" "$vmber" --ber "$work/small.ber" --count 400 || bad=1
"$here/damage.py" "$vmber" --ber "$work/large.ber" --count 100 || bad=1
for name in q35-min pc-rich s390x aarch64-virt pc-2.3; do
    "$here/damage.py" "$vmber" --legacy "$captures/$name.mig" || bad=1
done
exit $bad
