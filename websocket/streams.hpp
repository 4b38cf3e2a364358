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
