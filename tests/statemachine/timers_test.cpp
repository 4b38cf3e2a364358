#include "tests/statemachine/with_logs.hpp"

using namespace rejoinder;
using namespace std::chrono_literals;
using rejoinder::tests::run;
using statemachine::timer_policy;

namespace {

constexpr std::string_view kettle = R"({"id": "m", "version": 1, "initial": "cold", "states": {
    "cold": {"on": {"heat": "warm"}},
    "warm": {"on": {"off": "cold"}, "after": {"5000": "hot", "1000": {"actions": "log warm for a second"}}},
    "hot": {"after": {"60000": {"target": "cold", "meta": {"timer": "remaining"}}}}}})";

const auto a_start = from_unix(1'000'000);

} // namespace

TEST_CASE("a delayed transition is taken when its time has come, and not before") {
    auto machine = run(kettle);
    CHECK(machine.send("heat").pass(4999ms).state() == "warm");
    CHECK(machine.pass(1ms).state() == "hot");
    CHECK(machine.now.timers.size() == 1);
}

TEST_CASE("a state that is left takes its delays along") {
    auto machine = run(kettle);
    machine.send("heat").pass(3s);
    CHECK(machine.now.timers.size() == 1);
    CHECK(machine.send("off").now.timers.empty());
    CHECK(machine.send("heat").pass(4s).state() == "warm");
}

TEST_CASE("timers are stored with the machine") {
    auto machine = run(kettle);
    auto before = machine.send("heat").now.timers;
    CHECK(machine.store_and_load().now.timers == before);
    CHECK(machine.pass(5s).state() == "hot");
    CHECK(machine.store_and_load().now.timers.at(0).policy == timer_policy::remaining);

    auto stored = json::parse(serialise(machine.machine(), machine.now));
    for (const auto* member : {"id", "event", "due", "length", "policy"}) {
        auto broken = stored;
        broken["timers"][0].erase(member);
        CHECK_FALSE(statemachine::restore(machine.machine(), broken.dump()));
    }
    for (const auto& [member, value] : {std::pair("length", json(INT64_MAX)),
                                        std::pair("due", json(INT64_MAX)), std::pair("event", json(""))}) {
        auto broken = stored;
        broken["timers"][0][member] = value;
        CHECK_FALSE(statemachine::restore(machine.machine(), broken.dump()));
    }
    stored["timers"].push_back(stored["timers"][0]);
    CHECK_FALSE(statemachine::restore(machine.machine(), stored.dump()));
}

TEST_CASE("an event can be raised later, and what is raised later can be cancelled") {
    auto machine =
        run(R"({"id": "m", "version": 1, "initial": "a", "context": {"long": 250}, "states": {"a": {"on": {
        "later": {"actions": {"type": "raise", "params": {"delay": {"from": "/context/long"}, "id": "bell",
                  "event": {"type": "ring", "loud": true}}}},
        "never mind": {"actions": {"type": "cancel", "params": {"id": "bell"}}},
        "ring": {"actions": {"type": "assign", "params": {"loud": {"from": "/event/loud"}}}}}}}})");
    machine.send("later").pass(200ms);
    CHECK(machine.context() == json{{"long", 250}});
    CHECK(machine.store_and_load().pass(50ms).context()["loud"] == true);
    machine.send("later").send("never mind");
    CHECK(machine.now.timers.empty());
    machine.send("later").send("later");
    CHECK(machine.now.timers.size() == 1);
}

TEST_CASE("delayed events without an id all come") {
    auto machine =
        run(R"({"id": "m", "version": 1, "initial": "a", "context": {"rang": 0}, "states": {"a": {"on": {
        "later": {"actions": {"type": "raise", "params": {"delay": 100, "event": "ring"}}},
        "ring": {"actions": {"type": "increment", "params": {"path": "/context/rang"}}}}}}})");
    machine.send("later").pass(50ms).send("later").send("later").pass(50ms);
    CHECK(machine.context()["rang"] == 1);
    CHECK(machine.store_and_load().send("later").pass(100ms).context()["rang"] == 4);
}

TEST_CASE("of timers that are due at once the one that was started first fires first") {
    auto machine = run(R"({"id": "m", "version": 1, "initial": "a", "states": {"a": {
        "entry": [{"type": "start timer", "params": {"delay": 10, "event": "b"}},
                  {"type": "start timer", "params": {"delay": 10, "event": "a"}}],
        "on": {"a": {"actions": "log a"}, "b": {"target": "z", "actions": "log b"}}}, "z": {}}})");
    REQUIRE(machine.now.next_timer());
    CHECK(machine.now.next_timer()->event == "b");
    CHECK(machine.pass(10ms).state() == "z");
}

TEST_CASE("time in which no server ran counts as a timer's policy says") {
    statemachine::snapshot machine;
    for (auto policy : {timer_policy::deadline, timer_policy::remaining, timer_policy::restart})
        machine.timers.push_back({"t", "t", json::object(), a_start + 10s, 20s, policy});
    resume_timers(machine, a_start, a_start + 3s);
    CHECK(machine.timers[0].due == a_start + 10s);
    CHECK(machine.timers[1].due == a_start + 13s);
    CHECK(machine.timers[2].due == a_start + 23s);
    // A clock that was set back takes nothing away.
    resume_timers(machine, a_start + 60s, a_start);
    CHECK(machine.timers[1].due == a_start + 13s);
}

TEST_CASE("a timer that is not there any more does nothing") {
    auto machine = run(kettle);
    auto fired = fire(machine.machine(), machine.now, "gone", machine.inputs);
    CHECK_FALSE(fired.handled);
    CHECK(serialise(machine.machine(), fired.next) == serialise(machine.machine(), machine.now));
}

TEST_CASE("more than 256 timers are refused, and a delay that is none") {
    auto machine = run(R"({"id": "m", "version": 1, "initial": "a", "states": {"a": {"on": {
        "start": {"actions": {"type": "raise", "params": {"delay": {"from": "/event/in"},
                  "event": {"type": {"from": "/event/name"}}}}}}}}})");
    for (int i = 0; i < 256; ++i)
        machine.send("start", {{"in", 10}, {"name", "t" + std::to_string(i)}});
    CHECK_FALSE(machine.last.error);
    CHECK(machine.send("start", {{"in", 10}, {"name", "one more"}}).last.error->code ==
          "machine.too_many_timers");
    auto laden = run(R"({"id": "m", "version": 1, "initial": "a", "states": {"a": {"on": {
        "start": {"actions": {"type": "raise", "params": {"delay": 10, "event": {"type": "t", "d": {"from": "/event/d"}}}}}}}}})");
    CHECK_FALSE(laden.send("start", {{"d", std::string(40'000, 'x')}}).last.error);
    CHECK(laden.send("start", {{"d", std::string(40'000, 'x')}}).last.error->code ==
          "machine.too_many_timers");
    for (json delay : {json(-1), json(1.5), json("soon"), json(), json(4'000'000'000'000)})
        CHECK(machine.send("start", {{"in", delay}, {"name", "x"}}).last.error->code == "machine.bad_value");
}
