#pragma once

#include "persistence/database.hpp"
#include "persistence/task_group.hpp"
#include "service/config.hpp"
#include "service/credentials/access.hpp"
#include "service/housekeeping.hpp"
#include "service/machine_catalog.hpp"
#include "service/memory_watch.hpp"
#include "service/metrics.hpp"
#include "service/places.hpp"
#include "service/recording/recording_database.hpp"
#include "service/registry.hpp"
#include "service/robot_gate.hpp"
#include "service/session_endpoint.hpp"
#include "service/store_watch.hpp"
#include "service/timer_watch.hpp"
#include "service/turn_admission.hpp"
#include "websocket/listener.hpp"
#include "websocket/rate_limit.hpp"

#include <cstddef>
#include <memory>
#include <optional>
#include <vector>

namespace rejoinder::service {

/// What serves the sessions of one store, from its opening until it is closed: the sessions, who is attached
/// to them, and what looks after the store meanwhile. A server has one at a time, and none while a command
/// has the store. Lives on the environment's thread.
class serving {
public:
    /// What is given outlives it. `options` has the service's limits and its robots, `access` who may come,
    /// `recording` takes down what the sessions do, and `answers` speaks for machines; nothing: nobody does.
    serving(environment& env, persistence::database& database, const machine_catalog& machines,
            const config& options, const credentials::access& access, recorder* recording = nullptr,
            responder* answers = nullptr);

    /// Begins to look after the store.
    void begin();

    websocket::routing admit_session(const websocket::request& request);
    websocket::routing admit_robot(const websocket::request& request) {
        return robots_.admit(request, attempts_of_address(request));
    }

    const registry& sessions() const noexcept { return sessions_; }

    /// Whether the store answers reads.
    bool readable() const { return watch_.readable(); }

    /// Whether memory is so short that nobody new may come.
    bool refuses_new() const noexcept { return memory_.refuses_new(); }

    /// What there is to tell of its sessions now. Goes through all of them.
    std::vector<metric> metrics() const;

    /// Nothing is begun any more, and clients are told when to come back, within `grace`.
    void begin_drain(milliseconds grace);

    /// Lets the sessions finish what they have accepted. The handlers that `admit_session` and `admit_robot`
    /// made are gone when this is called, and nothing runs any more when it is done.
    task<> finish();

private:
    persistence::database& store_of_sessions(persistence::database& database,
                                             const machine_catalog& machines);
    std::unique_ptr<websocket::connection_handler>
    record(std::unique_ptr<websocket::connection_handler> client);
    websocket::rate_limit* attempts_of_address(const websocket::request& request);

    environment& env_;
    const config& options_;
    const credentials::access& access_;
    std::unique_ptr<credentials::verifier> verifier_;
    websocket::rate_limit stranger_attempts_;
    websocket::rate_limit attach_attempts_;
    websocket::rate_limit address_attempts_;
    account_bounds accounts_;
    places attached_;
    node_lease lease_;
    recorder* recorder_;
    std::optional<recording_database> recorded_; ///< what the sessions commit to while they are recorded
    turn_admission turns_;
    registry sessions_;
    store_watch watch_;
    memory_watch memory_;
    housekeeping housekeeping_;
    timer_watch timers_;
    std::size_t unattached_ = 0;
    task_group tasks_;
    robot_gate robots_;
};

} // namespace rejoinder::service
