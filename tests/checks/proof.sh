#!/bin/sh
# proof.sh: shows that the checks see what they are for. Each case is a small tree with one fault, which the check must
# refuse by name; a tree without faults must pass. A check that always says yes would otherwise go unnoticed.
set -eu
checks=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
status=0

# put FILE LINE...: adds a file to the tree of the present case.
put() {
    file=$work/tree/$1
    shift
    mkdir -p "$(dirname "$file")"
    printf '%s\n' "$@" >"$file"
}

# A small house in order, with everything that only looks like a fault.
begin() {
    rm -rf "$work/tree"
    put persistence/store.hpp '#pragma once' '#include <vector>'
    put persistence/system_environment.cpp '#include "persistence/store.hpp"' 'auto t = std::chrono::steady_clock::now();'
    put persistence/task_group.cpp 'void f() { boost::asio::co_spawn(1); }'
    put context/turn.hpp '#include "persistence/store.hpp"' '// Never detached; the name co_spawn is only mentioned.'
    put statemachine/step.hpp '#include "context/turn.hpp"'
    put websocket/stream.hpp '#include <boost/beast/core.hpp>'
    put websocket/transport_tcp.cpp '#include "websocket/stream.hpp"'
    put websocket/connection.hpp '#include "persistence/store.hpp"' 'enum class state { attached, detached };'
    put service/main.cpp '#include "statemachine/step.hpp"' '#include "websocket/connection.hpp"'
    put service/settings.hpp 'struct interlocks {' '    bool output_gate = true;' '};' '    service::interlocks interlocks;'
    put service/turns.cpp 'if (!house.limits.interlocks.output_gate) return a == b && limits.interlocks.output_gate == true;'
    put tests/simulation/run.cpp 'limits.interlocks.output_gate = false;'
    put tests/support/run.hpp 'void g() { boost::asio::co_spawn(2); }'
    put samples/data.json '{"audio": "abc/home/def+/root/x", "topic": "/topics/home/light"}'
    links='service persistence rejoinder rejoinder_persistence'
}

run() {
    case $1 in
    layers)
        printf '%s\n' "$links" >"$work/links.txt"
        sh "$checks/layers.sh" "$work/tree" "$work/links.txt"
        ;;
    *) sh "$checks/$1.sh" "$work/tree" ;;
    esac
}

wrong() {
    echo "$1 $2:"
    sed 's/^/    /' "$work/output"
    status=1
}

# accepts CHECK: the present tree passes.
accepts() {
    run "$1" >"$work/output" 2>&1 || wrong "$1" "refuses a tree that is in order"
    begin
}

# refuses CHECK TEXT: the present tree does not pass, and what the check prints contains the text.
refuses() {
    if run "$1" >"$work/output" 2>&1; then
        wrong "$1" "accepts a tree that it should refuse with '$2'"
    elif ! grep -qF -- "$2" "$work/output"; then
        wrong "$1" "refuses a tree, but without '$2'"
    fi
    begin
}

begin
accepts layers
accepts owners
accepts top

put somewhere/journal.ndjson '[]'
refuses top 'somewhere: has no place at the top of the tree'
put .leftover ''
refuses top '.leftover: has no place'

put context/turn.hpp '#include "statemachine/step.hpp"'
refuses layers 'context/turn.hpp:1: includes "statemachine/step.hpp": context/ may not know statemachine/'
put persistence/sqlite/deep.cpp '' '  #  include "service/main.hpp"'
refuses layers 'persistence/sqlite/deep.cpp:2: includes "service/main.hpp": persistence/ may not know service/'
put statemachine/step.hpp '#include "websocket/connection.hpp"'
refuses layers 'statemachine/ may not know websocket/'
put websocket/connection.hpp '#include "statemachine/step.hpp"'
refuses layers 'websocket/ may not know statemachine/'
put websocket/connection.hpp '#include "context/turn.hpp"'
refuses layers 'websocket/ may not know context/'
put service/main.cpp '#include "tests/support/run.hpp"'
refuses layers 'no path from the root'
put context/turn.hpp '#include "step.hpp"'
refuses layers 'no path from the root'
put context/turn.hpp '#include "context/../service/main.hpp"'
refuses layers 'no path from the root'
put service/main.cpp '#include <boost/beast.hpp>'
refuses layers 'service/main.cpp: sees Beast'
put websocket/codec.cpp '#include <boost/beast/core.hpp>'
refuses layers 'websocket/codec.cpp: sees Beast'
put websocket/connection.hpp '#include "websocket/stream.hpp"'
refuses layers 'service/main.cpp: sees Beast'
links='websocket statemachine rejoinder_websocket rejoinder_statemachine'
refuses layers 'rejoinder_websocket links rejoinder_statemachine: websocket/ may not know statemachine/'

