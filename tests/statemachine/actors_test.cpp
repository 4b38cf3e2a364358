#include "tests/statemachine/with_logs.hpp"

using namespace rejoinder;
using namespace std::chrono_literals;
using rejoinder::tests::run;
using rejoinder::tests::running_machine;
using statemachine::effect;

namespace {

constexpr std::string_view asking = R"({"id": "m", "version": 1, "initial": "idle", "states": {
    "idle": {"on": {"ask": "thinking"}},
    "thinking": {"invoke": {"src": "responder", "id": "mind", "input": {"said": {"from": "/event/text"}},
            "onDone": {"target": "idle", "actions": {"type": "say", "params": {"text": "{{ event.output.text }}"}}},
            "onError": {"target": "idle", "actions": {"type": "say", "params": {"text": "{{ event.error.code }}"}}}},
        "on": {"stop": "idle", "more": {"actions":
            {"type": "sendTo", "params": {"to": "mind", "event": {"type": "hint", "text": "x"}}}}}}}})";

std::vector<std::pair<effect::kind, std::string>> effects_of(const running_machine& machine) {
    std::vector<std::pair<effect::kind, std::string>> found;
    for (const auto& one : machine.last.effects)
        found.emplace_back(one.what, one.name);
    return found;
}

} // namespace

TEST_CASE("a state that is entered begins its actor with its input, and ends it when it is left") {
    auto machine = run(asking);
    machine.send("ask", {{"text", "why?"}});
    REQUIRE(effects_of(machine) == std::vector{std::pair(effect::kind::invoke, std::string("mind"))});
    CHECK(machine.last.effects[0].data == json::parse(R"({"src": "responder", "input": {"said": "why?"}})"));
    machine.send("stop");
    CHECK(effects_of(machine) == std::vector{std::pair(effect::kind::stop, std::string("mind"))});
}

TEST_CASE("how an actor ended decides where its state goes") {
    auto machine = run(asking);
    machine.send("ask").send("xstate.done.actor.mind", {{"output", {{"text", "because"}}}});
    CHECK(machine.said() == std::vector<std::string>{"because"});
    CHECK(machine.state() == "idle");
    machine.send("ask").send("xstate.error.actor.mind", {{"error", {{"code", "timeout"}}}});
    CHECK(machine.said() == std::vector<std::string>{"timeout"});
}

TEST_CASE("an actor can be sent an event") {
    auto machine = run(asking);
    machine.send("ask").send("more");
    REQUIRE(effects_of(machine) == std::vector{std::pair(effect::kind::send, std::string("mind"))});
    CHECK(machine.last.effects[0].data == json::parse(R"({"type": "hint", "text": "x"})"));
}

TEST_CASE("an actor without an id is named after its state, as XState does it") {
    auto machine = run(R"({"id": "m", "version": 1, "initial": "a", "states": {
        "a": {"invoke": [{"src": "responder", "onDone": "b"}]}, "b": {}}})");
    CHECK(machine.last.effects.at(0).name == "0.m.a");
    CHECK(machine.send("xstate.done.actor.0.m.a").state() == "b");
}

TEST_CASE("the actor that waits needs nobody") {
    auto machine = run(R"({"id": "m", "version": 1, "initial": "a", "states": {
        "a": {"invoke": {"src": "wait", "id": "nap", "input": {"for": 500}, "onDone": "b"}, "on": {"out": "c"}},
        "b": {}, "c": {}}})");
    CHECK(machine.last.effects.empty());
    auto left = machine;
    CHECK(machine.pass(500ms).state() == "b");
    left.send("out");
    CHECK(left.last.effects.empty());
    CHECK(left.now.timers.empty());
}

TEST_CASE("actors that work at the same time have ids of their own") {
    auto with_ids = [](const char* first, const char* second) {
        return statemachine::load_definition_text(
            std::string(R"({"id": "m", "version": 1, "type": "parallel", "states": {
            "a": {"invoke": {"src": "responder", "onError": {}, "id": ")") +
            first + R"("}}, "b": {"invoke": {"src": "responder", "onError": {}, "id": ")" + second +
            R"("}}}})");
    };
    CHECK(with_ids("one", "two").problems.empty());
    CHECK(with_ids("one", "one").problems.at(0).pointer == "/states/b/invoke");
}

TEST_CASE("a responder without a way out of its failure is worth a warning") {
    auto loaded = statemachine::load_definition_text(
        R"({"id": "m", "version": 1, "initial": "a", "states": {"a": {"invoke": {"src": "responder"}}}})");
    CHECK(loaded.machine);
    REQUIRE(loaded.problems.size() == 1);
    CHECK(loaded.problems[0].how_bad == statemachine::problem::severity::warning);
}
