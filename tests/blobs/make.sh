#!/usr/bin/env bash
# make - the vectors of tests/vectors/blobs, from the real libraries.
#
#     make.sh BUILD            writes the vectors
#     make.sh BUILD check      makes them in BUILD/blob-vectors and compares
#
# BUILD/bin has the programs. Blobs of a big-endian host come from Debian's s390x packages under
# qemu-user, unpacked beside the build and never installed; without a network, or with BLOBS_BIG=no,
# those are left as they are. Every blob is also loaded and saved again by its library; it must come
# back as it was, but for what README.md lists.
set -u
build=$(cd "$1" && pwd) || exit 2
mode=${2:-write}
here=$(cd "$(dirname "$0")" && pwd)
vectors=$(cd "$here/.." && pwd)/vectors/blobs
out=$build/blob-vectors
big=$build/blob-s390x
sysroot=$build/blob-sysroot-s390x
bad=0

complain() {
    echo "blobs: $*" >&2
    bad=$((bad + 1))
}

# The libraries say on standard error what they dislike; that is what some vectors are for.
run() {
    "$build/bin/$1" "${@:2}" 2>>"$out/said"
}

run_big() {
    qemu-s390x-static -L "$sysroot" -E "LD_LIBRARY_PATH=/usr/lib/s390x-linux-gnu" \
        "$big/$1" "${@:2}" 2>>"$out/said"
}

