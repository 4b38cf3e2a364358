#!/bin/sh
# compilers.sh TREE: shows that the configuration of a tree refuses the compilers that miscompile coroutines with a
# sentence that says what to install, and exits with 1 if it does not. CMake is told what the compiler is, because the
# refused ones are not everywhere; where one is installed, it is tried as well.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
status=0

# configure ARGUMENT...: what configuration prints, on one line, as CMake breaks sentences where it likes.
configure() {
    rm -rf "$work/build"
    cmake -S "$tree" -B "$work/build" -G Ninja "$@" 2>&1 | tr -s ' \n' ' '
}

# as ID VERSION: what configuration prints when this is the compiler.
as() {
    configure -DCMAKE_CXX_COMPILER=c++ -DCMAKE_CXX_COMPILER_ID_RUN=1 -DCMAKE_CXX_COMPILER_FORCED=1 \
        -DCMAKE_CXX_COMPILER_ID="$1" -DCMAKE_CXX_COMPILER_VERSION="$2"
}

refused() {
    case $1 in
    *"miscompiles coroutines. Install the package clang-19 "*"-DCMAKE_CXX_COMPILER=clang++-19."*) return 0 ;;
    *) return 1 ;;
    esac
}

tree=$1
for compiler in 'GNU 10.2.1' 'GNU 12.2.0' 'Clang 14.0.6' 'Clang 16.0.6' 'Clang 18.1.8'; do
    # shellcheck disable=SC2086 # an id and a version
    refused "$(as $compiler)" && continue
    echo "$compiler: configuration does not refuse it with a sentence that says what to install"
    status=1
done
for compiler in 'GNU 13.2.0' 'Clang 19.1.4'; do
    # shellcheck disable=SC2086
    refused "$(as $compiler)" || continue
    echo "$compiler: configuration refuses it, and it is a good one"
    status=1
done
for compiler in g++-12 clang++-14 clang++-16; do
    command -v "$compiler" >/dev/null || continue
    refused "$(configure -DCMAKE_CXX_COMPILER="$compiler")" && continue
    echo "$compiler: is installed, and configuration does not refuse it"
    status=1
done
exit "$status"
