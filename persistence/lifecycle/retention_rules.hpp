#pragma once

#include "persistence/time.hpp"

#include <chrono>
#include <cstddef>

namespace rejoinder::persistence::lifecycle {

/// How long things are kept that nobody removes by hand.
struct retention_rules {
    milliseconds reflection_age = std::chrono::days(90);
    std::size_t reflections_per_session = 1000; ///< the oldest ones beyond go
};

} // namespace rejoinder::persistence::lifecycle
