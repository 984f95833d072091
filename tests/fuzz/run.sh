#!/usr/bin/env bash
# run - fuzzes each target for SECONDS, two at a time, from a copy of its corpus.
#
#     run.sh BUILD [SECONDS [TARGET...]]
#
# Builds with clang, libFuzzer, ASan and UBSan in BUILD/fuzz. Exit status 1 on a finding; the input is
# then in BUILD/fuzz/findings. Ten minutes is the usual time; a night is better:
#
#     tests/fuzz/run.sh build 28800
set -u
build=$1
seconds=${2:-600}
shift $(($# < 2 ? $# : 2))
cd "$(dirname "$0")/../.." || exit 1
mkdir -p "$build/fuzz"
build=$(cd "$build/fuzz" && pwd)
bad=0

cmake -S . -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=RelWithDebInfo -DCMAKE_C_COMPILER=clang \
    -DVMBER_SANITIZE=address,undefined -DVMBER_FUZZ=ON -DVMBER_TESTS=ON >"$build/log" &&
    cmake --build "$build" >"$build/log" || {
    tail -n 40 "$build/log"
    exit 1
}
mkdir -p "$build/findings"

fuzz_one() {
    local name=$1 dictionary=()
    mkdir -p "$build/corpus/$name"
    [ ! -e "tests/fuzz/$name.dict" ] || dictionary=("-dict=tests/fuzz/$name.dict")
    "$build/bin/fuzz_$name" -max_total_time="$seconds" -timeout=120 -rss_limit_mb=4096 \
        -max_len=20000 "${dictionary[@]}" -artifact_prefix="$build/findings/$name-" -print_final_stats=1 \
        "$build/corpus/$name" "tests/fuzz/corpus/$name" >"$build/$name.log" 2>&1
    local status=$?
    printf '%-36s %12s executions, status %d\n' "$name" \
        "$(sed -n 's/^stat::number_of_executed_units: *//p' "$build/$name.log")" "$status"
    return $status
}

targets=("$@")
if [ ${#targets[@]} -eq 0 ]; then
    for source in tests/fuzz/fuzz_*.c; do
        name=$(basename "$source" .c)
        targets+=("${name#fuzz_}")
    done
fi
for ((i = 0; i < ${#targets[@]}; i += 2)); do
    pids=()
    for name in "${targets[@]:i:2}"; do
        fuzz_one "$name" &
        pids+=($!)
    done
    for pid in "${pids[@]}"; do
        wait "$pid" || bad=1
    done
done
[ $bad -eq 0 ] || ls "$build/findings"
exit $bad
