#pragma once

#include "persistence/task.hpp"

#include <boost/asio/async_result.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/system/error_code.hpp>

#include <cstddef>
#include <memory>
#include <string>
#include <utility>

namespace rejoinder::websocket {

namespace detail {

/// What an operation on a pipe ends with.
struct pipe_result {
    boost::system::error_code error;
    std::size_t count = 0;
};

/// Whoever waits for the end of an operation, of any type: Beast's operations wait here as well as
/// coroutines.
class pipe_waiter {
    struct base {
        virtual ~base() = default;
        virtual void complete(pipe_result result) = 0;
    };
    template <class Handler>
    struct holder final : base {
        explicit holder(Handler h) : handler(std::move(h)) {}
        void complete(pipe_result result) override { std::move(handler)(result.error, result.count); }
        Handler handler;
    };

public:
    pipe_waiter() = default;
    template <class Handler>
    explicit pipe_waiter(Handler handler) : held_(std::make_unique<holder<Handler>>(std::move(handler))) {}

    explicit operator bool() const noexcept { return held_ != nullptr; }

    /// Ends the wait, through the event loop.
    void post(executor ex, pipe_result result) {
        boost::asio::post(ex, [held = std::move(held_), result] { held->complete(result); });
    }

private:
    std::unique_ptr<base> held_;
};

/// One direction of a pipe: a bounded buffer, one reader and one writer, each of which may wait.
class pipe_channel {
public:
    pipe_channel(executor ex, std::size_t capacity) : executor_(ex), capacity_(capacity) {}

    void read(boost::asio::mutable_buffer into, pipe_waiter done);
    void write(boost::asio::const_buffer from, pipe_waiter done);

    /// Nothing more is written; what is buffered can still be read, then comes the end of the file.
    void end_writing();
    /// Nothing more is read; a writer finds the pipe broken.
    void end_reading();
    /// What is buffered is lost, and both sides fail with `error`.
    void fail(boost::system::error_code error);

private:
    void move_bytes();
    void finish(pipe_waiter& waiting, boost::system::error_code error, std::size_t count = 0);

    executor executor_;
    std::size_t capacity_;
    std::string buffered_;
    bool written_to_the_end_ = false;
    bool unread_ = false;
    boost::system::error_code failed_;
    boost::asio::mutable_buffer into_;
    pipe_waiter reader_;
    boost::asio::const_buffer from_;
    pipe_waiter writer_;
};

} // namespace detail

/// One end of a connection in memory, in place of a TCP socket: what one end writes, the other reads, in
/// order and through a bounded buffer, so that a peer that does not read makes the writer wait. Everything
/// happens on one thread and completes through its event loop, so with a virtual clock a conversation is
/// exactly repeatable. An AsyncReadStream and AsyncWriteStream in Asio's sense; at most one read and one
/// write at a time. Movable; an end that is destroyed is closed.
class pipe_stream {
public:
    using executor_type = executor;

    /// A closed end.
    explicit pipe_stream(executor ex) noexcept : executor_(ex) {}
    pipe_stream(pipe_stream&&) noexcept = default;
    pipe_stream& operator=(pipe_stream&& other) noexcept;
    ~pipe_stream() { close(); }

    /// Two connected ends, with room for `capacity` bytes in each direction.
    static std::pair<pipe_stream, pipe_stream> make_pair(executor ex, std::size_t capacity = 65536);

    executor_type get_executor() const noexcept { return executor_; }
    bool is_open() const noexcept { return in_ != nullptr; }

    /// As a socket's close: what this end waits for is aborted, the other end reads what was written and then
    /// the end.
    void close() noexcept;

    /// The other end reads what was written and then the end; this end can still read.
    void shutdown_send() noexcept;

    /// Cuts the connection as a lost network would, for both ends: what was under way is lost.
    void cut() noexcept;

    template <class Buffers, class Token>
    auto async_read_some(const Buffers& buffers, Token&& token) {
        auto start = [this](auto handler, boost::asio::mutable_buffer into) {
            begin(in_, into, std::move(handler), &detail::pipe_channel::read);
        };
        return boost::asio::async_initiate<Token, void(boost::system::error_code, std::size_t)>(
            start, token, first_of<boost::asio::mutable_buffer>(buffers));
    }

    template <class Buffers, class Token>
    auto async_write_some(const Buffers& buffers, Token&& token) {
        auto start = [this](auto handler, boost::asio::const_buffer from) {
            begin(out_, from, std::move(handler), &detail::pipe_channel::write);
        };
        return boost::asio::async_initiate<Token, void(boost::system::error_code, std::size_t)>(
            start, token, first_of<boost::asio::const_buffer>(buffers));
    }

private:
    using channel = std::shared_ptr<detail::pipe_channel>;

    /// A pipe moves one buffer at a time; which bytes belong together is not its business.
    template <class Buffer, class Buffers>
    static Buffer first_of(const Buffers& buffers) {
        auto end = boost::asio::buffer_sequence_end(buffers);
        for (auto at = boost::asio::buffer_sequence_begin(buffers); at != end; ++at) {
            Buffer buffer(*at);
            if (buffer.size() > 0) return buffer;
        }
        return Buffer();
    }

    template <class Buffer, class Handler, class Operation>
    void begin(const channel& through, Buffer buffer, Handler handler, Operation operation) {
        detail::pipe_waiter done(std::move(handler));
        if (through)
            (through.get()->*operation)(buffer, std::move(done));
        else
            done.post(executor_, {boost::asio::error::bad_descriptor, 0});
    }

    executor executor_;
    channel in_;
    channel out_;
};

} // namespace rejoinder::websocket
