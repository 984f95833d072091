#!/usr/bin/env bash
# cross - units on a 32-bit and on a big-endian machine, reading the same corpora.
#
#     cross.sh BUILD JOBS
#
# i386 runs natively; s390x runs under qemu-user. Check for the two comes from Debian's packages of
# those architectures, unpacked beside the build and never installed.
set -u
build=$1
jobs=$2
bad=0
as_root=""
[ "$(id -u)" -eq 0 ] || as_root=sudo

# unpack ARCHITECTURE PACKAGE...: into $build/sysroot-ARCHITECTURE.
unpack() {
    local arch=$1 dir=$build/sysroot-$1
    shift
    [ -e "$dir/done" ] && return
    mkdir -p "$dir"
    dpkg --print-foreign-architectures | grep -qx "$arch" || {
        $as_root dpkg --add-architecture "$arch" && $as_root apt-get update >/dev/null 2>&1
    }
    (cd "$dir" && for package in "$@"; do
        apt-get download "$package:$arch" >/dev/null 2>&1 || exit 1
    done && for deb in *.deb; do dpkg -x "$deb" . || exit 1; done) && touch "$dir/done"
}

# run_on NAME ARCHITECTURE TRIPLET COMPILER FLAGS LINK-FLAGS EMULATOR
run_on() {
    local name=$1 arch=$2 triplet=$3 compiler=$4 flags=$5 link=$6 emulator=$7
    unpack "$arch" check libsubunit-dev libsubunit0 || { bad=1; return; }
    cmake -S . -B "$build/$name" -G Ninja -DCMAKE_BUILD_TYPE=RelWithDebInfo \
        -DCMAKE_SYSTEM_NAME=Linux -DCMAKE_SYSTEM_PROCESSOR="$arch" \
        -DCMAKE_C_COMPILER="$compiler" -DCMAKE_C_FLAGS="$flags" \
        -DCMAKE_EXE_LINKER_FLAGS="$link" -DCMAKE_CROSSCOMPILING_EMULATOR="$emulator" \
        -DVMBER_ASN_GEN="$build/release/bin/asn_gen" \
        -DVMBER_MOD_GEN="$build/release/bin/mod_gen" \
        -DCHECK_LIBRARY="$build/sysroot-$arch/usr/lib/$triplet/libcheck.a" \
        -DSUBUNIT_LIBRARY="$build/sysroot-$arch/usr/lib/$triplet/libsubunit.a" \
        >"$build/$name.log" 2>&1 && cmake --build "$build/$name" -j "$jobs" >"$build/$name.log" 2>&1 ||
        { tail -n 40 "$build/$name.log"; bad=1; return; }
    ctest --test-dir "$build/$name" --no-tests=error 2>&1 | tail -n 30
    [ "${PIPESTATUS[0]}" -eq 0 ] || bad=1
}

# linux/errno.h wants asm/, which has no path of its own for -m32.
run_on i386 i386 i386-linux-gnu gcc "-m32 -isystem /usr/include/x86_64-linux-gnu" "" ""
# Linked statically: Debian's dynamic loader of s390x does not run under this qemu-user.
run_on s390x s390x s390x-linux-gnu s390x-linux-gnu-gcc-12 "" -static qemu-s390x-static
[ "$bad" -eq 0 ]
