#!/usr/bin/env bash
# install - what is installed can be used: the examples are built through pkg-config and
# find_package, with the shared objects and with the archives, and read a stream; only vmber_* is
# exported; every header stands alone, in C and in C++.
#
#     install.sh BUILD STREAM
#
# STREAM has an e1000.
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

cmake -S "$here/.." -B "$build" -G Ninja -DCMAKE_INSTALL_PREFIX="$work/usr" >/dev/null &&
    cmake --build "$build" >/dev/null && cmake --install "$build" >/dev/null ||
    complain "cannot be installed"
PKG_CONFIG_PATH=$(dirname "$(find "$work/usr" -name vmber.pc)")
export PKG_CONFIG_PATH
libraries=$(dirname "$(find "$work/usr" -name libvmber.so)")
archives=("$libraries/libvmber-devices.a" "$libraries/libvmber.a")
mkdir "$work/pc" "$work/ar"
read -ra flags < <(pkg-config --cflags --libs vmber)
gcc "$here/example/devices.c" -o "$work/pc/devices" "${flags[@]}" || complain "pkg-config"
read -ra flags < <(pkg-config --cflags --libs vmber-devices)
gcc "$here/example/mac_reg.c" -o "$work/pc/mac_reg" "${flags[@]}" || complain "pkg-config devices"
gcc -I"$work/usr/include" "$here/example/mac_reg.c" -o "$work/ar/mac_reg" "${archives[@]}" ||
    complain "archives"

mkdir "$work/user"
cat >"$work/user/CMakeLists.txt" <<END
cmake_minimum_required(VERSION 3.22)
project(user C)
find_package(vmber 0.1 REQUIRED)
foreach(kind "" _static)
    add_executable(devices\${kind} $here/example/devices.c)
    target_link_libraries(devices\${kind} PRIVATE vmber::vmber\${kind})
    add_executable(mac_reg\${kind} $here/example/mac_reg.c)
    target_link_libraries(mac_reg\${kind} PRIVATE vmber::devices\${kind})
endforeach()
END
cmake -S "$work/user" -B "$work/user/build" -G Ninja -DCMAKE_PREFIX_PATH="$work/usr" >/dev/null &&
    cmake --build "$work/user/build" >/dev/null || complain "find_package"

"$work/usr/bin/vmber" encode -q "$stream" -o "$work/ber" || complain "encode"
for example in devices mac_reg; do
    "$work/user/build/${example}_static" "$stream" >"$work/expected" || complain "$example"
    [ -s "$work/expected" ] || complain "$example prints nothing"
    for program in "$work"/{pc,ar,user/build}/"$example"; do
        [ -x "$program" ] || continue
        LD_LIBRARY_PATH=$libraries "$program" "$work/ber" | cmp - "$work/expected" ||
            complain "$program sees something else"
    done
done
for library in libvmber libvmber-devices; do
    others=$(nm -D --defined-only "$libraries/$library.so" | awk '{print $3}' |
        grep -vE '^(vmber_|VMBER_)|^$')
    [ -z "$others" ] || complain "$library exports as well: $others"
done
nm -D --defined-only "$libraries/libvmber-devices.so" | grep -q '_type' && complain "tables are exported"

# Each header on its own and all at once, as strict C and as C++.
(cd "$work/usr/include" && find . -name '*.h' | sed 's,^\./,,' | sort) >"$work/headers"
[ "$(wc -l <"$work/headers")" -gt 200 ] || complain "headers are missing"
grep -rn 'codec/' "$work/usr/include" && complain "a header names a path of the sources"
warnings="-Wall -Wextra -Wpedantic -Werror -fsyntax-only"
while IFS= read -r header; do
    echo "#include <$header>" >"$work/one.c"
    # shellcheck disable=SC2086 # words
    gcc -std=c99 $warnings -I"$work/usr/include" "$work/one.c" || complain "$header in C"
done < <(grep -v '^vmber/devices/' "$work/headers")
sed 's/.*/#include <&>/' "$work/headers" >"$work/all.c"
for language in "-x c -std=c99" "-x c -std=c17" "-x c++ -std=c++11" "-x c++ -std=c++20"; do
    # shellcheck disable=SC2086 # words
    gcc $language $warnings -I"$work/usr/include" "$work/all.c" || complain "all headers, $language"
done
[ "$bad" -eq 0 ] && echo "install: good"
