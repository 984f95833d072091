#!/usr/bin/env bash
# versions - blobs of other releases of libslirp and libusbredirparser than the installed ones.
#
#     versions.sh BUILD
#
# Fetches the libraries of other Debian and Ubuntu releases, with apt's own configuration left as it is,
# and unpacks them in BUILD/blob-versions; nothing is installed. The programs of BUILD/bin run with each.
# Every release saves every variant; vmber lifts each and lowers it to the same octets; every release
# loads that, and must save the same again but for the losses in README.md. Prints which release took
# what of which; exit status 1 for any other difference. Needs a network, so it is no test of ctest.
set -u
build=$(cd "$1" && pwd) || exit 2
here=$(cd "$(dirname "$0")" && pwd)
vectors=$here/../vectors/blobs
dir=$build/blob-versions
debian=${DEBIAN_MIRROR:-http://deb.debian.org/debian}
ubuntu=${UBUNTU_MIRROR:-http://archive.ubuntu.com/ubuntu}
debian_keys=/usr/share/keyrings/debian-archive-keyring.gpg
ubuntu_keys=$dir/trixie/root/usr/share/keyrings/ubuntu-archive-keyring.gpg
bad=0

complain() {
    echo "versions: $*" >&2
    bad=$((bad + 1))
}

# fetch SUITE MIRROR KEYS COMPONENTS PACKAGE...
fetch() {
    local suite=$1 mirror=$2 keys=$3 components=$4 package
    local apt=$dir/$suite/apt
    shift 4
    [ ! -e "$dir/$suite/done" ] || return 0
    mkdir -p "$apt/lists/partial" "$apt/cache/archives/partial" "$apt/parts" "$dir/$suite/root"
    : >"$apt/status"
    echo "deb [signed-by=$keys arch=amd64] $mirror $suite $components" >"$apt/sources.list"
    cat >"$apt/apt.conf" <<END
Dir::Etc::sourcelist "$apt/sources.list";
Dir::Etc::sourceparts "$apt/parts";
Dir::Etc::preferences "/dev/null";
Dir::Etc::preferencesparts "$apt/parts";
Dir::State::lists "$apt/lists";
Dir::State::status "$apt/status";
Dir::State::extended_states "$apt/extended_states";
Dir::Cache "$apt/cache";
APT::Architecture "amd64";
APT::Architectures "amd64";
APT::Sandbox::User "root";
END
    (
        export APT_CONFIG=$apt/apt.conf
        cd "$dir/$suite" && apt-get -qq update || exit 1
        for package; do
            apt-get -qq download "$package" || exit 1
        done
        for package in ./*.deb; do
            dpkg -x "$package" root || exit 1
        done
    ) >"$dir/$suite.log" 2>&1 || return 1
    touch "$dir/$suite/done"
}

# with SUITE COMMAND...: a program with the libraries of that release; "-" is the installed one.
with() {
    local suite=$1
    shift
    if [ "$suite" = - ]; then
        "$build/bin/$1" "${@:2}" 2>>"$dir/said"
    else
        LD_LIBRARY_PATH=$dir/$suite/root/usr/lib/x86_64-linux-gnu "$build/bin/$1" "${@:2}" 2>>"$dir/said"
    fi
}

version_of() {
    if [ "$1" = - ]; then
        dpkg-query -W -f '${Version}' "$2" | sed 's/-.*//'
    else
        basename "$dir/$1/$2"*_*.deb | cut -d _ -f 2 | sed 's/-.*//'
    fi
}

# What a load and a save by libslirp must keep: all but how much the buffers hold.
kept() {
    "$build/bin/blob_show" slirp "$1" 4 little | grep -vE '\.so_(rcv|snd)\.(cc|live|rest|data) '
}

# through MAP FILE: lifted and lowered; the octets are the same.
through() {
    "$build/bin/vmber" lift --map "$1" --version 4 -o "$dir/ber" "$2" 2>>"$dir/said" &&
        "$build/bin/vmber" lower -o "$2.lowered" "$dir/ber" && cmp -s "$2" "$2.lowered"
}

# slirp WRITER READER: what becomes of all variants on their way.
slirp() {
    local name taken=0 all=0
    for name in $(with "$1" slirp_blob variants); do
        all=$((all + 1))
        with "$1" slirp_blob save "$name" "$dir/blob" && through slirp "$dir/blob" ||
            { complain "libslirp $1: $name is not lifted"; continue; }
        with "$2" slirp_blob load "$dir/blob.lowered" "$dir/again" >/dev/null ||
            { complain "libslirp $2 does not load $name of $1"; continue; }
        # Two connections to one forward: one is saved again.
        if [ "$name" != twice ] && ! cmp -s <(kept "$dir/blob") <(kept "$dir/again"); then
            complain "libslirp $2 loses more of $name of $1 than is known"
            continue
        fi
        "$build/bin/blob_show" slirp "$dir/again" 4 little |
            grep -qE '\.so_(rcv|snd)\.cc [1-9]' && complain "libslirp $2: sb_cc comes back"
        taken=$((taken + 1))
    done
    printf ' %s/%s' $taken $all
}

# Above 64 KiB, usbredir before 0.11 counts its packets in memory that it has freed (CVE-2021-3700): the
# count in the blob is 0. No map fits that, and no library loads it.
broken() {
    [ "$3" = queue-large ] && dpkg --compare-versions "$(version_of "$1" libusbredirparser1)" lt 0.11 &&
        ! through usbredir "$dir/blob" && ! with "$2" usbredir_blob load "$dir/blob" - >/dev/null
}

usbredir() {
    local name taken=0 all=0
    for name in $(with "$1" usbredir_blob variants); do
        all=$((all + 1))
        with "$1" usbredir_blob save "$name" "$dir/blob" || complain "usbredir $1: $name is not saved"
        broken "$1" "$2" "$name" && continue
        through usbredir "$dir/blob" || { complain "usbredir $1: $name is not lifted"; continue; }
        with "$2" usbredir_blob load "$dir/blob.lowered" "$dir/again" >/dev/null && cmp -s "$dir/blob" "$dir/again" ||
            { complain "usbredir $2: $name of $1 does not come back"; continue; }
        taken=$((taken + 1))
    done
    printf ' %s/%s' $taken $all
}

# matrix LIBRARY PACKAGE SUITE...
matrix() {
    local library=$1 package=$2 writer reader
    shift 2
    printf '%s, blobs taken of blobs saved; below: who saved, to the right: who loads\n%8s' "$library" ""
    for reader; do
        printf ' %s' "$(version_of "$reader" "$package")"
    done
    for writer; do
        printf '\n%8s' "$(version_of "$writer" "$package")"
        for reader; do
            "$library" "$writer" "$reader"
        done
    done
    printf '\n'
}

mkdir -p "$dir"
: >"$dir/said"
fetch trixie "$debian" $debian_keys main libslirp0 libusbredirparser1t64 ubuntu-keyring &&
    fetch bullseye "$debian" $debian_keys main libslirp0 libusbredirparser1 &&
    fetch forky "$debian" $debian_keys main libslirp0 &&
    fetch bionic "$ubuntu" "$ubuntu_keys" "main universe" libusbredirparser1 &&
    fetch focal "$ubuntu" "$ubuntu_keys" "main universe" libslirp0 &&
    fetch jammy "$ubuntu" "$ubuntu_keys" "main universe" libslirp0 libusbredirparser1 || {
    cat "$dir"/*.log
    exit 1
}
matrix slirp libslirp0 focal bullseye jammy - trixie forky
matrix usbredir libusbredirparser1 bionic bullseye jammy - trixie
for suite in focal bullseye jammy - trixie forky; do # blobs of before version 4
    for old in 1 2 3; do
        for blob in "$vectors/slirp/v$old.bin" "$vectors/slirp/v$old-none.bin"; do
            with $suite slirp_blob load "$blob" - $old >/dev/null ||
                complain "libslirp $(version_of $suite libslirp0) does not load $(basename "$blob")"
        done
    done
done
for suite in bionic bullseye jammy - trixie; do # the packet that a parser is in, from 0.12 on
    for name in header-whole type-header-data type-header-32; do
        version=$(version_of $suite libusbredirparser1)
        expected=same
        dpkg --compare-versions "$version" lt 0.12 || expected=DIFFERENT
        with $suite usbredir_blob resume $name | grep -q "$expected\$" ||
            complain "usbredir $version: $name goes on otherwise than $expected"
    done
done
[ "$bad" -eq 0 ] && echo "versions: good"
