#pragma once

// Private to transport.cpp: sees Beast.

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <boost/beast/websocket/teardown.hpp>

#include <utility>

namespace rejoinder::websocket {

/// Hears when Beast turns to the stream below it. Beast answers pings, protocol errors and close frames on
/// its own and without bounds in time; from these calls the connection knows when to start one of its
/// deadlines.
class stream_observer {
public:
    virtual void on_read_started() = 0;
    virtual void on_write_started() = 0;
    virtual void on_teardown_started() = 0;

protected:
    ~stream_observer() = default;
};

/// The stream that Beast reads and writes: passes everything on and tells the observer that it does.
template <class Stream>
class observed_stream {
public:
    using next_layer_type = Stream;
    using executor_type = typename Stream::executor_type;

    observed_stream(Stream stream, stream_observer& observer)
        : stream_(std::move(stream)), observer_(&observer) {}

    executor_type get_executor() noexcept { return stream_.get_executor(); }
    Stream& next_layer() noexcept { return stream_; }
    const Stream& next_layer() const noexcept { return stream_; }
    stream_observer& observer() noexcept { return *observer_; }

    template <class Buffers, class Token>
    auto async_read_some(const Buffers& buffers, Token&& token) {
        observer_->on_read_started();
        return stream_.async_read_some(buffers, std::forward<Token>(token));
    }

    template <class Buffers, class Token>
    auto async_write_some(const Buffers& buffers, Token&& token) {
        observer_->on_write_started();
        return stream_.async_write_some(buffers, std::forward<Token>(token));
    }

private:
    Stream stream_;
    stream_observer* observer_;
};

/// Found by Beast when both close frames were exchanged, or a protocol error ends the connection.
template <class Stream, class Handler>
void async_teardown(boost::beast::role_type role, observed_stream<Stream>& stream, Handler&& handler) {
    stream.observer().on_teardown_started();
    using boost::beast::websocket::async_teardown;
    async_teardown(role, stream.next_layer(), std::forward<Handler>(handler));
}

} // namespace rejoinder::websocket
