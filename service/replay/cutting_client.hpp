#pragma once

#include "persistence/task_group.hpp"
#include "service/client/session_client.hpp"

#include <cstddef>

namespace rejoinder::service {

/// Where the connections of a client are cut, once: right behind a frame, of those that it sends and those
/// that it receives, over all connections. One that was sent may still be on its way then.
struct cut_plan {
    std::size_t after = 0;  ///< 0: nowhere
    std::size_t passed = 0; ///< frames so far
};

/// Connections by TCP that are cut as the plan says. What is given outlives the connections; `tasks` is
/// joined after they have gone.
dialer dial_and_cut(environment& env, cut_plan& plan, task_group& tasks);

} // namespace rejoinder::service
