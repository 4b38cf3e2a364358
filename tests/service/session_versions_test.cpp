// Sessions whose machine has got a newer version since they were stored.

#include "persistence/log.hpp"
#include "service/replay/retake.hpp"
#include "tests/service/retaken.hpp"
#include "tests/service/two_versions.hpp"
#include "tests/support/captured_errors.hpp"

using namespace rejoinder;
using namespace rejoinder::service;
using namespace rejoinder::tests;
using websocket::close_code;

using heard = std::vector<std::string>;

TEST_CASE("a session migrates when it is next activated, in a commit before anything else") {
    changing_house h;
    CHECK(h.say("hi") == heard{"accepted t-1 done", "state on", "turn.done t-1"});
    auto before = h.row();
    h.run({second_version()});
    auto commits = h.database.commits();
    CHECK(h.come_back() == "replayed");
    CHECK(h.database.commits() == commits + 2); // that, and the welcome's
    CHECK(h.hear() == gone_over);
    CHECK(h.welcome["machine"]["version"] == 2);
    auto row = h.row();
    CHECK(row.machine_version == 2);
    CHECK(row.machine_hash == h.machines.find("worker")->hash());
    CHECK(row.head == before.head + 2);
    CHECK(row.created == before.created);
    CHECK(row.resets == before.resets);
    CHECK(h.say("off again") ==
          heard{"accepted t-2 done", "say It is dark, stranger.", "state dark", "turn.done t-2"});
    CHECK(h.say("count") == heard{"accepted t-3 done", "say 1 nobody", "turn.done t-3"});
    h.socket->vanish();
    h.run({second_version()});
    CHECK(h.come_back() == "lossless"); // once is enough
}

TEST_CASE("who comes without a position is shown the state in the new version") {
    changing_house h;
    h.say("hi");
    h.run({second_version()});
    h.socket = h.connect();
    auto hello = house::resume(h.welcome, 0);
    hello.erase("ack");
    h.socket->say(hello);
    h.env.run_ready();
    auto welcome = h.socket->next("welcome");
    REQUIRE(welcome);
    CHECK((*welcome)["outcome"] == "snapshot");
    auto snapshot = h.socket->next("snapshot");
    REQUIRE(snapshot);
    CHECK((*snapshot)["state"]["value"] == "bright");
    CHECK((*snapshot)["state"]["version"] == 2);
    CHECK((*snapshot)["context"] == json{{"count", 1}, {"who", "nobody"}});
}

TEST_CASE("a migration that fails, or of which nobody hears, is made once") {
    auto when = GENERATE(fault::before_applying, fault::after_applying);
    changing_house h;
    h.say("hi");
    h.run({second_version()});
    h.database.fail_commit(persistence::errc::unavailable, when);
    CHECK(h.come_back().empty());
    CHECK(h.socket->closed_by_server() == close_code::commit_failed);
    CHECK(h.row().machine_version == (when == fault::before_applying ? 1 : 2));
    CHECK(h.come_back() == "replayed");
    CHECK(h.hear() == gone_over);
    CHECK(h.row().machine_version == 2);
}

TEST_CASE("a session without a way is refused, stays as it is, and is told of once") {
    changing_house h;
    h.say("hi");
    auto second = second_version();
    second["migrations"][0]["rename"].erase("on");
    captured_errors errors;
    h.run({second});
    auto before = h.row();
    auto commits = h.database.commits();
    for (int i = 0; i < 3; ++i)
        CHECK(h.come_back() == "refused machine");
    CHECK(h.database.commits() == commits);
    CHECK(h.row().revision == before.revision);
    log::warning("end_of_test", {});
    std::vector<std::string> told;
    for (auto line = errors.line(); line.find("end_of_test") == line.npos; line = errors.line())
        if (line.find("machine_differs") != line.npos) told.push_back(line);
    REQUIRE(told.size() == 1);
    CHECK(told[0].find("the state 'on' has no place in version 2") != std::string::npos);
    h.run({first_version()});
    CHECK(h.come_back() == "lossless");
}

TEST_CASE("a session whose change can't take its first step is quarantined after three tries") {
    changing_house h;
    h.say("hi");
    h.run({ordered_json::parse(R"({"id": "worker", "version": 2, "initial": "calm", "states": {
        "calm": {"on": {"go": "stuck"}},
        "stuck": {"invoke": {"src": "wait", "input": {"for": {"from": "/event/ms"}}, "onDone": "calm"}}},
        "migrations": [{"from": 1, "to": 2, "drop": {"on": "stuck"}}]})")});
    auto before = h.row();
    for (int times = 0; times < failures_to_quarantine; ++times)
        CHECK(h.come_back() == "refused machine_failed");
    CHECK(h.come_back() == "refused quarantined");
    CHECK(h.row().revision == before.revision);
}

TEST_CASE("a session that is pinned stays with its version, and new ones begin with the newest") {
    changing_house h;
    h.say("hi");
    h.run({second_version("pin"), first_version()});
    CHECK(h.come_back() == "lossless");
    CHECK(h.welcome["machine"]["version"] == 1);
    CHECK(h.say("off") == heard{"accepted t-2 done", "state off", "turn.done t-2"});
    auto other = h.connect();
    CHECK(h.attach(*other, workshop::hello("d-2"))["machine"]["version"] == 2);
    SECTION("until its version is gone: then it migrates") {
        h.run({second_version("pin")});
        CHECK(h.come_back() == "replayed");
        CHECK(h.hear() == heard{R"(session.migrated {"from":1,"to":2})", "state dark"});
    }
}

