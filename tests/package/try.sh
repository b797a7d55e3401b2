#!/usr/bin/env bash
# Installs the build, and builds and tests a project that finds it: tests/package/try.sh BUILD
set -euo pipefail
build=$(realpath "$1")
cd "$(dirname "$0")"
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cmake --install "$build" --prefix "$dir/usr" >/dev/null
"$dir/usr/bin/lbsim" run slow-backend --replications 1 --quiet >/dev/null
cmake -G Ninja -S . -B "$dir/build" -DCMAKE_PREFIX_PATH="$dir/usr" >/dev/null
cmake --build "$dir/build"
ctest --test-dir "$dir/build" --output-on-failure
grep -q '<testsuites' "$dir/build/own_policy.xml"