# have_big: the two programs for s390x.
have_big() {
    local as_root="" package deb libraries=$sysroot/usr/lib/s390x-linux-gnu
    [ "${BLOBS_BIG:-yes}" = no ] && return 1
    command -v s390x-linux-gnu-gcc-12 qemu-s390x-static >/dev/null || return 1
    [ "$(id -u)" -eq 0 ] || as_root=sudo
    if [ ! -e "$sysroot/done" ]; then
        mkdir -p "$sysroot"
        dpkg --print-foreign-architectures | grep -qx s390x || {
            $as_root dpkg --add-architecture s390x && $as_root apt-get update >/dev/null 2>&1
        }
        for package in libc6 libslirp-dev libslirp0 libusbredirparser-dev libusbredirparser1 \
            libglib2.0-0 libpcre2-8-0; do
            (cd "$sysroot" && apt-get download "$package:s390x" >/dev/null 2>&1) || return 1
        done
        for deb in "$sysroot"/*.deb; do
            dpkg -x "$deb" "$sysroot" || return 1
        done
        touch "$sysroot/done"
    fi
    mkdir -p "$big"
    set -- s390x-linux-gnu-gcc-12 -std=c11 -D_XOPEN_SOURCE=700 -O1 -I"$sysroot/usr/include" \
        -L"$libraries" -Wl,--allow-shlib-undefined
    "$@" -o "$big/slirp_blob" "$here"/{slirp_blob,slirp_guest,blob_wire}.c -lslirp &&
        "$@" -o "$big/usbredir_blob" "$here"/{usbredir_blob,blob_wire}.c -lusbredirparser
}

# expect BLOB SHOW-ARGUMENTS...: the blob's digest and what it says, beside it.
expect() {
    local blob=$1
    {
        echo "sha256 $(sha256sum "$blob" | cut -d ' ' -f 1)"
        run blob_show "$2" "$blob" "${@:3}"
    } >"${blob%.bin}.txt" || complain "$blob: not read whole"
}

# What a load and a save by libslirp must keep: all but how much the buffers hold.
kept() {
    run blob_show slirp "$1" 4 "$2" | grep -vE '\.so_(rcv|snd)\.(cc|live|rest|data) '
}

# trip_slirp RUN BLOB ORDER
trip_slirp() {
    local said
    said=$("$1" slirp_blob load "$2" "$out/again") || { complain "$2: $said"; return; }
    echo "$(basename "$2" .bin): $said"
    cmp -s <(kept "$2" "$3") <(kept "$out/again" "$3") || complain "$2: other losses than are known"
    run blob_show slirp "$out/again" 4 "$3" | grep -qE '\.so_(rcv|snd)\.cc [1-9]' &&
        complain "$2: sb_cc came back; README.md says it does not"
}

trip_usbredir() {
    local said
    said=$("$1" usbredir_blob load "$2" "$out/again") || { complain "$2: $said"; return; }
    cmp "$2" "$out/again" || complain "$2: not the same again"
}

make_slirp() {
    local name
    for name in $(run slirp_blob variants); do
        run slirp_blob save "$name" "$out/slirp/$name.bin" || complain "slirp $name"
        expect "$out/slirp/$name.bin" slirp 4 little
        trip_slirp run "$out/slirp/$name.bin" little
        [ "$with_big" = yes ] || continue
        run_big slirp_blob save "$name" "$out/slirp/$name-big.bin" || complain "slirp $name, big"
        expect "$out/slirp/$name-big.bin" slirp 4 big
        trip_slirp run_big "$out/slirp/$name-big.bin" big
        cmp -s <(grep -vE '^(order|sha256)' "$out/slirp/$name.txt") \
            <(grep -vE '^(order|sha256)' "$out/slirp/$name-big.txt") ||
            complain "slirp $name: the two byte orders say different things"
    done
}

make_old() {
    local name how version order
    while IFS=$'\t' read -r name how _; do
        version=${how#slirp }
        order=little
        [ "$name" = "${name%-big}" ] || order=big
        expect "$out/slirp/$name.bin" slirp "$version" $order
        [ $order = little ] || continue
        run slirp_blob load "$out/slirp/$name.bin" "$out/again" "$version" >/dev/null ||
            complain "$name: libslirp does not load it"
    done < <(run blob_make old "$out/slirp")
}

# A parser that stopped behind a packet's header, and before the end of its type header, forgets
# how much data follows, so that the packet is lost: README.md.
known_loss() {
    case $1 in
    header-whole | type-header-data | type-header-32) return 0 ;;
    *) return 1 ;;
    esac
}

make_usbredir() {
    local name said
    for name in $(run usbredir_blob variants); do
        run usbredir_blob save "$name" "$out/usbredir/$name.bin" || complain "usbredir $name"
        expect "$out/usbredir/$name.bin" usbredir
        trip_usbredir run "$out/usbredir/$name.bin"
        said=$(run usbredir_blob resume "$name")
        echo "$name: $said"
        case $said in
        *same) known_loss "$name" && complain "usbredir $name: nothing lost; README.md says it is" ;;
        *) known_loss "$name" || complain "usbredir $name: other losses than are known" ;;
        esac
        [ "$with_big" = yes ] || continue
        run_big usbredir_blob save "$name" "$out/usbredir/$name-big.bin" ||
            complain "usbredir $name, big"
        expect "$out/usbredir/$name-big.bin" usbredir
        trip_usbredir run_big "$out/usbredir/$name-big.bin"
    done
}

# What QEMU itself reads and writes: file, map, what it shows.
make_qemu() {
    local name how shows
    while IFS=$'\t' read -r name how shows; do
        printf '%s.bin | %s | %s\n' "$name" "$how" "$shows"
    done < <(run blob_make qemu "$out/qemu") >"$out/qemu/qemu.txt"
}

# The table of hostile blobs: what the library does with each, and what it shows.
make_hostile() {
    local name how shows said
    while IFS=$'\t' read -r name how shows; do
        case $how in
        slirp*) said=$(run slirp_blob load "$out/hostile/$name.bin" - "${how#slirp }") ;;
        usbredir) said=$(run usbredir_blob load "$out/hostile/$name.bin" -) ;;
        *) said="not loaded here" ;;
        esac
        printf '%s.bin | %s | %s | %s\n' "$name" "$how" "${said:-rc 0, and no end}" "$shows"
    done < <(run blob_make hostile "$out/hostile") >"$out/hostile/hostile.txt"
}

# Of the large blobs only what they say is kept.
large() {
    case $1 in
    slirp/one | slirp/one-big) return 1 ;;
    slirp/*) [ "$(stat -c %s "$out/$1.bin")" -gt 65536 ] ;;
    *) [ "$(stat -c %s "$out/$1.bin")" -gt 16384 ] ;;
    esac
}

publish() {
    local file name
    find "$out" -mindepth 2 -name '*.bin' -o -mindepth 2 -name '*.txt' | sort | while read -r file; do
        name=${file#"$out"/}
        if [ "${name%.bin}" != "$name" ] && large "${name%.bin}"; then
            continue
        fi
        case $name in
        *-big.*) # what is the same from either host, and what only says the same, is kept once
            cmp -s "$out/${name%.*}.bin" "$out/${name%-big.*}.bin" && continue
            large "${name%.*}" && continue
            ;;
        esac
        echo "$name" >>"$out/made"
        if [ "$mode" = check ]; then
            cmp "$file" "$vectors/$name" || echo "$name" >>"$out/differ"
        else
            mkdir -p "$vectors/$(dirname "$name")"
            cp "$file" "$vectors/$name"
        fi
    done
}

rm -rf "$out"
mkdir -p "$out"/{slirp,usbredir,qemu,hostile}
with_big=yes
have_big || {
    with_big=no
    echo "blobs: without those of a big-endian host"
}
make_slirp
make_old
make_usbredir
make_qemu
make_hostile
publish
if [ "$with_big" = yes ]; then
    echo hostile/rows.txt >>"$out/made" # of vectors.py
    stale=$(cd "$vectors" && find . -name '*.bin' -o -name '*.txt' | sed 's/^\.\///' | grep -vxFf "$out/made")
    [ -z "$stale" ] || complain "not made any more:" "$stale"
fi
[ ! -e "$out/differ" ] || complain "$(wc -l <"$out/differ") vectors differ"
[ "$bad" -eq 0 ] && echo "blobs: good"
