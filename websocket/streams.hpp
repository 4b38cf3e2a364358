#pragma once

// Private to transport.cpp: sees Beast. What the transport asks of a stream beyond reading and writing, for
// the two kinds of stream that there are.

#include "persistence/task.hpp"
#include "websocket/pipe_stream.hpp"

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/beast/core/bind_handler.hpp>
#include <boost/beast/core/role.hpp>
#include <boost/beast/core/stream_traits.hpp>
#include <boost/system/error_code.hpp>

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

/// Beast's way to hang up after the close frames. A closed pipe loses nothing, so there is nothing to wait
/// for.
template <class Handler>
void async_teardown(boost::beast::role_type, pipe_stream& stream, Handler&& handler) {
    stream.close();
    boost::asio::post(stream.get_executor(), boost::beast::bind_front_handler(std::forward<Handler>(handler),
                                                                              boost::system::error_code()));
}

} // namespace rejoinder::websocket
