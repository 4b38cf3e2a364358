#pragma once

#include "persistence/task_group.hpp"
#include "service/registry.hpp"
#include "service/session_messages.hpp"
#include "service/settings.hpp"
#include "websocket/connection.hpp"
#include "websocket/robot/input.hpp"
#include "websocket/robot/replies.hpp"

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <variant>

namespace rejoinder::service {

/// Between one connection of a robot and the session of its device: takes what is to be told to the session
/// in order, looks the session up when it is first needed, and sends the answers back. Shared with the
/// session, because turns outlive connections; once the connection is gone answers go nowhere, and the turns
/// are stored all the same.
class robot_line final : public turn_listener, public std::enable_shared_from_this<robot_line> {
public:
    robot_line(environment& env, const settings& limits, account_id account, device_id device,
               std::string machine);

    void open(websocket::connection& peer);
    void close();

    const device_id& device() const noexcept { return device_; }

    /// A turn to be taken, and what the device told of its surroundings in a transaction.
    void add(websocket::robot::input what);
    void add(std::string transaction, json context);

    /// Has what was added delivered in order, by a task that finds or makes the session.
    void deliver(task_group& tasks, registry& sessions);

    /// Whether the robot may be left alone: everything it asked is answered.
    bool idle() const noexcept { return outgoing_.empty() && unanswered_.empty(); }

    /// When the last frame of the last answer is sent, or when it was given if it has none.
    steady_time answered_until() const noexcept { return answered_until_; }

    /// Calls back whenever `idle` or `answered_until` may have changed by itself, until `close`.
    void on_change(std::function<void()> callback) { on_change_ = std::move(callback); }

    /// Calls back with the session that is told, when it is found and when it has answered a turn. `close`
    /// does not end that.
    void on_session(std::function<void(const session_id&)> callback) { on_session_ = std::move(callback); }

    // turn_listener
    void accepted(const turn_record& turn, novelty how) override;
    void rejected(const rejection& why) override;
    void lost(const turn_id& turn) override;

private:
    struct asked {
        websocket::robot::input what;
        enum class of { this_dialogue, the_next_one } dialogue = of::this_dialogue;
    };
    using message = std::variant<asked, device_report>;
    static constexpr std::size_t max_outgoing = 32; ///< beyond, the connection is closed with 4007

    turn_request make_request(asked turn, const statemachine::definition& machine);
    static task<> run_delivery(std::shared_ptr<robot_line> line, registry* sessions);
    void pass_on(const found_session& to);
    delivery tell(session& live, message what);
    void add_message(message what);
    void begin_delivery();
    bool ask_again(const turn_id& turn);
    void answered(const turn_id& turn);
    void report_change();
    void report_session();
    void hang_up(websocket::close_code code, std::string_view reason);

    environment& env_;
    const settings& limits_;
    account_id account_;
    device_id device_;
    std::string machine_;
    websocket::connection* peer_ = nullptr;
    std::deque<message> outgoing_;
    /// Transactions whose CONTEXT the session was told; bounded by the frames of a connection.
    std::set<std::string> informed_;
    /// What was asked and has no answer yet, in case that the dialogue has ended meanwhile: then it is asked
    /// again, once, of the next one.
    std::multimap<turn_id, asked> unanswered_;
    bool delivering_ = false;
    task_group* tasks_ = nullptr;
    registry* sessions_ = nullptr;
    steady_time answered_until_{};
    std::function<void()> on_change_;
    session_id session_; ///< that was told last
    std::function<void(const session_id&)> on_session_;
};

} // namespace rejoinder::service
