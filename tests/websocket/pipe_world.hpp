#pragma once

#include "tests/support/catch.hpp"
#include "tests/support/manual_environment.hpp"
#include "tests/websocket/raw_peer.hpp"
#include "tests/websocket/witness.hpp"
#include "websocket/pipe.hpp"

#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

namespace rejoinder::tests {

/// A server without a network, in virtual time. Every connection has an observing handler, or the test's own.
class pipe_world {
public:
    explicit pipe_world(websocket::connection_limits limits = {},
                        const websocket::listener_limits& places = {})
        : limits_(limits) {
        auto route = [this](const websocket::request&) -> websocket::routing {
            return websocket::accept_upgrade{make_handler(), limits_, ""};
        };
        server = websocket::open_pipe_listener(env, places, route);
    }

    ~pipe_world() { env.run(server->close(websocket::close_code::going_away, "", milliseconds(0))); }

    /// A peer that has not said anything; its pipe holds `capacity` bytes each way.
    raw_peer<websocket::pipe_stream> dial(std::size_t capacity = 65536, std::string address = "127.0.0.1") {
        auto [near, far] = websocket::pipe_stream::make_pair(env.get_executor(), capacity);
        server->serve(std::move(far), std::move(address));
        return raw_peer<websocket::pipe_stream>(std::move(near));
    }

    /// A peer with the upgrade behind it.
    raw_peer<websocket::pipe_stream> upgrade(std::size_t capacity = 65536) {
        auto peer = dial(capacity);
        env.run(peer.write(upgrade_request()));
        if (env.run(peer.read_answer()) != 101) throw std::runtime_error("no upgrade: " + peer.answer);
        env.run_ready();
        return peer;
    }

    /// A client that is well-behaved.
    task<std::unique_ptr<websocket::client>> connect() {
        auto [near, far] = websocket::pipe_stream::make_pair(env.get_executor());
        server->serve(std::move(far));
        websocket::client_options options;
        options.url = "ws://pipe/echo";
        auto connected = co_await websocket::connect_pipe(env, std::move(near), options);
        if (!connected) throw std::runtime_error(connected.error().message());
        co_return std::move(*connected);
    }

    /// The connection is over when this time has passed, and not a millisecond before.
    void check_over_after(milliseconds time) {
        env.advance(time - milliseconds(1));
        CHECK_FALSE(notes->over);
        env.advance(milliseconds(1));
        REQUIRE(notes->over);
    }

    websocket::connection& connection() const {
        if (!notes->peer) throw std::runtime_error("there is no open connection");
        return *notes->peer;
    }

    manual_environment env;
    std::shared_ptr<witness> notes = std::make_shared<witness>();
    std::function<std::unique_ptr<websocket::connection_handler>()> make_handler = [this] {
        return std::make_unique<observing_handler>(notes);
    };
    std::unique_ptr<websocket::pipe_listener> server;

private:
    websocket::connection_limits limits_;
};

} // namespace rejoinder::tests
