#!/bin/sh
# programs.sh BUILD ROOM...: says which rooms' test programs ctest knows no test of, and exits with 1 if any. A program
# that crashes while it lists its tests would otherwise only make the count smaller.
set -eu
tests=$(ctest --test-dir "$1" -N)
shift
status=0
for room; do
    printf '%s\n' "$tests" | grep -q ": $room: *." && continue
    echo "${room}_tests: ctest knows no test of this program; does it list them (--list-test-names-only)?"
    status=1
done
exit "$status"
