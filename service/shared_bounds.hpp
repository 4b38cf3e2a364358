#pragma once

#include "service/places.hpp"
#include "service/robot_gate.hpp"
#include "service/session_endpoint.hpp"
#include "service/settings.hpp"
#include "websocket/rate_limit.hpp"

#include <atomic>
#include <cstddef>

namespace rejoinder::service {

/// What bounds those who come to a server, counted over all of its loops: the loop that a client happens to
/// come to must not be a way around. Any thread. They are asked when somebody connects, says hello or first
/// makes use of the session, never for another turn.
struct shared_bounds {
    explicit shared_bounds(const settings& limits)
        : strangers(limits.attach_attempts_per_minute, limits.attach_attempts_burst, remembered_devices),
          attempts(limits.attach_attempts_per_minute, limits.attach_attempts_burst, remembered_devices),
          addresses(limits.address_attempts_per_minute, limits.address_attempts_burst, remembered_addresses),
          accounts{{limits.account_attempts_per_minute, limits.account_attempts_burst, remembered_devices},
                   {}},
          robots(limits) {}

    websocket::rate_limit strangers;
    websocket::rate_limit attempts;  ///< by user
    websocket::rate_limit addresses; ///< by `counted_network`
    account_bounds accounts;
    places attached; ///< by user
    robot_bounds robots;
    std::atomic<std::size_t> unattached = 0;    ///< connections that have not said hello yet
    std::atomic<std::size_t> live_sessions = 0; ///< in memory

private:
    static constexpr std::size_t remembered_devices = 10'000;
    static constexpr std::size_t remembered_addresses = 10'000;
};

} // namespace rejoinder::service
