#!/usr/bin/env bash
# Every shipped scenario gives the same bytes from every build named and at any number of threads.
#
#   tests/same_bytes.sh build build-clang …
set -euo pipefail
cd "$(dirname "$0")/.."
same() {
    local scenario=$1 name build jobs want= got
    shift
    name=$(basename "$scenario" .json)
    for build in "$@"; do
        for jobs in 1 3; do
            [ "$jobs" = 1 ] || [ "$build" = "$1" ] || continue
            got=$("$build/lbsim" run "$scenario" --replications 2 --jobs "$jobs" --format json |
                sha256sum) || [ $? -eq 1 ]
            [ -n "$want" ] || want=$got
            if [ "$got" != "$want" ]; then
                echo "$name: $build --jobs $jobs differs from $1 --jobs 1" >&2
                return 1
            fi
        done
    done
    echo "$name: ${want:0:16}"
}
export -f same
# As many at a time as there are processors.
printf '%s\0' scenarios/*.json |
    xargs -0 -P "$(nproc)" -I SCENARIO bash -euo pipefail -c 'same "$@"' same SCENARIO "$@"
