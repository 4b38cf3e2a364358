#include "service/registry.hpp"

#include "tests/service/registry_visitor.hpp"

#include <set>
#include <string>
#include <vector>

using namespace rejoinder;
using namespace rejoinder::service;
using namespace rejoinder::tests;

TEST_CASE("a robot's calls at the same time come to one session, stored or not") {
    house h;
    std::vector<found_session> found;
    auto ask = [&] {
        for (int i = 0; i < 8; ++i)
            h.tasks.spawn(keep(h.sessions->find_for_robot(local, device_id{"robot-1"}, "parrot"), found));
        h.env.run_ready();
    };
    ask();
    found.push_back(find_robot(h)); // nothing is stored yet that it could be found by
    REQUIRE(found.size() == 9);
    REQUIRE(found[0].live);
    auto id = found[0].live->id();
    auto listener = std::make_shared<answers>();
    REQUIRE(found[0].live->submit(a_turn("t-1", 1, listener)) == delivery::queued);
    h.env.run_ready();
    CHECK(listener->accepted_turns.size() == 1);
    for (const auto& f : found)
        CHECK(f.live == found[0].live);

    found.clear();
    let_idle(h);
    ask();
    REQUIRE(found.size() == 8);
    for (const auto& f : found) {
        REQUIRE(f.live);
        CHECK(f.live == found[0].live);
    }
    CHECK(found[0].live->id() == id);
    CHECK(h.sessions->live_sessions() == 1);
}

TEST_CASE("robots have a session for each account, device and machine") {
    house h;
    h.machines.add(
        *statemachine::load_definition_text(R"({"id":"other","version":1,"initial":"a","states":{"a":{}}})")
             .machine);
    std::set<std::string> ids;
    for (const auto& found :
         {find_robot(h, "robot-1"), find_robot(h, "robot-2"), find_robot(h, "robot-1", "other"),
          find_robot(h, "robot-1", "parrot", "another")}) {
        REQUIRE(found.live);
        ids.insert(found.live->id().text);
    }
    CHECK(ids.size() == 4);
}

TEST_CASE("a robot whose session has ended, or whose session's life is over, begins a new one") {
    house h;
    h.limits.session_life = std::chrono::hours(1);
    auto first = find_robot(h);
    REQUIRE(first.live);
    auto id = first.live->id();
    auto listener = std::make_shared<answers>();
    bool ends = GENERATE(true, false);
    REQUIRE(first.live->submit(a_turn("t-1", 1, listener, ends ? "goodbye" : "hi")) == delivery::queued);
    h.env.run_ready();
    REQUIRE(listener->accepted_turns.size() == 1);
    first.live.reset();
    let_idle(h);
    if (!ends) h.env.advance(h.limits.session_life);
    auto second = find_robot(h);
    REQUIRE(second.live);
    CHECK(second.live->id() != id);
    // It takes the former one's place for good.
    REQUIRE(second.live->submit(a_turn("t-2", 2, listener)) == delivery::queued);
    h.env.run_ready();
    CHECK(listener->accepted_turns.size() == 2);
    auto kept = second.live->id();
    second.live.reset();
    let_idle(h);
    CHECK(find_robot(h).live->id() == kept);
}

TEST_CASE("a robot's session that is damaged is not replaced in silence") {
    house h;
    auto first = find_robot(h);
    auto listener = std::make_shared<answers>();
    REQUIRE(first.live->submit(a_turn("t-1", 1, listener)) == delivery::queued);
    h.env.run_ready();
    auto id = first.live->id();
    first.live.reset();
    let_idle(h);
    tamper(h, id, [](persistence::session_row& row) { row.state.back() = '?'; });
    CHECK(find_robot(h).why == refusal::damaged);
    CHECK(h.sessions->live_sessions() == 0);
}
