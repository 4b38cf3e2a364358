#!/bin/sh
# install.sh FOLDER: makes the peers ready to be started in FOLDER, with the packages that package-lock.json names. (Here,
# other people's sources would lie among ours, and under our checks.) No package's own script runs; the one part that has to
# be compiled, better-sqlite3, is compiled with Node's headers, without a download. Exits with 1 and a sentence when something
# is missing; what is there by then can be measured.
set -eu

fail() {
    printf 'peers: %s\n' "$*" >&2
    exit 1
}

command -v npm >/dev/null || fail "there is no Node with npm; install the packages nodejs and npm."
sources=$(dirname "$0")
mkdir -p "$1"
cp "$sources"/*.mjs "$sources"/*.capnp "$sources"/*.sh "$sources"/package.json "$1"
if ! cmp -s "$sources/package-lock.json" "$1/package-lock.json"; then
    cp "$sources/package-lock.json" "$1"
    (cd "$1" && npm ci --ignore-scripts --silent) || {
        rm -f "$1/package-lock.json"
        fail "npm could not install the packages."
    }
fi

cd "$1/node_modules/better-sqlite3"
[ ! -f build/Release/better_sqlite3.node ] || exit 0
prefix=$(node -p 'require("path").resolve(process.execPath, "../..")')
[ -f "$prefix/include/node/node.h" ] ||
    fail "Node's headers are not in $prefix/include/node, so better-sqlite3 can't be compiled; install the package libnode-dev."
gyp=$(npm config get node-gyp)
[ -f "$gyp" ] || fail "npm has no node-gyp here, which compiles better-sqlite3."
for tool in python3 make; do
    command -v "$tool" >/dev/null || fail "there is no $tool, which compiling better-sqlite3 takes; install the package $tool."
done
if ! command -v g++ >/dev/null && command -v clang++-19 >/dev/null; then
    export CC=clang-19 CXX=clang++-19
fi
node "$gyp" rebuild --release --nodedir="$prefix" >compiled.log 2>&1 ||
    fail "better-sqlite3 could not be compiled; $PWD/compiled.log says why."
