#pragma once

#include "persistence/json.hpp"

#include <cstddef>
#include <vector>

namespace rejoinder::service::load {

/// What one loop came to.
struct measurement {
    std::size_t count = 0;
    std::size_t failures = 0; ///< contenders that could not begin, or not go on
    double per_second = 0;
    double p50_ms = 0;
    double p99_ms = 0;
    double cpu_us = 0; ///< of the server, per turn or message; 0 when the server is not ours
};

/// The least of the values that `share` (0 to 1) of them don't exceed, up to one; 0 of none. They are sorted.
double percentile(const std::vector<double>& sorted, double share) noexcept;

/// A measurement without failures. Sorts the latencies, which are in ms.
measurement summarise(std::vector<double>& latencies, double seconds, double cpu_seconds);

json to_json(const measurement& m);

} // namespace rejoinder::service::load
