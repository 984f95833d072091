#!/bin/sh
# run.sh - runs the transcripts of this folder against a vmber.
#
#     run.sh VMBER              all of them
#     run.sh VMBER NAME...      only these
#     run.sh --update VMBER ... writes what is printed as what is expected
#
# A test is NAME.sh, run by sh in an empty directory with vmber in its PATH and $STREAMS naming the
# small streams. What it prints, standard error included, must be NAME.out, and its exit status what
# NAME.exit says (0 if there is none).
set -u
update=no
if [ "${1:-}" = --update ]; then
    update=yes
    shift
fi
if [ $# -lt 1 ]; then
    echo "usage: run.sh [--update] VMBER [NAME...]" >&2
    exit 2
fi
here=$(cd "$(dirname "$0")" && pwd) || exit 2
bin=$(cd "$(dirname "$1")" && pwd) || exit 2
shift
STREAMS=$here/../vectors/streams
PATH=$bin:$PATH
LC_ALL=C
export STREAMS PATH LC_ALL
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
passed=0
failed=0

one() {
    name=$1
    expected=0
    [ -f "$here/$name.exit" ] && expected=$(cat "$here/$name.exit")
    mkdir "$work/$name"
    (cd "$work/$name" && sh "$here/$name.sh") >"$work/$name.out" 2>&1 </dev/null
    status=$?
    if [ $update = yes ]; then
        cp "$work/$name.out" "$here/$name.out"
        rm -f "$here/$name.exit"
        [ $status -eq 0 ] || echo $status >"$here/$name.exit"
    fi
    if [ $update = yes ] || { [ "$status" = "$expected" ] &&
        cmp -s "$here/$name.out" "$work/$name.out"; }; then
        passed=$((passed + 1))
        return
    fi
    failed=$((failed + 1))
    echo "FAILED $name: exit status $status, expected $expected"
    diff -u "$here/$name.out" "$work/$name.out" | head -n 40
}

if [ $# -eq 0 ]; then
    for test in "$here"/*.sh; do
        name=$(basename "$test" .sh)
        [ "$name" = run ] || one "$name"
    done
else
    for name in "$@"; do
        one "$name"
    done
fi
echo "cli: $passed passed, $failed failed"
[ $failed -eq 0 ]
