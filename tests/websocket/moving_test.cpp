#include "websocket/moving.hpp"

#include "persistence/task_group.hpp"
#include "tests/support/further_loop.hpp"
#include "tests/websocket/loopback.hpp"

#include <atomic>
#include <functional>
#include <thread>

using namespace rejoinder;
using namespace rejoinder::tests;
using websocket::close_code;

namespace {

/// Says on which thread it is, and what it hears.
class narrator final : public websocket::connection_handler {
public:
    explicit narrator(std::atomic<int>& alive) : alive_(alive) { ++alive_; }
    ~narrator() override { --alive_; }
    void on_open(websocket::connection& peer) override {
        peer_ = &peer;
        auto here = std::this_thread::get_id() == home_ ? "" : "on a wrong thread, ";
        peer.send(std::string(here) + "arrived");
    }
    void on_text(std::string_view text) override {
        auto here = std::this_thread::get_id() == home_ ? "" : "on a wrong thread, ";
        peer_->send(std::string(here) + "heard " + std::string(text));
    }
    void on_closed(const websocket::closed&) override {}

private:
    std::atomic<int>& alive_;
    std::thread::id home_ = std::this_thread::get_id();
    websocket::connection* peer_ = nullptr;
};

/// Goes away with its connection at the word `move`, or before it has heard one.
class traveller final : public websocket::connection_handler {
public:
    enum class leaves { at_once, at_the_word };

    traveller(std::shared_ptr<websocket::landing> there, std::atomic<int>& alive, leaves when)
        : there_(std::move(there)), alive_(alive), when_(when) {
        ++alive_;
    }
    ~traveller() override { --alive_; }
    void on_open(websocket::connection& peer) override {
        peer_ = &peer;
        if (when_ == leaves::at_once) move();
    }
    void on_text(std::string_view text) override {
        peer_->send("before " + std::string(text));
        if (text == "move") move();
        if (text == "move and close") {
            move();
            peer_->close(close_code::idle, "");
        }
    }
    void on_closed(const websocket::closed&) override {}

private:
    void move() {
        auto make = [&alive = alive_] { return std::make_unique<narrator>(alive); };
        CHECK(peer_->move_to(there_, make));
        CHECK_FALSE(peer_->move_to(there_, make)); // once
    }

    std::shared_ptr<websocket::landing> there_;
    std::atomic<int>& alive_;
    leaves when_;
    websocket::connection* peer_ = nullptr;
};

websocket::routing nowhere(const websocket::request&) {
    return websocket::http_response{404, "nothing here\n"};
}

/// A listener here, and one on another loop, which connections of the first move to.
struct two_listeners {
    loopback world;
    further_loop other;
    std::atomic<int> handlers{0};
    std::shared_ptr<websocket::admission> counts = websocket::make_admission({});
    std::unique_ptr<websocket::listener> there;
    std::unique_ptr<websocket::listener> here;

    explicit two_listeners(traveller::leaves when = traveller::leaves::at_the_word) {
        websocket::listener_options options;
        options.counts = counts;
        auto open = [&] { return *websocket::open_listener(other.env(), options, nowhere); };
        there = world.get(call_on(other.get_executor(), open));
        auto route = [this, when](const websocket::request&) -> websocket::routing {
            return websocket::accept_upgrade{std::make_unique<traveller>(there->as_landing(), handlers, when),
                                             websocket::echo_limits(), ""};
        };
        here = *websocket::open_listener(world.env(), options, route);
    }
    ~two_listeners() {
        close_there();
        world.run(here->close(close_code::going_away, "", milliseconds(0)));
        CHECK(handlers == 0);
        CHECK(here->open_connections() == 0);
    }
    void close_there() {
        if (!there) return;
        world.run(run_on<void>(other.get_executor(), [this] {
            return there->close(close_code::going_away, "", milliseconds(2000));
        }));
        world.get(call_on(other.get_executor(), [this] {
            there.reset();
            return 0;
        }));
    }
};

std::string texts(std::initializer_list<std::string_view> words) {
    std::string bytes;
    for (auto word : words)
        bytes += frame_bytes(0x81, word);
    return bytes;
}

/// Sends pieces, each once the answers to the former one have come, and gives the payloads of all answers.
task<std::vector<std::string>> converse(loopback* world, std::uint16_t port,
                                        std::vector<std::pair<std::string, std::size_t>> pieces) {
    auto peer = co_await world->upgrade(port);
    std::vector<std::string> answers;
    for (auto& [bytes, expected] : pieces) {
        co_await peer.write(std::move(bytes));
        for (std::size_t i = 0; i < expected; ++i) {
            auto frame = co_await peer.read_frame();
            answers.push_back(frame ? frame->payload : "nothing");
        }
    }
    co_return answers;
}

} // namespace

