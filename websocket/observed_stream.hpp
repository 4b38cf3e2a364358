#pragma once

// Private to transport.cpp: sees Beast.

#include "websocket/streams.hpp"

#include <boost/asio/associator.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/bind_handler.hpp>
#include <boost/beast/websocket/stream.hpp>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace rejoinder::websocket {

/// Hears when Beast turns to the stream below it, and what comes from there. Beast answers pings, protocol
/// errors and close frames on its own and without bounds in time; from these calls the connection knows when
/// to start one of its deadlines.
class stream_observer {
public:
    virtual void on_read_started() = 0;
    /// Bytes as they came, before Beast looks at them.
    virtual void on_read(std::string_view bytes) = 0;
    virtual void on_write_started() = 0;
    /// Says how many more bytes of the peer are worth reading for its sake.
    virtual std::size_t on_teardown_started(boost::beast::role_type role) = 0;

protected:
    ~stream_observer() = default;
};

/// Tells the observer what was read before the reader goes on.
template <class Buffers, class Handler>
struct observed_read {
    stream_observer* observer;
    Buffers buffers;
    Handler handler;

    void operator()(boost::system::error_code error, std::size_t count) {
        auto left = count;
        auto end = boost::asio::buffer_sequence_end(buffers);
        for (auto at = boost::asio::buffer_sequence_begin(buffers); at != end && left > 0; ++at) {
            boost::asio::const_buffer filled(*at);
            auto size = std::min(left, filled.size());
            observer->on_read({static_cast<const char*>(filled.data()), size});
            left -= size;
        }
        std::move(handler)(error, count);
    }
};

/// The stream that Beast reads and writes. It tells the observer about both, and lets frames of ours leave in
/// front of Beast's next one: several messages cost one system call and one write of Beast's. Whatever Beast
/// gives it to write it writes to the end, so what Beast has written is always whole frames, but inside a
/// message that is too long for one write.
template <class Stream>
class observed_stream {
public:
    using next_layer_type = Stream;
    using executor_type = typename Stream::executor_type;

    explicit observed_stream(Stream stream) : stream_(std::move(stream)) {}

    /// Whoever hears of what happens from now on; before anything does.
    void report_to(stream_observer& observer) noexcept { observer_ = &observer; }

    /// Goes on with another stream, on another loop. Nothing is under way.
    void exchange(Stream stream) { stream_ = std::move(stream); }

    executor_type get_executor() noexcept { return stream_.get_executor(); }
    Stream& next_layer() noexcept { return stream_; }
    const Stream& next_layer() const noexcept { return stream_; }

    /// Whole frames that leave with the next write, in front of it; while nothing of ours is being written.
    std::string& in_front() noexcept { return in_front_; }

    template <class Buffers, class Handler>
    void async_read_some(const Buffers& buffers, Handler&& handler) {
        observer_->on_read_started();
        stream_.async_read_some(buffers, observed_read<Buffers, std::decay_t<Handler>>{
                                             observer_, buffers, std::forward<Handler>(handler)});
    }

    template <class Buffers, class Handler>
    void async_write_some(const Buffers& buffers, Handler&& handler) {
        observer_->on_write_started();
        if (in_front_.empty())
            return boost::asio::async_write(stream_, buffers, std::forward<Handler>(handler));
        auto count = boost::asio::buffer_size(buffers);
        auto before = in_front_.size();
        in_front_.resize(before + count);
        boost::asio::buffer_copy(boost::asio::buffer(in_front_) + before, buffers);
        auto sent = [count, handler = std::forward<Handler>(handler)](auto error) mutable {
            std::move(handler)(error, error ? 0 : count);
        };
        send_all(std::move(sent));
    }

    /// Beast hangs up: behind its close frame nothing leaves any more. The stream is left open; whoever owns
    /// it closes it.
    template <class Handler>
    void async_hang_up(boost::beast::role_type role, Handler&& handler) {
        in_front_.clear();
        auto most = observer_->on_teardown_started(role);
        if (role == boost::beast::role_type::server) shutdown_send(stream_);
        if (most > 0) return async_drain(stream_, most, std::forward<Handler>(handler));
        boost::system::error_code success;
        boost::asio::post(stream_.get_executor(),
                          boost::beast::bind_front_handler(std::forward<Handler>(handler), success));
    }

private:
    template <class Done>
    void send_all(Done done) {
        auto bytes = std::make_unique<std::string>(std::exchange(in_front_, {}));
        auto buffer = boost::asio::buffer(*bytes);
        auto finish = [bytes = std::move(bytes), done = std::move(done)](
                          boost::system::error_code error, std::size_t) mutable { done(error); };
        boost::asio::async_write(stream_, buffer, std::move(finish));
    }

    Stream stream_;
    stream_observer* observer_ = nullptr;
    std::string in_front_;
};

/// Found by Beast when both close frames were exchanged, or a protocol error ends the connection.
template <class Stream, class Handler>
void async_teardown(boost::beast::role_type role, observed_stream<Stream>& stream, Handler&& handler) {
    stream.async_hang_up(role, std::forward<Handler>(handler));
}

} // namespace rejoinder::websocket

/// An observed read runs where its reader runs, and is cancelled as its reader is.
template <template <class, class> class Associator, class Buffers, class Handler, class Default>
struct boost::asio::associator<Associator, rejoinder::websocket::observed_read<Buffers, Handler>, Default>
    : Associator<Handler, Default> {
    using observed = rejoinder::websocket::observed_read<Buffers, Handler>;

    static auto get(const observed& read) noexcept { return Associator<Handler, Default>::get(read.handler); }
    static auto get(const observed& read, const Default& fallback) noexcept {
        return Associator<Handler, Default>::get(read.handler, fallback);
    }
};
