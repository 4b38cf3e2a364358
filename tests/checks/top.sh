#!/bin/sh
# top.sh TREE: says what lies at the top of a source tree that has no place there. Who opens the tree sees the rooms, the
# ways in and nothing that a test or a tool has left.
set -eu
cd "$1"
status=0
for name in * .[!.]*; do
    [ -e "$name" ] || continue
    case $name in
    CMakeLists.txt | CMakePresets.json | README.md | CHANGELOG.md | LICENSE | dev) ;;
    persistence | context | statemachine | websocket | service | tests | samples) ;;
    .git | .gitignore | .ci | .clang-format | .clang-tidy) ;;
    build | data) ;; # what the two commands make; git ignores them
    *)
        echo "$name: has no place at the top of the tree"
        status=1
        ;;
    esac
done
exit "$status"
