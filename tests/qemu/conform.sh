#!/usr/bin/env bash
# conform - every section of every stream in some folders conforms to its module, and the stream comes back.
#
#     conform.sh VMBER FOLDER...
set -u
vmber=$1
shift
count=0
bad=0

while IFS= read -r stream; do
    count=$((count + 1))
    "$vmber" encode -q --grease 1 --schema strict "$stream" | "$vmber" decode | cmp -s - "$stream" || {
        "$vmber" encode -q --schema strict "$stream" >/dev/null # for its sentence
        echo "conform: $stream" >&2
        bad=$((bad + 1))
    }
done < <(find -L "$@" -name '*.mig' | sort)
echo "$count streams encoded by their modules and restored, $bad refused or not the same"
[ "$count" -gt 0 ] && [ "$bad" -eq 0 ]
