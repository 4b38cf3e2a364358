// Timers and actors of machines that go over to another version.

#include "tests/statemachine/migrating.hpp"

using namespace rejoinder;
using namespace rejoinder::statemachine;
using namespace rejoinder::tests;
using namespace std::chrono_literals;

using texts = std::vector<std::string>;

TEST_CASE("timers go on under the new name of their state, and go with a state that is dropped") {
    const std::string waiting = R"("initial": "wait", "states": {"wait": {"after": {"1000": "done"},
        "entry": {"type": "raise", "params": {"event": "nudge", "delay": 5000, "id": "nudge"}}},
        "done": {"on": {"nudge": "wait"}}})";
    running_machine old(document(1, waiting));
    old.pass(400ms);
    const std::string renamed = R"("initial": "hold", "states": {"hold": {"after": {"1000": "done"}},
        "done": {"on": {"nudge": "hold"}}})";
    auto now = taken_over(old, document(2, renamed, R"([{"from": 1, "to": 2, "rename": {"wait": "hold"}}])"));
    CHECK(timer_ids(now) == texts{"nudge", "xstate.after.1000.m.hold"});
    CHECK(now.pass(599ms).state() == "hold");
    CHECK(now.pass(1ms).state() == "done");
    CHECK(now.pass(4s).state() == "hold"); // the machine's own timer came as well
    auto dropped =
        taken_over(old, document(2, renamed, R"([{"from": 1, "to": 2, "drop": {"wait": "done"}}])"));
    CHECK(timer_ids(dropped) == texts{"nudge"});
}

TEST_CASE("a state with an id of its own keeps its timer by that") {
    const std::string before =
        R"("initial": "a", "states": {"a": {"id": "mine", "after": {"1000": "b"}}, "b": {}})";
    const std::string behind =
        R"("initial": "c", "states": {"c": {"id": "mine", "after": {"1000": "b"}}, "b": {}})";
    running_machine old(document(1, before));
    old.pass(400ms);
    auto now = taken_over(old, document(2, behind, R"([{"from": 1, "to": 2, "rename": {"a": "c"}}])"));
    CHECK(now.pass(600ms).state() == "b");
}

TEST_CASE("a delay that is another one now begins anew, one that has passed does not") {
    const std::string reminding = R"("initial": "a", "states": {"a": {"after": {"1000": {"actions":
        {"type": "log", "params": {"text": "still here"}}}, "3000": "b"}}, "b": {}})";
    running_machine old(document(1, reminding));
    old.pass(1500ms);
    const std::string later = R"("initial": "a", "states": {"a": {"after": {"1000": {"actions":
        {"type": "log", "params": {"text": "still here"}}}, "9000": "b"}}, "b": {}})";
    auto same = taken_over(old, document(2, reminding, R"([{"from": 1, "to": 2}])"));
    CHECK(timer_ids(same) == texts{"xstate.after.3000.m.a"});
    auto now = taken_over(old, document(2, later, R"([{"from": 1, "to": 2}])"));
    CHECK(timer_ids(now) == texts{"xstate.after.9000.m.a"});
    CHECK(now.pass(8999ms).state() == "a");
    CHECK(now.pass(1ms).state() == "b");
}

TEST_CASE("a state whose own id is another one now begins its delay anew") {
    running_machine old(
        document(1, R"("initial": "a", "states": {"a": {"id": "mine", "after": {"1000": "b"}}, "b": {}})"));
    old.pass(400ms);
    auto now =
        taken_over(old, document(2, R"("initial": "a", "states": {"a": {"after": {"1000": "b"}}, "b": {}})",
                                 R"([{"from": 1, "to": 2}])"));
    CHECK(now.pass(1000ms).state() == "b");
}

TEST_CASE("an actor that is known by another id now is begun in a state that stays") {
    auto thinking = [](const std::string& invoked) {
        return R"("initial": "think", "states": {"think": {"invoke": )" + invoked + R"(}, "over": {}})";
    };
    auto begun = [&](const std::string& before, const std::string& id, const std::string& behind) {
        running_machine old(document(1, thinking(before)));
        auto made =
            take_over(old, document(2, thinking(behind), R"([{"from": 1, "to": 2}])"), {{id, "responder"}});
        return std::get<migrated_machine>(made).beginning;
    };
    const std::string wait = R"({"src": "wait", "input": {"for": 1000}, "onDone": "over"})";
    const std::string mind = R"({"src": "responder", "onDone": "over", "onError": "over"})";
    CHECK(begun(R"({"src": "responder", "id": "mind", "onError": "over"})", "mind",
                R"({"src": "responder", "id": "brain", "onError": "over"})") == texts{"brain"});
    CHECK(begun("[" + mind + "]", "0.m.think", "[" + wait + "," + mind + "]") ==
          texts{"0.m.think", "1.m.think"});
    CHECK(begun("[" + mind + "]", "0.m.think", "[" + mind + "," + wait + "]").empty());
}

