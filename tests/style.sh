#!/usr/bin/env bash
# style - the form of the sources: clang-format, shellcheck, man pages, rooms, names, lengths.
set -u
cd "$(dirname "$0")/.." || exit 1
bad=0

complain() {
    echo "style: $*" >&2
    bad=$((bad + 1))
}

mapfile -t sources < <(git ls-files '*.c' '*.h')
[ "${#sources[@]}" -gt 0 ] || complain "git lists no sources"
clang-format-14 --dry-run --Werror "${sources[@]}" >/dev/null 2>&1 || {
    clang-format-14 --dry-run --Werror "${sources[@]}" 2>&1 | grep 'error:' | head -20
    complain "clang-format"
}
mapfile -t scripts < <(git ls-files | xargs grep -lE '^#!/(bin/sh|usr/bin/env bash)')
shellcheck -S warning "${scripts[@]}" || complain "shellcheck"
for page in docs/man/*; do
    mandoc -T lint -W warning "$page" >/dev/null || complain "$page: mandoc has warnings"
done

# The law of the rooms: each may include those before it, never those after.
rooms="base ber schema savevm device stream view"
before=""
for room in $rooms; do
    before="$before $room"
    for used in $(grep -hoE '#include "codec/[a-z]+/' codec/"$room"/*.[ch] | sed 's/.*codec\///; s/\///' | sort -u); do
        case " $before " in
        *" $used "*) ;;
        *) complain "codec/$room includes codec/$used" ;;
        esac
    done
    grep -lE '#include "(tools|compat)/' codec/"$room"/*.[ch] && complain "codec/$room includes a room above it"
done

# The library of devices is the engine and what libvmber says of errors.
grep -hoE '#include "codec/[a-z]+/' codec/devlib/*.[ch] | grep -vE 'codec/(base|ber|schema|lib|devlib)/' &&
    complain "codec/devlib includes more than that"

# File names are unique in the tree.
while read -r name; do
    complain "two files are called $name"
done < <(git ls-files 'codec/*.[ch]' 'compat/*.[ch]' 'tools/*.[ch]' | xargs -n 1 basename | sort | uniq -d)
for file in "${sources[@]}"; do
    lines=$(wc -l <"$file")
    case $file in
    tests/*) most=1100 ;; # tables of vectors
    *) most=700 ;;
    esac
    [ "$lines" -le $most ] || complain "$file has $lines lines"
done
tests/limits.py --check || complain "docs/limits.md is older than the limits headers"
[ "$bad" -eq 0 ] && echo "style: good"
