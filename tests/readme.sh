#!/usr/bin/env bash
# What the README shows of lbsim is what it prints: of every block that begins with "$ COMMAND" and
# has lines below, these are the first lines of its output.  Commands on files that only the README
# has are left to the reader.
#
#   tests/readme.sh build
set -euo pipefail
cd "$(dirname "$0")/.."
build=$(realpath "$1")
PATH=$build:$PATH
shown=0
check() {
    local command=$1 want=$2 got
    [ -n "$want" ] || return 0
    case $command in *outage.json*) return 0 ;; esac
    got=$(bash -c "${command//build\//$build/}" 2>/dev/null | head -n "$(wc -l <<<"$want")") || true
    if ! diff <(echo "$want") <(echo "$got") >&2; then
        echo "README.md: this is not what it prints: $command" >&2
        exit 1
    fi
    shown=$((shown + 1))
}
inside= command= output=
while IFS= read -r line; do
    case $line in
        '```'*)
            [ -z "$inside" ] || [ -z "$command" ] || check "$command" "${output%$'\n'}"
            [ -n "$inside" ] && inside= || inside=yes
            command= output=
            ;;
        '$ '*) [ -z "$inside" ] || command=${line#'$ '} ;;
        *) [ -z "$command" ] || output+=$line$'\n' ;;
    esac
done <README.md
echo "$shown blocks are as shown"
[ "$shown" -ge 4 ]
