#!/usr/bin/env bash
# The suite in scenarios/ is itself tested: each of a set of programs that are wrong on purpose must
# be caught by some shipped check.  Prints who catches whom; fails if one survives.
#
#   tests/mutants/kill.sh BUILD [MUTANT...]
set -uo pipefail
cd "$(dirname "$0")/../.."
build=$1
shift
survivors=0
count=0
# Prints the scenarios that fail under the command given.
killers() { "$@" check scenarios --quick --quiet 2>&1 | sed -n 's/^FAIL  \([^:]*\):.*/\1/p'; }
report() {
    local name=$1
    shift
    local by
    by=$(killers "$@" | paste -sd' ')
    count=$((count + 1))
    if [ -z "$by" ]; then
        survivors=$((survivors + 1))
        by="SURVIVES"
    fi
    printf '%-38s %s\n' "$name" "$by"
}
wanted() { [ $# -eq 1 ] || [[ " ${*:2} " == *" $1 "* ]]; }

printf '%-38s %s\n' mutant "caught by"
while read -r name; do
    wanted "$name" "$@" && report "$name" "$build/mutant_policies" "$name"
done < <("$build/mutant_policies" --list)
while IFS='|' read -r name _; do
    case $name in ''|'#'*) continue ;; esac
    wanted "$name" "$@" && report "$name" "$build/mutant_$name"
done <tests/mutants/sources.txt
echo "$((count - survivors)) of $count mutants are caught"
[ "$survivors" -eq 0 ]
