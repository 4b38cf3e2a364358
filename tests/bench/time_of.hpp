#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <functional>
#include <vector>

namespace rejoinder::bench {

/// The median of some rounds of doing something many times, in seconds a time.
inline double time_of(std::size_t times, const std::function<void()>& what) {
    constexpr int rounds = 5;
    std::vector<double> taken;
    for (int round = 0; round < rounds; ++round) {
        auto begun = std::chrono::steady_clock::now();
        for (std::size_t i = 0; i < times; ++i)
            what();
        std::chrono::duration<double> all = std::chrono::steady_clock::now() - begun;
        taken.push_back(all.count() / static_cast<double>(times));
    }
    std::ranges::sort(taken);
    return taken[taken.size() / 2];
}

} // namespace rejoinder::bench
