#include "service/registry.hpp"

#include "tests/service/registry_visitor.hpp"

#include <memory>
#include <set>
#include <string>
#include <vector>

using namespace rejoinder;
using namespace rejoinder::service;
using namespace rejoinder::tests;

TEST_CASE("a drain activates nothing more, and what lives goes on until the close") {
    house h;
    auto stored = stored_session(h);
    let_idle(h);
    auto live = h.sessions->create(local, device_id{"d-1"}, "parrot").live;
    h.sessions->begin_drain(milliseconds(1000), milliseconds(5000));
    CHECK(h.sessions->create(local, device_id{"d-1"}, "parrot").why == refusal::draining);
    CHECK(find(h, stored).why == refusal::draining);
    CHECK(find_robot(h).why == refusal::draining);
    CHECK(find(h, live->id()).live == live);
    auto listener = std::make_shared<answers>();
    REQUIRE(live->submit(a_turn("t-1", 1, listener)) == delivery::queued);
    h.env.run_ready();
    CHECK(listener->accepted_turns.size() == 1);
}

TEST_CASE("a drain deals its slots out evenly") {
    house h;
    std::vector<std::unique_ptr<tests::fake_socket>> sockets;
    for (int i = 0; i < 4; ++i) {
        sockets.push_back(h.connect());
        h.attach(*sockets.back(), house::hello("d-" + std::to_string(i)));
    }
    h.sessions->begin_drain(milliseconds(1000), milliseconds(5000));
    std::set<int> slots;
    for (auto& socket : sockets) {
        auto drain = socket->next("drain");
        REQUIRE(drain);
        CHECK((*drain)["deadline"] == 5000);
        slots.insert((*drain)["after"].get<int>());
    }
    CHECK(slots == std::set<int>{0, 250, 500, 750});
}

TEST_CASE(
    "a client that attaches during a drain is told of it behind its welcome, with the time that is left") {
    house h;
    auto socket = h.connect();
    auto welcome = h.attach(*socket, house::hello());
    h.sessions->begin_drain(milliseconds(1000), milliseconds(5000));
    h.env.advance(milliseconds(2000));
    auto late = h.connect();
    late->say(house::resume(welcome, 0));
    h.env.run_ready();
    CHECK((*late->next())["outcome"] == "replayed");
    auto drain = late->next();
    REQUIRE(drain);
    CHECK((*drain)["type"] == "drain");
    CHECK((*drain)["after"] == 0);
    CHECK((*drain)["deadline"] == 3000);
    CHECK((*late->next())["type"] == "event");
    CHECK_FALSE(late->closed_by_server());
}

TEST_CASE("a client that asks for a session that is not live is sent away by a drain with 4001") {
    house h;
    auto stored = stored_session(h);
    let_idle(h);
    h.sessions->begin_drain(milliseconds(1000), milliseconds(5000));
    auto socket = h.connect();
    auto hello = house::hello();
    hello["session"] = stored.text;
    socket->say(hello);
    h.env.run_ready();
    CHECK((*socket->next())["code"] == "draining");
    CHECK(socket->closed_by_server() == websocket::close_code::drained);
}

TEST_CASE("a close answers everything that was queued and keeps every turn that it accepts") {
    house h;
    auto live = h.sessions->create(local, device_id{"d-1"}, "parrot").live;
    auto listener = std::make_shared<answers>();
    h.database.hold_commits();
    for (int i = 1; i <= 5; ++i)
        REQUIRE(live->submit(a_turn("t-" + std::to_string(i), i, listener)) == delivery::queued);
    h.env.run_ready();
    h.tasks.spawn(h.sessions->close());
    h.env.run_ready();
    CHECK(listener->accepted_turns.empty());
    CHECK(live->submit(a_turn("t-6", 6, listener)) == delivery::closed);
    h.database.release_commits();
    h.env.run(h.tasks.join());
    CHECK(h.sessions->live_sessions() == 0);
    CHECK(listener->others.empty());
    CHECK(listener->accepted_turns == std::vector<std::string>{"t-1", "t-2", "t-3", "t-4", "t-5"});
    auto id = live->id();
    live.reset();

    h.open();
    auto row = h.env.run(h.database.read_session(id));
    REQUIRE(row);
    for (const auto& turn : listener->accepted_turns)
        CHECK(h.env.run(h.database.find_turn(row->key, turn_id{turn})));
    CHECK(find(h, id).live);
}

TEST_CASE("a session that is being loaded when the registry closes is not activated any more") {
    house h;
    auto id = stored_session(h);
    let_idle(h);
    std::vector<found_session> found;
    h.tasks.spawn(keep(h.sessions->find(id), found));
    h.tasks.spawn(h.sessions->close());
    h.env.run(h.tasks.join());
    REQUIRE(found.size() == 1);
    CHECK(found[0].why == refusal::draining);
    CHECK(h.sessions->live_sessions() == 0);
}
