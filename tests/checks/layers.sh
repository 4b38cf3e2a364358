#!/bin/sh
# layers.sh TREE [LINKS]: says where the rooms of a source tree don't stand in their order, and exits with 1 if
# anywhere. A room may see what is below it and nothing else; all rooms include from the root; Beast, which is slow to
# compile, stays in the transport and is not even reached through a header.
# LINKS has a line `ROOM ROOM TARGET TARGET` for each target that links another one (tests/checks/CMakeLists.txt).
set -eu
links=$(readlink -f "${2:-/dev/null}")
cd "$1"

# shellcheck disable=SC2016 # $1 and its like are awk's
find persistence context statemachine websocket service \( -name '*.hpp' -o -name '*.cpp' \) 2>/dev/null | sort |
    xargs awk '
BEGIN {
    below["persistence"] = " persistence "
    below["context"] = " persistence context "
    below["statemachine"] = " persistence context statemachine "
    below["websocket"] = " persistence websocket "
    below["service"] = " persistence context statemachine websocket service "
}

function may_see(room, other) { return index(below[room], " " other " ") > 0 }

function complain(text) {
    print text
    complaints++
}

FILENAME == links {
    if (!may_see($1, $2)) complain($3 " links " $4 ": " $1 "/ may not know " $2 "/")
    next
}

FNR == 1 {
    room = substr(FILENAME, 1, index(FILENAME, "/") - 1)
    files[++file_count] = FILENAME
}

/^[ \t]*#[ \t]*include[ \t]*"/ {
    split($0, part, "\"")
    included = part[2]
    other = substr(included, 1, index(included, "/") - 1)
    if (!(other in below) || index(included, "..") > 0)
        complain(FILENAME ":" FNR ": includes \"" included "\", which is no path from the root to a file of a room")
    else if (!may_see(room, other))
        complain(FILENAME ":" FNR ": includes \"" included "\": " room "/ may not know " other "/")
    edge_from[++edges] = FILENAME
    edge_to[edges] = included
}

/^[ \t]*#[ \t]*include[ \t]*<boost\/beast/ { sees_beast[FILENAME] = 1 }

END {
    do {
        spread = 0
        for (i = 1; i <= edges; i++)
            if ((edge_to[i] in sees_beast) && !(edge_from[i] in sees_beast)) {
                sees_beast[edge_from[i]] = 1
                spread = 1
            }
    } while (spread)
    for (i = 1; i <= file_count; i++) {
        file = files[i]
        if ((file in sees_beast) && !(file ~ /^websocket\/.*\.hpp$/) && !(file ~ /^websocket\/(.*\/)?(transport[a-z_]*|beast)\.cpp$/))
            complain(file ": sees Beast, which only websocket/transport*.cpp and websocket/beast.cpp may")
    }
    exit complaints > 0
}' links="$links" "$links"
