#!/bin/sh
# format.sh TREE [fix]: names the sources that clang-format would write differently, and exits with 1 if there are any;
# with `fix`, writes them so. The version is fixed, because each one formats a little differently.
set -eu
cd "$1"

if ! command -v clang-format-19 >/dev/null; then
    echo "SKIPPED: clang-format-19 is not installed"
    exit 0
fi

# format FLAG...: runs clang-format over every source of the tree.
format() {
    find persistence context statemachine websocket service tests samples \( -name '*.hpp' -o -name '*.cpp' \) -print0 \
        2>/dev/null | sort -z | xargs -0 -r clang-format-19 "$@"
}

if [ "${2-}" = fix ]; then
    format -i
    exit
fi
findings=$(format --dry-run -Werror 2>&1) && exit 0
files=$(printf '%s\n' "$findings" | sed -n 's/:[0-9]*:[0-9]*: error: .*-Wclang-format-violations.*//p' | uniq)
printf '%s\n' "${files:-$findings}" "These are not as clang-format writes them; ./dev format does it."
exit 1
