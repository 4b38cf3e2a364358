#include "statemachine/policies.hpp"

#include "tests/statemachine/running_machine.hpp"
#include "tests/support/catch.hpp"

using namespace rejoinder;
using namespace rejoinder::statemachine;
using rejoinder::tests::running_machine;
using policy = overlap::policy;

TEST_CASE("an overlap policy is one of five words, and a debounce has its milliseconds") {
    CHECK(parse_overlap("queue") == overlap{policy::queue, {}});
    CHECK(parse_overlap("merge") == overlap{policy::merge, {}});
    CHECK(parse_overlap("debounce(300)") == overlap{policy::debounce, milliseconds(300)});
    for (const char* text :
         {"", "Queue", "debounce", "debounce()", "debounce(0)", "debounce(-1)", "debounce(10001)",
          "debounce(3 )", "debounce(300", "debounce(99999999999999999999)", "queue(3)"}) {
        CAPTURE(text);
        CHECK_FALSE(parse_overlap(text));
    }
}

TEST_CASE("a turn may ask for the state's own policy or for a stricter one") {
    // From the laxest to the strictest; merge and debounce are neither to the other.
    const overlap replace{policy::replace, {}}, merge{policy::merge, {}}, queue{policy::queue, {}},
        reject{policy::reject, {}}, debounce{policy::debounce, milliseconds(5)};
    const std::vector<std::vector<overlap>> ranks{{replace}, {merge, debounce}, {queue}, {reject}};
    for (std::size_t declared = 0; declared < ranks.size(); ++declared)
        for (std::size_t wished = 0; wished < ranks.size(); ++wished)
            for (const auto& state : ranks[declared])
                for (const auto& turn : ranks[wished])
                    CHECK(is_as_strict(turn, state) == (wished > declared || turn.what == state.what));
}

TEST_CASE("the nearest state that declares an overlap policy decides") {
    running_machine machine(
        R"json({"id": "m", "version": 1, "initial": "a", "meta": {"overlap": "reject"}, "states": {
        "a": {"initial": "b", "meta": {"overlap": "merge"}, "on": {"out": "c"}, "states": {
            "b": {"on": {"in": "d"}}, "d": {"meta": {"overlap": "debounce(5)"}}}},
        "c": {}}})json");
    auto now = [&] { return overlap_of(machine.machine(), machine.now).what; };
    CHECK(now() == policy::merge);
    machine.send("in");
    CHECK(now() == policy::debounce);
    machine.send("out");
    CHECK(now() == policy::reject);
}

TEST_CASE("a machine that declares nothing queues turns and lets the newest take over") {
    running_machine machine(R"({"id": "m", "version": 1, "initial": "a", "states": {"a": {}}})");
    CHECK(overlap_of(machine.machine(), machine.now) == overlap{});
    CHECK(machine.machine().takeover() == takeover::newest);
    auto shared = running_machine::load(
        R"({"id": "m", "version": 1, "initial": "a", "meta": {"takeover": "share"}, "states": {"a": {}}})");
    CHECK(shared.takeover() == takeover::share);
}

TEST_CASE("a tool is an effect with its arguments worked out") {
    running_machine machine(
        R"({"id": "m", "version": 1, "initial": "a", "context": {"room": "hall"}, "states": {"a": {
        "on": {"light": {"actions": {"type": "tool", "params": {
            "name": "lamp", "args": {"in": {"from": "/context/room"}}, "timeout": 500}}},
               "odd": {"actions": {"type": "tool", "params": {"name": "lamp", "args": 5}}}}}}})");
    machine.send("light");
    REQUIRE(machine.last.effects.size() == 1);
    const auto& made = machine.last.effects.front();
    CHECK(made.what == effect::kind::tool);
    CHECK(made.name == "lamp");
    CHECK(made.data == json{{"args", {{"in", "hall"}}}, {"timeout", 500}});
    machine.send("odd");
    REQUIRE(machine.last.error);
    CHECK(machine.last.error->code == "machine.bad_value");
}
