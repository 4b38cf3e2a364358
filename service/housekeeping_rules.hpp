#pragma once

#include "persistence/lifecycle/retention_rules.hpp"

#include <chrono>

namespace rejoinder::service {

/// When a server removes from its store what nobody removes by hand. Every member is a configuration key.
struct housekeeping_rules {
    milliseconds interval = std::chrono::hours(1); ///< between two rounds; 0: there are none
    milliseconds pause{50};                        ///< between two steps of one, so that nobody waits for it
    persistence::lifecycle::retention_rules retention;
};

} // namespace rejoinder::service
