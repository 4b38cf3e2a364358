#include "service/replay/retell.hpp"

#include "service/replay/cut_everywhere.hpp"
#include "service/replay/stage.hpp"
#include "tests/service/talk.hpp"
#include "tests/service/worker_machine.hpp"
#include "tests/support/catch_result.hpp"
#include "tests/support/real_environment.hpp"

using namespace rejoinder;
using namespace rejoinder::service;
using namespace rejoinder::tests;

namespace {

/// A session of the test machine in which these are said.
session_recording recorded(const std::vector<std::string>& texts) {
    house h;
    auto socket = h.connect();
    auto welcome = h.attach(*socket, house::hello());
    std::uint64_t number = 0;
    for (const auto& text : texts) {
        ++number;
        socket->say(house::turn("t-" + std::to_string(number), number, text));
        h.env.run_ready();
    }
    auto made = h.env.run(
        record_session(&h.database, session_id{welcome["session"]}, &h.machines, log_start::needed));
    REQUIRE(made);
    return std::move(made->front());
}

story story_of(const session_recording& what) {
    auto told = tell_story("it", {what});
    if (auto* wrong = std::get_if<recording_error>(&told)) FAIL(wrong->message);
    return std::get<story>(std::move(told));
}

retelling retell_on_stage(real_environment& world, const story& what, const statemachine::definition& machine,
                          std::optional<double> speed = std::nullopt) {
    auto opened = stage::open(world.env(), machine);
    REQUIRE(opened);
    retelling_options options;
    options.server.url = (*opened)->url();
    options.speed = speed;
    auto told = world.get(retell(&world.env(), &what, std::move(options)));
    world.run((*opened)->close());
    return told;
}

/// Says what the time is, so that no two runs of it are the same.
statemachine::definition clock_machine() {
    auto loaded = statemachine::load_definition(json::parse(R"({
      "id": "parrot", "version": 1, "initial": "listening",
      "states": {"listening": {"on": {"turn.text":
        {"actions": [{"type": "say", "params": {"text": "It is {{ now }}."}}]}}}}
    })"));
    REQUIRE(loaded.machine);
    return *loaded.machine;
}

} // namespace

TEST_CASE("a story has each turn as its client said it, and what was shown without what clocks add") {
    auto what = story_of(recorded({"hi", "ask me"}));
    CHECK(what.machine == "parrot");
    CHECK(what.whole);
    CHECK(what.turns == 2);
    REQUIRE(what.acts.size() == 2);
    CHECK(what.acts[1].id == "t-2");
    CHECK(what.acts[1].input == json({{"text", "ask me"}}));
    CHECK(what.events.size() == greeting + 5);
    for (const auto& event : what.events) {
        CHECK_FALSE(event.contains("at"));
        CHECK_FALSE(event["data"].contains("elapsed"));
    }
}

TEST_CASE("turns with events and intents are said again as they were") {
    session_recording what = recorded({"hi"});
    auto input = [&what](const json& event) {
        auto step = json::parse(what.commits[1].step);
        step["event"] = event;
        what.commits[1].step = to_text(step);
        return story_of(what).acts.at(0).input;
    };
    CHECK(input({{"type", "button"}, {"data", {{"x", 1}}}}) ==
          json({{"event", "button"}, {"data", {{"x", 1}}}}));
    CHECK(input({{"type", "button"}, {"data", nullptr}}) == json({{"event", "button"}}));
    CHECK(input({{"type", "intent.joke"}, {"data", {{"intent", "joke"}, {"entities", nullptr}}}}) ==
          json({{"intent", "joke"}}));
}

