#pragma once

// Private to transport.cpp: sees Beast. What the transport asks of a stream beyond reading and writing, for
// the two kinds of stream that there are.

#include "persistence/task.hpp"
#include "websocket/pipe_stream.hpp"

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/compose.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/stream_traits.hpp>
#include <boost/system/error_code.hpp>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <string>
#include <unistd.h>
#include <utility>

namespace rejoinder::websocket {

/// With a concrete executor: nothing on the way of a byte is type-erased.
using tcp_stream = boost::asio::basic_stream_socket<boost::asio::ip::tcp, executor>;

inline void shutdown_send(tcp_stream& stream) {
    boost::system::error_code ignored;
    stream.shutdown(boost::asio::socket_base::shutdown_send, ignored);
}

inline void shutdown_send(pipe_stream& stream) {
    stream.shutdown_send();
}

/// Beast's way to close a stream of ours.
inline void beast_close_socket(pipe_stream& stream) {
    stream.close();
}

/// A socket on its way from one loop to another: no loop waits for it. Closed where nobody takes it up.
class loose_socket {
public:
    explicit loose_socket(tcp_stream from) {
        boost::system::error_code problem;
        protocol_ = from.local_endpoint(problem).protocol();
        if (problem) return;
        auto handle = from.release(problem);
        if (!problem) handle_ = handle;
    }
    loose_socket(loose_socket&& other) noexcept
        : protocol_(other.protocol_), handle_(std::exchange(other.handle_, none)) {}
    loose_socket& operator=(loose_socket&&) = delete;
    ~loose_socket() {
        if (handle_ != none) ::close(handle_);
    }

    /// On the thread of the loop that has it from now on. Throws where that can't have it.
    tcp_stream take_up(executor loop) && {
        tcp_stream taken(loop);
        taken.assign(protocol_, handle_);
        handle_ = none;
        return taken;
    }

private:
    static constexpr int none = -1;

    boost::asio::ip::tcp protocol_ = boost::asio::ip::tcp::v4();
    int handle_ = none;
};

/// An end of a pipe goes from one listener to another of the same loop, in tests.
class loose_pipe {
public:
    explicit loose_pipe(pipe_stream from) : end_(std::move(from)) {}
    pipe_stream take_up(const executor&) && { return std::move(end_); }

private:
    pipe_stream end_;
};

inline loose_socket let_go(tcp_stream& stream) {
    return loose_socket(std::move(stream));
}

inline loose_pipe let_go(pipe_stream& stream) {
    return loose_pipe(std::move(stream));
}

namespace detail {

/// One read after the other, as Asio composes operations.
template <class Stream>
struct drain {
    Stream* stream;
    std::size_t left;
    std::unique_ptr<std::string> scratch = std::make_unique<std::string>(16384, '\0');

    template <class Self>
    void operator()(Self& self, boost::system::error_code error = {}, std::size_t count = 0) {
        left -= std::min(left, count);
        if (error || left == 0) return self.complete(boost::system::error_code());
        auto space = boost::asio::buffer(*scratch);
        stream->async_read_some(space, std::move(self));
    }
};

} // namespace detail

/// Reads and throws away until the peer hangs up or has sent `most` bytes, at least one; never fails. Without
/// it a socket with unread bytes is reset when it is closed, and what was written last may be lost.
template <class Stream, class Token>
auto async_drain(Stream& stream, std::size_t most, Token&& token) {
    return boost::asio::async_compose<Token, void(boost::system::error_code)>(
        detail::drain<Stream>{&stream, most}, token, stream);
}

} // namespace rejoinder::websocket
