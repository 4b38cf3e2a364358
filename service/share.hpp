#pragma once

#include "persistence/database.hpp"
#include "persistence/task_group.hpp"
#include "service/config.hpp"
#include "service/credentials/access.hpp"
#include "service/machine_catalog.hpp"
#include "service/placement.hpp"
#include "service/recording/recording_database.hpp"
#include "service/registry.hpp"
#include "service/robot_gate.hpp"
#include "service/session_endpoint.hpp"
#include "service/shared_bounds.hpp"
#include "service/turn_admission.hpp"
#include "websocket/listener.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

namespace rejoinder::service {

/// What the shares of one server have in common; outlives them. Immutable, or for any thread.
struct share_house {
    persistence::database& database; ///< answers every loop
    const machine_catalog& machines;
    const config& options;
    const credentials::access& access;
    shared_bounds& bounds;
    recorder* recording = nullptr; ///< takes down what the sessions do; nothing: nobody does
};

/// What one loop has of its own, and where it stands among the others.
struct share_place {
    environment& env;
    placement where{};
    responder* answers = nullptr;       ///< speaks for machines; nothing: nobody does
    const node_lease* leases = nullptr; ///< nothing: the share looks for itself
    travel* to_others = nullptr;        ///< nothing: there is no other loop
};

/// One loop's share of the sessions of a store, and of the clients and robots attached to them: all that a
/// turn touches. Lives on its loop's thread, where it is made, used and destroyed.
class share {
public:
    share(share_house house, share_place place);

    websocket::routing admit_session(const websocket::request& request);
    /// The handler for a client that was let in, on any loop.
    std::unique_ptr<websocket::connection_handler> receive_client(const std::string& address, bool bounded,
                                                                  baggage what = {});
    /// Whether attempts from the address count.
    bool bounds_address(const websocket::request& request) const;

    robot_gate& robots() noexcept { return robots_; }
    websocket::rate_limit* attempts_of_address(const websocket::request& request);

    /// The loop where a robot's dialogue lives, or will: robots don't say which session they are of. Whoever
    /// waits for that may outlive the share, but not its store.
    task<std::size_t> home_of_robot(const device_id& device) const;

    registry& sessions() noexcept { return sessions_; }

    struct figures {
        std::size_t sessions = 0;
        std::size_t session_bytes = 0;
        milliseconds commit_wait{0};
        std::uint64_t turns_refused = 0;
    };
    /// Goes through all of its sessions.
    figures look() const;

    /// Clients are told when to come back, within `grace`.
    void begin_drain(milliseconds grace);

    /// Lets the sessions finish what they have accepted. The handlers that were made here are gone when this
    /// is called, and nothing runs any more when it is done.
    task<> finish();

private:
    persistence::database& store_of_sessions();
    endpoint_house make_endpoint_house(websocket::rate_limit* of_addresses);
    std::unique_ptr<websocket::connection_handler>
    record(std::unique_ptr<websocket::connection_handler> client);

    share_house house_;
    share_place place_;
    std::unique_ptr<credentials::verifier> verifier_;
    std::optional<node_lease> own_leases_;
    std::optional<recording_database> recorded_; ///< what the sessions commit to while they are recorded
    turn_admission turns_;
    registry sessions_;
    task_group tasks_;
    const endpoint_house endpoints_;         ///< whose addresses' attempts count
    const endpoint_house trusted_endpoints_; ///< the others
    robot_gate robots_;
};

} // namespace rejoinder::service