TEST_CASE("a connection that moves takes along what it has read ahead and goes on over there") {
    two_listeners both;
    // All in one packet: behind the word there are two messages, and half of a third.
    auto third = frame_bytes(0x81, "third");
    auto first_packet = texts({"hello", "move", "first", "second"}) + third.substr(0, 4);
    auto answers = both.world.get(converse(&both.world, both.here->port(),
                                           {{first_packet, 6}, {third.substr(4), 1}, {texts({"4"}), 1}}));
    CHECK(answers == std::vector<std::string>{"before hello", "before move", "arrived", "heard move",
                                              "heard first", "heard second", "heard third", "heard 4"});
}

TEST_CASE("a connection can move before it has read anything") {
    two_listeners both(traveller::leaves::at_once);
    auto answers = both.world.get(converse(&both.world, both.here->port(), {{"", 1}, {texts({"hello"}), 1}}));
    CHECK(answers == std::vector<std::string>{"arrived", "heard hello"});
}

TEST_CASE("a connection that has moved is counted once, and over there") {
    two_listeners both(traveller::leaves::at_once);
    auto talk = [](two_listeners* b) -> task<> {
        auto peer = co_await b->world.upgrade(b->here->port());
        co_await peer.read_frame();
        CHECK(b->here->guests() == 0);
        CHECK(b->there->guests() == 1);
        CHECK(b->here->open_connections() == 1);
        co_await peer.write(frame_bytes(0x88, "\x03\xe8"));
        CHECK(co_await peer.read_close() == 1000);
    };
    both.world.run(talk(&both));
}

TEST_CASE("a connection that is closed before it has moved stays and is closed") {
    two_listeners both;
    auto talk = [](two_listeners* b) -> task<> {
        auto peer = co_await b->world.upgrade(b->here->port());
        co_await peer.write(frame_bytes(0x81, "move and close"));
        auto frame = co_await peer.read_frame();
        CHECK((frame && frame->payload == "before move and close"));
        CHECK(co_await peer.read_close() == static_cast<int>(close_code::idle));
        CHECK(b->there->guests() == 0);
    };
    both.world.run(talk(&both));
}

TEST_CASE("who moves to a listener that has gone is hung up on") {
    two_listeners both;
    auto gone = both.there->as_landing();
    auto talk = [](two_listeners* b) -> task<> {
        auto peer = co_await b->world.upgrade(b->here->port());
        co_await peer.write(frame_bytes(0x81, "hello"));
        co_await peer.read_frame();
        auto closing = run_on<void>(b->other.get_executor(), [b] {
            return b->there->close(close_code::going_away, "", milliseconds(0));
        });
        co_await std::move(closing);
        auto ending = call_on(b->other.get_executor(), [b] {
            b->there.reset();
            return 0;
        });
        co_await std::move(ending);
        co_await peer.write(frame_bytes(0x81, "move"));
        co_await peer.read_frame();
        CHECK_FALSE(co_await peer.read_frame());
    };
    // Its router asks for the landing of the listener that is there.
    auto route = [&](const websocket::request&) -> websocket::routing {
        return websocket::accept_upgrade{
            std::make_unique<traveller>(gone, both.handlers, traveller::leaves::at_the_word),
            websocket::echo_limits(), ""};
    };
    both.world.run(both.here->close(close_code::going_away, "", milliseconds(0)));
    both.here = *websocket::open_listener(both.world.env(), {}, route);
    both.world.run(talk(&both));
}

