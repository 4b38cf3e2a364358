#include "tests/support/catch.hpp"
#include "tests/websocket/pipe_world.hpp"
#include "websocket/error.hpp"

#include <stdexcept>

using namespace rejoinder;
using namespace rejoinder::websocket;
using rejoinder::tests::frame_bytes;
using rejoinder::tests::observing_handler;
using rejoinder::tests::pipe_world;

namespace {

using texts = std::vector<std::string>;

std::string close_frame(int code) {
    return frame_bytes(0x88, std::string{static_cast<char>(code >> 8), static_cast<char>(code & 0xff)});
}

} // namespace

TEST_CASE("messages leave in the order in which they were sent") {
    pipe_world world;
    auto peer = world.upgrade();
    world.connection().send("one");
    world.connection().send_binary("two");
    world.connection().send("three");
    for (std::string expected : {"one", "two", "three"}) {
        auto frame = world.env.run(peer.read_frame());
        REQUIRE(frame);
        CHECK(frame->payload == expected);
        CHECK(frame->opcode == (expected == "two" ? 2 : 1));
    }
    CHECK(world.connection().queued_frames() == 0);
    CHECK(world.connection().queued_bytes() == 0);
}

TEST_CASE("messages that were sent together arrive together, each as a frame of its own") {
    pipe_world world;
    auto peer = world.upgrade();
    std::string large(40'000, 'l');
    for (const auto& text :
         {std::string("one"), std::string("two"), large, std::string("three"), std::string()})
        world.connection().send(text);
    world.env.run(peer.write(frame_bytes(0x89, "beat")));
    texts received;
    for (int i = 0; i < 6; ++i) {
        auto frame = world.env.run(peer.read_frame());
        REQUIRE(frame);
        CHECK(frame->last);
        if (frame->opcode == 1) received.push_back(frame->payload);
    }
    CHECK((received == texts{"one", "two", large, "three", ""}));
    CHECK(world.connection().queued_bytes() == 0);
}

TEST_CASE("messages that arrive together have any lengths and kinds") {
    pipe_world world;
    auto peer = world.upgrade();
    constexpr std::size_t lengths[] = {0,    1,      125,    126,    127,    255, 256,
                                       5000, 16'383, 16'384, 65'535, 65'536, 3};
    for (auto length : lengths) {
        world.connection().send(std::string(length, 't'));
        world.connection().send_binary(std::string(length, '\xff'));
    }
    for (auto length : lengths) {
        for (int opcode : {1, 2}) {
            CAPTURE(length, opcode);
            auto frame = world.env.run(peer.read_frame());
            REQUIRE(frame);
            CHECK(frame->opcode == opcode);
            CHECK((frame->payload == std::string(length, opcode == 1 ? 't' : '\xff')));
        }
    }
}

TEST_CASE("a peer that closes or errs in the middle of many messages still gets its close frame") {
    for (int turns = 0; turns < 60; ++turns) {
        pipe_world world;
        auto peer = world.upgrade();
        bool errs = turns % 2 == 0;
        auto last = errs ? frame_bytes(0x83, "what") : close_frame(4002);
        for (int i = 0; i < 20; ++i)
            world.connection().send("message " + std::to_string(i));
        for (int i = 0; i < turns; ++i)
            world.env.context().poll_one();
        peer.stream().async_write_some(boost::asio::buffer(last),
                                       [](boost::system::error_code, std::size_t) {});
        auto code = world.env.run(peer.read_close());
        INFO(turns);
        CHECK(code == (errs ? 1002 : 4002));
    }
}

TEST_CASE("a reason that does not fit a close frame is cut between two characters") {
    pipe_world world;
    auto peer = world.upgrade();
    std::string reason(122, 'r');
    world.connection().close(close_code::drained, reason + "\u00e9 and more");
    auto frame = world.env.run(peer.read_frame());
    REQUIRE(frame);
    CHECK(frame->payload.substr(2) == reason);
}

TEST_CASE("a delayed message leaves at its time to the millisecond and holds back what is behind it") {
    pipe_world world;
    auto peer = world.upgrade();
    auto start = world.env.steady_now();
    world.connection().send("now");
    world.connection().send_at(start + milliseconds(75), "later");
    world.connection().send("behind");
    auto first = world.env.run(peer.read_frame());
    CHECK(first->payload == "now");
    CHECK(world.env.steady_now() == start);
    world.env.advance(milliseconds(74));
    CHECK(world.connection().queued_frames() == 2);
    auto later = world.env.run(peer.read_frame());
    CHECK(later->payload == "later");
    CHECK(world.env.steady_now() == start + milliseconds(75));
    auto behind = world.env.run(peer.read_frame());
    CHECK(behind->payload == "behind");
    CHECK(world.env.steady_now() == start + milliseconds(75));
}

TEST_CASE("a delayed message does not keep the reader from reading") {
    pipe_world world;
    auto peer = world.upgrade();
    world.connection().send_at(world.env.steady_now() + milliseconds(1000), "later");
    world.env.run(peer.write(frame_bytes(0x81, "hello")));
    world.env.run_ready();
    CHECK(world.notes->seen == texts{"open", "text hello"});
}

TEST_CASE("closing writes what is queued, then the close frame, and ends with the peer's answer") {
    pipe_world world;
    auto peer = world.upgrade();
    auto start = world.env.steady_now();
    auto& connection = world.connection();
    connection.send("last words");
    connection.close(close_code::drained, "moving");
    connection.close(close_code::idle, "the first call counts");
    connection.send("too late");
    CHECK(connection.closing());
    auto message = world.env.run(peer.read_frame());
    auto close = world.env.run(peer.read_frame());
    CHECK(message->payload == "last words");
    CHECK(close->code() == 4001);
    CHECK(close->payload.substr(2) == "moving");
    CHECK_FALSE(world.notes->over);
    world.env.run(peer.write(close_frame(4001)));
    world.env.run_ready();
    REQUIRE(world.notes->over);
    CHECK(world.notes->over->code == 4001);
    CHECK(world.notes->over->reason == "moving");
    CHECK(world.notes->handlers == 0);
    CHECK(world.server->open_connections() == 0);
    CHECK(world.env.steady_now() == start);
}

TEST_CASE("a peer that does not answer the close frame has two seconds") {
    pipe_world world;
    auto peer = world.upgrade();
    world.connection().close(close_code::session_ended, "");
    world.check_over_after(milliseconds(2000));
    CHECK(world.notes->over->code == 4504);
}

TEST_CASE("on_closed comes once and last, however a connection ends") {
    pipe_world world;
    SECTION("the peer closes") {
        auto peer = world.upgrade();
        world.env.run(peer.write(close_frame(1000)));
        world.env.run_ready();
        CHECK(world.notes->seen == texts{"open", "closed 1000"});
    }
    SECTION("the peer closes without a code") {
        auto peer = world.upgrade();
        world.env.run(peer.write(frame_bytes(0x88, "")));
        world.env.run_ready();
        CHECK(world.notes->seen == texts{"open", "closed 1005"});
    }
    SECTION("the network is lost") {
        auto peer = world.upgrade();
        peer.stream().cut();
        world.env.run_ready();
        CHECK(world.notes->seen == texts{"open", "closed 1006"});
    }
    SECTION("the peer hangs up") {
        auto peer = world.upgrade();
        peer.stream().close();
        world.env.run_ready();
        CHECK(world.notes->seen == texts{"open", "closed 1006"});
    }
    SECTION("this side drops it, in the middle of a delayed message") {
        auto peer = world.upgrade();
        world.connection().send_at(world.env.steady_now() + milliseconds(500), "never");
        world.connection().abort();
        world.env.run_ready();
        CHECK(world.notes->seen == texts{"open", "closed 1006"});
        CHECK_FALSE(world.env.run(peer.read_frame()));
    }
    SECTION("both sides close at once") {
        auto peer = world.upgrade();
        world.connection().close(close_code::drained, "");
        world.env.run(peer.write(close_frame(1001)));
        world.env.run_ready();
        CHECK(world.notes->seen.size() == 2);
    }
    CHECK(world.notes->handlers == 0);
    CHECK(world.server->open_connections() == 0);
}

namespace {

/// Does to its connection, inside a callback, what the text says.
class obedient_handler final : public observing_handler {
public:
    using observing_handler::observing_handler;
    void on_open(connection& peer) override {
        peer_ = &peer;
        observing_handler::on_open(peer);
    }
    void on_text(std::string_view text) override {
        observing_handler::on_text(text);
        if (text == "close") peer_->close(close_code::session_ended, "as told");
        if (text == "abort") peer_->abort();
        if (text == "throw") throw std::runtime_error("a defect");
        peer_->send("did " + std::string(text));
    }

private:
    connection* peer_ = nullptr;
};

} // namespace

TEST_CASE("a handler may send, close, abort or fail inside its callbacks") {
    pipe_world world;
    world.make_handler = [&] { return std::make_unique<obedient_handler>(world.notes); };
    auto peer = world.upgrade();
    SECTION("send") {
        world.env.run(peer.write(frame_bytes(0x81, "greet")));
        auto answer = world.env.run(peer.read_frame());
        CHECK(answer->payload == "did greet");
        CHECK_FALSE(world.notes->over);
    }
    SECTION("close, and what comes afterwards is not delivered") {
        world.env.run(peer.write(frame_bytes(0x81, "close") + frame_bytes(0x81, "more")));
        CHECK(world.env.run(peer.read_close()) == 4504);
        CHECK(world.notes->seen == texts{"open", "text close"});
    }
    SECTION("abort") {
        world.env.run(peer.write(frame_bytes(0x81, "abort") + frame_bytes(0x81, "more")));
        CHECK(world.env.run(peer.read_close()) == 1006);
        CHECK(world.notes->seen == texts{"open", "text abort", "closed 1006"});
    }
    SECTION("a defect costs its own connection only") {
        auto other = world.upgrade();
        world.env.run(peer.write(frame_bytes(0x81, "throw")));
        CHECK(world.env.run(peer.read_close()) == 1006);
        world.env.run(other.write(frame_bytes(0x81, "hello")));
        auto answer = world.env.run(other.read_frame());
        REQUIRE(answer);
        CHECK(answer->payload == "did hello");
    }
}

TEST_CASE("a listener's close drops after the grace what did not end by itself") {
    pipe_world world;
    auto peer = world.upgrade();
    world.connection().send_at(world.env.steady_now() + milliseconds(60000), "in a minute");
    auto start = world.env.steady_now();
    auto handshaking = world.dial();
    world.env.run(world.server->close(close_code::restart, "", milliseconds(1500)));
    CHECK(world.env.steady_now() == start + milliseconds(1500));
    REQUIRE(world.notes->over);
    CHECK(world.notes->over->code == 1006);
    CHECK(world.server->open_connections() == 0);
}

TEST_CASE("client and server talk over a pipe, and a cut ends both") {
    pipe_world world;
    world.make_handler = [&] { return std::make_unique<obedient_handler>(world.notes); };
    auto talk = [](pipe_world& w) -> task<> {
        auto connected = co_await w.connect();
        auto& client = *connected;
        client.send("hello");
        auto answer = co_await client.receive(milliseconds(1000));
        CHECK(answer == "did hello");
        auto start = w.env.steady_now();
        auto nothing = co_await client.receive(milliseconds(1000));
        CHECK_FALSE(nothing);
        CHECK_FALSE(client.closed_with());
        CHECK(w.env.steady_now() == start + milliseconds(1000));
        for (int i = 0; i < 500; ++i)
            w.connection().send(std::to_string(i));
        for (int i = 0; i < 500; ++i) {
            auto message = co_await client.receive(milliseconds(1000));
            CHECK(message == std::to_string(i));
        }
        co_await client.cut();
        CHECK(client.closed_with()->code == 1006);
    };
    world.env.run(talk(world));
    world.env.run_ready();
    CHECK(world.notes->seen == texts{"open", "text hello", "drained", "drained", "closed 1006"});
}

TEST_CASE("a client that is destroyed while open is cut") {
    pipe_world world;
    auto leave = [](pipe_world& w) -> task<> { auto client = co_await w.connect(); };
    world.env.run(leave(world));
    world.env.run_ready();
    CHECK(world.notes->over);
}

TEST_CASE("a client waits for the answer to its handshake until its deadline") {
    tests::manual_environment env;
    auto wait = [](tests::manual_environment& e) -> task<> {
        auto [near, far] = pipe_stream::make_pair(e.get_executor());
        client_options options;
        options.url = "ws://pipe/";
        auto start = e.steady_now();
        auto connected = co_await connect_pipe(e, std::move(near), options);
        CHECK(connected.error() == websocket::errc::timed_out);
        CHECK(e.steady_now() == start + milliseconds(5000));
    };
    env.run(wait(env));
}
