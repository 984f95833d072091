#!/bin/sh
# fetch-qemu.sh VERSION DIR: another release of Debian's QEMU, beside the installed one.
#
#   fetch-qemu.sh 10.0 build/qemu-10.0
#   capture.py --qemu-root build/qemu-10.0 --tag 10.0 --out ...
#
# Downloads the packages of the Debian release that has this QEMU, with every
# library they need down to libc, and unpacks them under DIR/root. Nothing is
# installed, and apt's own configuration and lists stay as they are.
# DIR/bin/qemu-system-* start the programs with their own libraries.

set -eu

fail() {
    echo "fetch-qemu: $1" >&2
    exit 1
}

[ $# -eq 2 ] || fail "usage: fetch-qemu.sh VERSION DIR"
version=$1
case $version in
    5.2)  suite=bullseye ;;
    7.2)  suite=bookworm ;;
    10.0) suite=trixie ;;
    11.*) suite=forky ;;
    *)    fail "no Debian release is known to have QEMU $version" ;;
esac
mirror=${DEBIAN_MIRROR:-http://deb.debian.org/debian}
keyring=/usr/share/keyrings/debian-archive-keyring.gpg

mkdir -p "$2"
dir=$(cd "$2" && pwd)
rm -rf "${dir:?}/root" "${dir:?}/bin" "${dir:?}/apt"
mkdir -p "$dir/root" "$dir/bin" "$dir/apt/lists/partial" "$dir/apt/cache/archives/partial" \
    "$dir/apt/parts"
: >"$dir/apt/status"            # nothing is installed, so apt fetches everything
echo "deb [signed-by=$keyring arch=amd64] $mirror $suite main" >"$dir/apt/sources.list"
cat >"$dir/apt/apt.conf" <<END
Dir::Etc::sourcelist "$dir/apt/sources.list";
Dir::Etc::sourceparts "$dir/apt/parts";
Dir::Etc::preferences "/dev/null";
Dir::Etc::preferencesparts "$dir/apt/parts";
Dir::State::lists "$dir/apt/lists";
Dir::State::status "$dir/apt/status";
Dir::State::extended_states "$dir/apt/extended_states";
Dir::Cache "$dir/apt/cache";
APT::Architecture "amd64";
APT::Architectures "amd64";
APT::Install-Recommends "false";
APT::Sandbox::User "root";
END
export APT_CONFIG="$dir/apt/apt.conf"

apt-get -qq update || fail "cannot reach $mirror"
found=$(apt-cache policy qemu-system-x86 | sed -n 's/^ *Candidate: *\([0-9]*:\)\{0,1\}//p')
case $found in
    "$version"*) ;;
    *) fail "$suite has QEMU $found, not $version" ;;
esac

# Later releases have split the packages; take those that there are.
packages=
for package in qemu-system-x86 qemu-system-arm qemu-system-ppc qemu-system-misc \
    qemu-system-s390x qemu-system-riscv qemu-system-modules-spice qemu-system-modules-opengl \
    qemu-system-data qemu-utils seabios ipxe-qemu; do
    if apt-cache show "$package" >/dev/null 2>&1; then
        packages="$packages $package"
    fi
done
# shellcheck disable=SC2086
apt-get -qq --yes --download-only install $packages >/dev/null || fail "download failed"
for deb in "$dir"/apt/cache/archives/*.deb; do
    dpkg-deb --extract "$deb" "$dir/root"
done

loader=$(find "$dir/root" -path '*x86_64-linux-gnu/ld-*.so*' -type f | head -n 1)
[ -n "$loader" ] || fail "the packages have no dynamic loader"
for program in "$dir"/root/usr/bin/qemu-system-* "$dir"/root/usr/bin/qemu-img; do
    firmware="-L $dir/root/usr/share/qemu -L $dir/root/usr/share/seabios"
    firmware="$firmware -L $dir/root/usr/lib/ipxe/qemu"
    case $program in
        */qemu-img) firmware= ;;
    esac
    cat >"$dir/bin/${program##*/}" <<END
#!/bin/sh
QEMU_MODULE_DIR=$dir/root/usr/lib/x86_64-linux-gnu/qemu
export QEMU_MODULE_DIR
libraries=$dir/root/usr/lib/x86_64-linux-gnu:$dir/root/lib/x86_64-linux-gnu
exec $loader --library-path "\$libraries" $program $firmware "\$@"
END
    chmod +x "$dir/bin/${program##*/}"
done
rm -rf "$dir/apt"
"$dir/bin/qemu-system-x86_64" --version | head -n 1
