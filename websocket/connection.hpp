#pragma once

#include "persistence/environment.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace rejoinder::websocket {

/// Close codes (RFC 6455, section 7.4; 4000-4999 are this protocol's own: below 4500 a client reconnects).
enum class close_code : std::uint16_t {
    normal = 1000,
    going_away = 1001,
    protocol_error = 1002,
    unsupported_data = 1003,
    bad_payload = 1007,
    policy = 1008,
    too_big = 1009,
    restart = 1012,
    try_again = 1013,
    drained = 4001,
    idle = 4002,
    no_pong = 4003,
    commit_failed = 4004,
    credentials_expired = 4005,
    moved = 4006,
    overloaded = 4007,
    slow_consumer = 4008,
    fenced = 4009,
    credentials_invalid = 4500,
    protocol_violated = 4501,
    taken_over = 4502,
    not_allowed = 4503,
    session_ended = 4504,
    resume_refused = 4505,
    version_unsupported = 4506,
    quarantined = 4507,
    account_blocked = 4508,
    message_too_big = 4509,
    attached_elsewhere = 4510
};

/// Bounds of one connection; at each the connection does what is said here.
struct connection_limits {
    std::size_t message = 65536; ///< bytes; a larger message is read past and reported by `on_too_big`
    std::size_t message_hard =
        1 << 20; ///< bytes; above this the connection is closed with 1009 before reading on
    std::size_t outbox_bytes = 1 << 20; ///< waiting to be written; beyond: closed with 4008
    std::size_t outbox_frames = 1024;   ///< the same
    double messages_per_second = 20;    ///< sustained; beyond, after the burst: `on_flood`
    double message_burst = 40;
    double control_frames_per_second = 100; ///< pings and pongs; beyond: closed with 1008
    milliseconds write_deadline{10000};     ///< one message; beyond: dropped without a close frame
    std::size_t fragments = 256;            ///< frames of one message; beyond: closed with 1008
    milliseconds message_deadline{30000};   ///< from its first byte to its last; beyond: closed with 1008
    milliseconds close_deadline{10000};     ///< from `close` to the end; beyond: dropped
    bool text_only = true;                  ///< a binary message closes with 1003

    friend bool operator==(const connection_limits&, const connection_limits&) = default;
};

/// The same limits, held once by all connections of a thread that were made with them one after the other.
std::shared_ptr<const connection_limits> shared(const connection_limits& limits);

class connection_handler;
class landing;

/// One open WebSocket, as its handler sees it. Lives on one thread. Valid from `on_open` until `on_closed`
/// returned.
class connection {
public:
    virtual ~connection() = default;

    /// Queues a text message. Messages leave in order; the outbox is bounded (see `connection_limits`).
    /// Nothing happens once the connection is closing.
    virtual void send(std::string text) = 0;

    /// The same for a binary message (the echo endpoint).
    virtual void send_binary(std::string bytes) = 0;

    /// Queues a text message that does not leave before `due`; what is queued behind it waits as well.
    virtual void send_at(steady_time due, std::string text) = 0;

    /// Writes what is queued, then the close frame; gives the peer 2 s to answer it. Whatever is not written
    /// and answered by the close deadline is lost. Idempotent: the first call counts.
    virtual void close(close_code code, std::string_view reason) = 0;

    /// The same, but drops what is queued: it is not worth its memory. The close frame is all that the peer
    /// may still read, within 2 s.
    virtual void give_up(close_code code, std::string_view reason) = 0;

    /// Drops the socket now, without a close frame.
    virtual void abort() = 0;

    /// Goes to another loop's listener with its socket and all that it has read, and goes on there with a
    /// handler that `make` makes there (`handler_maker`), which hears the message again that is being
    /// handled. Only from inside `on_open` or `on_text`. What is queued is written first, and the peer
    /// notices nothing. This handler is destroyed without `on_closed`, unless the connection ends before:
    /// then it stays, and has its `on_closed`. False where connections can't move, or it is ending or moving
    /// already; nothing has happened then.
    // NOLINTBEGIN(performance-unnecessary-value-param): who can move keeps them
    virtual bool move_to(std::shared_ptr<landing> /*there*/,
                         std::function<std::unique_ptr<connection_handler>()> /*make*/) {
        return false;
    }
    // NOLINTEND(performance-unnecessary-value-param)

    virtual std::size_t queued_bytes() const noexcept = 0;
    virtual std::size_t queued_frames() const noexcept = 0;
    virtual bool closing() const noexcept = 0;

    /// Counts the process's connections from 1; for logs.
    virtual std::uint64_t number() const noexcept = 0;
};

/// Why a connection is over.
struct closed {
    std::uint16_t code = 1006; ///< of the close frame that was received or sent; 1006 when there was none
    std::string reason;
};

/// What happens on a connection. Called from the connection's reader and writer on its thread, never from
/// inside a call of `connection`. A handler may call the connection from inside these.
/// A handler whose connection has moved (`connection::move_to`) is destroyed without a last call.
class connection_handler {
public:
    virtual ~connection_handler() = default;
    virtual void on_open(connection& peer) = 0;
    virtual void on_text(std::string_view text) = 0;
    virtual void on_binary(std::string_view bytes) { (void)bytes; }

    /// A message above `limits.message` arrived and was thrown away.
    virtual void on_too_big(std::size_t limit) { (void)limit; }

    /// A message above the rate was thrown away; `wait` until the next one fits.
    virtual void on_flood(milliseconds wait) { (void)wait; }

    /// Something was written, and what is left in the outbox is at most half of either bound.
    virtual void on_drained() {}

    /// The last call. The connection is gone afterwards.
    virtual void on_closed(const closed& why) = 0;
};

} // namespace rejoinder::websocket
