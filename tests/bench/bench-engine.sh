#!/bin/sh
# Builds the engine and the codecs it is compared with, and runs bench_engine and bench_devices on
# one core.
#
#     tests/bench/bench-engine.sh [BUILD-DIRECTORY]
#
# Debian packages: asn1c heimdal-multidev libprotobuf-c-dev protobuf-c-compiler. CC and CFLAGS are
# taken from the environment; all codecs get the same. What is missing is installed.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
if [ $# -gt 0 ]; then
    mkdir -p "$1/bench-engine"
    build=$(cd "$1/bench-engine" && pwd)
else
    build=$(mktemp -d)
    trap 'rm -rf "$build"' EXIT
fi
cc=${CC:-cc}
cflags=${CFLAGS:--O2}
"$root/tools/packages" asn1c heimdal-multidev libprotobuf-c-dev protobuf-c-compiler

# shared NAME FLAGS AND SOURCES...: one codec as a shared object.
shared()
{
    name=$1
    shift
    # CFLAGS is a list.
    # shellcheck disable=SC2086
    $cc -std=gnu11 $cflags -DNDEBUG -w -fPIC -fvisibility=hidden -shared -Wl,-Bsymbolic \
        -I"$here" -o "$build/$name.so" "$@"
}

# The engine and its generator; a list, so the path of the tree may have no spaces.
room="$root/codec/base/arena.c $root/codec/base/buf.c $root/codec/base/err.c"
room="$room $(echo "$root"/codec/ber/*.c) $(echo "$root"/codec/schema/*.c)"
# shellcheck disable=SC2086
$cc -std=c11 -D_POSIX_C_SOURCE=200809L $cflags -I"$root" -o "$build/asn_gen" \
    "$root"/codec/schema/gen/*.c $room
"$build/asn_gen" --prefix bench --out-c "$build/bench_types.c" --out-h "$build/bench_types.h" \
    "$here/bench.asn1"
# shellcheck disable=SC2086
shared vmber -I"$root" -I"$build" "$here/bench_peer_vmber.c" "$build/bench_types.c" $room
codecs="$build/vmber.so"

rm -rf "$build/asn1c" && mkdir "$build/asn1c"
(cd "$build/asn1c" && asn1c -fcompound-names -fwide-types -fincludes-quoted \
    "$here/bench.asn1" >asn1c.log 2>&1)
rm -f "$build"/asn1c/converter-*.c
# As Debian ships it, nearly all of its time goes into text for a debug log that nobody reads.
shared asn1c-packaged -D_DEFAULT_SOURCE '-DBENCH_NAME="asn1c packaged"' -I"$build/asn1c" \
    "$here/bench_peer_asn1c.c" "$build"/asn1c/*.c
shared asn1c-repaired -D_DEFAULT_SOURCE '-DBENCH_NAME="asn1c repaired"' \
    '-DASN_DEBUG(...)=((void)0)' '-DASN_DEBUG_INDENT_ADD(x)=' -I"$build/asn1c" \
    "$here/bench_peer_asn1c.c" "$build"/asn1c/*.c
codecs="$codecs $build/asn1c-packaged.so $build/asn1c-repaired.so"

rm -rf "$build/heimdal" && mkdir "$build/heimdal"
# Its 64-bit integers need both bounds, and it tags a named type explicitly, whatever is said.
sed -e 's/IMPLICIT UInt8/IMPLICIT INTEGER (0..255)/' \
    -e 's/IMPLICIT UInt16/IMPLICIT INTEGER (0..65535)/' \
    -e 's/IMPLICIT UInt32/IMPLICIT INTEGER (0..4294967295)/' \
    -e 's/IMPLICIT UInt64/IMPLICIT INTEGER (0..18446744073709551615)/' \
    -e 's/IMPLICIT Int32/IMPLICIT INTEGER (-2147483648..2147483647)/' \
    -e 's/IMPLICIT Int64/IMPLICIT INTEGER (-9223372036854775808..9223372036854775807)/' \
    -e 's/(0\.\.MAX)/(0..18446744073709551615)/' \
    "$here/bench.asn1" >"$build/heimdal/bench.asn1"
(cd "$build/heimdal" && asn1_compile --one-code-file bench.asn1 bench)
for part in bench bench-priv; do
    mv "$build/heimdal/$part.hx" "$build/heimdal/$part.h"
done
# The package leaves out a header that this code does not need.
grep -v 'asn1-template.h' "$build/heimdal/asn1_bench.x" >"$build/heimdal/bench_code.c"
# shellcheck disable=SC2046
shared heimdal -I"$build/heimdal" $(krb5-config.heimdal --cflags) \
    "$here/bench_peer_heimdal.c" "$build/heimdal/bench_code.c" \
    -L"$(dirname "$(find /usr/lib -name libasn1.so -path '*heimdal*' | head -n 1)")" -lasn1
codecs="$codecs $build/heimdal.so"

rm -rf "$build/protobuf" && mkdir "$build/protobuf"
(cd "$here" && protoc-c --c_out="$build/protobuf" bench.proto)
shared protobuf-c -I"$build/protobuf" "$here/bench_peer_protobuf.c" \
    "$build/protobuf/bench.pb-c.c" -lprotobuf-c
codecs="$codecs $build/protobuf-c.so"

# Structs of real devices, of the modules that the values are of: the library of devices, and asn1c.
values="$root/tests/vectors/values/pc-rich.values"
types=$(grep -aoE 'Vmber-[A-Za-z0-9]+ [0-9]+$' "$values" | sed 's/Vmber-//; s/ .*//')
modules=
for type in $types; do
    modules="$modules $(grep -lE "^Vmber-$type DEFINITIONS" "$root"/asn1/devices/*.asn1)"
done
rm -rf "$build/devices" "$build/include" "$build/asn1c-devices"
mkdir -p "$build/devices" "$build/include/vmber/devices" "$build/asn1c-devices"
# shellcheck disable=SC2086
"$build/asn_gen" --prefix vmber --library devices --runtime codec/devlib/dev_value.h \
    --out-dir "$build" --import "$root/asn1/leaf.asn1" --import "$root/asn1/vmstate.asn1" $modules
# shellcheck disable=SC2086
shared devices-vmber -I"$root" -I"$root/codec/lib" -I"$root/codec/devlib/include" \
    -I"$build/include" -I"$build" "$here/bench_devices_vmber.c" "$build"/devices/*.c \
    "$root/codec/devlib/dev_value.c" "$root/codec/lib/vmber_report.c" $room
# shellcheck disable=SC2086
(cd "$build/asn1c-devices" && asn1c -fcompound-names -fwide-types -fincludes-quoted \
    "$root/asn1/leaf.asn1" "$root/asn1/vmstate.asn1" $modules >asn1c.log 2>&1)
rm -f "$build"/asn1c-devices/converter-*.c
{
    for type in $types; do
        echo "#include \"$type.h\""
    done
    echo "static const struct { const char *module; asn_TYPE_descriptor_t *type; } types[] = {"
    for type in $types; do
        echo "    {\"Vmber-$type\", &asn_DEF_$type},"
    done
    echo "};"
} >"$build/asn1c-devices/bench_devices_types.h"
shared devices-asn1c -D_DEFAULT_SOURCE '-DASN_DEBUG(...)=((void)0)' \
    '-DASN_DEBUG_INDENT_ADD(x)=' -I"$build/asn1c-devices" \
    "$here/bench_devices_asn1c.c" "$build"/asn1c-devices/*.c

one_core=
if command -v taskset >/dev/null 2>&1; then
    one_core="taskset -c $(($(getconf _NPROCESSORS_ONLN) - 1))"
fi
for program in bench_engine bench_devices; do
    # shellcheck disable=SC2086
    $cc -std=c11 -D_POSIX_C_SOURCE=200809L $cflags -Wall -Wextra -I"$here" \
        -o "$build/$program" "$here/$program.c" -ldl
done
status=0
# shellcheck disable=SC2086
$one_core "$build/bench_engine" $codecs || status=$?
# shellcheck disable=SC2086
$one_core "$build/bench_devices" "$values" "$build/devices-vmber.so" "$build/devices-asn1c.so" ||
    status=$?
exit "$status"
