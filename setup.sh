#!/bin/sh
# Installs what is missing (Debian packages), configures and builds.  A second call takes seconds.
#
#   ./setup.sh              what the README needs: build/lbsim and the tests
#   ./setup.sh --dev        also what the developers' checks need (.ci/run), notebooks too
#   ./setup.sh --notebooks  also what runs the notebooks, and their test
set -eu
cd "$(dirname "$0")"

fail() { echo "setup.sh: $1" >&2; exit 1; }

# package: why
packages='
g++: the compiler
cmake: configures the build
ninja-build: runs the build
ccache: makes the second build fast
libcli11-dev: reads the command line
nlohmann-json3-dev: reads scenarios
libboost-dev: statistical quantiles (Boost.Math, headers only)
libeigen3-dev: linear algebra, headers only
libxxhash-dev: hashes keys
zlib1g-dev: reads gzipped logs
libgtest-dev: the tests
libgmock-dev: the tests
libvalijson-dev: the tests of the JSON Schemas
libbenchmark-dev: the benchmarks'
[ "${1-}" = --dev ] && packages="$packages
clang: the second compiler
libclang-rt-14-dev: its sanitizers and fuzzer
clang-format: the format of the code
valgrind: counts instructions
git: knows which files are ours"
[ "${1-}" = --dev ] || [ "${1-}" = --notebooks ] && packages="$packages
jupyter-nbconvert: runs notebooks
python3-ipykernel: in Python
python3-matplotlib: draws"

missing=
reasons=
while IFS=: read -r package why; do
    [ -n "$package" ] || continue
    if ! dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed'; then
        missing="$missing $package"
        reasons="$reasons
  $package:$why"
    fi
done <<EOF
$packages
EOF

if [ -n "$missing" ]; then
    command -v apt-get >/dev/null ||
        fail "this is no Debian: install by other means:$missing"
    sudo=
    if [ "$(id -u)" != 0 ]; then
        command -v sudo >/dev/null ||
            fail "not root, and there is no sudo; as root run: apt-get install$missing"
        sudo=sudo
    fi
    echo "setup.sh: installing Debian packages:$reasons"
    log=$(mktemp)
    trap 'rm -f "$log"' EXIT
    apt() {
        $sudo env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=900 -qq "$@" \
            >"$log" 2>&1
    }
    apt update || { tail -n 5 "$log" >&2; fail "apt-get update failed: see above"; }
    # shellcheck disable=SC2086
    apt install -y --no-install-recommends $missing ||
        { tail -n 5 "$log" >&2; fail "could not install:$missing"; }
fi

config_log=$(mktemp)
# Developers' warnings are errors.
[ "${1-}" = --dev ] && errors=ON || errors=OFF
cmake --preset release -DLBSIM_WERROR=$errors >"$config_log" 2>&1 || { cat "$config_log" >&2; rm -f "$config_log"; fail "configuring failed: see above"; }
rm -f "$config_log"
cmake --build --preset release || fail "the build failed: see above"
