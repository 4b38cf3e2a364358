#pragma once

#include <chrono>
#include <cstdint>

namespace rejoinder {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// A moment as people and records know it: UTC, milliseconds since 1970. On the wire and in records it is the
/// number.
using utc_time = std::chrono::sys_time<milliseconds>;

/// A moment on a clock that never jumps: for deadlines and time-outs inside one process.
using steady_time = std::chrono::time_point<std::chrono::steady_clock, milliseconds>;

inline constexpr std::int64_t to_unix(utc_time t) noexcept {
    return t.time_since_epoch().count();
}
inline constexpr utc_time from_unix(std::int64_t ms) noexcept {
    return utc_time(milliseconds(ms));
}

} // namespace rejoinder