TEST_CASE("a state that the machine comes into by going over begins its timers") {
    running_machine old(document(1, R"("initial": "a", "states": {"a": {}})"));
    const std::string members =
        R"("initial": "b", "states": {"b": {"initial": "c", "after": {"1000": "d"}, "states": {
        "c": {"after": {"500": "e"}}, "e": {}}}, "d": {}})";
    auto now = taken_over(old, document(2, members, R"([{"from": 1, "to": 2, "drop": {"a": "b"}}])"));
    CHECK(timer_ids(now) == texts{"xstate.after.1000.m.b", "xstate.after.500.m.b.c"});
    auto moved = taken_over(old, document(2, members, R"([{"from": 1, "to": 2, "rename": {"a": "b.c"}}])"));
    CHECK(timer_ids(moved) == texts{"xstate.after.1000.m.b"}); // it was in what is b.c now
}

TEST_CASE("time in which nobody ran the machine is credited on the way") {
    const std::string members = R"("initial": "a", "states": {"a": {"after":
        {"1000": {"target": "b", "meta": {"timer": "remaining"}}}}, "b": {}})";
    running_machine old(document(1, members));
    auto text = serialise(old.machine(), old.now);
    auto machine = running_machine::load(document(2, members, R"([{"from": 1, "to": 2}])"));
    auto now = old.inputs.now + 1h;
    auto due = [&](utc_time stopped) {
        auto made = migrate(machine, {1, text, {}}, stopped, now);
        return std::get<migrated_machine>(made).next.timers.at(0).due;
    };
    CHECK(due(old.inputs.now + 100ms) == now + 900ms);
    CHECK(due(now) == old.inputs.now + 1s);
}

TEST_CASE("actors go on with their state, end with it, and begin where the machine comes into one") {
    auto invoking = [](const std::string& name, const std::string& actor, const std::string& source) {
        return R"("initial": ")" + name + R"(", "states": {")" + name + R"(": {"invoke": {"src": ")" +
               source + R"(", )" + (actor.empty() ? "" : R"("id": ")" + actor + R"(", )") +
               R"("input": {"for": 2000}, "onDone": "over", "onError": "over"}}, "over": {"on": {"x": ")" +
               name + R"("}}})";
    };
    auto actors = [&](const running_machine& old, const std::string& to, const std::string& id) {
        return std::get<migrated_machine>(take_over(old, to, {{id, "responder"}}));
    };
    const std::string rename = R"([{"from": 1, "to": 2, "rename": {"think": "muse"}}])";
    running_machine old(document(1, invoking("think", "", "responder")));
    auto renamed = actors(old, document(2, invoking("muse", "", "responder"), rename), "0.m.think");
    CHECK(renamed.actors == texts{"0.m.muse"});
    CHECK(renamed.beginning.empty());
    auto named = actors(old, document(2, invoking("muse", "mind", "responder"), rename), "mind");
    CHECK(named.actors == texts{"mind"});
    auto dropped = actors(old,
                          document(2, invoking("muse", "", "responder"),
                                   R"([{"from": 1, "to": 2, "drop": {"think": "over"}}])"),
                          "0.m.think");
    CHECK(dropped.actors == texts{""});
    CHECK(dropped.beginning.empty());
    auto begun = actors(old,
                        document(2, invoking("muse", "", "responder"),
                                 R"([{"from": 1, "to": 2, "drop": {"think": "muse"}}])"),
                        "0.m.think");
    CHECK(begun.actors == texts{""});
    CHECK(begun.beginning == texts{"0.m.muse"});
    auto another = actors(old, document(2, invoking("muse", "mind", "wait"), rename), "mind");
    CHECK(another.actors == texts{""});
    CHECK(another.beginning == texts{"mind"});
}

TEST_CASE("actors that begin are begun with their input, those that wait as timers") {
    running_machine machine(
        R"({"id": "m", "version": 2, "initial": "a", "context": {"topic": "tea"}, "states": {
        "a": {"invoke": [{"src": "responder", "id": "mind", "input": {"say": {"from": "/context/topic"}},
            "onError": "b"}, {"src": "wait", "id": "pause", "input": {"for": 2000}, "onDone": "b"}]}, "b": {}}})");
    auto before = machine.now;
    before.timers.clear();
    auto begun = begin_actors(machine.machine(), before, {"mind", "pause"}, machine.inputs);
    REQUIRE_FALSE(begun.error);
    REQUIRE(begun.effects.size() == 1);
    CHECK(begun.effects[0].name == "mind");
    CHECK(begun.effects[0].data["input"] == json{{"say", "tea"}});
    CHECK(serialise(machine.machine(), begun.next) == serialise(machine.machine(), machine.now));
}

TEST_CASE("a waiting actor's timer is renamed with its state") {
    auto members = [](const std::string& name) {
        return R"("initial": ")" + name + R"(", "states": {")" + name +
               R"(": {"invoke": {"src": "wait", "input": {"for": 2000}, "onDone": "b"}}, "b": {}})";
    };
    running_machine old(document(1, members("a")));
    old.pass(500ms);
    auto now = taken_over(old, document(2, members("z"), R"([{"from": 1, "to": 2, "rename": {"a": "z"}}])"));
    CHECK(timer_ids(now) == texts{"xstate.done.actor.0.m.z"});
    CHECK(now.pass(1500ms).state() == "b");
}