TEST_CASE("connections that move while their clients talk lose nothing") {
    two_listeners both(traveller::leaves::at_once);
    static constexpr int connections = 40;
    auto talk = [](two_listeners* b, int* whole) -> task<> {
        auto peer = co_await b->world.upgrade(b->here->port());
        for (int i = 0; i < 50; ++i)
            co_await peer.write(frame_bytes(0x81, std::to_string(i)));
        bool complete = true;
        for (int i = -1; i < 50; ++i) {
            auto frame = co_await peer.read_frame();
            auto wanted = i < 0 ? std::string("arrived") : "heard " + std::to_string(i);
            complete = complete && frame && frame->payload == wanted;
        }
        if (complete) ++*whole;
    };
    int whole = 0;
    task_group tasks(both.world.env().get_executor(),
                     [](std::exception_ptr e) { std::rethrow_exception(e); });
    for (int i = 0; i < connections; ++i)
        tasks.spawn(talk(&both, &whole));
    both.world.run(tasks.join());
    CHECK(whole == connections);
}

TEST_CASE("listeners of several loops share a port, which another server can't have") {
    loopback world;
    further_loop other;
    websocket::listener_options options;
    options.counts = websocket::make_admission({});
    options.port_is = websocket::port_use::first;
    auto first = *websocket::open_listener(world.env(), options, nowhere);
    options.port = first->port();
    options.port_is = websocket::port_use::shared;
    auto open = [&] { return *websocket::open_listener(other.env(), options, nowhere); };
    auto second = world.get(call_on(other.get_executor(), open));
    CHECK(second->port() == first->port());

    for (auto use : {websocket::port_use::alone, websocket::port_use::first}) {
        websocket::listener_options rival;
        rival.port = first->port();
        rival.port_is = use;
        auto refused = websocket::open_listener(world.env(), rival, nowhere);
        REQUIRE_FALSE(refused);
        CHECK(refused.error() == boost::system::errc::address_in_use);
    }
    world.run(run_on<void>(other.get_executor(),
                           [&] { return second->close(close_code::going_away, "", milliseconds(0)); }));
    world.get(call_on(other.get_executor(), [&] {
        second.reset();
        return 0;
    }));
    world.run(first->close(close_code::going_away, "", milliseconds(0)));
}

TEST_CASE("a router may decide later, and on another loop") {
    loopback world;
    further_loop other;
    auto decide = [](executor there, bool upgrades) -> task<websocket::decided> {
        auto asking = call_on(there, [] { return std::string("decided elsewhere\n"); });
        auto answer = co_await std::move(asking);
        if (upgrades)
            co_return websocket::accept_upgrade{websocket::make_echo(), websocket::echo_limits(), ""};
        co_return websocket::http_response{200, answer};
    };
    auto route = [&](const websocket::request& asked) -> websocket::routing {
        if (asked.path == "/broken")
            return websocket::later{[](executor) -> task<websocket::decided> {
                throw std::runtime_error("a defect");
                co_return websocket::http_response{};
            }(other.get_executor())};
        return websocket::later{decide(other.get_executor(), asked.upgrade)};
    };
    auto listener = *websocket::open_listener(world.env(), {}, route);
    auto talk = [](loopback* w, std::uint16_t port) -> task<> {
        auto reader = co_await w->dial(port);
        co_await reader.write("GET /x HTTP/1.1\r\nHost: localhost\r\n\r\n");
        CHECK(co_await reader.read_answer() == 200);
        CHECK(co_await reader.read_body() == "decided elsewhere\n");
        auto unlucky = co_await w->dial(port);
        co_await unlucky.write("GET /broken HTTP/1.1\r\nHost: localhost\r\n\r\n");
        CHECK(co_await unlucky.read_answer() == 500);
        auto speaker = co_await w->upgrade(port);
        co_await speaker.write(frame_bytes(0x81, "hello"));
        auto frame = co_await speaker.read_frame();
        CHECK((frame && frame->payload == "hello"));
    };
    world.run(talk(&world, listener->port()));
    world.run(listener->close(close_code::going_away, "", milliseconds(0)));
}
