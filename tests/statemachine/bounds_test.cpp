#include "tests/statemachine/running_machine.hpp"

using rejoinder::json;
using rejoinder::tests::running_machine;

TEST_CASE("a machine that does not come to rest is stopped, and stays where it was") {
    running_machine machine(
        R"({"id": "m", "version": 1, "initial": "a", "context": {"n": 0}, "states": {"a": {"on": {
        "go": {"actions": [{"type": "increment", "params": {"path": "/context/n"}}, {"type": "raise", "params": {"event": "go"}}]}}}}})");
    auto before = serialise(machine.machine(), machine.now);
    machine.send("go");
    REQUIRE(machine.last.error);
    CHECK(machine.last.error->code == "machine.too_many_steps");
    CHECK(machine.last.effects.empty());
    CHECK(serialise(machine.machine(), machine.now) == before);
}

TEST_CASE("always transitions that go on for too long are stopped, and the event is undone with them") {
    running_machine machine(R"({"id": "m", "version": 1, "initial": "a", "context": {"n": 0}, "states": {
        "a": {"on": {"go": {"target": "b", "guard": {"type": "exists", "params": {"path": "/event/type"}}}}},
        "b": {"always": {"guard": {"type": "less", "params": {"path": "/context/n", "value": 2000}}, "actions": [
            {"type": "increment", "params": {"path": "/context/n"}}]}}}})");
    machine.send("go");
    REQUIRE(machine.last.error);
    CHECK(machine.last.error->code == "machine.too_many_steps");
    CHECK(machine.state() == "a");
}

TEST_CASE("a context of more than 256 KiB fails the step that would make it so") {
    running_machine machine(R"({"id": "m", "version": 1, "initial": "a", "states": {"a": {"on": {
        "x": {"actions": {"type": "append", "params": {"path": "/context/list", "value": {"from": "/event/v"}}}}}}}})");
    auto part = std::string(60 * 1024, 'x');
    for (int i = 0; i < 4; ++i)
        REQUIRE_FALSE(machine.send("x", {{"v", part}}).last.error);
    machine.send("x", {{"v", part}});
    REQUIRE(machine.last.error);
    CHECK(machine.last.error->code == "machine.context_too_large");
    CHECK(machine.last.error->pointer == "/states/a/on/x/actions");
    CHECK(machine.context()["list"].size() == 4);
    CHECK_FALSE(machine.send("x", {{"v", 1}}).last.error);
}

TEST_CASE("a step that copies without end runs out of data before it runs out of memory") {
    running_machine machine(
        R"({"id": "m", "version": 1, "initial": "a", "context": {"n": 0}, "states": {"a": {"on": {
        "x": {"actions": [{"type": "say", "params": {"text": "{{event.v}}{{event.v}}{{event.v}}{{event.v}}"}},
                          {"type": "raise", "params": {"event": {"type": "x", "v": "{{event.v}}{{event.v}}"}}}]}}}}})");
    machine.send("x", {{"v", std::string(1000, 'x')}});
    REQUIRE(machine.last.error);
    CHECK(machine.last.error->code == "machine.too_much_data");
    CHECK(machine.last.effects.empty());
}

TEST_CASE("a context that grows into itself is stopped before it is too deep to be written") {
    running_machine machine(
        R"({"id": "m", "version": 1, "initial": "a", "context": {"o": 1}, "states": {"a": {"on": {
        "x": {"actions": {"type": "assign", "params": {"o": {"inner": {"from": "/context/o"}}}}}}}}})");
    int steps = 0;
    while (!machine.send("x").last.error && steps < 1000)
        ++steps;
    REQUIRE(machine.last.error);
    CHECK(machine.last.error->code == "machine.bad_value");
    CHECK(steps < 100);
    CHECK(restore(machine.machine(), serialise(machine.machine(), machine.now)));
}

TEST_CASE("the same inputs give the same step, whatever came before") {
    auto document = R"({"id": "m", "version": 1, "initial": "a", "states": {"a": {"on": {
        "x": {"actions": [{"type": "say", "params": {"any": ["1", "2", "3", "4"]}},
                          {"type": "append", "params": {"path": "/context/at", "value": {"from": "/now"}}}]}}}}})";
    auto play = [&] {
        running_machine machine(document);
        std::string all;
        for (std::uint64_t turn = 0; turn < 20; ++turn) {
            machine.inputs.seed = turn * 77;
            machine.inputs.now = rejoinder::from_unix(static_cast<std::int64_t>(turn));
            all += machine.send("x").said().at(0);
        }
        return all + serialise(machine.machine(), machine.now);
    };
    CHECK(play() == play());
}
