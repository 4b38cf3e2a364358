#pragma once

#include "persistence/task_group.hpp"
#include "service/serving.hpp"
#include "tests/simulation/network.hpp"
#include "tests/simulation/simulated_database.hpp"
#include "websocket/pipe.hpp"

#include <memory>
#include <string>

namespace rejoinder::tests::simulation {

/// A server process, from its start to its end.
class node {
public:
    node(environment& env, network& net, std::unique_ptr<simulated_database> store,
         const service::machine_catalog& machines, const service::config& options, std::string name);

    const std::string& name() const noexcept { return name_; }
    std::size_t live_sessions() const noexcept { return serving_.sessions().live_sessions(); }

    /// It ends here and now, as with `kill -9`: nothing that it still does reaches a device or the store, and
    /// `wind_down` only gives its memory back.
    void crash();

    /// SIGTERM: tells its clients when to go, and ends when they have or after `grace`.
    task<> drain(milliseconds grace);

    /// After a crash.
    task<> wind_down();

private:
    websocket::routing route(const websocket::request& request);

    environment& env_;
    network& net_;
    std::string name_;
    std::unique_ptr<simulated_database> store_;
    service::serving serving_;
    bool draining_ = false;
    std::unique_ptr<websocket::pipe_listener> listener_;
};

} // namespace rejoinder::tests::simulation
