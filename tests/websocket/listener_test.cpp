#include "tests/support/catch.hpp"
#include "tests/websocket/loopback.hpp"
#include "websocket/error.hpp"

using namespace rejoinder;
using namespace rejoinder::websocket;
using rejoinder::tests::frame_bytes;
using rejoinder::tests::loopback;
using rejoinder::tests::upgrade_request;

namespace {

constexpr milliseconds patience{5000};

} // namespace

TEST_CASE("an echo sends text, binary and empty messages back in order") {
    loopback world;
    auto server = world.listen();
    world.converse(*server, [](loopback& w, listener& s) -> task<> {
        auto client = co_await w.connect(s.port());
        std::string large(3 << 20, 'x');
        client->send("one");
        client->send("");
        client->send_binary(std::string("\0\x01\xff", 3));
        client->send(large);
        auto first = co_await client->receive(patience);
        auto second = co_await client->receive(patience);
        auto third = co_await client->receive(patience);
        auto fourth = co_await client->receive(patience);
        CHECK(first == "one");
        CHECK(second == "");
        CHECK(third == std::string("\0\x01\xff", 3));
        CHECK((fourth == large));
        co_await client->close();
        REQUIRE(client->closed_with());
        CHECK(client->closed_with()->code == 1000);
    });
}

TEST_CASE("fragments with a ping between them are one message, and the ping is answered") {
    loopback world;
    auto server = world.listen();
    world.converse(*server, [](loopback& w, listener& s) -> task<> {
        auto peer = co_await w.upgrade(s.port());
        co_await peer.write(frame_bytes(0x01, "frag") + frame_bytes(0x89, "beat") + frame_bytes(0x00, "") +
                            frame_bytes(0x80, "ments"));
        auto pong = co_await peer.read_frame();
        auto message = co_await peer.read_frame();
        REQUIRE((pong && message));
        CHECK(pong->opcode == 10);
        CHECK(pong->payload == "beat");
        CHECK(message->opcode == 1);
        CHECK(message->payload == "fragments");
    });
}

TEST_CASE("a close frame is answered with its code and the connection ends") {
    loopback world;
    auto server = world.listen();
    world.converse(*server, [](loopback& w, listener& s) -> task<> {
        auto peer = co_await w.upgrade(s.port());
        co_await peer.write(frame_bytes(0x88, "\x0f\xa1gone"));
        auto code = co_await peer.read_close();
        auto after = co_await peer.read_close();
        CHECK(code == 4001);
        CHECK(after == 1006);
    });
}

TEST_CASE("the subprotocol that routing chose is in the answer and a client checks it") {
    loopback world;
    auto server = world.listen();
    world.converse(*server, [](loopback& w, listener& s) -> task<> {
        client_options options;
        options.url = "ws://localhost:" + std::to_string(s.port()) + "/echo?x=1";
        options.subprotocol = "rejoinder.v1";
        auto connected = co_await connect(w.env(), options);
        REQUIRE(connected);
        co_await (*connected)->close();
    });
}

TEST_CASE("a refusal by routing is plain HTTP, and the client tells its status") {
    loopback world;
    auto server = world.listen();
    world.converse(*server, [](loopback& w, listener& s) -> task<> {
        client_options options;
        options.url = "ws://127.0.0.1:" + std::to_string(s.port()) + "/elsewhere";
        unsigned status = 0;
        auto connected = co_await connect(w.env(), options, &status);
        CHECK(!connected);
        CHECK(connected.error() == errc::refused);
        CHECK(status == 404);
        auto peer = co_await w.dial(s.port());
        co_await peer.write("GET /page HTTP/1.1\r\nHost: a\r\n\r\n");
        auto plain = co_await peer.read_answer();
        CHECK(plain == 404);
        CHECK(peer.answer.find("Connection: close\r\n") != std::string::npos);
    });
}

TEST_CASE("connecting to a port where nobody listens is unreachable, to a silent one it times out") {
    loopback world;
    auto server = world.listen();
    auto port = server->port();
    world.run(server->close(close_code::going_away, "", milliseconds(0)));
    auto attempt = [](loopback& w, std::string url, errc expected) -> task<> {
        client_options options;
        options.url = url;
        options.deadline = milliseconds(50);
        auto connected = co_await connect(w.env(), options);
        CHECK(!connected);
        CHECK(connected.error() == expected);
    };
    world.run(attempt(world, "ws://127.0.0.1:" + std::to_string(port) + "/", errc::unreachable));
    world.run(attempt(world, "wss://127.0.0.1/", errc::bad_url));
    boost::asio::io_context silent;
    boost::asio::ip::tcp::acceptor backlog(silent, {boost::asio::ip::address_v4::loopback(), 0});
    auto silent_port = backlog.local_endpoint().port();
    world.run(attempt(world, "ws://127.0.0.1:" + std::to_string(silent_port) + "/", errc::timed_out));
}

TEST_CASE("closing a listener tells every connection the code and waits for their end") {
    loopback world;
    auto server = world.listen();
    auto close_all = [](loopback& w, listener& s) -> task<> {
        auto one = co_await w.connect(s.port());
        auto other = co_await w.connect(s.port());
        auto silent = co_await w.dial(s.port());
        co_await s.close(close_code::restart, "new version", milliseconds(1000));
        auto nothing = co_await one->receive(patience);
        auto nothing_either = co_await other->receive(patience);
        CHECK_FALSE(nothing);
        CHECK_FALSE(nothing_either);
        CHECK(one->closed_with()->code == 1012);
        CHECK(one->closed_with()->reason == "new version");
        CHECK(other->closed_with()->code == 1012);
        co_await one->close();
        co_await other->close();
    };
    world.run(close_all(world, *server));
    CHECK(server->open_connections() == 0);
}

TEST_CASE("a port that is in use is the system's own error") {
    loopback world;
    auto server = world.listen();
    listener_options options;
    options.port = server->port();
    auto second = open_listener(world.env(), options, [](const request&) { return http_response{}; });
    CHECK(!second);
    CHECK(second.error() == boost::system::errc::address_in_use);
    world.run(server->close(close_code::going_away, "", milliseconds(0)));
}
