#include "tests/statemachine/with_logs.hpp"

using rejoinder::json;
using rejoinder::tests::run;
using rejoinder::tests::running_machine;
using rejoinder::tests::with_logs;
using texts = std::vector<std::string>;

TEST_CASE("a machine enters its root, then its initial states from the outside in") {
    auto machine = run(R"({"id": "m", "version": 1, "entry": "log root", "initial": "a", "states": {
        "a": {"entry": ["log a", "log a again"], "initial": "b", "states": {"b": {"entry": "log b"}}}}})");
    CHECK(machine.logged() == texts{"root", "a", "a again", "b"});
    CHECK(machine.state() == "a.b");
}

TEST_CASE("the actions of an initial transition run after the entry of the state that they belong to") {
    auto machine = run(R"({"id": "m", "version": 1, "entry": "log root",
        "initial": {"target": "a", "actions": "log to a"}, "on": {"deep": "#m.a.c"}, "states": {
        "a": {"entry": "log a", "initial": {"target": "b", "actions": "log to b"}, "states": {
            "b": {"entry": "log b"}, "c": {"entry": "log c"}}}}})");
    CHECK(machine.logged() == texts{"root", "to a", "a", "to b", "b"});
    CHECK(machine.send("deep").logged() == texts{"a", "c"});
}

TEST_CASE("a transition leaves states from the inside out, acts, and enters from the outside in") {
    auto machine = run(R"({"id": "m", "version": 1, "initial": "a", "states": {
        "a": {"exit": "log -a", "on": {"go": {"target": "x", "actions": "log going"}}, "initial": "b", "states": {
            "b": {"exit": "log -b", "initial": "c", "states": {"c": {"exit": "log -c"}}}}},
        "x": {"entry": "log +x", "initial": "y", "states": {"y": {"entry": "log +y"}}}}})");
    CHECK(machine.send("go").logged() == texts{"-c", "-b", "-a", "going", "+x", "+y"});
    CHECK(machine.state() == "x.y");
}

TEST_CASE("a state that contains both ends of a transition is neither left nor entered") {
    auto machine = run(R"({"id": "m", "version": 1, "initial": "a", "states": {
        "a": {"entry": "log +a", "exit": "log -a", "initial": "b", "states": {
            "b": {"exit": "log -b", "on": {"go": "c"}}, "c": {"entry": "log +c"}}}}})");
    CHECK(machine.send("go").logged() == texts{"-b", "+c"});
}

TEST_CASE("a compound state that targets a state inside itself stays, unless it is to be entered again") {
    auto document = R"({"id": "m", "version": 1, "initial": "a", "states": {
        "a": {"entry": "log +a", "exit": "log -a", "initial": "b",
              "on": {"stay": ".c", "again": {"target": ".c", "reenter": true}},
              "states": {"b": {"exit": "log -b"}, "c": {"entry": "log +c"}}}}})";
    CHECK(run(document).send("stay").logged() == texts{"-b", "+c"});
    CHECK(run(document).send("again").logged() == texts{"-b", "-a", "+a", "+c"});
}

TEST_CASE(
    "a transition to its own atomic state runs its actions only, unless the state is to be entered again") {
    auto document = R"({"id": "m", "version": 1, "initial": "a", "states": {
        "a": {"entry": "log +a", "exit": "log -a", "on": {
            "stay": {"target": "a", "actions": "log act"},
            "again": {"target": "a", "actions": "log act", "reenter": true}}}}})";
    CHECK(run(document).send("stay").logged() == texts{"act"});
    CHECK(run(document).send("again").logged() == texts{"-a", "act", "+a"});
}

TEST_CASE("a transition to its own compound state starts what is inside it anew") {
    auto machine = run(R"({"id": "m", "version": 1, "initial": "a", "states": {
        "a": {"entry": "log +a", "exit": "log -a", "initial": "b", "on": {"restart": "a"}, "states": {
            "b": {"entry": "log +b", "on": {"next": "c"}}, "c": {"exit": "log -c"}}}}})");
    machine.send("next");
    CHECK(machine.send("restart").logged() == texts{"-c", "+b"});
    CHECK(machine.state() == "a.b");
}

TEST_CASE("a transition from a state to one around it leaves and enters that one") {
    auto machine = run(R"({"id": "m", "version": 1, "initial": "a", "states": {
        "a": {"entry": "log +a", "exit": "log -a", "initial": "b", "states": {
            "b": {"exit": "log -b", "on": {"up": "#m.a"}}}}}})");
    CHECK(machine.send("up").logged() == texts{"-b", "-a", "+a"});
}

TEST_CASE("a transition of the root that is to enter again leaves and enters the root too") {
    auto document = R"({"id": "m", "version": 1, "entry": "log +m", "exit": "log -m", "initial": "a",
        "on": {"in": ".b", "again": {"target": ".b", "reenter": true}},
        "states": {"a": {"exit": "log -a"}, "b": {"entry": "log +b"}}})";
    CHECK(run(document).send("in").logged() == texts{"-a", "+b"});
    CHECK(run(document).send("again").logged() == texts{"-a", "-m", "+m", "+b"});
}

