#pragma once

#include "persistence/boxed.hpp"
#include "persistence/mailbox.hpp"
#include "service/places.hpp"
#include "service/session_messages.hpp"
#include "service/settings.hpp"
#include "websocket/connection.hpp"
#include "websocket/protocol/frames.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace rejoinder::service {

class session;

/// One socket bound to a session: the session's view of a client. It knows how far the client's copy of the
/// log reaches, so the log is its send queue: events are pushed while it is live, and read again from the log
/// while it catches up. Shared by the socket's handler and the session, both on one thread; the socket may go
/// at any time, after which everything here does nothing.
///
///     waiting -> replaying -> live -> over        (waiting -> live when nothing is missing)
class attachment final : public turn_listener {
public:
    enum class phase { waiting, replaying, live, over };

    using refusal_handler = std::function<void(refusal why)>;

    /// What the client gets of what it wished for in its hello.
    struct terms {
        milliseconds heartbeat;
        std::size_t credit;
        websocket::protocol::attach_mode mode = websocket::protocol::attach_mode::control;
    };

    /// `on_refused` is called at most once, and not after `peer_closed`; it goes with the answer to the
    /// hello. It holds the place until it is over.
    attachment(websocket::connection& peer, const websocket::connection_limits& limits, device_id device,
               terms granted, places::place place, refusal_handler on_refused);

    /// The session that was found for the hello; it may end before the socket does.
    void bind(std::weak_ptr<session> to) { session_ = std::move(to); }
    std::shared_ptr<session> bound() const { return session_.lock(); }

    const device_id& device() const noexcept { return device_; }
    websocket::protocol::attach_mode mode() const noexcept { return granted_.mode; }
    const terms& granted() const noexcept { return granted_; }
    bool over() const noexcept { return phase_ == phase::over; }

    /// The resume token of the welcome, until the client was heard for the first time; then it is taken out.
    std::string take_token() { return std::exchange(token_, {}); }

    /// Answers the hello. From here on `next_event` is the first event that the client lacks.
    void welcome(const websocket::protocol::welcome& frame, std::uint64_t next_event);
    void refuse(refusal why);
    /// Closes with 4006 and says where the session is.
    void moved(const std::string& to);
    /// False, with nothing sent, when the frame is larger than the outbox.
    [[nodiscard]] bool send_snapshot(const websocket::protocol::snapshot& frame);

    /// Sends newly committed events to a client that is live. False when they would fill more than half of
    /// the outbox, whose rest is for answers: nothing is sent then, and from here on the log is read again
    /// (`replay`).
    [[nodiscard]] bool publish(websocket::protocol::live_events events);

    /// Shows a client that is live the text of an answer on its way, as far as it has not seen it. One whose
    /// outbox is filling up sees it later, or not at all.
    void preview(const turn_id& turn, std::uint64_t attempt, std::string_view text);

    /// Sends the next event of the log, once the outbox has room for it. False, with nothing sent, when the
    /// event is larger than the outbox.
    task<bool> replay(websocket::protocol::event next);

    /// The replay has come to the end of the log.
    void go_live() noexcept;
    bool live() const noexcept { return phase_ == phase::live; }

    bool welcomed() const noexcept { return phase_ == phase::replaying || phase_ == phase::live; }
    std::uint64_t next_event() const noexcept { return next_event_; }

    /// The outbox has become emptier.
    void drained() { drained_.notify(); }

    void taken_over(std::uint64_t generation, const device_id& by);
    /// Closes with 4510: the session is controlled by another connection, which its machine keeps.
    void kept_out();
    void ended(std::string_view reason);
    void drain(milliseconds after, milliseconds deadline);
    void close(websocket::close_code code, std::string_view reason);

    /// How it stands with a turn that the client has asked about otherwise than by submitting it.
    void tell(const turn_record& turn);
    void tell(const websocket::protocol::error& what);

    /// Closes with 4007 and says for how long to stay away.
    void overloaded(std::string_view reason, milliseconds after);

    /// The socket is gone.
    void peer_closed();

    // turn_listener
    void accepted(const turn_record& turn, novelty how) override;
    void rejected(const rejection& why) override;
    void lost(const turn_id& turn) override;

    /// Turns submitted here that have no answer yet; the protocol's credit bounds them.
    std::size_t unanswered() const noexcept { return unanswered_; }
    void submitted() noexcept { ++unanswered_; }

private:
    void answered() noexcept;
    void send_accepted(const turn_record& turn, novelty how);
    void leave() noexcept;

    bool fits(std::size_t bytes, std::size_t frames) const noexcept;

    websocket::connection* peer_;
    std::size_t outbox_bytes_;
    std::size_t outbox_frames_;
    device_id device_;
    terms granted_;
    places::place place_;
    boxed<refusal_handler> on_refused_; ///< until the welcome
    std::weak_ptr<session> session_;
    std::string token_;
    std::uint64_t next_event_ = 1;
    struct shown_preview {
        turn_id turn;
        std::uint64_t attempt = 0;
        std::size_t size = 0; ///< bytes that the client has
    };
    boxed<shown_preview> shown_; ///< of the turn that is previewed or was last
    phase phase_ = phase::waiting;
    std::size_t unanswered_ = 0;
    signal drained_;
};

} // namespace rejoinder::service
