#!/usr/bin/env bash
# install - what is installed can be used: the example is built through pkg-config and find_package,
# with the shared object and with the archive, and reads a stream; only vmber_* is exported.
#
#     install.sh BUILD STREAM
set -u
build=$1
stream=$2
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
bad=0

complain() {
    echo "install: $*" >&2
    bad=$((bad + 1))
}

cmake -S "$here/.." -B "$build" -DCMAKE_INSTALL_PREFIX="$work/usr" >/dev/null &&
    cmake --build "$build" >/dev/null && cmake --install "$build" >/dev/null ||
    complain "cannot be installed"
PKG_CONFIG_PATH=$(dirname "$(find "$work/usr" -name vmber.pc)")
export PKG_CONFIG_PATH
libraries=$(dirname "$(find "$work/usr" -name libvmber.so)")
read -ra flags < <(pkg-config --cflags --libs vmber)
gcc "$here/example/devices.c" -o "$work/by-pkg-config" "${flags[@]}" || complain "pkg-config"

mkdir "$work/user"
cat >"$work/user/CMakeLists.txt" <<END
cmake_minimum_required(VERSION 3.22)
project(user C)
find_package(vmber 0.1 REQUIRED)
foreach(library vmber vmber_static)
    add_executable(by-\${library} $here/example/devices.c)
    target_link_libraries(by-\${library} PRIVATE vmber::\${library})
endforeach()
END
cmake -S "$work/user" -B "$work/user/build" -DCMAKE_PREFIX_PATH="$work/usr" >/dev/null &&
    cmake --build "$work/user/build" >/dev/null || complain "find_package"

"$work/usr/bin/vmber" encode -q "$stream" -o "$work/ber" || complain "encode"
"$work/user/build/by-vmber_static" "$stream" >"$work/expected" || complain "the example"
[ -s "$work/expected" ] || complain "the example prints nothing"
for program in "$work/by-pkg-config" "$work"/user/build/by-vmber*; do
    [ -x "$program" ] || continue
    LD_LIBRARY_PATH=$libraries "$program" "$work/ber" | cmp - "$work/expected" ||
        complain "$(basename "$program") sees other sections"
done
others=$(nm -D --defined-only "$libraries/libvmber.so" | awk '{print $3}' | grep -vE '^(vmber_|VMBER_)')
[ -z "$others" ] || complain "exported as well: $others"
[ "$bad" -eq 0 ] && echo "install: good"