TEST_CASE("a transition without a target leaves and enters nothing") {
    auto machine = run(R"({"id": "m", "version": 1, "initial": "a", "states": {
        "a": {"entry": "log +a", "exit": "log -a", "on": {"x": {"actions": ["log one", "log two"]}}}}})");
    CHECK(machine.send("x").logged() == texts{"one", "two"});
    CHECK(machine.last.handled);
}

TEST_CASE("always transitions are taken before raised events") {
    auto machine = run(R"({"id": "m", "version": 1, "initial": "a", "states": {
        "a": {"on": {"go": {"target": "b", "actions": {"type": "raise", "params": {"event": "raised"}}}}},
        "b": {"entry": "log +b", "always": "c", "on": {"raised": {"actions": "log too early"}}},
        "c": {"entry": "log +c", "on": {"raised": {"target": "d", "actions": "log raised"}}},
        "d": {"entry": "log +d"}}})");
    CHECK(machine.send("go").logged() == texts{"+b", "+c", "raised", "+d"});
}

TEST_CASE("raised events come in the order in which they were raised, within the same step") {
    auto machine = run(R"({"id": "m", "version": 1, "initial": "a", "states": {
        "a": {"on": {
            "go": {"actions": [{"type": "raise", "params": {"event": "one"}}, "log went",
                               {"type": "raise", "params": {"event": {"type": "two", "more": 1}}}]},
            "one": {"actions": "log one"},
            "two": {"actions": {"type": "log", "params": {"text": "two {{ event.more }}"}}}}}}})");
    CHECK(machine.send("go").logged() == texts{"went", "one", "two 1"});
}

TEST_CASE("a final state tells the state around it, which goes on with its output") {
    auto machine = run(R"({"id": "m", "version": 1, "initial": "a", "states": {
        "a": {"exit": "log -a", "initial": "b", "onDone": {"target": "z", "actions":
                {"type": "log", "params": {"text": "done with {{ event.output.answer }}"}}},
              "states": {"b": {"on": {"go": "end"}},
                         "end": {"type": "final", "entry": "log end", "output": {"answer": {"from": "/event/n"}}}}},
        "z": {"entry": "log +z"}}})");
    CHECK(machine.send("go", {{"n", 42}}).logged() == texts{"end", "-a", "done with 42", "+z"});
    CHECK_FALSE(machine.done());
}

TEST_CASE(
    "a machine whose own final state is reached leaves its states, keeps its output and hears nothing more") {
    auto machine = run(R"({"id": "m", "version": 1, "initial": "a", "exit": "log -m",
        "context": {"n": 1}, "output": {"sum": {"from": "/event/output"}, "n": {"from": "/context/n"}},
        "states": {"a": {"on": {"go": "end"}},
                   "end": {"type": "final", "entry": "log +end", "exit": "log -end", "output": "all"}}})");
    CHECK(machine.send("go").logged() == texts{"+end", "-end", "-m"});
    CHECK(machine.done());
    CHECK(machine.state() == "end");
    CHECK(machine.now.output == json{{"sum", "all"}, {"n", 1}});
    machine.send("go");
    CHECK_FALSE(machine.last.handled);
    CHECK(machine.last.effects.empty());
}

TEST_CASE("events raised on the way to the end are dropped with the machine") {
    auto machine = run(R"({"id": "m", "version": 1, "initial": "a",
        "on": {"late": {"actions": "log late"}},
        "states": {"a": {"on": {"go": {"target": "end", "actions": {"type": "raise", "params": {"event": "late"}}}}},
                   "end": {"type": "final"}}})");
    CHECK(machine.send("go").logged().empty());
    CHECK(machine.done());
}

TEST_CASE(
    "an always transition without a target is taken once for each event, also for one that nobody handles") {
    auto machine = run(
        R"({"id": "m", "version": 1, "initial": "a", "states": {"a": {"always": {"actions": "log x"}}}})");
    CHECK(machine.logged() == texts{"x"});
    CHECK(machine.send("unknown").logged() == texts{"x"});
}

TEST_CASE("an always transition goes on for as long as it changes the context and its guard holds") {
    auto machine =
        run(R"({"id": "m", "version": 1, "initial": "a", "context": {"n": 0}, "states": {"a": {"always": {
        "guard": {"type": "less", "params": {"path": "/context/n", "value": 5}},
        "actions": {"type": "increment", "params": {"path": "/context/n"}}}}}})");
    CHECK(machine.context()["n"] == 5);
}

TEST_CASE("actions see the context as the actions before them left it") {
    auto machine = run(
        R"({"id": "m", "version": 1, "initial": "a", "context": {"n": 1}, "states": {"a": {"on": {"x": {"actions": [
        {"type": "assign", "params": {"n": 2}},
        {"type": "log", "params": {"text": "{{ context.n }}"}},
        {"type": "assign", "params": {"n": 3}},
        {"type": "log", "params": {"text": "{{ context.n }}"}}]}}}}})");
    CHECK(machine.send("x").logged() == texts{"2", "3"});
}
