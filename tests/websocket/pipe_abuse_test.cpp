#include "tests/support/catch.hpp"
#include "tests/websocket/pipe_world.hpp"

using namespace rejoinder;
using namespace rejoinder::websocket;
using rejoinder::tests::frame_bytes;
using rejoinder::tests::pipe_world;
using rejoinder::tests::upgrade_request;

namespace {

using texts = std::vector<std::string>;

} // namespace

TEST_CASE("a message above the limit is read past and reported, one above the hard limit closes with 1009") {
    connection_limits limits;
    limits.message = 1000;
    limits.message_hard = 100'000;
    pipe_world world(limits);
    auto peer = world.upgrade();
    world.env.run(peer.write(frame_bytes(0x81, std::string(1000, 'a'))));
    world.env.run(peer.write(frame_bytes(0x81, std::string(1001, 'b'))));
    world.env.run(peer.write(frame_bytes(0x81, std::string(100'000, 'c'))));
    world.env.run(
        peer.write(frame_bytes(0x01, std::string(600, 'd')) + frame_bytes(0x80, std::string(600, 'd'))));
    world.env.run(peer.write(frame_bytes(0x81, "fits")));
    world.env.run_ready();
    CHECK(world.notes->seen == texts{"open", "text " + std::string(1000, 'a'), "too big 1000", "too big 1000",
                                     "too big 1000", "text fits"});
    auto header_only = frame_bytes(0x81, std::string(100'001, 'e')).substr(0, 14);
    world.env.run(peer.write(header_only));
    CHECK(world.env.run(peer.read_close()) == 1009);
    peer.stream().close();
    world.env.run_ready();
    CHECK(world.notes->over->code == 1009);
}

TEST_CASE("a binary message where only text is understood closes with 1003") {
    pipe_world world;
    auto peer = world.upgrade();
    world.env.run(peer.write(frame_bytes(0x82, "bytes")));
    CHECK(world.env.run(peer.read_close()) == 1003);
    CHECK(world.notes->seen.front() == "open");
}

TEST_CASE("messages above the rate are thrown away with the time to wait") {
    connection_limits limits;
    limits.messages_per_second = 2;
    limits.message_burst = 3;
    pipe_world world(limits);
    auto peer = world.upgrade();
    for (std::string text : {"1", "2", "3", "4"})
        world.env.run(peer.write(frame_bytes(0x81, text)));
    world.env.run_ready();
    CHECK(world.notes->seen == texts{"open", "text 1", "text 2", "text 3", "flood 500"});
    world.env.advance(milliseconds(500));
    world.env.run(peer.write(frame_bytes(0x81, "5")));
    world.env.run_ready();
    CHECK(world.notes->seen.back() == "text 5");
}

TEST_CASE("a flood that lasts longer than three seconds closes with 1008") {
    connection_limits limits;
    limits.messages_per_second = 1;
    limits.message_burst = 1;
    pipe_world world(limits);
    auto peer = world.upgrade();
    for (int i = 0; i <= 32; ++i) {
        CHECK_FALSE(world.connection().closing());
        world.env.run(peer.write(frame_bytes(0x81, "again")));
        world.env.advance(milliseconds(100));
    }
    CHECK(world.connection().closing());
    CHECK(world.env.run(peer.read_close()) == 1008);
}

TEST_CASE("too many control frames close with 1008") {
    connection_limits limits;
    limits.control_frames_per_second = 5;
    pipe_world world(limits);
    auto peer = world.upgrade();
    for (int i = 0; i < 5; ++i)
        world.env.run(peer.write(frame_bytes(i % 2 ? 0x89 : 0x8a, "")));
    world.env.run_ready();
    CHECK_FALSE(world.connection().closing());
    world.env.run(peer.write(frame_bytes(0x89, "")));
    CHECK(world.env.run(peer.read_close()) == 1008);
}

TEST_CASE("a message has thirty seconds from its first bytes to its last") {
    pipe_world world;
    auto peer = world.upgrade();
    auto start = world.env.steady_now();
    SECTION("a first fragment, then nothing") {
        world.env.run(peer.write(frame_bytes(0x01, "begun")));
    }
    SECTION("empty fragments without end") {
        world.env.run(peer.write(frame_bytes(0x01, "")));
        for (int i = 0; i < 29; ++i) {
            world.env.advance(milliseconds(1000));
            world.env.run(peer.write(frame_bytes(0x00, "")));
        }
    }
    SECTION("empty fragments with pings in between") {
        world.env.run(peer.write(frame_bytes(0x01, "")));
        for (int i = 0; i < 29; ++i) {
            world.env.advance(milliseconds(1000));
            world.env.run(peer.write(frame_bytes(0x89, "") + frame_bytes(0x00, "") + frame_bytes(0x8a, "")));
        }
    }
    SECTION("a message that begins behind another one") {
        auto frame = frame_bytes(0x81, "hello");
        world.env.run(peer.write(frame + frame + frame.substr(0, 3)));
    }
    SECTION("a header that comes in drops") {
        auto bytes = frame_bytes(0x81, "hello");
        world.env.run(peer.write(bytes.substr(0, 1)));
        world.env.run_ready();
        world.env.run(peer.write(bytes.substr(1, 1)));
    }
    CHECK(world.env.run(peer.read_close()) == 1008);
    CHECK(world.env.steady_now() == start + milliseconds(30000));
}

TEST_CASE("messages that follow each other closely have thirty seconds each") {
    pipe_world world;
    auto peer = world.upgrade();
    auto frame = frame_bytes(0x81, "hello");
    world.env.run(peer.write(frame.substr(0, 3)));
    for (int i = 0; i < 3; ++i) {
        world.env.advance(milliseconds(29'999));
        world.env.run(peer.write(frame.substr(3) + frame.substr(0, 3)));
    }
    world.env.run_ready();
    CHECK(world.notes->seen == texts{"open", "text hello", "text hello", "text hello"});
}

TEST_CASE("a message has at most 256 fragments, empty ones included") {
    pipe_world world;
    auto peer = world.upgrade();
    std::string most = frame_bytes(0x01, "begun");
    for (int i = 0; i < 254; ++i)
        most += frame_bytes(0x00, "");
    world.env.run(peer.write(most + frame_bytes(0x80, " and done")));
    world.env.run_ready();
    CHECK(world.notes->seen == texts{"open", "text begun and done"});
    world.env.run(peer.write(most + frame_bytes(0x00, "")));
    CHECK_FALSE(world.connection().closing());
    world.env.run(peer.write(frame_bytes(0x80, "")));
    CHECK(world.env.run(peer.read_close()) == 1008);
    CHECK(world.notes->seen == texts{"open", "text begun and done"});
}

TEST_CASE("a message that is complete in time, and pings in any number of pieces, meet no deadline") {
    pipe_world world;
    auto peer = world.upgrade();
    world.env.run(peer.write(frame_bytes(0x01, "hel")));
    world.env.advance(milliseconds(29'999));
    world.env.run(peer.write(frame_bytes(0x80, "lo")));
    auto ping = frame_bytes(0x89, "beat");
    world.env.run(peer.write(ping.substr(0, 3)));
    world.env.advance(milliseconds(10));
    world.env.run(peer.write(ping.substr(3)));
    world.env.advance(milliseconds(60'000));
    CHECK(world.notes->seen == texts{"open", "text hello"});
}

TEST_CASE("a protocol error that meets a close frame on its way out does not leave the connection hanging") {
    connection_limits limits;
    limits.outbox_bytes = 1 << 20;
    pipe_world world(limits);
    auto peer = world.upgrade(100);
    // The close frame waits behind bytes that the peer has not read, when the error arrives.
    world.connection().send(std::string(92, 'x'));
    world.env.run_ready();
    world.connection().close(close_code::drained, std::string(100, 'r'));
    world.env.run_ready();
    world.env.run(peer.write(frame_bytes(0x83, "reserved opcode")));
    world.env.run_ready();
    CHECK(world.env.run(peer.read_close()) == 4001);
    world.env.advance(milliseconds(2000));
    CHECK(world.notes->over);
    CHECK(world.server->open_connections() == 0);
}

TEST_CASE("a handshake that is not complete within its deadline is dropped without an answer") {
    pipe_world world;
    auto peer = world.dial();
    auto request = upgrade_request();
    auto start = world.env.steady_now();
    for (std::size_t i = 0; i < 10; ++i) {
        world.env.run(peer.write(request.substr(i * 5, 5)));
        world.env.advance(milliseconds(499));
    }
    CHECK(world.env.run(peer.read_answer()) == 0);
    CHECK(world.env.steady_now() == start + milliseconds(5000));
    CHECK(world.server->open_connections() == 0);
}

TEST_CASE("one address holds no more sockets than its limit, whether they say something or not") {
    listener_limits places;
    places.connections_per_address = 2;
    pipe_world world({}, places);
    auto slow = world.dial(65536, "10.0.0.1");
    world.env.run(slow.write("GET /echo HTTP/1.1\r\n"));
    auto silent = world.dial(65536, "10.0.0.1");
    auto refused = world.dial(65536, "10.0.0.1");
    CHECK(world.env.run(refused.read_answer()) == 429);
    CHECK(world.server->open_connections() == 3);
    world.env.advance(milliseconds(5000));
    CHECK(world.server->open_connections() == 0);
}

TEST_CASE("those who are refused and stay on are bounded in number, and gone after five seconds") {
    listener_limits places;
    places.connections_per_address = 1;
    pipe_world world({}, places);
    auto first = world.dial(65536, "10.0.0.1");
    std::vector<decltype(world.dial())> crowd;
    for (int i = 0; i < 64; ++i) {
        crowd.push_back(world.dial(65536, "10.0.0.1"));
        CHECK(world.env.run(crowd.back().read_answer()) == 429);
    }
    auto one_too_many = world.dial(65536, "10.0.0.1");
    CHECK(world.env.run(one_too_many.read_answer()) == 0);
    world.env.advance(milliseconds(4999));
    CHECK(world.server->open_connections() == 65);
    world.env.advance(milliseconds(1));
    CHECK(world.server->open_connections() == 0);
}

TEST_CASE("connections are limited per address, loopback excepted, and in all") {
    listener_limits places;
    places.connections = 3;
    places.connections_per_address = 1;
    pipe_world world({}, places);
    auto ask = [&](auto& peer) {
        world.env.run(peer.write(upgrade_request()));
        return world.env.run(peer.read_answer());
    };
    auto one = world.dial(65536, "10.0.0.1");
    CHECK(ask(one) == 101);
    auto second_of_one = world.dial(65536, "10.0.0.1");
    CHECK(ask(second_of_one) == 429);
    CHECK(second_of_one.answer.find("Retry-After: ") != std::string::npos);
    second_of_one.stream().close();
    world.env.run_ready();
    auto local = world.dial();
    CHECK(ask(local) == 101);
    auto other_local = world.dial();
    CHECK(ask(other_local) == 101);
    auto one_too_many = world.dial();
    CHECK(ask(one_too_many) == 503);
    CHECK(one_too_many.answer.find("Retry-After: ") != std::string::npos);
    one_too_many.stream().close();
    one.stream().close();
    world.env.run_ready();
    auto again = world.dial(65536, "10.0.0.1");
    CHECK(ask(again) == 101);
}
