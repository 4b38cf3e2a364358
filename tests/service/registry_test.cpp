#include "service/registry.hpp"

#include "tests/service/registry_visitor.hpp"
#include "tests/service/talk.hpp"

#include <string>
#include <vector>

using namespace rejoinder;
using namespace rejoinder::service;
using namespace rejoinder::tests;
using websocket::close_code;

TEST_CASE("a session is loaded once however many ask for it at the same time") {
    house h;
    auto id = stored_session(h);
    let_idle(h);
    auto reads = h.database.reads();
    std::vector<found_session> found;
    for (int i = 0; i < 10; ++i)
        h.tasks.spawn(keep(h.sessions->find(id), found));
    h.env.run_ready();
    REQUIRE(found.size() == 10);
    CHECK(h.database.reads() == reads + 1);
    CHECK(h.sessions->live_sessions() == 1);
    for (const auto& f : found) {
        REQUIRE(f.live);
        CHECK(f.live == found[0].live);
    }
    CHECK(find(h, id).live == found[0].live);
    CHECK(h.database.reads() == reads + 1);
}

TEST_CASE("a refusal serves all who wait for it and is not remembered") {
    house h;
    std::vector<found_session> found;
    for (int i = 0; i < 3; ++i)
        h.tasks.spawn(keep(h.sessions->find(session_id{"nobody"}), found));
    h.env.run_ready();
    REQUIRE(found.size() == 3);
    for (const auto& f : found) {
        CHECK_FALSE(f.live);
        CHECK(f.why == refusal::unknown);
    }
    auto reads = h.database.reads();
    CHECK(find(h, session_id{"nobody"}).why == refusal::unknown);
    CHECK(h.database.reads() == reads + 1);
}

TEST_CASE("a database that gives no answer makes a session unavailable, not unknown") {
    house h;
    h.env.run(h.database.close());
    CHECK(find(h, session_id{"s"}).why == refusal::unavailable);
    CHECK(find_robot(h).why == refusal::unavailable);
}

TEST_CASE("a session for a machine that does not run here is not made") {
    house h;
    CHECK(h.sessions->create(local, device_id{"d-1"}, "nobody").why == refusal::unknown_machine);
    CHECK(find_robot(h, "robot-1", "nobody").why == refusal::unknown_machine);
    CHECK(h.sessions->live_sessions() == 0);
}

TEST_CASE("a session that nothing is told leaves without a trace") {
    house h;
    auto id = h.sessions->create(local, device_id{"d-1"}, "parrot").live->id();
    h.env.run_ready();
    h.env.advance(h.limits.idle_deactivation - milliseconds(1));
    CHECK(h.sessions->live_sessions() == 1);
    h.env.advance(milliseconds(1));
    CHECK(h.sessions->live_sessions() == 0);
    CHECK(h.database.commits() == 0);
    CHECK(find(h, id).why == refusal::unknown);
}

TEST_CASE(
    "a session that is asked to leave in the moment when it would by itself leaves, and its loop goes on") {
    house h;
    timer asks(h.env);
    asks.arm_after(h.limits.idle_deactivation, [&h] { h.sessions->let_idle_leave(); });
    h.sessions->create(local, device_id{"d-1"}, "parrot");
    h.env.run_ready();
    h.env.advance(h.limits.idle_deactivation);
    CHECK(h.sessions->live_sessions() == 0);
}

TEST_CASE("a session that idles saves the tokens that were confirmed and commits nothing without need") {
    house h;
    auto socket = h.connect();
    auto welcome = h.attach(*socket, house::hello());
    session_id id{welcome["session"]};
    auto commits = h.database.commits();
    std::size_t saved = 0;
    SECTION("the client was heard") {
        socket->say({{"type", "ack"}, {"seq", 1}});
        saved = 1;
    }
    SECTION("the client was never heard") {}
    h.env.advance(milliseconds(1000));
    CHECK(h.database.commits() == commits);
    socket->vanish();
    let_idle(h);
    CHECK(h.database.commits() == commits + saved);
    auto row = h.env.run(h.database.read_session(id));
    REQUIRE(row);
    auto devices = restore_devices(row->devices);
    REQUIRE(devices);
    auto match =
        devices->at(device_id{"d-1"}).tokens.find(welcome["resume"].get<std::string>(), h.env.utc_now());
    CHECK(match == (saved ? resume_tokens::match::confirmed : resume_tokens::match::issued));
}

TEST_CASE("a session with a client does not idle") {
    house h;
    h.limits.heartbeat = std::chrono::hours(24);
    auto socket = h.connect();
    h.attach(*socket, house::hello());
    h.env.advance(h.limits.idle_deactivation * 3);
    CHECK(h.sessions->live_sessions() == 1);
}

