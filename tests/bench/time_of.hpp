#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <functional>
#include <utility>
#include <vector>

namespace rejoinder::bench {

constexpr int rounds = 5;

/// Of doing something so many times, in seconds a time.
inline double time_once(std::size_t times, const std::function<void()>& what) {
    auto begun = std::chrono::steady_clock::now();
    for (std::size_t i = 0; i < times; ++i)
        what();
    std::chrono::duration<double> all = std::chrono::steady_clock::now() - begun;
    return all.count() / static_cast<double>(times);
}

inline double median(std::vector<double> of) {
    std::ranges::sort(of);
    return of[of.size() / 2];
}

/// The median of some rounds.
inline double time_of(std::size_t times, const std::function<void()>& what) {
    std::vector<double> taken;
    for (int round = 0; round < rounds; ++round)
        taken.push_back(time_once(times, what));
    return median(std::move(taken));
}

/// The same of two that are to be compared: their rounds alternate, so that what else the machine does meets
/// both.
inline std::pair<double, double> times_of(std::size_t times, const std::function<void()>& one,
                                          const std::function<void()>& other) {
    std::vector<double> of_one;
    std::vector<double> of_other;
    for (int round = 0; round < rounds; ++round) {
        of_one.push_back(time_once(times, one));
        of_other.push_back(time_once(times, other));
    }
    return {median(std::move(of_one)), median(std::move(of_other))};
}

} // namespace rejoinder::bench