TEST_CASE("a session that restarts begins anew with what is remembered of its user") {
    changing_house h;
    h.say("call me Ada");
    h.say("hi");
    h.run({second_version("restart")});
    CHECK(h.come_back() == "replayed");
    CHECK(h.hear() == heard{R"(session.migrated {"from":1,"restarted":true,"to":2})",
                            "say It is dark, call me Ada.", "state dark"});
    CHECK(h.say("count") == heard{"accepted t-3 done", "say 0 nobody", "turn.done t-3"});
    for (const auto& part : h.recorded())
        if (part.machine_version == 2) CHECK(retaken(part, load(second_version("restart"))).passed());
}

TEST_CASE("a turn that is parked when its session restarts has failed, one that waits begins") {
    changing_house h;
    h.say("fetch");
    CHECK(h.say("hi") == heard{"accepted t-2 queued"});
    h.run({second_version("restart")});
    h.come_back();
    CHECK(h.hear() == heard{R"(session.migrated {"from":1,"restarted":true,"to":2})",
                            "turn.failed t-1 session.restarted", "say It is dark, stranger.", "state dark",
                            "state bright", "turn.done t-2"});
    h.socket->say(house::turn("t-1", 1, "fetch"));
    CHECK(h.hear() == heard{"accepted t-1 failed"});
}

TEST_CASE("the work of a device goes on over a migration") {
    changing_house h;
    h.say("fetch");
    h.run({second_version()});
    h.come_back();
    CHECK(h.welcome["running"]["status"] == "parked");
    CHECK(h.hear() == heard{R"(session.migrated {"from":1,"to":2})", "state fetching"});
    h.socket->say(tool_result(h.call));
    CHECK(h.hear() == heard{"say Fetched.", "state bright", "turn.done t-1"});
}

TEST_CASE(
    "a turn whose actor is not wanted any more comes to its end, or waits for what begins in its place") {
    changing_house h;
    h.say("think");
    REQUIRE(h.mind.calls.size() == 1);
    auto second = second_version();
    SECTION("nothing begins") {
        h.run({second});
        h.come_back();
        CHECK(h.hear() == heard{R"(session.migrated {"from":1,"to":2})", "state bright", "turn.done t-1"});
        h.socket->say(house::turn("t-1", 1, "think"));
        CHECK(h.hear() == heard{"accepted t-1 done"});
        for (const auto& part : h.recorded())
            CHECK(retaken(part, load(part.document.is_null() ? first_version() : part.document)).passed());
    }
    SECTION("another one begins") {
        second["states"]["bright"]["invoke"] = ordered_json::parse(
            R"({"src": "responder", "id": "other", "onDone": "dark", "onError": "dark"})");
        h.run({second});
        h.come_back();
        CHECK(h.hear() == heard{R"(session.migrated {"from":1,"to":2})", "state bright"});
        REQUIRE(h.mind.calls.size() == 2);
        h.mind.finish({{"text", "so"}});
        CHECK(h.hear() == heard{"say It is dark, stranger.", "state dark", "turn.done t-1"});
    }
    SECTION("it goes on under another name") {
        auto& step = second["migrations"][0];
        step.erase("drop");
        step["rename"]["thinking"] = "musing";
        second["states"]["musing"] =
            ordered_json::parse(R"({"invoke": {"src": "responder", "onDone": "bright", "onError": "dark"}})");
        second["states"]["dark"]["on"]["muse"] = "musing";
        h.run({second});
        h.come_back();
        h.hear();
        REQUIRE(h.mind.calls.size() == 2); // asked again, under the key that it was asked with
        CHECK(h.mind.calls[1]->what.key == h.mind.calls[0]->what.key);
        h.mind.finish({{"text", "so"}});
        CHECK(h.hear() == heard{"state bright", "turn.done t-1"});
    }
}

TEST_CASE("a session that sleeps is woken for its timer and fires it in its new version") {
    changing_house h;
    h.say("boil");
    h.run({second_version()});
    h.begin_watch();
    h.env.advance(milliseconds(299'000));
    CHECK(h.row().machine_version == 1);
    h.env.advance(milliseconds(1002));
    CHECK(h.row().machine_version == 2);
    h.come_back();
    CHECK(h.hear() == heard{R"(session.migrated {"from":1,"to":2})", "state cooking", "say Cooked!",
                            "say It is dark, stranger.", "state dark"});
}

TEST_CASE("time in which no server ran is credited when a session migrates") {
    changing_house h;
    auto first = first_version();
    first["states"]["boiling"]["after"]["300000"]["meta"]["timer"] = "remaining";
    h.run({first});
    h.socket = h.connect();
    h.welcome = h.attach(*h.socket, workshop::hello()); // a session of its own
    h.seen = h.welcome["head"];
    h.say("boil");
    h.env.advance(milliseconds(100'000)); // the last commit was when its token was confirmed
    h.socket->vanish();
    h.stop();
    h.env.advance(std::chrono::minutes(30));
    h.run({second_version()});
    h.come_back();
    h.hear();
    h.env.advance(milliseconds(250'000));
    CHECK(h.hear().empty());
    h.env.advance(milliseconds(50'000));
    CHECK(h.hear() == heard{"say Cooked!", "say It is dark, stranger.", "state dark"});
}

TEST_CASE("a session that has ended is shown in the new version, and hears nothing more") {
    changing_house h;
    h.say("finish");
    auto policy = GENERATE("migrate", "restart");
    h.run({second_version(policy)});
    CHECK(h.come_back() == "lossless");
    CHECK(h.hear() == heard{"bye"});
    CHECK(h.row().machine_version == 2);
    CHECK(h.row().closed);
}
