#pragma once

#include "persistence/time.hpp"

#include <cstddef>

namespace rejoinder::persistence {

/// How much may wait for a database's threads. What is above a bound is `unavailable` at once.
struct queue_bounds {
    std::size_t commits = 4096;           ///< change sets
    std::size_t commit_bytes = 256 << 20; ///< of their texts
    milliseconds commit_wait{250};        ///< once the oldest has waited so long, nothing joins it
    std::size_t reads = 4096;
};

} // namespace rejoinder::persistence
