#pragma once

#include "persistence/stores/robot_sessions.hpp"
#include "service/config.hpp"
#include "service/places.hpp"
#include "service/robot_carrier.hpp"
#include "websocket/listener.hpp"
#include "websocket/rate_limit.hpp"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace rejoinder::service {

/// What becomes of a robot whose token is not configured.
enum class unknown_robots {
    welcome, ///< its token makes a device of its own: for a server that only this machine reaches
    refused
};

/// How many connections a device has at a time and in a minute. Any thread: gates of several loops share one.
struct robot_bounds {
    explicit robot_bounds(const settings& limits)
        : rate(limits.robot_connections_per_minute, limits.robot_connections_per_minute, 10'000) {}

    places open;
    websocket::rate_limit rate;
};

/// A robot that may connect, before it has a connection; of no loop.
struct admitted_robot {
    device_id device;
    places::place place;
    std::function<void()> was_useful;
};

/// Who may connect as a robot, and as which device: tokens stand for devices, by configuration.
/// Bounds how many connections a device has at a time and in a minute.
class robot_gate {
public:
    /// `bounds`: shared with other gates, outlives them; nothing: its own.
    robot_gate(robot_house_rules rules, const std::vector<robot_token>& tokens, unknown_robots others,
               robot_bounds* bounds = nullptr);

    /// Whether robots connect at this path.
    static bool is_robot_path(std::string_view path) noexcept;

    /// The handler for a robot's request, or why it is turned away (401 without a good token, 429 over a
    /// bound). A connection over which nothing is asked counts among the attempts of its address, where those
    /// are given; they outlive the handler.
    websocket::routing admit(const websocket::request& request,
                             websocket::rate_limit* address_attempts = nullptr);

    // The same in two steps, of which the second is for the loop where the robot's session lives.
    std::variant<admitted_robot, websocket::http_response> check(const websocket::request& request,
                                                                 websocket::rate_limit* address_attempts);
    std::unique_ptr<websocket::connection_handler> receive(admitted_robot who) const;
    websocket::connection_limits limits() const { return robot_connection_limits(rules_.limits); }

    /// The robot's dialogue with this gate's machine, as sessions are found by it.
    persistence::robot_conversation conversation_of(const device_id& device) const;

private:
    std::unique_ptr<websocket::connection_handler> record(std::unique_ptr<robot_carrier> carrier) const;
    std::optional<device_id> device_of(std::string_view token) const;

    robot_house_rules rules_;
    unknown_robots others_;
    std::map<std::string, device_id> devices_; ///< by the SHA-256 of their tokens
    robot_bounds own_bounds_;
    robot_bounds& bounds_;
};

} // namespace rejoinder::service
