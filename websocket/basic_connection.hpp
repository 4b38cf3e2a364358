#pragma once

// Private to transport.cpp: sees Beast.

#include "persistence/log.hpp"
#include "persistence/task_group.hpp"
#include "websocket/close_reason.hpp"
#include "websocket/closing.hpp"
#include "websocket/connection.hpp"
#include "websocket/flood_guard.hpp"
#include "websocket/message_buffer.hpp"
#include "websocket/message_watch.hpp"
#include "websocket/moving.hpp"
#include "websocket/observed_stream.hpp"
#include "websocket/outbox.hpp"
#include "websocket/server_frame.hpp"
#include "websocket/streams.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/post.hpp>
#include <boost/beast/websocket/stream.hpp>

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
enum class side { server, client };

/// A connection over any stream: one coroutine reads, one writes, both in the owner's task group, and both
/// hold the connection alive. Whichever of them ends last says `on_closed` and lets the handler go.
///
/// How it ends. `closing_`: a close frame was asked for or has come, or nothing more can be written; nothing
/// more is delivered or queued. The writer finishes what is queued, then Beast exchanges close frames while
/// the reader waits; when writing fails, the reader alone sees to the end, as the peer may have said why.
/// `moving_`: the connection goes to another loop as soon as all is written, unless it ends before; nothing
/// more is read here. `over_`: the socket is closed, whatever waits on it fails and both coroutines leave.
/// From `close` to `over_` it takes the close deadline at most, from the first close frame or failure
/// `close_patience`.
template <class Stream>
class basic_connection final : public connection,
                               private stream_observer,
                               public std::enable_shared_from_this<basic_connection<Stream>> {
public:
    using socket_type = beast::websocket::stream<observed_stream<Stream>, false>;

    /// What has left one loop and is to arrive on another: Beast's stream with what it has read ahead, its
    /// socket apart, and where the peer is with its frames and its rates.
    struct emigrant {
        socket_type socket;
        decltype(let_go(std::declval<Stream&>())) loose;
        std::uint64_t number;
        connection_limits limits;
        frame_walk walk;
        flood_guard flood;
        token_bucket control_frames;
        std::string unheard; ///< the message that made it go
    };
    struct departure {
        emigrant who;
        std::shared_ptr<landing> there;
        handler_maker make;
    };
    /// Without a departure it is over.
    using gone_callback = std::function<void(std::uint64_t number, std::unique_ptr<departure> to)>;

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
    basic_connection(environment& env, emigrant who)
        : basic_connection(env, std::move(who.socket), side::server, who.number, who.limits, who.walk,
                           who.flood, who.control_frames) {
        unheard_ = std::move(who.unheard);
        socket_.next_layer().exchange(std::move(who.loose).take_up(env.get_executor()));
    }

    /// Beast's stream, for the opening handshake before `start`.
    socket_type& socket() noexcept { return socket_; }

    /// Begins to read and write. `gone` is called after `on_closed`, when the handler no longer exists.
    void start(task_group& tasks, std::unique_ptr<connection_handler> handler, gone_callback gone) {
        handler_ = std::move(handler);
        gone_ = std::move(gone);
        running_ = 2;
        watch_.begin();
        tasks.spawn(read_all(this->shared_from_this()));
        tasks.spawn(write_all(this->shared_from_this()));
    }

    void send(std::string text) override { queue({payload::text, std::move(text)}); }
    void send_binary(std::string bytes) override { queue({payload::binary, std::move(bytes)}); }
    void send_at(steady_time due, std::string text) override { queue({payload::text, std::move(text), due}); }

    void close(close_code code, std::string_view reason) override {
        if (closing_) return;
        closing_ = true;
        close_reason_.code = static_cast<std::uint16_t>(code);
        auto fitting = close_reason_of(reason);
        close_reason_.reason.assign(fitting.data(), fitting.size());
        end_within(limits_.close_deadline);
        wake_.notify();
    }

    void give_up(close_code code, std::string_view reason) override { fail(code, reason); }

    void abort() override { drop("dropped on this side"); }

    bool move_to(std::shared_ptr<landing> there, handler_maker make) override {
        if (closing_ || over_ || moving_) return false;
        if (!incoming_.empty()) unheard_ = incoming_.view();
        moving_ = std::make_unique<destination>(destination{std::move(there), std::move(make)});
        return true;
    }

    std::size_t queued_bytes() const noexcept override { return outbox_.bytes(); }
    std::size_t queued_frames() const noexcept override { return outbox_.frames(); }
    bool closing() const noexcept override { return closing_; }
    std::uint64_t number() const noexcept override { return number_; }

private:
    struct destination {
        std::shared_ptr<landing> there;
        handler_maker make;
    };

    basic_connection(environment& env, socket_type socket, side end, std::uint64_t number,
                     const connection_limits& limits, const frame_walk& walk, const flood_guard& flood,
                     const token_bucket& control_frames)
        : environment_(env),
          socket_(std::move(socket)),
          end_(end),
          number_(number),
          limits_(limits),
          watch_(env, walk, limits, [this](std::string_view reason) { fail(close_code::policy, reason); }),
          incoming_(limits.message),
          outbox_(limits.outbox_bytes, limits.outbox_frames),
          flood_(flood),
          control_frames_(control_frames),
          due_timer_(env),
          write_timer_(env),
          close_timer_(env) {
        socket_.next_layer().report_to(*this);
        socket_.control_callback(
            [this](beast::websocket::frame_type kind, beast::string_view) { control_frame(kind); });
    }

    static std::uint64_t next_number() noexcept {
        static std::atomic<std::uint64_t> last{0};
        return ++last;
    }

    // --- reading

    task<> read_all([[maybe_unused]] std::shared_ptr<basic_connection> self) {
        try {
            handler_->on_open(*this);
            if (!unheard_.empty() && !moving_) hear_again();
            while (!over_ && !moving_) {
                auto space = incoming_.space();
                auto stop = asio::bind_cancellation_slot(stop_reading_.slot(), use_result);
                auto [error, count] =
                    co_await socket_.async_read_some(asio::buffer(space.data(), space.size()), stop);
                if (error) {
                    explain(error);
                    break;
                }
                arrived(count);
            }
        } catch (const std::exception& defect) {
            break_down(defect);
        }
        watch_.end();
        if (moving_)
            wake_.notify();
        else
            drop("");
        leave();
    }

    void arrived(std::size_t count) {
        incoming_.commit(count);
        if (limits_.text_only && socket_.got_binary()) {
            fail(close_code::unsupported_data, "only text messages are understood here");
        } else if (!socket_.is_message_done()) {
            return;
        } else if (!closing_) {
            deliver();
        }
        incoming_.clear();
    }

    /// What made the connection leave another loop.
    void hear_again() {
        auto text = std::move(unheard_);
        unheard_.clear();
        handler_->on_text(text);
        if (moving_) unheard_ = std::move(text);
    }

    void deliver() {
        auto now = environment_.steady_now();
        switch (flood_.arrived(now)) {
        case flood_guard::verdict::close:
            return fail(close_code::policy, "too many messages");
        case flood_guard::verdict::discard:
            return handler_->on_flood(flood_.wait(now));
        case flood_guard::verdict::admit:
            break;
        }
        if (incoming_.too_big())
            handler_->on_too_big(limits_.message);
        else if (socket_.got_binary())
            handler_->on_binary(incoming_.view());
        else
            handler_->on_text(incoming_.view());
    }

    /// Runs inside Beast's reading: may only take note.
    void control_frame(beast::websocket::frame_type kind) {
        if (kind == beast::websocket::frame_type::close) {
            // Beast answers it. What is still queued will not be read by anybody.
            const auto& received = socket_.reason();
            if (!close_sent_)
                why_ = {received.code ? received.code : no_status_received, received.reason.c_str()};
            peer_closes_ = closing_ = true;
            outbox_.clear();
            end_within(close_patience);
            wake_.notify();
            return;
        }
        if (!control_frames_.take(environment_.steady_now()))
            fail(close_code::policy, "too many control frames");
    }

    /// Beast reads on when the pong that it wrote, if any, is out.
    void on_read_started() override {
        if (!writing_) write_timer_.disarm();
    }

    void on_read(std::string_view bytes) override { watch_.pass(bytes); }

    // --- writing

    void queue(outgoing message) {
        if (closing_ || over_) return;
        if (outbox_.push(std::move(message)))
            wake_.notify();
        else
            fail(close_code::slow_consumer, "the peer reads too slowly");
    }

    task<> write_all([[maybe_unused]] std::shared_ptr<basic_connection> self) {
        try {
            while (!over_) {
                if (ready_to_write()) {
                    writing_ = true;
                    expect_written();
                    auto message = take_last_of_several();
                    socket_.text(message.kind == payload::text);
                    auto [error, count] =
                        co_await socket_.async_write(asio::buffer(message.bytes), use_result);
                    writing_ = false;
                    if (error) {
                        writing_failed(error);
                        break;
                    }
                    wrote();
                } else if (!outbox_.empty()) {
                    due_timer_.arm(outbox_.next_due(), [this] { wake_.notify(); });
                    co_await wake_.wait();
                    due_timer_.disarm();
                } else if (closing_ && !peer_closes_) {
                    co_await exchange_close_frames();
                    break;
                } else if (moving_) {
                    break; // all is written
                } else {
                    co_await wake_.wait();
                }
            }
        } catch (const std::exception& defect) {
            break_down(defect);
        }
        leave();
    }

    bool ready_to_write() { return !outbox_.empty() && environment_.has_come(outbox_.next_due()); }

    /// Messages that can leave together do: the last of them is Beast's to write, those in front of it are
    /// frames already. A client's frames are masked, which is Beast's alone.
    outgoing take_last_of_several() {
        auto message = outbox_.take();
        auto& in_front = socket_.next_layer().in_front();
        while (end_ == side::server && ready_to_write() &&
               in_front.size() + message.bytes.size() <= bytes_together) {
            append_server_frame(in_front, message.kind, message.bytes);
            message = outbox_.take();
        }
        return message;
    }

    void wrote() {
        write_timer_.disarm();
        if (outbox_.written() && !closing_) handler_->on_drained();
    }

    void writing_failed(const beast::error_code& error) {
        write_timer_.disarm();
        closing_ = true;
        outbox_.clear();
        note(error.message());
        end_within(close_patience);
    }

    task<> exchange_close_frames() {
        end_within(close_patience);
        close_sent_ = true;
        why_ = {close_reason_.code, std::string(close_reason_.reason.data(), close_reason_.reason.size())};
        auto stop = asio::bind_cancellation_slot(stop_writing_.slot(), use_result);
        auto [error] = co_await socket_.async_close(close_reason_, stop);
        // An error has its cause in reading, or shows there too.
        if (!error) drop("");
    }

    void on_write_started() override {
        if (!writing_ && running_ > 0) expect_written();
    }

    void expect_written() {
        if (write_timer_.armed()) return;
        write_timer_.arm_after(limits_.write_deadline, [this] { drop("the peer reads too slowly"); });
    }

    // --- ending

    /// Ends the connection because of what the peer does: what is queued is not worth waiting for.
    void fail(close_code code, std::string_view reason) {
        if (closing_) return;
        outbox_.clear();
        close(code, reason);
        note(reason);
        end_within(close_patience);
    }

    /// Never later than was said before.
    void end_within(milliseconds time) {
        auto due = environment_.steady_now() + time;
        if (due >= end_due_) return;
        end_due_ = due;
        close_timer_.arm(due, [this] { drop("the peer did not close"); });
    }

    /// After its close frame a peer has nothing to say; a client leaves hanging up to its server.
    std::size_t on_teardown_started(beast::role_type role) override {
        end_within(close_patience);
        return watch_.closed() && role == beast::role_type::server ? 0 : lingering_bytes;
    }

    /// Closes the socket, so that whatever waits for it fails.
    void drop(std::string_view reason) {
        closing_ = true;
        note(reason);
        if (std::exchange(over_, true)) return;
        beast::close_socket(beast::get_lowest_layer(socket_));
        wake_.notify();
        // Beast's reading and closing can wait for each other instead of the socket, when a protocol error
        // meets a close frame on its way out. No closed socket wakes them; a cancellation does.
        asio::post(environment_.get_executor(), [self = this->shared_from_this()] {
            self->stop_writing_.emit(asio::cancellation_type::terminal);
            self->stop_reading_.emit(asio::cancellation_type::terminal);
        });
    }

    /// The first reason stands, until a close frame brings its own.
    void note(std::string_view reason) {
        if (why_.code == no_close_frame && why_.reason.empty()) why_.reason = reason;
    }

    void explain(const beast::error_code& error) {
        if (why_.code != no_close_frame) return;
        if (auto code = failure_code(error); code != 0)
            why_ = {code, error.message()};
        else
            note(error.message());
    }

    /// A handler that throws has a defect; it costs its own connection and no other.
    void break_down(const std::exception& defect) {
        log::error("connection_handler_failed", {{"connection", number_}, {"error", defect.what()}});
        drop("internal error");
    }

    void leave() {
        if (--running_ > 0) {
            wake_.notify();
            return;
        }
        close_timer_.disarm();
        write_timer_.disarm();
        if (moving_ && !closing_ && !over_) return depart();
        drop(""); // one that did not come to move
        auto handler = std::move(handler_);
        try {
            handler->on_closed(why_);
        } catch (const std::exception& defect) {
            break_down(defect);
        }
        handler.reset();
        auto gone = std::move(gone_);
        gone(number_, nullptr);
    }

    /// Nothing is under way or queued.
    void depart() {
        handler_.reset();
        auto gone = std::move(gone_);
        auto loose = let_go(socket_.next_layer().next_layer());
        emigrant who{std::move(socket_), std::move(loose), number_,         limits_,
                     watch_.walk(),      flood_,           control_frames_, std::move(unheard_)};
        gone(number_, std::make_unique<departure>(
                          departure{std::move(who), std::move(moving_->there), std::move(moving_->make)}));
    }

    static constexpr std::size_t bytes_together = 16384; ///< in front of a message
    static constexpr std::uint16_t no_close_frame = 1006;
    static constexpr std::uint16_t no_status_received = 1005;

    environment& environment_;
    socket_type socket_;
    side end_;
    std::uint64_t number_;
    std::unique_ptr<connection_handler> handler_;
    connection_limits limits_;
    gone_callback gone_;

    message_watch watch_;
    message_buffer incoming_;
    outbox outbox_;
    flood_guard flood_;
    token_bucket control_frames_;

    signal wake_; ///< wakes the writer
    timer due_timer_;
    timer write_timer_;
    timer close_timer_;
    steady_time end_due_ = steady_time::max();
    asio::cancellation_signal stop_reading_;
    asio::cancellation_signal stop_writing_;

    beast::websocket::close_reason close_reason_;
    closed why_{no_close_frame, {}};
    int running_ = 0; ///< coroutines
    bool writing_ = false;
    bool closing_ = false;
    bool peer_closes_ = false;
    bool close_sent_ = false;
    bool over_ = false;
    std::string unheard_;                 ///< is to be heard by the next handler
    std::unique_ptr<destination> moving_; ///< where to, once the handler has asked for it
};

} // namespace rejoinder::websocket
