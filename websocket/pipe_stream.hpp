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

/// One direction of a pipe: a bounded buffer, one reader and one writer, each of which may wait.
class pipe_channel {
public:
    explicit pipe_channel(std::size_t capacity) : capacity_(capacity) {}

    void read(boost::asio::mutable_buffer into, completion<pipe_result> done);
    void write(boost::asio::const_buffer from, completion<pipe_result> done);

    /// Nothing more is written; what is buffered can still be read, then comes the end of the file.
    void end_writing();
    /// Nothing more is read; a writer finds the pipe broken.
    void end_reading();
    /// What is buffered is lost, and both sides fail with `error`.
    void fail(boost::system::error_code error);

private:
    void move_bytes();

    std::size_t capacity_;
    std::string buffered_;
    bool written_to_the_end_ = false;
    bool unread_ = false;
    boost::system::error_code failed_;
    boost::asio::mutable_buffer into_;
    completion<pipe_result> reader_;
    boost::asio::const_buffer from_;
    completion<pipe_result> writer_;
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
        auto finish = [handler = std::move(handler)](detail::pipe_result result) mutable {
            std::move(handler)(result.error, result.count);
        };
        completion<detail::pipe_result> done(std::move(finish), executor_);
        if (through)
            (through.get()->*operation)(buffer, std::move(done));
        else
            done.post({boost::asio::error::bad_descriptor, 0});
    }

    executor executor_;
    channel in_;
    channel out_;
};

} // namespace rejoinder::websocket
