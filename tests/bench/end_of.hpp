#pragma once

#include <cstdio>
#include <exception>
#include <functional>

namespace rejoinder::bench {

/// What a program ends with: what its benchmark does, or 1 when that can't go on, which it says.
inline int end_of(const char* program, const std::function<int()>& benchmark) {
    try {
        return benchmark();
    } catch (const std::exception& failure) {
        std::fprintf(stderr, "%s: %s\n", program, failure.what());
        return 1;
    }
}

} // namespace rejoinder::bench
