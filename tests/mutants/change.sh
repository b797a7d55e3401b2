#!/bin/sh
# Writes a file of the library with the mistake of a mutant in sources.txt: change.sh MUTANT OUT
set -eu
cd "$(dirname "$0")"
line=$(grep "^$1|" sources.txt)
source=../../src/$(echo "$line" | cut -d'|' -f2)
sed "$(echo "$line" | cut -d'|' -f3-)" "$source" >"$2"
if cmp -s "$source" "$2"; then
    echo "$1: there is no such place in $source" >&2
    rm "$2"
    exit 1
fi
