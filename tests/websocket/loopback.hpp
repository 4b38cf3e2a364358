#pragma once

#include "tests/support/catch.hpp"
#include "tests/support/real_environment.hpp"
#include "tests/websocket/raw_peer.hpp"
#include "websocket/client.hpp"
#include "websocket/echo.hpp"
#include "websocket/listener.hpp"

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>

#include <memory>
#include <stdexcept>
#include <string>

namespace rejoinder::tests {

using tcp_socket = boost::asio::basic_stream_socket<boost::asio::ip::tcp, executor>;

/// Real sockets on the loopback interface, real time, one thread.
class loopback : public real_environment {
public:
    /// An echo at /echo, `subprotocol` chosen when offered; anything else is 404.
    std::unique_ptr<websocket::listener>
    listen(websocket::listener_options options = {},
           websocket::connection_limits limits = websocket::echo_limits()) {
        auto route = [limits](const websocket::request& asked) -> websocket::routing {
            if (asked.path != "/echo") return websocket::http_response{404, "nothing here\n"};
            websocket::accept_upgrade accepted{websocket::make_echo(), limits, ""};
            if (!asked.subprotocols.empty()) accepted.subprotocol = asked.subprotocols.front();
            return accepted;
        };
        auto opened = websocket::open_listener(env(), std::move(options), route);
        if (!opened) throw std::runtime_error(opened.error().message());
        return std::move(*opened);
    }

    /// Runs one conversation with a listener, then closes it.
    template <class Conversation>
    void converse(websocket::listener& server, Conversation conversation) {
        run(conversation(*this, server));
        run(server.close(websocket::close_code::going_away, "", milliseconds(0)));
        CHECK(server.open_connections() == 0);
    }

    /// A connected socket that has not said anything.
    task<raw_peer<tcp_socket>> dial(std::uint16_t port) {
        tcp_socket socket(env().get_executor());
        boost::asio::ip::tcp::endpoint endpoint(boost::asio::ip::address_v4::loopback(), port);
        co_await socket.async_connect(endpoint, use_task);
        raw_peer<tcp_socket> peer(std::move(socket));
        co_return peer;
    }

    /// A socket with the upgrade behind it.
    task<raw_peer<tcp_socket>> upgrade(std::uint16_t port) {
        auto peer = co_await dial(port);
        co_await peer.write(upgrade_request());
        auto status = co_await peer.read_answer();
        if (status != 101) throw std::runtime_error("no upgrade: " + peer.answer);
        co_return peer;
    }

    /// A well-behaved client.
    task<std::unique_ptr<websocket::client>> connect(std::uint16_t port) {
        websocket::client_options options;
        options.url = "ws://127.0.0.1:" + std::to_string(port) + "/echo";
        options.limits = websocket::echo_limits();
        auto connected = co_await websocket::connect(env(), options);
        if (!connected) throw std::runtime_error(connected.error().message());
        co_return std::move(*connected);
    }
};

} // namespace rejoinder::tests
