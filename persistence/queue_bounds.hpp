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

    /// Threads that answer the reads of sqlite, 1 to 16. Each has a connection that keeps up to 64 MiB of
    /// pages. With two a long read does not hold up the others, also where there are few cores.
    std::size_t readers = 2;
};

} // namespace rejoinder::persistence
