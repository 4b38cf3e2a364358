#pragma once

#include "persistence/environment.hpp"
#include "service/machine_catalog.hpp"
#include "service/replay/even_draws.hpp"
#include "service/server.hpp"
#include "service/store_keeper.hpp"

#include <memory>
#include <string>

namespace rejoinder::service {

/// A server of one machine in this process, on a free port of the loopback interface, with a memory database
/// of its own: whatever happens on it, nobody else is concerned. Rates are raised, as its clients hurry;
/// sizes and checks are not. What its machine draws at random is the same on every stage of one seed.
///
/// Owner: whoever plays on it, who awaits `close` before the destructor. One thread, the environment's.
class stage {
public:
    /// `env` outlives it. The error is the system's, when no port can be had.
    static result<std::unique_ptr<stage>> open(environment& env, const statemachine::definition& machine,
                                               std::uint64_t seed = even_draws::usual_seed);

    /// ws://127.0.0.1:PORT/v1/session
    std::string url() const { return server_->url(); }

    /// Turns everybody out and ends.
    task<> close();

private:
    stage(environment& env, const statemachine::definition& machine, std::uint64_t seed);

    even_draws env_;
    store_keeper store_;
    config options_;
    std::unique_ptr<server> server_;
};

} // namespace rejoinder::service
