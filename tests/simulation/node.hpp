#pragma once

#include "service/admin/serving_note.hpp"
#include "service/server.hpp"
#include "service/store_keeper.hpp"
#include "tests/simulation/network.hpp"
#include "tests/simulation/simulated_database.hpp"
#include "websocket/pipe.hpp"

#include <functional>
#include <memory>
#include <string>

namespace rejoinder::tests::simulation {

/// A server process, from its start to its end: the service's own server, on the simulation's network and
/// store.
class node {
public:
    /// Opens the node's way to the store, each time anew; nothing: it can't be opened now.
    using store_opener = std::function<std::unique_ptr<simulated_database>()>;

    /// The store can be opened at first.
    node(environment& env, network& net, store_opener open, const service::machine_catalog& machines,
         const service::config& options, std::string name, service::responder* answers = nullptr);

    const std::string& name() const noexcept { return name_; }

    /// False while a command has the store, and until it is opened again.
    bool has_store() const noexcept { return store_.now() != nullptr; }

    /// How commands of its machine reach it, with the network's `dialer_to`.
    service::admin::serving_place for_commands();

    /// It ends here and now, as with `kill -9`: nothing that it still does reaches a device or the store, and
    /// `drain` only gives its memory back.
    void crash();

    /// SIGTERM: tells its clients when to go, and ends when they have or after `grace`.
    task<> drain(milliseconds grace);

private:
    result<std::unique_ptr<persistence::database>> open(std::string& why);

    network& net_;
    std::string name_;
    store_opener open_;
    bool crashed_ = false;
    service::store_keeper store_;
    service::server server_;
};

} // namespace rejoinder::tests::simulation
