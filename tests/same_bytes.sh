#!/usr/bin/env bash
# Every shipped scenario gives the same bytes from every build named and at any number of threads.
#
#   tests/same_bytes.sh build build-clang …
set -euo pipefail
cd "$(dirname "$0")/.."
for scenario in scenarios/*.json; do
    name=$(basename "$scenario" .json)
    want=
    for build in "$@"; do
        for jobs in 1 3; do
            [ "$jobs" = 1 ] || [ "$build" = "$1" ] || continue
            got=$("$build/lbsim" run "$scenario" --replications 2 --jobs "$jobs" --format json |
                sha256sum) || [ $? -eq 1 ]
            [ -n "$want" ] || want=$got
            if [ "$got" != "$want" ]; then
                echo "$name: $build --jobs $jobs differs from $1 --jobs 1" >&2
                exit 1
            fi
        done
    done
    echo "$name: ${want:0:16}"
done
