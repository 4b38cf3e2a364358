#pragma once

#include "service/registry.hpp"
#include "service/session_messages.hpp"
#include "service/settings.hpp"
#include "websocket/connection.hpp"
#include "websocket/robot/input.hpp"
#include "websocket/robot/replies.hpp"

#include <deque>
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

    /// A turn to be taken. The session is found by `tell_session`.
    void add(websocket::robot::input what);
    void add(std::string transaction, json context);

    /// Delivers what was added, in order; finds or makes the session. Ends when nothing is left to deliver.
    /// Started when there is something to deliver and it is not running.
    task<> deliver(registry& sessions);
    bool must_deliver() const noexcept { return !delivering_ && !outgoing_.empty(); }

    /// Whether the robot may be left alone: everything it asked is answered.
    bool idle() const noexcept { return outgoing_.empty() && unanswered_ == 0; }

    /// When the last frame of the last answer is sent.
    steady_time answered_until() const noexcept { return answered_until_; }
    void on_answer(std::function<void()> callback) { on_answer_ = std::move(callback); }

    // turn_listener
    void accepted(const turn_record& turn, novelty how) override;
    void rejected(const rejection& why) override;
    void lost(const turn_id& turn) override;

private:
    using message = std::variant<websocket::robot::input, device_report>;
    static constexpr std::size_t max_outgoing = 32; ///< beyond, the connection is closed with 4007

    turn_request make_request(websocket::robot::input what, const statemachine::definition& machine);
    delivery tell(session& live, message what);
    void add_message(message what);
    void answered();
    void hang_up(websocket::close_code code, std::string_view reason);

    environment& env_;
    const settings& limits_;
    account_id account_;
    device_id device_;
    std::string machine_;
    websocket::connection* peer_ = nullptr;
    std::deque<message> outgoing_;
    std::set<std::string>
        informed_; ///< transactions whose CONTEXT has come; bounded by the frames of a connection
    bool delivering_ = false;
    std::size_t unanswered_ = 0;
    steady_time answered_until_{};
    std::function<void()> on_answer_;
};

} // namespace rejoinder::service
