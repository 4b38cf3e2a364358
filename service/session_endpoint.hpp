#pragma once

#include "persistence/task_group.hpp"
#include "service/places.hpp"
#include "service/registry.hpp"
#include "service/settings.hpp"
#include "websocket/connection.hpp"
#include "websocket/protocol/frames.hpp"
#include "websocket/rate_limit.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace rejoinder::service {

/// What the endpoints of one server share; outlives them all.
struct endpoint_house {
    environment& env;
    registry& sessions;
    const settings& limits;
    websocket::rate_limit& attach_attempts; ///< by device; those that led to something are forgiven
    std::size_t& unattached;                ///< connections of this server that have not said hello yet
    places& attached;                       ///< connections by user
    task_group& tasks;
};

/// The handler of one socket at /v1/session: speaks `rejoinder.v1` with the client and passes on what
/// concerns the session. Greets first (`hello` within 5 s), keeps the heart beating, answers what is no
/// frame.
///
/// The socket may go while a session is being looked up, so look-ups hold the attachment and never this.
class session_endpoint final : public websocket::connection_handler {
public:
    session_endpoint(endpoint_house house, account_id account);
    ~session_endpoint() override;

    void on_open(websocket::connection& peer) override;
    void on_text(std::string_view text) override;
    void on_too_big(std::size_t limit) override;
    void on_flood(milliseconds wait) override;
    void on_drained() override;
    void on_closed(const websocket::closed& why) override;

private:
    void handle(websocket::protocol::hello frame);
    void handle(websocket::protocol::turn frame);
    void handle(const websocket::protocol::ack& frame);
    void handle(const websocket::protocol::ping& frame);
    void handle(const websocket::protocol::pong& frame);
    void handle(const websocket::protocol::bye& frame);
    void handle(const websocket::protocol::unserved& frame);

    void await_hello();
    void look_up(websocket::protocol::hello frame, std::optional<refusal> reason);
    void refused(refusal why);
    void send_refusal(refusal why);
    void violated(const websocket::protocol::error& what, websocket::close_code when_repeated);
    void send(const websocket::protocol::error& frame);
    void restart_heartbeat();
    void ask_for_life();
    std::shared_ptr<session> confirm_welcome();
    std::shared_ptr<session> confirm_use();
    void count_as_attached() noexcept;
    std::string user_key(const device_id& device) const;

    endpoint_house house_;
    account_id account_;
    websocket::connection* peer_ = nullptr;
    std::shared_ptr<attachment> attachment_; ///< from the hello on
    websocket::protocol::hello hello_;       ///< the one being answered
    bool was_useful_ = false;                ///< the client sent a turn or an ack
    bool was_refused_ = false;
    bool counted_ = true; ///< among the unattached
    int violations_ = 0;
    timer hello_deadline_;
    timer heartbeat_;
};

} // namespace rejoinder::service
