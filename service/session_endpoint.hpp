#pragma once

#include "persistence/boxed.hpp"
#include "persistence/task_group.hpp"
#include "service/credentials/credential_watch.hpp"
#include "service/places.hpp"
#include "service/registry.hpp"
#include "service/settings.hpp"
#include "service/turn_admission.hpp"
#include "websocket/connection.hpp"
#include "websocket/protocol/frames.hpp"
#include "websocket/rate_limit.hpp"

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace rejoinder::service {

/// Of accounts whose clients show tokens that name no device: each may call itself what it likes.
struct account_bounds {
    websocket::rate_limit attempts; ///< by account; those that led to something are forgiven
    places attached;                ///< connections by account
};

/// What a client is known by when its socket comes from another loop.
struct baggage {
    bool was_refused = false; ///< once already
    int violations = 0;
};

/// Takes sockets to the loops where their sessions live.
class travel {
public:
    virtual ~travel() = default;

    /// Whether the session lives on another loop: then the socket goes there, where another endpoint hears
    /// the hello. From inside a handler's `on_text`. `bounded`: attempts of its address count.
    virtual bool take_home(const session_id& session, websocket::connection& peer, const std::string& address,
                           bool bounded, baggage what) = 0;
};

/// What the endpoints of one loop share; outlives them all.
struct endpoint_house {
    environment& env;
    registry& sessions;
    const settings& limits;
    credentials::verifier& verifier; ///< tells who a client is
    /// Of those who have not shown yet who they are, by address and what they show; good credentials are
    /// forgiven.
    websocket::rate_limit& stranger_attempts;
    websocket::rate_limit& attach_attempts; ///< by user; those that led to something are forgiven
    std::atomic<std::size_t>& unattached;   ///< connections of this server that have not said hello yet
    places& attached;                       ///< connections by user
    task_group& tasks;
    websocket::rate_limit* address_attempts =
        nullptr;                        ///< by `counted_network`, likewise; nothing: they don't count
    account_bounds* accounts = nullptr; ///< nothing: accounts are not bounded
    turn_admission* turns = nullptr;    ///< keeps turns out while commits lag; nothing: none
    travel* to_others = nullptr;        ///< nothing: there is no other loop
};

/// The handler of one socket at /v1/session: speaks `rejoinder.v1` with the client and passes on what
/// concerns the session. Greets first (`hello` within 5 s), has the client's credentials checked and sees to
/// it that they hold, keeps the heart beating, answers what is no frame.
///
/// Account and device are the credentials'; a hello that names another device is refused. A hello whose
/// credentials are not accepted counts as an attempt with those credentials from that address, so that nobody
/// can use up the attempts of somebody else; what an address tries in all is bounded further up.
///
/// A hello for a session that lives on another loop is heard there, before anything else is made of it: the
/// socket goes there (`travel`).
///
/// The socket may go while credentials are checked or a session is being looked up, so neither holds this.
class session_endpoint final : public websocket::connection_handler {
public:
    /// `address` is the peer's, without its port. `what` is known of it from another loop.
    session_endpoint(const endpoint_house& house, std::string address, baggage what = {});
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
    void handle(const websocket::protocol::token& frame);
    void handle(const websocket::protocol::cancel& frame);
    void handle(websocket::protocol::tool_result frame);

    void await_hello();
    bool attempt(websocket::rate_limit& of, const std::string& key, std::string_view whose);
    bool take_places(const device_id& device, places::place& of_user);
    void identified(websocket::protocol::hello frame, const credentials::found_principal& found);
    void renewed(const credentials::found_principal& found);
    bool is_somebody_else(const credentials::principal& who) const;
    void turn_away(credentials::problem why);
    void look_up(websocket::protocol::hello frame, std::optional<refusal> reason);
    void refused(refusal why, const websocket::protocol::hello* instead = nullptr);
    milliseconds wait_for_room() const;
    void send_refusal(refusal why);
    void violated(const websocket::protocol::error& what, websocket::close_code when_repeated);
    void send(const websocket::protocol::error& frame);
    void restart_heartbeat();
    void await_silence();
    void ask_for_life();
    std::shared_ptr<session> confirm_welcome();
    std::shared_ptr<session> confirm_use();
    std::shared_ptr<session> controlled(const std::string& ref);
    void expect_room(delivery sent, const std::string& ref);
    std::optional<milliseconds> wait_for_commits(const turn_id& turn, const session& live) const;
    void count_as_attached() noexcept;
    std::string user_key(const device_id& device) const;
    std::string network() const;
    std::string stranger_key(std::string_view token) const;

    const endpoint_house& house_;
    std::string address_;         ///< for the log, and counted by its network
    boxed<std::string> stranger_; ///< whose attempts count while credentials are looked at
    account_id account_;          ///< of the credentials
    device_id device_;            ///< that the client is, once its credentials were accepted
    websocket::connection* peer_ = nullptr;
    std::shared_ptr<attachment> attachment_; ///< from the hello on
    places::place account_place_;            ///< of one that names itself, from the hello on
    bool names_itself_ = false;              ///< its token is for any device of a bounded account
    bool was_useful_ = false;                ///< the client sent a turn or an ack
    bool was_refused_;
    bool counted_ = true; ///< among the unattached
    int violations_;
    std::size_t frame_bytes_ = 0; ///< of the frame that is being handled
    timer hello_deadline_;
    timer heartbeat_;
    steady_time silent_too_long_{}; ///< if no frame comes until then the client is asked for a sign of life
    steady_time heartbeat_due_{};
    credentials::credential_watch watch_;
};

} // namespace rejoinder::service
