#pragma once

#include "persistence/environment.hpp"
#include "persistence/task.hpp"

#include <cstddef>
#include <functional>

namespace rejoinder::websocket {

/// One of several ways to the same end: succeeds, or fails at `until` at the latest.
using attempt = std::function<task<bool>(std::size_t which, steady_time until)>;

/// Makes one attempt after the other until one succeeds, until `due`. Each has an equal share of the time
/// that is left, so that one to which nobody answers does not take the time of the others. `env` outlives
/// this.
task<bool> try_in_turn(environment* env, std::size_t count, steady_time due, attempt make);

} // namespace rejoinder::websocket