TEST_CASE("live sessions are bounded: those that live are found, no other is made or loaded") {
    house h;
    h.limits.live_sessions = 2;
    auto stored = stored_session(h);
    let_idle(h);
    auto one = h.sessions->create(local, device_id{"d-1"}, "parrot");
    auto two = h.sessions->create(local, device_id{"d-2"}, "parrot");
    REQUIRE((one.live && two.live));
    CHECK(h.sessions->create(local, device_id{"d-3"}, "parrot").why == refusal::overloaded);
    CHECK(find(h, stored).why == refusal::overloaded);
    CHECK(find_robot(h).why == refusal::overloaded);
    CHECK(find(h, one.live->id()).live == one.live);
    CHECK(h.sessions->live_sessions() == 2);
    let_idle(h);
    CHECK(find(h, stored).live);
}

TEST_CASE("loads that wait for the database count together against the bound") {
    house h;
    std::vector<session_id> ids;
    for (int i = 0; i < 4; ++i)
        ids.push_back(stored_session(h));
    let_idle(h);
    h.limits.live_sessions = 2;
    std::vector<found_session> found;
    for (const auto& id : ids)
        h.tasks.spawn(keep(h.sessions->find(id), found));
    h.env.run_ready();
    CHECK(h.sessions->live_sessions() == 2);
    std::size_t refused = 0;
    for (const auto& f : found)
        refused += f.why == refusal::overloaded;
    CHECK(refused == 2);
}

TEST_CASE("a damaged row is refused as damaged and stays as it is") {
    house h;
    auto id = stored_session(h);
    let_idle(h);
    std::string good;
    auto damage = GENERATE("state", "devices");
    tamper(h, id, [&](persistence::session_row& row) {
        auto& text = damage == std::string("state") ? row.state : row.devices;
        good = text;
        text.back() = '?';
    });
    auto before = h.env.run(h.database.read_session(id));
    auto commits = h.database.commits();
    for (int i = 0; i < 2; ++i) {
        auto found = find(h, id);
        CHECK_FALSE(found.live);
        CHECK(found.why == refusal::damaged);
    }
    h.env.advance(h.limits.idle_deactivation * 2);
    CHECK(h.database.commits() == commits);
    auto after = h.env.run(h.database.read_session(id));
    REQUIRE(after);
    CHECK(after->revision == before->revision);
    CHECK(after->state == before->state);
    CHECK(after->devices == before->devices);

    tamper(h, id, [&](persistence::session_row& row) {
        (damage == std::string("state") ? row.state : row.devices) = good;
    });
    CHECK(find(h, id).live);
}

TEST_CASE("a session whose life is over is unknown from that moment on") {
    house h;
    h.limits.session_life = std::chrono::hours(1);
    auto id = stored_session(h);
    let_idle(h);
    h.env.advance(h.limits.session_life - h.limits.idle_deactivation - milliseconds(1));
    CHECK(find(h, id).live);
    let_idle(h);
    CHECK(find(h, id).why == refusal::unknown);
}

TEST_CASE("a session that breaks three times in a row without getting on is quarantined") {
    house h;
    auto socket = h.connect();
    auto welcome = h.attach(*socket, house::hello());
    auto break_it = [&] {
        h.database.break_commit();
        auto broken = h.connect();
        broken->say(house::resume(welcome, greeting));
        h.env.run_ready();
        return broken->closed_by_server();
    };
    CHECK(break_it() == close_code::commit_failed);
    SECTION("and nobody gets it before the server starts anew") {
        CHECK(break_it() == close_code::commit_failed);
        CHECK(break_it() == close_code::commit_failed);
        auto again = h.connect();
        again->say(house::resume(welcome, greeting));
        h.env.run_ready();
        auto refused = again->next("welcome");
        REQUIRE(refused);
        CHECK((*refused)["reason"] == "quarantined");
        CHECK(again->closed_by_server() == close_code::quarantined);

        h.close();
        h.open();
        auto later = h.connect();
        CHECK(h.attach(*later, house::resume(welcome, greeting))["outcome"] == "lossless");
    }
    SECTION("unless a turn gets through in between") {
        CHECK(break_it() == close_code::commit_failed);
        auto good = h.connect();
        auto back = h.attach(*good, house::resume(welcome, greeting));
        good->say(house::turn("t-1", 1, "hi"));
        h.env.run_ready();
        CHECK(good->next("accepted"));
        CHECK(break_it() == close_code::commit_failed);
        CHECK(break_it() == close_code::commit_failed);
        auto again = h.connect();
        CHECK(h.attach(*again, house::resume(back, greeting))["outcome"] != "refused");
    }
}
