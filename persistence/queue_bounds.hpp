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
    std::size_t chores = 16; ///< what goes through the whole store; a transfer has up to 16 MiB
    std::size_t readers = 2; ///< threads and connections that answer reads of sqlite, 1 to 16
};

} // namespace rejoinder::persistence
