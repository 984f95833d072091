#!/usr/bin/env bash
# scrub - what libslirp leaks into its state, and that --scrub takes it out and nothing else.
#
#     scrub.sh BUILD
#
# libslirp runs with an allocator whose memory is full of 0xa5, as a heap is full of what was in it, and
# with one whose memory is full of zeros: where the two blobs differ it never wrote. Both scrubbed must be
# the same, and zero there. libslirp must load that, and save what it would have, but for those octets.
set -u
build=$(cd "$1" && pwd) || exit 2
vmber=$build/bin/vmber
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
bad=0
all=0

complain() {
    echo "scrub: $*" >&2
    bad=$((bad + 1))
}

slirp() {
    "$build/bin/slirp_blob" "$@" 2>/dev/null
}

# places FILE FILE: where they differ.
places() {
    cmp -l "$1" "$2" | awk '{ print $1 }' | sort
}

# scrub NAME: the blob in NAME to NAME.scrubbed, which are still octets for libslirp.
scrub() {
    "$vmber" lift --map slirp --version 4 --scrub -o "$1.ber" "$1" 2>"$dir/said" &&
        "$vmber" lower -o "$1.scrubbed" "$1.ber" && slirp load "$1" "$1.again" >/dev/null &&
        slirp load "$1.scrubbed" "$1.scrubbed.again" >/dev/null || complain "$1: does not go through"
}

for name in $(slirp variants); do
    heap=$dir/heap zeros=$dir/zeros
    slirp save "$name" "$zeros" 0
    scrub "$zeros"
    slirp save "$name" "$heap" 165
    scrub "$heap"
    leaked=$(places "$heap" "$zeros" | wc -l)
    left=$(comm -23 <(places "$heap" "$zeros") <(places "$heap" "$heap.scrubbed") | wc -l)
    changed=$(places "$heap" "$heap.scrubbed" | wc -l)
    told=$(awk '/ zeros now, / { n += $(NF - 2) } END { print n + 0 }' "$dir/said")
    [ "$told" -eq "$changed" ] || complain "$name: $changed octets changed, $told told"
    [ -z "$(cmp -l "$heap" "$heap.scrubbed" | awk '$3 != 0')" ] || complain "$name: not zeros"
    # A count below 0 says nothing of what the ring holds: docs/blobs/slirp.md.
    [ "$name" = urgent ] || {
        [ "$left" -eq 0 ] && cmp -s "$heap.scrubbed" "$zeros.scrubbed" ||
            complain "$name: $left octets of the heap are left"
    }
    "$vmber" dump --format json "$heap.ber" | head -n 1 |
        grep -q '"name":"stream.scrubbed","class":"compatible"' || complain "$name: not in the header"
    "$vmber" verify "$heap.ber" >/dev/null || complain "$name: verify finds something"
    [ -z "$(comm -13 <(places "$heap" "$heap.scrubbed") <(places "$heap.again" "$heap.scrubbed.again"))" ] ||
        complain "$name: libslirp saves more that differs"
    "$vmber" lift --map slirp --version 4 "$heap" | "$vmber" lower | cmp -s - "$heap" ||
        complain "$name: not exact without --scrub"
    echo "$name: $(stat -c %s "$heap") octets, $leaked of the heap, $left of them left"
    all=$((all + leaked))
done
[ "$all" -gt 100000 ] || complain "libslirp leaks nothing: this shows nothing"
[ "$bad" -eq 0 ] && echo "scrub: good"
