#pragma once

#include "persistence/task_group.hpp"
#include "service/places.hpp"
#include "service/registry.hpp"
#include "service/settings.hpp"
#include "websocket/connection.hpp"
#include "websocket/robot/transaction.hpp"

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace rejoinder::service {

class recorder;
class robot_line;

/// What the carriers of one server share; outlives them all.
struct robot_house_rules {
    environment& env;
    registry& sessions;
    const settings& limits;
    std::string machine; ///< id of the machine that answers robots
    task_group& tasks;
    recorder* recording = nullptr; ///< takes down what passes; nothing: nobody does
};

/// The handler of one robot's socket. A robot opens a connection for each turn, so a connection is no
/// attachment: it carries inputs to the one session of its device and the answers back, and goes. Turns that
/// were carried are taken whether or not the connection lives to hear the answer.
class robot_carrier final : public websocket::connection_handler {
public:
    /// `was_useful` is called when the robot first asks something.
    robot_carrier(robot_house_rules rules, account_id account, device_id device, places::place place,
                  std::function<void()> was_useful);

    /// Calls back with the session that the robot talks to, when it is known and again with each of its
    /// answers, also when the connection is gone.
    void on_session(std::function<void(const session_id&)> callback);

    void on_open(websocket::connection& peer) override;
    void on_text(std::string_view text) override;
    void on_binary(std::string_view bytes) override;
    void on_too_big(std::size_t limit) override;
    void on_closed(const websocket::closed& why) override;

private:
    void act(std::vector<websocket::robot::action> actions);
    void compare_names(const std::string& claimed);
    void wait_for_deadline();

    robot_house_rules rules_;
    std::shared_ptr<robot_line> line_;
    places::place place_;              ///< among the connections of its device
    std::function<void()> was_useful_; ///< empty once it was called
    websocket::connection* peer_ = nullptr;
    websocket::robot::transactions transactions_;
    bool names_compared_ = false; ///< and found to differ: once is enough for a connection's log
    timer deadline_;
};

/// Limits of a robot's connection: its frames are small, but its audio comes as binary messages and in
/// bursts.
websocket::connection_limits robot_connection_limits(const settings& limits);

} // namespace rejoinder::service
