#!/usr/bin/env bash
# dump - `vmber dump` of all devices against QEMU's own analyze-migration.py, on the same streams.
#
#     dump.sh BUILD CAPTURES
#
# The script comes from Debian's QEMU source package, is used where it lies, and is no part of this
# project. Prints how long each takes and whether it could read the stream.
set -u
build=$1
captures=$2
vmber=$build/bin/vmber
work=$build/qemu-source
bad=0

fetch_script() {
    [ -s "$work/analyze-migration.py" ] && return
    mkdir -p "$work"
    if ! (cd "$work" && apt-get source --download-only qemu >/dev/null 2>&1); then
        # Lists of our own; the name tells apt which of its two notations a file is in.
        local given=/etc/apt/sources.list sources=$work/sources.list
        if [ -e /etc/apt/sources.list.d/debian.sources ]; then
            given=/etc/apt/sources.list.d/debian.sources sources=$work/sources.sources
        fi
        sed 's/^Types:.*/Types: deb-src/; s/^deb /deb-src /' "$given" >"$sources"
        mkdir -p "$work/lists/partial"
        (cd "$work" && apt-get -o Dir::Etc::sourcelist="$sources" \
            -o Dir::Etc::sourceparts=- -o Dir::State::lists="$work/lists" update >/dev/null 2>&1
        apt-get -o Dir::Etc::sourcelist="$sources" -o Dir::Etc::sourceparts=- \
            -o Dir::State::lists="$work/lists" source --download-only qemu >/dev/null 2>&1)
    fi
    tar -xJf "$work"/qemu_7.2*.orig.tar.xz -C "$work" --strip-components=2 --wildcards \
        '*/scripts/analyze-migration.py'
}

# median_us TIMES COMMAND...: of five rounds of so many runs; one run of a program that takes a
# millisecond would be lost in the time it takes to read the clock.
median_us() {
    local times=$1
    shift
    for _ in 1 2 3 4 5; do
        local start=${EPOCHREALTIME/./}
        for ((i = 0; i < times; i++)); do
            "$@" >/dev/null 2>&1
        done
        echo $(((${EPOCHREALTIME/./} - start) / times))
    done | sort -n | sed -n 3p
}

fetch_script
[ -s "$work/analyze-migration.py" ] || {
    echo "dump: cannot get analyze-migration.py from the QEMU source package" >&2
    exit 1
}
printf '%-28s %12s %12s %8s\n' capture "script, us" "vmber, us" ratio
for capture in "$captures"/*.mig; do
    name=$(basename "$capture" .mig)
    "$vmber" dump "$capture" >/dev/null || { echo "dump: vmber cannot read $name" >&2; bad=1; }
    ours=$(median_us 10 "$vmber" dump "$capture")
    if python3 "$work/analyze-migration.py" -d state -f "$capture" >/dev/null 2>&1; then
        theirs=$(median_us 1 python3 "$work/analyze-migration.py" -d state -f "$capture")
        ratio=$((theirs / ours))
        printf '%-28s %12d %12d %8d\n' "$name" "$theirs" "$ours" "$ratio"
        echo "$ratio" >>"$work/ratios.$$"
    else
        printf '%-28s %12s %12d %8s\n' "$name" fails "$ours" -
    fi
done
[ -s "$work/ratios.$$" ] || {
    echo "dump: the script has read no capture" >&2
    exit 1
}
least=$(sort -n "$work/ratios.$$" | head -n 1)
median=$(sort -n "$work/ratios.$$" | awk '{a[NR]=$1} END {print a[int((NR+1)/2)]}')
rm -f "$work/ratios.$$"
echo "vmber dump is $median times as fast (median; least $least; bar: at least 30)"
[ "$bad" -eq 0 ] && [ "$median" -ge 30 ]