TEST_CASE("tools and cancels of a story are said again, also when the connection is cut behind any frame") {
    workshop h;
    auto socket = h.connect();
    auto welcome = h.attach(*socket, workshop::hello());
    std::vector<std::string> calls;
    auto say = [&](const json& frame) {
        h.say(*socket, frame);
        while (auto heard = socket->next())
            if (heard->value("kind", "") == "tool") calls.push_back(call_of(*heard));
    };
    say(house::turn("t-1", 1, "fetch both"));
    REQUIRE(calls.size() == 2);
    say(tool_result(calls[1]));
    say(tool_result(calls[0], {{"is", "on"}}));
    say(house::turn("t-2", 2, "fetch"));
    say(house::turn("t-3", 3, "three"));
    say({{"type", "cancel"}, {"turn", "t-2"}});
    say(house::turn("t-4", 4, "fetch"));
    SECTION("answered by the device") {
        say(tool_result(calls[3], {{"why", "broken"}}, false));
        auto recorded = h.env.run(
            record_session(&h.database, session_id{welcome["session"]}, &h.machines, log_start::needed));
        REQUIRE(recorded);
        auto what = story_of(recorded->front());
        CHECK(what.turns == 4);
        CHECK(what.acts.size() == 8);
        real_environment world;
        auto told = retell_on_stage(world, what, worker_machine());
        CHECK(told.problem.empty());
        auto differs = compare_events(what.events, told.events);
        if (differs) UNSCOPED_INFO(differs->expected << " / " << differs->ours);
        CHECK_FALSE(differs);
        auto machine = worker_machine();
        auto report = world.get(cut_everywhere(&world.env(), &what, &machine, {}));
        CHECK(report.cuts > 10);
        CHECK(report.problem.empty());
        CHECK_FALSE(report.differs);
    }
    SECTION("not answered in time: nobody wants to wait for that") {
        h.env.advance(milliseconds(60000));
        auto recorded = h.env.run(
            record_session(&h.database, session_id{welcome["session"]}, &h.machines, log_start::needed));
        REQUIRE(recorded);
        auto told = tell_story("it", *recorded);
        REQUIRE(std::holds_alternative<recording_error>(told));
        CHECK(std::get<recording_error>(told).message.find("t-4 has a tool") != std::string::npos);
    }
}

TEST_CASE("what no client can say is no story") {
    auto what = recorded({"hi"});
    SECTION("a robot's turn, which has no number") {
        what.commits[1].number = 0;
    }
    SECTION("a turn without a step") {
        what.commits[1].step.clear();
    }
    auto told = tell_story("it", {what});
    REQUIRE(std::holds_alternative<recording_error>(told));
    CHECK(std::get<recording_error>(told).message.starts_with("it: turn t-1 "));
}

TEST_CASE("a story that begins in the middle, or lacks lines, is not whole") {
    auto what = recorded({"hi"});
    SECTION("in the middle") {
        what.start = recorded_start{"", 2};
    }
    SECTION("lines") {
        what.lost = 1;
    }
    CHECK_FALSE(story_of(what).whole);
}

TEST_CASE("a story that is told to a server of the same machine comes to the same events") {
    real_environment world;
    auto what = story_of(recorded({"hi", "call me Ada", "who am i", "goodbye"}));
    auto told = retell_on_stage(world, what, test_machine());
    CHECK(told.problem.empty());
    CHECK_FALSE(compare_events(what.events, told.events));
    auto paced = retell_on_stage(world, what, test_machine(), 1000);
    CHECK_FALSE(compare_events(what.events, paced.events));
}

TEST_CASE("the first event that is another one is told with both sides") {
    std::vector<json> expected{"a", "b", "c"};
    CHECK_FALSE(compare_events(expected, expected));
    auto differs = compare_events(expected, {"a", "x", "c"});
    REQUIRE(differs);
    CHECK(differs->event == 2);
    CHECK(differs->expected == "\"b\"");
    CHECK(differs->ours == "\"x\"");
    CHECK(compare_events(expected, {"a"})->ours == "nothing");
    CHECK(compare_events({}, {"a"})->expected == "nothing");
}

TEST_CASE("a story whose machine the server does not have ends with a reason") {
    real_environment world;
    auto what = story_of(recorded({"hi"}));
    what.machine = "nobody";
    auto told = retell_on_stage(world, what, test_machine());
    CHECK(told.problem.starts_with("the server refused a session: "));
}

TEST_CASE("a session that is cut behind each frame shows the same, and one that differs is noticed") {
    real_environment world;
    auto what = story_of(recorded({"hi", "ask me"}));
    auto run = [&](const statemachine::definition& machine) {
        return world.get(cut_everywhere(&world.env(), &what, &machine, {}));
    };
    auto report = run(test_machine());
    CHECK(report.problem == "");
    CHECK(report.passed());
    CHECK(report.frames > 10);
    CHECK(report.cuts == report.frames);

    auto differs = run(clock_machine());
    CHECK_FALSE(differs.passed());
    CHECK(differs.place >= 1);
    CHECK(differs.differs);
}
