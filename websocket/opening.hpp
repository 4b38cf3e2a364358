#pragma once

// Private to transport.cpp: sees Beast.

#include "websocket/basic_connection.hpp"
#include "websocket/listener.hpp"

#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

namespace rejoinder::websocket {

namespace http = beast::http;

/// What comes before the WebSocket on one stream: a request with a deadline, and its answer, or the upgrade.
/// Shared by the task that runs it and by whoever may have to break it off.
template <class Stream>
class opening {
public:
    using message = http::request<http::empty_body>;

    opening(environment& env, Stream stream, const listener_limits& limits)
        : environment_(env),
          stream_(std::move(stream)),
          limits_(limits),
          buffer_(limits.header_bytes),
          deadline_(env) {}

    /// Reads the head of the request until the deadline. The error of a peer that was too slow or has hung
    /// up shows in `over` as well.
    task<beast::error_code> read_head() {
        hang_up_after(limits_.handshake_deadline);
        parser_.header_limit(static_cast<std::uint32_t>(limits_.header_bytes));
        auto [error, count] = co_await http::async_read_header(stream_, buffer_, parser_, use_result);
        over_ = !stream_.is_open() || error == http::error::end_of_stream ||
                error == http::error::partial_message;
        co_return error;
    }

    bool over() const noexcept { return over_; }
    const message& head() const { return parser_.get(); }
    std::size_t bytes_behind() const noexcept { return buffer_.size(); }

    /// Answers and hangs up.
    task<> respond(http_response answer) {
        hang_up_after(answer_deadline);
        http::response<http::string_body> response(static_cast<http::status>(answer.status),
                                                   parser_.get().version());
        response.set(http::field::server, "rejoinder");
        response.set(http::field::content_type, answer.content_type);
        for (const auto& [name, value] : answer.headers)
            response.insert(name, value);
        response.keep_alive(false);
        response.set(http::field::connection, "close");
        response.body() = std::move(answer.body);
        response.prepare_payload();
        auto [error, count] = co_await http::async_write(stream_, response, use_result);
        if (!error) {
            shutdown_send(stream_);
            co_await async_drain(stream_, lingering_request_bytes, use_result);
        }
        hang_up();
    }

    /// Upgrades as the request asked; nothing when that failed.
    task<std::shared_ptr<basic_connection<Stream>>> upgrade(connection_limits limits,
                                                            std::string subprotocol) {
        hang_up_after(answer_deadline);
        peer_ = std::make_shared<basic_connection<Stream>>(environment_, std::move(stream_), side::server,
                                                           limits);
        auto& socket = peer_->socket();
        auto decorate = [&subprotocol](beast::websocket::response_type& response) {
            response.set(http::field::server, "rejoinder");
            if (!subprotocol.empty()) response.set(http::field::sec_websocket_protocol, subprotocol);
        };
        socket.set_option(beast::websocket::stream_base::decorator(decorate));
        auto [error] = co_await socket.async_accept(parser_.get(), use_result);
        // The decorator refers to the subprotocol, which ends with this handshake.
        auto plain = [](beast::websocket::response_type&) {};
        socket.set_option(beast::websocket::stream_base::decorator(plain));
        deadline_.disarm();
        auto upgraded = std::exchange(peer_, nullptr);
        if (error) upgraded = nullptr;
        co_return upgraded;
    }

    /// Closes the stream, so that whatever waits for it ends.
    void hang_up() {
        if (peer_)
            beast::close_socket(beast::get_lowest_layer(peer_->socket()));
        else
            beast::close_socket(stream_);
    }

private:
    static constexpr std::size_t lingering_request_bytes = 65536;
    static constexpr milliseconds answer_deadline{5000};

    void hang_up_after(milliseconds time) {
        deadline_.arm_after(time, [this] { hang_up(); });
    }

    environment& environment_;
    Stream stream_;
    std::shared_ptr<basic_connection<Stream>> peer_; ///< while it is upgraded
    listener_limits limits_;
    beast::flat_buffer buffer_;
    http::request_parser<http::empty_body> parser_;
    bool over_ = false;
    timer deadline_;
};

} // namespace rejoinder::websocket
