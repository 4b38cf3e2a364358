#pragma once

#include "persistence/database.hpp"
#include "persistence/task_group.hpp"
#include "service/admin/serving_note.hpp"
#include "service/admin/store_window.hpp"
#include "service/config.hpp"
#include "service/housekeeping.hpp"
#include "service/machine_catalog.hpp"
#include "service/registry.hpp"
#include "service/robot_gate.hpp"
#include "service/session_endpoint.hpp"
#include "service/store_watch.hpp"
#include "websocket/listener.hpp"
#include "websocket/rate_limit.hpp"

#include <memory>
#include <string>

namespace rejoinder::service {

/// A running service: what it stores in, the machines it runs, its sessions and its listener, put together.
/// Lives on the environment's thread. `drain` ends it; the destructor expects that it was awaited.
class server {
public:
    /// The database is open and migrated, the machines are loaded.
    server(environment& env, persistence::database& database, machine_catalog machines,
           const config& options);

    /// Begins to accept. The error is the system's (address in use, not permitted).
    result<void> listen();

    std::string url() const;
    std::uint16_t port() const noexcept { return listener_->port(); }
    /// How commands of this machine use the database while this serves; from now on they are let in.
    admin::serving_place for_commands();
    const registry& sessions() const noexcept { return sessions_; }

    /// Tells clients when to come back, lets nobody new in (503, `/readyz` says why), waits for `grace` or
    /// until all have left, stops listening, closes what is left with 4001, lets the sessions finish what
    /// they have accepted. The database stays open.
    task<> drain(milliseconds grace);

private:
    std::string base_url() const;
    websocket::routing route(const websocket::request& request);

    /// Whether turns can be served now: 200, or 503 with a JSON object of `code` (`server.draining`,
    /// `store.busy`, `store.full`, `store.read_only`, `store.lost`, `store.unreadable`) and `message`.
    websocket::http_response readiness() const;

    environment& env_;
    persistence::database& database_;
    config options_;
    machine_catalog machines_;
    websocket::rate_limit attach_attempts_;
    places attached_;
    registry sessions_;
    store_watch watch_;
    housekeeping housekeeping_;
    std::unique_ptr<websocket::listener> listener_;
    bool draining_ = false;
    std::size_t unattached_ = 0;
    task_group tasks_;
    robot_gate robots_;
    admin::store_windows windows_;
};

/// Splits `HOST:PORT`, with the host of an IPv6 address in brackets. False when the text is neither.
bool split_address(const std::string& text, std::string& host, std::uint16_t& port);

/// Whether the host is one that only this machine reaches: localhost, 127.0.0.0/8 or ::1.
bool is_loopback(const std::string& host);

} // namespace rejoinder::service
