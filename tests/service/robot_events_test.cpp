#include "service/robot_events.hpp"
#include "tests/support/catch.hpp"

using namespace rejoinder;
using namespace rejoinder::service;
using rejoinder::websocket::robot::input;
using rejoinder::websocket::robot::input_kind;

namespace {

statemachine::definition listener() {
    auto outcome = statemachine::load_definition_text(
        R"({"id":"m","version":1,"initial":"a","states":{"a":{}},
            "meta":{"intents":[{"name":"joke","any":["joke"]}]}})");
    REQUIRE(outcome.machine);
    return *outcome.machine;
}

} // namespace

TEST_CASE("words are named by the machine's own intents, and are chat where it has none for them") {
    input said;
    said.text = "tell me a Joke!";
    said.rules = {"launch"};
    auto known = event_of(said, listener());
    CHECK(known.what.type == "intent.joke");
    CHECK(known.understood == "joke");
    CHECK(known.what.data ==
          json::parse(R"({"intent":"joke","text":"tell me a Joke!","rules":["launch"],"source":"text"})"));
    said.text = "blue";
    CHECK(event_of(said, listener()).what.type == "intent.chat");
    CHECK(event_of(said, listener()).understood == "chat");
}

TEST_CASE("a touch keeps the robot's own intent and entities") {
    input touched;
    touched.kind = input_kind::intent;
    touched.intent = "loadMenu";
    touched.entities = {{"destination", "fun"}};
    auto event = event_of(touched, listener());
    CHECK(event.what.type == "intent.loadMenu");
    CHECK(event.what.data ==
          json::parse(R"({"intent":"loadMenu","entities":{"destination":"fun"},"rules":[],"source":"nlu"})"));
}

TEST_CASE("triggers and silence have events of their own") {
    input asked;
    asked.kind = input_kind::trigger;
    asked.entities = {{"triggerSource", "SURPRISE"}};
    CHECK(event_of(asked, listener()).what.type == "robot.trigger");
    CHECK(event_of(asked, listener()).what.data.at("triggerSource") == "SURPRISE");
    asked.kind = input_kind::silence;
    CHECK(event_of(asked, listener()).what.type == "robot.silence");
    CHECK(event_of(asked, listener()).understood.empty());
}
