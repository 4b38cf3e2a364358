#include "tests/statemachine/running_machine.hpp"

using namespace rejoinder::statemachine;
using rejoinder::json;
using rejoinder::tests::running_machine;

namespace {

constexpr auto document =
    R"({"id": "m", "version": 1, "initial": "a", "context": {"n": 0, "t": "\u00e9"}, "output": {"from": "/context/n"},
    "tags": "any", "states": {
        "a": {"initial": "b", "tags": ["outer", "more"], "on": {"end": "end"}, "states": {
            "b": {"tags": "inner", "on": {"x": {"target": "c", "actions": {"type": "increment", "params": {"path": "/context/n"}}}}},
            "c": {"on": {"x": "b"}}}},
        "end": {"type": "final"}}})";

} // namespace

TEST_CASE("a snapshot that was stored and restored goes on as if nothing had been") {
    running_machine one(document);
    running_machine other(document);
    for (auto event : {"x", "x", "unknown", "x", "end"}) {
        one.send(event);
        other.send(event);
        auto text = serialise(other.machine(), other.now);
        auto again = restore(other.machine(), text);
        REQUIRE(again);
        CHECK(serialise(other.machine(), *again) == text);
        other.now = *again;
        CHECK(serialise(one.machine(), one.now) == text);
    }
    CHECK(other.done());
    CHECK(other.now.output == 2);
}

TEST_CASE("a snapshot's text has the state value as XState writes it") {
    running_machine machine(document);
    CHECK(json::parse(serialise(machine.machine(), machine.now)) ==
          json{{"value", {{"a", "b"}}}, {"context", {{"n", 0}, {"t", "\u00e9"}}}, {"status", "active"}});
    machine.send("end");
    CHECK(
        json::parse(serialise(machine.machine(), machine.now)) ==
        json{{"value", "end"}, {"context", {{"n", 0}, {"t", "\u00e9"}}}, {"status", "done"}, {"output", 0}});
}

TEST_CASE("a snapshot of a state that the machine does not have is not restored, nor is anything else") {
    auto machine = running_machine::load(document);
    for (auto text :
         {R"({"value":{"a":"z"},"context":{},"status":"active"})",
          R"({"value":"a","context":{},"status":"active"})",
          R"({"value":{"a":{"b":"c"}},"context":{},"status":"active"})",
          R"({"value":{},"context":{},"status":"active"})",
          R"({"value":"end","context":[],"status":"active"})", R"({"value":"end","status":"active"})",
          R"({"value":"end","context":{},"status":"stopped"})", R"({"value":"end","context":{}})", "[]", "",
          "{"}) {
        INFO(text);
        CHECK_FALSE(restore(machine, text));
    }
    CHECK(restore(machine, R"({"value":"end","context":{},"status":"active"})"));
}

TEST_CASE("a large and wide context is restored") {
    running_machine machine(document);
    for (int i = 0; i < 2000; ++i)
        REQUIRE(machine.now.context.set("/wide/k" + std::to_string(i), i));
    CHECK(restore(machine.machine(), serialise(machine.machine(), machine.now)));
}

TEST_CASE("tags are those of the state and of everything around it") {
    running_machine machine(document);
    for (auto tag : {"inner", "outer", "more", "any"})
        CHECK(has_tag(machine.machine(), machine.now, tag));
    machine.send("x");
    CHECK_FALSE(has_tag(machine.machine(), machine.now, "inner"));
    CHECK(has_tag(machine.machine(), machine.now, "outer"));
}
