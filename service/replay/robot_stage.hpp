#pragma once

#include "persistence/environment.hpp"
#include "service/machine_catalog.hpp"
#include "service/replay/even_draws.hpp"
#include "service/replay/replay.hpp"
#include "service/server.hpp"
#include "service/store_keeper.hpp"
#include "websocket/pipe.hpp"

#include <cstdint>
#include <memory>
#include <vector>

namespace rejoinder::service {

/// A server in this process that robots' recordings are played on, without a network, with a memory database
/// of its own. Rates are raised, as a replay leaves the minutes out; sizes and checks are not. What its
/// machines draw at random is the same on every stage of one seed.
///
/// Owner: whoever plays on it, who awaits `close` before the destructor. One thread, the environment's.
class robot_stage {
public:
    /// `env` outlives it. `tokens` stand for devices; any other token makes a device of its own.
    robot_stage(environment& env, machine_catalog machines, std::vector<robot_token> tokens,
                std::uint64_t seed);

    /// Connects to it as a turn's robot did.
    dialler dial();

    /// Turns everybody out and ends.
    task<> close();

private:
    even_draws env_;
    store_keeper store_;
    config options_;
    server server_;
    websocket::pipe_listener* listener_ = nullptr; ///< the server's
};

} // namespace rejoinder::service
