// What stands around a session that goes over to another version of its machine: its recording, other
// servers, robots.

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

TEST_CASE("P10: a session that has migrated, made again from its recording, gives the same on both sides") {
    changing_house h;
    h.say("hi");
    h.say("hi");
    h.say("boil");
    h.run({second_version(), first_version()});
    h.come_back();
    h.env.advance(milliseconds(300'000));
    h.hear();
    h.say("count");
    auto parts = h.recorded();
    REQUIRE(parts.size() == 2);
    CHECK(parts[0].machine_version == 1);
    CHECK(parts[0].commits.size() == 4);
    CHECK(parts[1].machine_version == 2);
    std::size_t steps = 0;
    for (const auto& part : parts) {
        REQUIRE_FALSE(part.document.is_null());
        auto report = retaken(part, load(part.document));
        CHECK(report.passed());
        CHECK(report.without == 0);
        steps += report.steps;
    }
    CHECK(steps == 7);
    CHECK(std::holds_alternative<recording_error>(tell_story("it", parts)));

    SECTION("and not when the migration was another one") {
        auto other = second_version();
        other["migrations"][0]["rename"]["boiling"] = "dark";
        auto report = retake(parts[1], load(other));
        REQUIRE(report.differs);
        CHECK(report.differs->what == "events");
        CHECK(report.differs->commit == 1);
    }
    SECTION("and not when it was not what the first part has come to") {
        auto& start = parts[1].start->state;
        start.replace(start.find("heard"), 5, "hoard");
        CHECK(retake(parts[1], load(second_version())).differs->what == "start");
    }
}

TEST_CASE("a server that still has the former version is fenced, and refuses what it would take back") {
    changing_house h;
    h.say("hi");
    machine_catalog newer;
    newer.add(load(second_version()));
    registry other(session_house{h.env, h.database, h.limits}, newer);
    auto found = h.env.run(other.find(session_id{h.welcome["session"]}));
    REQUIRE(found.live);
    h.env.run_ready();
    CHECK(h.row().machine_version == 2);

    h.say("off");
    CHECK(h.socket->closed_by_server() == close_code::fenced);
    CHECK(h.come_back() == "refused machine");
    auto policy = first_version();
    policy["meta"]["migration"] = "restart";
    h.run({policy});
    CHECK(h.come_back() == "refused machine"); // there is no way back
    CHECK(h.row().machine_version == 2);
    h.env.run(other.close());
}

TEST_CASE("a robot whose machine has a newer version goes on with its dialogue where there is a way") {
    changing_house h;
    h.machines.add(test_machine(1));
    auto first = find_robot(h);
    auto listener = std::make_shared<tests::answers>();
    REQUIRE(first.live->submit(a_turn("t-1", 1, listener)) == delivery::queued);
    h.env.run_ready();
    auto id = first.live->id();
    first.live.reset();
    h.stop();
    h.machines = {};
    bool leads = GENERATE(true, false);
    auto document = ordered_json::parse(R"({"id": "parrot", "version": 2, "initial": "listening", "states": {
        "listening": {"on": {"turn.text": {"actions": {"type": "say", "params": {"text": "{{ context.heard }}"}}}}}}})");
    if (leads) document["migrations"] = ordered_json::parse(R"([{"from": 1, "to": 2}])");
    h.machines.add(load(document));
    h.open();
    auto second = find_robot(h);
    REQUIRE(second.live);
    CHECK((second.live->id() == id) == leads);
}
