#include "websocket/url.hpp"

#include "tests/support/catch.hpp"
#include "websocket/error.hpp"

using namespace rejoinder::websocket;

TEST_CASE("a WebSocket URL has a host, a port and a target") {
    auto full = parse_url("ws://robot.local:8080/v1/listen?x=1");
    REQUIRE(full.has_value());
    CHECK(full->host == "robot.local");
    CHECK(full->port == 8080);
    CHECK(full->target == "/v1/listen?x=1");
    CHECK(full->authority() == "robot.local:8080");

    auto bare = parse_url("ws://127.0.0.1");
    REQUIRE(bare.has_value());
    CHECK(bare->port == 80);
    CHECK(bare->target == "/");
    CHECK(bare->authority() == "127.0.0.1");

    auto six = parse_url("ws://[::1]:9000?q");
    REQUIRE(six.has_value());
    CHECK(six->host == "::1");
    CHECK(six->port == 9000);
    CHECK(six->target == "/?q");
    CHECK(six->authority() == "[::1]:9000");
}

TEST_CASE("what is no WebSocket URL is refused") {
    for (std::string text : {"", "ws://", "ws:///path", "wss://a", "http://a", "a:80", "ws://a:", "ws://a:0",
                             "ws://a:65536", "ws://a:8x", "ws://[::1", "ws://[::1]x", "ws://a b",
                             "ws://a/\r\nX: 1", "ws://user@a", "ws://a/#x"}) {
        INFO(text);
        auto parsed = parse_url(text);
        CHECK_FALSE(parsed.has_value());
        if (parsed.has_error()) CHECK(parsed.error() == errc::bad_url);
    }
}
