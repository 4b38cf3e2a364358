#include "tests/support/catch.hpp"
#include "tests/websocket/pipe_world.hpp"

using namespace rejoinder;
using namespace rejoinder::websocket;
using rejoinder::tests::frame_bytes;
using rejoinder::tests::pipe_world;
using rejoinder::tests::raw_peer;
using rejoinder::tests::witness;

namespace {

using texts = std::vector<std::string>;

const std::string kilobyte(1000, 'k');

} // namespace

TEST_CASE("a peer that reads too slowly is told 4008 once it reads again") {
    connection_limits limits;
    limits.outbox_bytes = 10'000;
    pipe_world world(limits);
    auto peer = world.upgrade(2000);
    for (int i = 0; i < 20; ++i)
        world.notes->peer->send(kilobyte);
    CHECK(world.connection().closing());
    world.env.advance(milliseconds(1000));
    CHECK_FALSE(world.notes->over);
    CHECK(world.env.run(peer.read_close()) == 4008);
    world.env.advance(milliseconds(2000));
    CHECK(world.notes->over->code == 4008);
}

TEST_CASE("a connection that is given up drops what waits at once, and its peer reads why or is dropped") {
    pipe_world world;
    auto peer = world.upgrade(2000);
    for (int i = 0; i < 100; ++i)
        world.connection().send(kilobyte);
    world.env.run_ready();
    CHECK(world.connection().queued_bytes() > 90'000);
    world.connection().give_up(close_code::slow_consumer, "memory is short");
    CHECK(world.connection().closing());
    CHECK(world.connection().queued_bytes() < 20'000); // what is being written, up to 16 KiB at once
    SECTION("it reads") {
        CHECK(world.env.run(peer.read_close()) == 4008);
    }
    SECTION("it does not") {
        world.check_over_after(milliseconds(2000));
    }
}

TEST_CASE("of all guests the one that reads slowest is given up, then the next") {
    pipe_world world;
    std::vector<std::shared_ptr<witness>> guests;
    std::vector<raw_peer<pipe_stream>> peers;
    for (int messages : {20, 40, 0, 30}) {
        world.notes = std::make_shared<witness>();
        guests.push_back(world.notes);
        peers.push_back(world.upgrade(2000));
        for (int i = 0; i < messages; ++i)
            world.connection().send(kilobyte);
    }
    world.env.run_ready();
    auto waiting = world.server->waiting();
    CHECK(waiting.most == guests[1]->peer->queued_bytes());
    CHECK(waiting.bytes > 2 * waiting.most);
    CHECK(waiting.bytes < 3 * waiting.most);

    for (std::size_t next : {1U, 3U, 0U}) {
        for (const auto& one : guests)
            REQUIRE((!one->peer || one != guests[next] || !one->peer->closing()));
        world.server->give_up_slowest("memory is short");
        CHECK(guests[next]->peer->closing());
    }
    world.server->give_up_slowest("memory is short");
    CHECK_FALSE(guests[2]->peer->closing());
    CHECK(world.server->waiting().most == 0);
    CHECK(world.env.run(peers[1].read_close()) == 4008);
}

TEST_CASE("the number of waiting messages is bounded like their size") {
    connection_limits limits;
    limits.outbox_frames = 5;
    pipe_world world(limits);
    auto peer = world.upgrade();
    for (int i = 0; i < 5; ++i)
        world.connection().send("small");
    CHECK_FALSE(world.connection().closing());
    world.connection().send("small");
    CHECK(world.env.run(peer.read_close()) == 4008);
}

TEST_CASE("a peer that never reads is dropped two seconds after its outbox overflowed") {
    connection_limits limits;
    limits.outbox_bytes = 10'000;
    pipe_world world(limits);
    auto peer = world.upgrade(2000);
    while (!world.connection().closing()) {
        world.connection().send(kilobyte);
        world.env.run_ready();
    }
    world.check_over_after(milliseconds(2000));
    CHECK(world.notes->over->code == 1006);
    CHECK(world.notes->over->reason == "the peer reads too slowly");
}

TEST_CASE(
    "a message that cannot be written within the write deadline drops the connection without a close frame") {
    pipe_world world;
    auto peer = world.upgrade(2000);
    world.connection().send(std::string(50'000, 'x'));
    world.check_over_after(milliseconds(10'000));
    CHECK(world.notes->over->code == 1006);
    CHECK(world.env.run(peer.read_close()) == 1006);
}

TEST_CASE("a peer that reads only just in time does not put off the end beyond the close deadline") {
    pipe_world world;
    auto peer = world.upgrade(2000);
    for (int i = 0; i < 20; ++i)
        world.connection().send(std::string(20'000, 'x'));
    world.connection().close(close_code::drained, "");
    for (int i = 0; i < 9; ++i) {
        world.env.advance(milliseconds(1000));
        CHECK(world.env.run(peer.read_frame()));
    }
    world.check_over_after(milliseconds(1000));
    CHECK(world.notes->over->code == 1006);
    CHECK(world.server->open_connections() == 0);
}

TEST_CASE("a delayed message does not put off the end beyond the close deadline") {
    pipe_world world;
    auto peer = world.upgrade();
    world.connection().send_at(world.env.steady_now() + milliseconds(60'000), "in a minute");
    world.connection().close(close_code::drained, "");
    world.check_over_after(milliseconds(10'000));
}

TEST_CASE("a peer whose connection failed is heard out for two seconds at most") {
    pipe_world world;
    auto peer = world.upgrade();
    world.env.run(peer.write(frame_bytes(0x83, "what")));
    CHECK(world.env.run(peer.read_close()) == 1002);
    auto failed = world.env.steady_now();
    SECTION("one that says nothing more") {}
    SECTION("one that goes on in drops") {
        for (int i = 0; i < 19; ++i) {
            CHECK(world.env.run(peer.write("drop")));
            world.env.advance(milliseconds(100));
        }
    }
    world.check_over_after(failed + milliseconds(2000) - world.env.steady_now());
    CHECK(world.notes->over->code == 1002);
}

TEST_CASE("messages that wait to be written do not cut off a peer that erred before it has read why") {
    pipe_world world;
    auto peer = world.upgrade(2000);
    for (int i = 0; i < 3; ++i)
        world.connection().send(std::string(20'000, 'x'));
    world.env.run(peer.write(frame_bytes(0x83, "what")));
    CHECK(world.env.run(peer.read_close()) == 1002);
    CHECK(world.env.run(peer.write(kilobyte)));
    world.check_over_after(milliseconds(2000));
    CHECK(world.notes->over->code == 1002);
}

TEST_CASE("a peer whose connection failed is heard out for eight megabytes at most") {
    pipe_world world;
    auto peer = world.upgrade();
    world.env.run(peer.write(frame_bytes(0x83, "what")));
    const std::string megabyte(1 << 20, 'x');
    int written = 0;
    while (world.env.run(peer.write(megabyte)))
        ++written;
    CHECK(written == 8);
    CHECK(world.notes->over);
}

TEST_CASE("a pong that cannot be written meets the write deadline too") {
    connection_limits limits;
    limits.control_frames_per_second = 1000;
    pipe_world world(limits);
    auto peer = world.upgrade(200);
    for (int i = 0; i < 3; ++i)
        world.env.run(peer.write(frame_bytes(0x89, std::string(100, 'p'))));
    world.check_over_after(milliseconds(10'000));
}

TEST_CASE("the handler hears when the outbox has drained to half of its bound") {
    connection_limits limits;
    limits.outbox_bytes = 10'000;
    pipe_world world(limits);
    auto peer = world.upgrade(100);
    for (int i = 0; i < 6; ++i)
        world.connection().send(kilobyte);
    world.env.run_ready();
    CHECK(world.notes->seen == texts{"open"});
    for (int i = 0; i < 6; ++i)
        CHECK(world.env.run(peer.read_frame()));
    CHECK(world.notes->seen == texts{"open", "drained"});
}
