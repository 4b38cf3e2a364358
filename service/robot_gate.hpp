#pragma once

#include "service/config.hpp"
#include "service/places.hpp"
#include "service/robot_carrier.hpp"
#include "websocket/listener.hpp"
#include "websocket/rate_limit.hpp"

#include <map>
#include <string>
#include <string_view>

namespace rejoinder::service {

/// Who may connect as a robot, and as which device: tokens stand for devices, by configuration; a token that
/// is not configured makes a device of its own, which is good for a server that only this machine reaches.
/// Bounds how many connections a device has at a time and in a minute.
class robot_gate {
public:
    robot_gate(robot_house_rules rules, const std::vector<robot_token>& tokens);

    /// Whether robots connect at this path.
    static bool is_robot_path(std::string_view path) noexcept;

    /// The handler for a robot's request, or why it is turned away (401 without a token, 429 over a bound).
    websocket::routing admit(const websocket::request& request);

private:
    device_id device_of(std::string_view token) const;

    robot_house_rules rules_;
    std::map<std::string, device_id> devices_; ///< by the SHA-256 of their tokens
    places open_;                              ///< connections by device
    websocket::rate_limit rate_;
};

} // namespace rejoinder::service
