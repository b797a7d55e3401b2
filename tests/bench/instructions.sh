#!/usr/bin/env bash
# How many instructions three small runs take, held against those stored in instructions.txt: more
# than 5 % above fails.  Counts repeat, as times do not; they are of g++ 12 -O3 on x86-64.
#
#   tests/bench/instructions.sh BUILD            compares
#   tests/bench/instructions.sh BUILD --store    stores
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
lbsim=$(cd "$1" && pwd)/lbsim
stored=$here/instructions.txt
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

count() {
    valgrind --tool=callgrind --callgrind-out-file=/dev/null "$lbsim" run "$here/$1.json" --jobs 1 \
        --quiet --format json --out "$folder/$1.out" 2>&1 | sed -n 's/.*Collected : *//p'
}
export -f count
export here lbsim folder
runs="straight answered hashed"
# shellcheck disable=SC2086
printf '%s\n' $runs | xargs -P "$(nproc)" -I RUN bash -euo pipefail -c \
    'count RUN >"$folder/RUN.count"'

if [ "${2-}" = --store ]; then
    for run in $runs; do echo "$run $(cat "$folder/$run.count")"; done >"$stored"
    cat "$stored"
    exit
fi
failed=0
for run in $runs; do
    now=$(cat "$folder/$run.count")
    before=$(sed -n "s/^$run //p" "$stored")
    tenths=$(((now - before) * 1000 / before))
    printf '%-9s %12d instructions, stored %12d: %+d per mille\n' "$run" "$now" "$before" "$tenths"
    [ "$tenths" -le 50 ] || failed=1
done
if [ $failed = 1 ]; then
    echo "slower by more than 5 %: mend it, or say why in the commit that stores anew (--store)" >&2
fi
exit $failed
