#!/bin/sh
# programs.sh BUILD ROOM...: says which rooms' test programs ctest knows no test of, and which test sources no program is
# built from, and exits with 1 if any. A program that crashes while it lists its tests, and a source that fell out of a
# list, would otherwise only make the count smaller.
set -eu
sources=$(cd "$(dirname "$0")/.." && find . -name '*_test.cpp' | sort)
tests=$(ctest --test-dir "$1" -N)
shift
status=0
for room; do
    printf '%s\n' "$tests" | grep -q ": $room: *." && continue
    echo "${room}_tests: ctest knows no test of this program; does it list them (--list-test-names-only)?"
    status=1
done
for source in $sources; do
    room=${source#./}
    room=${room%%/*}
    grep -qF "${source#./"$room"/}" "$(dirname "$0")/../$room/CMakeLists.txt" && continue
    echo "tests/${source#./}: not in tests/$room/CMakeLists.txt, so it is never built"
    status=1
done
exit "$status"
