#!/bin/sh
# owners.sh TREE: says where a source tree reaches past the one owner of a thing, and exits with 1 if anywhere: clocks,
# timers and randomness belong to the environment, spawning belongs to the task group, the interlocks of sessions are
# switched by the simulation, nothing sleeps, and no file knows the machine that it was written on.
set -eu
cd "$1"
status=0

# Comments may name anything, so they are cut off first. Measuring is what service/load is for. A test's header is its
# fixture, which runs the tasks that the test gives it.
find persistence context statemachine websocket service tests samples \( -name '*.hpp' -o -name '*.cpp' \) 2>/dev/null |
    sort | xargs awk '
function complain(text) {
    print FILENAME ":" FNR ": " text
    complaints++
}

FNR == 1 {
    is_room = FILENAME !~ /^(tests|samples)\//
    is_environment = FILENAME == "persistence/system_environment.cpp"
    may_see_time = !is_room || is_environment || FILENAME ~ /^service\/load\//
    may_make_randomness = !is_room || is_environment
    may_spawn = FILENAME == "persistence/task_group.cpp" || FILENAME ~ /^tests\/.*\.hpp$/
    may_switch = FILENAME ~ /^tests\/simulation\//
    is_settings = FILENAME == "service/settings.hpp"
}

{ sub(/\/\/.*/, "") }

!may_see_time && /steady_timer|system_timer|high_resolution_timer|waitable_timer|clock::now|clock_gettime|gettimeofday|[^a-z_]time\((nullptr|NULL|0)\)/ {
    complain("asks for the time or sets a timer, which only the environment does")
}
!may_make_randomness && /random_device|RAND_bytes|[^a-z_]s?rand\(/ {
    complain("makes randomness, which only the environment does")
}
!may_spawn && /co_spawn/ { complain("spawns a coroutine, which only a task group does") }
/asio::detached|detached_t|asio\/detached\.hpp/ { complain("lets a coroutine run detached, which swallows its exceptions") }
/sleep_for|sleep_until|[^a-z_]u?sleep\(/ { complain("sleeps instead of waiting for what it needs") }

# Others read one of them at a time, by its name: who has all of them, or a reference to one, could write.
is_settings && /^struct interlocks / { inside = 1 }
is_settings && /^};/ { inside = 0 }
inside && /= *false/ { complain("switches an interlock off for everybody") }
is_settings { sub(/^struct interlocks \{|service::interlocks interlocks;/, "") }
!may_switch && /interlocks/ {
    line = $0
    gsub(/interlocks\.[a-z_]+/, "@", line)
    if (line ~ /interlocks/ || line ~ /@ *([-+*\/%|&^]|<<|>>)?=([^=]|$)/ || line ~ /(^|[^&])&[a-z_.>:()-]*@/ ||
        line ~ /[a-z_>]& *[a-z_]+ *[={(].*@/)
        complain("may write an interlock, which only the simulation of the tests does")
}

END { exit complaints > 0 }' || status=1

# A path begins after a space, a quote or a bracket; what merely looks like one in encoded data does not.
if find . \( -path ./build -o -path ./data -o -name .git \) -prune -o -type f -print0 | sort -z |
    xargs -0 grep -InE "(^|[][ \"'(){}=:,\`])/(home|root|work|Users)/"; then
    echo "these lines name a path of one machine"
    status=1
fi
exit "$status"
