#!/usr/bin/env bash
# judges - three compilers of other people read the device sections of captures by asn1/devices.
#
#     judges.sh BUILD CAPTURES...
#
# Every section of every capture must conform to a module. Its value is then decoded, and encoded again to the
# same octets, by our own generated structs, by asn1c's codec, by libtasn1 (from the profile), and by Erlang's asn1.
# CAPTURES are folders or streams.
set -u
build=$1
shift
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
bad=0
count=0

while IFS= read -r capture; do
    count=$((count + 1))
    # RAM is not a device: without most of it this takes seconds. What is inside a blob is not in
    # the device modules: it stays octets.
    "$build/bin/ram_cut" 2 <"$capture" >"$work/cut" &&
        "$build/bin/vmber" encode -q --grease 1 --schema strict "$work/cut" -o "$work/$count.ber" || {
        echo "judges: $capture" >&2
        bad=1
    }
done < <(find -L "$@" -name '*.mig' | sort)
"$build/bin/section_values" "$work"/*.ber >"$work/values" || bad=1
echo "$count captures, every section conforms to its module: $([ $bad -eq 0 ] && echo yes || echo NO)"

"$build/bin/typed_all" <"$work/values" || bad=1
"$build/bin/judge_devices" <"$work/values" || bad=1
"$build/bin/asn_gen" --profile VmberDevices --out "$work/profile.asn" \
    asn1/leaf.asn1 asn1/vmstate.asn1 asn1/devices/*.asn1 &&
    "$build/bin/judge_tasn1" "$work/profile.asn" VmberDevices <"$work/values" || bad=1
mkdir "$work/erlang"
escript tests/judges/judge_devices.erl "$work/erlang" asn1 <"$work/values" || bad=1
[ "$count" -gt 0 ] && [ $bad -eq 0 ]
