#pragma once

#include "persistence/json.hpp"
#include "statemachine/timers.hpp"

#include <vector>

namespace rejoinder::statemachine {

/// The timers of a snapshot as `serialise` wrote it. False when they can't be read.
bool read_timers(const json& snapshot, std::vector<timer>& into);

} // namespace rejoinder::statemachine