put service/idle.cpp 'boost::asio::steady_timer t;'
refuses owners 'service/idle.cpp:1: asks for the time'
put context/turn.hpp 'auto t = std::chrono::system_clock::now();'
refuses owners 'context/turn.hpp:1: asks for the time'
put statemachine/step.cpp 'std::random_device seed;'
refuses owners 'statemachine/step.cpp:1: makes randomness'
put service/main.cpp 'boost::asio::co_spawn(x);'
refuses owners 'service/main.cpp:1: spawns a coroutine'
put tests/service/main_test.cpp 'boost::asio::co_spawn(x);'
refuses owners 'tests/service/main_test.cpp:1: spawns a coroutine'
put persistence/task_group.cpp 'co_spawn(x, boost::asio::detached);'
refuses owners 'persistence/task_group.cpp:1: lets a coroutine run detached'
put tests/service/main_test.cpp 'std::this_thread::sleep_for(1s);'
refuses owners 'tests/service/main_test.cpp:1: sleeps'
put tests/service/main_test.cpp 'limits.interlocks.output_gate = false;'
refuses owners 'tests/service/main_test.cpp:1: may write an interlock'
put service/config.cpp 'limits.interlocks.deduplication =' '    wanted;'
refuses owners 'service/config.cpp:1: may write an interlock'
put service/config.cpp 'limits.interlocks = {false, true, true};'
refuses owners 'service/config.cpp:1: may write an interlock'
put service/config.cpp 'auto& all = limits.interlocks;'
refuses owners 'service/config.cpp:1: may write an interlock'
put service/config.cpp 'add("output-gate", &limits.interlocks.output_gate);'
refuses owners 'service/config.cpp:1: may write an interlock'
put service/config.cpp 'auto& gate = limits.interlocks.output_gate;'
refuses owners 'service/config.cpp:1: may write an interlock'
put service/settings.hpp 'struct interlocks {' '    bool output_gate = false;' '};'
refuses owners 'service/settings.hpp:2: switches an interlock off'
put samples/notes.md "the file is in $(printf '/%s/me/file' home)"
refuses owners './samples/notes.md:1:'

if command -v clang-format-19 >/dev/null; then
    rm -rf "$work/tree"
    put .clang-format 'BasedOnStyle: LLVM'
    put context/turn.hpp 'int good;'
    accepts format
    rm -rf "$work/tree"
    put .clang-format 'BasedOnStyle: LLVM'
    put context/turn.hpp 'int   bad ;'
    refuses format 'context/turn.hpp'
fi

put CMakeLists.txt 'cmake_minimum_required(VERSION 3.25)' 'project(house LANGUAGES CXX)'
refuses compilers 'GNU 12.2.0: configuration does not refuse it'
put CMakeLists.txt 'cmake_minimum_required(VERSION 3.25)' 'project(house LANGUAGES CXX)' \
    'message(FATAL_ERROR "It miscompiles coroutines. Install the package clang-19 and -DCMAKE_CXX_COMPILER=clang++-19.")'
refuses compilers 'Clang 19.1.4: configuration refuses it'

# counts STATUS LAST [skips_fail]: the summary of what is in results.xml ends so.
counts() {
    got=0
    awk -v skips_fail="${3-0}" -f "$checks/../summary.awk" "$work/results.xml" >"$work/output" 2>&1 || got=$?
    if [ "$got" -ne "$1" ] || [ "$(tail -n 1 "$work/output")" != "$2" ]; then
        wrong summary "does not end with the status $1 and '$2'"
    fi
}

# result NAME STATUS [LINE...]: adds a test to results.xml.
result() {
    printf '\t<testcase name="%s" classname="x" time="0" status="%s">\n' "$1" "$2"
    shift 2
    [ $# -eq 0 ] || printf '\t\t%s\n' "$@"
    printf '\t</testcase>\n'
} >>"$work/results.xml"

asked='<skipped message="SKIP_REGULAR_EXPRESSION_MATCHED"/>'
: >"$work/results.xml"
counts 1 '0 passed, 0 failed, 0 skipped'
result 'a' run
counts 0 '1 passed, 0 failed, 0 skipped'
result 'b' notrun "$asked" '<system-out>SKIPPED: no captures</system-out>'
counts 0 '1 passed, 0 failed, 1 skipped'
grep -qxF 'skipped: b (no captures)' "$work/output" || wrong summary "does not name the skipped test and its reason"
counts 1 '1 passed, 0 failed, 1 skipped' 1
result 'c' notrun "$asked" '<system-out>SKIPPED: a part' 'c_test.cpp:3: FAILED:' '</system-out>'
counts 1 '1 passed, 1 failed, 1 skipped'
result 'd' notrun '<skipped message="Unable to find executable"/>'
result 'e &lt;&quot;&amp;' fail '<failure message=""/>'
counts 1 '1 passed, 3 failed, 1 skipped'
grep -qxF 'failed: e <"&' "$work/output" || wrong summary "does not name the failed test"

exit "$status"
