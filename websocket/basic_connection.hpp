#pragma once

// Private to transport.cpp: sees Beast.

#include "persistence/boxed.hpp"
#include "persistence/log.hpp"
#include "persistence/task_group.hpp"
#include "websocket/closing.hpp"
#include "websocket/connection.hpp"
#include "websocket/emigrant.hpp"
#include "websocket/flood_guard.hpp"
#include "websocket/message_buffer.hpp"
#include "websocket/message_watch.hpp"
#include "websocket/observed_stream.hpp"
#include "websocket/outbox.hpp"
#include "websocket/parting.hpp"
#include "websocket/server_frame.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/post.hpp>
#include <boost/beast/websocket/stream.hpp>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace rejoinder::websocket {

namespace asio = boost::asio;
namespace beast = boost::beast;

/// Errors arrive as values: `auto [error, count] = co_await ...`.
inline constexpr asio::as_tuple_t<asio::use_awaitable_t<executor>> use_result{};

/// Which end of a connection this is.
enum class side : std::uint8_t { server, client };

/// A connection over any stream. The reader is a chain of callbacks, and the writer a coroutine that is there
/// only while there is something to write or a close frame to be exchanged: most connections wait most of the
/// time, and the fewer frames and blocks they hold then, the more of them have room. Both hold the connection
/// alive, and the owner's task group counts it until both have ended: whichever ends last says `on_closed`
/// and lets the handler go.
///
/// How it ends. `closing_`: a close frame was asked for or has come, or nothing more can be written; nothing
/// more is delivered or queued. The writer finishes what is queued, then Beast exchanges close frames while
/// the reader waits; when writing fails, the reader alone sees to the end, as the peer may have said why.
/// `moving_`: the connection goes to another loop as soon as all is written, unless it ends before; nothing
/// more is read here. `over_`: the socket is closed, whatever waits on it fails and both leave.
/// From `close` to `over_` it takes the close deadline at most, from the first close frame or failure
/// `close_patience`.
template <class Stream>
class basic_connection final : public connection,
                               private stream_observer,
                               public std::enable_shared_from_this<basic_connection<Stream>> {
public:
    using socket_type = websocket_stream<Stream>;

    /// Without a departure it is over.
    using gone_callback = std::function<void(std::uint64_t number, std::unique_ptr<departure<Stream>> to)>;

    basic_connection(environment& env, Stream stream, side end, const connection_limits& limits)
        : basic_connection(
              env, socket_type(std::move(stream)), end, next_number(), limits,
              frame_walk(end == side::server ? frame_walk::start::frames : frame_walk::start::http_head),
              flood_guard(limits.messages_per_second, limits.message_burst, env.steady_now()),
              token_bucket(limits.control_frames_per_second, limits.control_frames_per_second,
                           env.steady_now())) {
        // One message is one frame: simple clients expect it, and nothing is copied.
        socket_.auto_fragment(false);
        socket_.read_message_max(limits.message_hard);
    }

    /// Goes on with a connection that has left another loop. Throws when this loop can't have its socket.
    basic_connection(environment& env, emigrant<Stream> who)
        : basic_connection(env, std::move(who.socket), side::server, who.number, who.limits, who.walk,
                           who.flood, who.control_frames) {
        if (!who.unheard.empty()) unheard_ = std::move(who.unheard);
        socket_.next_layer().exchange(std::move(who.loose).take_up(env.get_executor()));
    }

    /// Beast's stream, for the opening handshake before `start`.
    socket_type& socket() noexcept { return socket_; }

    /// Begins to read; `on_open` is called within this. `gone` is called after `on_closed`, when the handler
    /// no longer exists. The tasks outlive the connection's end.
    void start(task_group& tasks, std::unique_ptr<connection_handler> handler, gone_callback gone) {
        handler_ = std::move(handler);
        gone_ = std::move(gone);
        tasks_ = &tasks;
        tasks.enter();
        reader_runs_ = true;
        watch_.begin();
        go_on_reading([this] {
            handler_->on_open(*this);
            if (unheard_ && !moving_) hear_again();
        });
    }

    void send(std::string text) override { queue({payload::text, std::move(text)}); }
    void send_binary(std::string bytes) override { queue({payload::binary, std::move(bytes)}); }
    void send_at(steady_time due, std::string text) override { queue({payload::text, std::move(text), due}); }

    void close(close_code code, std::string_view reason) override {
        if (closing_) return;
        closing_ = true;
        parting_.ask(code, reason);
        end_within(limits_->close_deadline);
        wake_writer();
    }

    void give_up(close_code code, std::string_view reason) override { fail(code, reason); }

    void abort() override { drop("dropped on this side"); }

    bool move_to(std::shared_ptr<landing> there, handler_maker make) override {
        if (closing_ || over_ || moving_) return false;
        if (!incoming_.empty()) unheard_ = std::string(incoming_.view());
        moving_ = std::make_unique<destination>(destination{std::move(there), std::move(make)});
        return true;
    }

    std::size_t queued_bytes() const noexcept override { return outbox_.bytes(); }
    std::size_t queued_frames() const noexcept override { return outbox_.frames(); }
    bool closing() const noexcept override { return closing_; }
    std::uint64_t number() const noexcept override { return number_; }

private:
    basic_connection(environment& env, socket_type socket, side end, std::uint64_t number,
                     const connection_limits& limits, const frame_walk& walk, const flood_guard& flood,
                     const token_bucket& control_frames)
        : environment_(env),
          socket_(std::move(socket)),
          number_(number),
          limits_(shared(limits)),
          watch_(env, walk, limits, [this](std::string_view reason) { fail(close_code::policy, reason); }),
          incoming_(limits.message),
          outbox_(limits.outbox_bytes, limits.outbox_frames),
          flood_(flood),
          control_frames_(control_frames),
          due_timer_(env),
          write_timer_(env),
          close_timer_(env),
          end_(end) {
        socket_.next_layer().report_to(*this);
        socket_.control_callback(
            [this](beast::websocket::frame_type kind, beast::string_view) { control_frame(kind); });
    }

    static std::uint64_t next_number() noexcept {
        static std::atomic<std::uint64_t> last{0};
        return ++last;
    }

    // basic_connection_reading.hpp
    template <class Step>
    void go_on_reading(Step step);
    void read();
    void has_read(const beast::error_code& error, std::size_t count);
    void arrived(std::size_t count);
    void hear_again();
    void deliver();
    void control_frame(beast::websocket::frame_type kind);
    void on_read_started() override;
    void on_read(std::string_view bytes) override;

    // basic_connection_writing.hpp
    void queue(outgoing message);
    void wake_writer();
    task<> write_all(std::shared_ptr<basic_connection> self);
    bool ready_to_write();
    outgoing take_last_of_several();
    void wrote();
    void writing_failed(const beast::error_code& error);
    task<> exchange_close_frames();
    void on_write_started() override;
    void expect_written();
    void watch_writing(steady_time due);

    // basic_connection_ending.hpp
    void fail(close_code code, std::string_view reason);
    void end_within(milliseconds time);
    std::size_t on_teardown_started(beast::role_type role) override;
    void drop(std::string_view reason);
    void break_down(const std::exception& defect);
    void leave();
    void end();
    void depart();

    static constexpr std::size_t bytes_together = 16384; ///< in front of a message

    environment& environment_;
    socket_type socket_;
    std::uint64_t number_;
    std::unique_ptr<connection_handler> handler_;
    std::shared_ptr<const connection_limits> limits_;
    gone_callback gone_;
    task_group* tasks_ = nullptr; ///< once it has started

    message_watch watch_;
    message_buffer incoming_;
    outbox outbox_;
    flood_guard flood_;
    token_bucket control_frames_;

    signal wake_; ///< wakes a writer that waits
    timer due_timer_;
    static constexpr auto nothing_expected = steady_time::max();
    timer write_timer_;
    steady_time write_due_ = nothing_expected; ///< until then something that was begun is to be written
    timer close_timer_;
    steady_time end_due_ = steady_time::max();
    asio::cancellation_signal stop_reading_;
    asio::cancellation_signal stop_writing_;

    parting parting_;
    side end_;
    bool reader_runs_ = false;
    bool writer_runs_ = false;
    bool writing_ = false; ///< a message
    bool closing_ = false;
    bool peer_closes_ = false;
    bool over_ = false;
    boxed<std::string> unheard_;          ///< is to be heard by the next handler
    std::unique_ptr<destination> moving_; ///< where to, once the handler has asked for it
};

} // namespace rejoinder::websocket

#include "websocket/basic_connection_ending.hpp"
#include "websocket/basic_connection_reading.hpp"
#include "websocket/basic_connection_writing.hpp"
