#pragma once

#include "service/config.hpp"
#include "service/places.hpp"
#include "service/robot_carrier.hpp"
#include "websocket/listener.hpp"
#include "websocket/rate_limit.hpp"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace rejoinder::service {

/// What becomes of a robot whose token is not configured.
enum class unknown_robots {
    welcome, ///< its token makes a device of its own: for a server that only this machine reaches
    refused
};

/// Who may connect as a robot, and as which device: tokens stand for devices, by configuration.
/// Bounds how many connections a device has at a time and in a minute.
class robot_gate {
public:
    robot_gate(robot_house_rules rules, const std::vector<robot_token>& tokens, unknown_robots others);

    /// Whether robots connect at this path.
    static bool is_robot_path(std::string_view path) noexcept;

    /// The handler for a robot's request, or why it is turned away (401 without a good token, 429 over a
    /// bound). A connection over which nothing is asked counts among the attempts of its address, where those
    /// are given; they outlive the handler.
    websocket::routing admit(const websocket::request& request,
                             websocket::rate_limit* address_attempts = nullptr);

private:
    std::unique_ptr<websocket::connection_handler> record(std::unique_ptr<robot_carrier> carrier) const;
    std::optional<device_id> device_of(std::string_view token) const;

    robot_house_rules rules_;
    unknown_robots others_;
    std::map<std::string, device_id> devices_; ///< by the SHA-256 of their tokens
    places open_;                              ///< connections by device
    websocket::rate_limit rate_;
};

} // namespace rejoinder::service
