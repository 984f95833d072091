#!/usr/bin/env bash
# modules.sh - makes asn1/devices/ again, from what QEMU 7.2 shows.
#
#     modules.sh VMBER DEVICES CAPTURES
#
# DEVICES is what devices.py has made (a folder ARCH-MACHINE with streams and dump-vmstate.json for
# each machine), CAPTURES what capture.py has. The same streams make the same modules. Once modules
# are frozen (asn1/frozen/), what they have keeps its names and tags; freeze afterwards:
#
#     VMBER schema freeze
set -eu -o pipefail
if [ $# -ne 3 ]; then
    echo "usage: modules.sh VMBER DEVICES CAPTURES" >&2
    exit 2
fi
root=$(cd "$(dirname "$0")/../.." && pwd)
made=$(mktemp -d)
trap 'rm -rf "$made"' EXIT
arguments=()
if [ -s "$root/asn1/frozen/modules" ]; then
    arguments+=(--base "$root/asn1/devices" --base "$root/asn1/frozen")
fi
for folder in "$2"/*-*/; do
    name=$(basename "$folder")
    arguments+=(--origin "${name%%-*}" "$folder"*.mig "$folder"dump-vmstate.json)
done
for capture in "$3"/*.mig; do
    name=$(basename "$capture")
    case $name in
    aarch64-* | ppc64-* | riscv64-*) label=${name%%-*} ;;
    s390x*) label=s390x ;;
    *) label=x86_64 ;;
    esac
    arguments+=(--origin "$label" "$capture")
done
"$1" schema import -o "$made" "${arguments[@]}"
"$1" schema check "$made"
mkdir -p "$root/asn1/devices"
rm -f "$root"/asn1/devices/*.asn1
cp "$made"/*.asn1 "$root/asn1/devices/"
