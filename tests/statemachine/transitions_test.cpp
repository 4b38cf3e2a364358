#include "tests/statemachine/running_machine.hpp"

using rejoinder::json;
using rejoinder::tests::running_machine;

namespace {

/// A machine whose only active state has this `on`; every other state says where it went.
running_machine with_on(std::string_view on) {
    std::string document = R"({"id": "m", "version": 1, "initial": "a", "states": {"a": {"on": )";
    document += on;
    document += R"(}, "exact": {}, "near": {}, "far": {}, "any": {}},
        "on": {"reach": [{"target": ".exact", "guard": {"type": "exists", "params": {"path": "/event/never"}}},
                         {"target": ".near", "guard": {"type": "exists", "params": {"path": "/event/never"}}},
                         {"target": ".far", "guard": {"type": "exists", "params": {"path": "/event/never"}}},
                         {"target": ".any", "guard": {"type": "exists", "params": {"path": "/event/never"}}}]}})";
    return running_machine(document);
}

} // namespace

TEST_CASE("an event is tried on its own name first, then on wildcards from the longest to the star") {
    auto all = R"({"*": "any", "x.*": "far", "x.y.*": "near", "x.y.z": "exact"})";
    CHECK(with_on(all).send("x.y.z").state() == "exact");
    CHECK(with_on(all).send("x.y.other").state() == "near");
    CHECK(with_on(all).send("x.other").state() == "far");
    CHECK(with_on(all).send("other").state() == "any");
}

TEST_CASE("a wildcard stands for whole parts of a name and for nothing at all") {
    auto on = R"({"x.*": "far"})";
    CHECK(with_on(on).send("x").state() == "far");
    CHECK(with_on(on).send("x.y.z").state() == "far");
    CHECK(with_on(on).send("xy").state() == "a");
    CHECK(with_on(on).send("xy.z").state() == "a");
}

TEST_CASE("when no guard of the more exact transitions holds the wider ones have their turn") {
    auto on = R"({"x.y": {"target": "exact", "guard": {"type": "exists", "params": {"path": "/event/yes"}}},
                  "x.*": {"target": "near", "guard": {"type": "exists", "params": {"path": "/event/maybe"}}},
                  "*": "any"})";
    CHECK(with_on(on).send("x.y", {{"yes", 1}}).state() == "exact");
    CHECK(with_on(on).send("x.y", {{"maybe", 1}}).state() == "near");
    CHECK(with_on(on).send("x.y").state() == "any");
}

TEST_CASE("the first candidate whose guard holds is taken") {
    auto on =
        R"({"x": [{"target": "exact", "guard": {"type": "equals", "params": {"path": "/event/n", "value": 1}}},
                        {"target": "near", "guard": {"type": "less", "params": {"path": "/event/n", "value": 5}}},
                        {"target": "far"}]})";
    CHECK(with_on(on).send("x", {{"n", 1}}).state() == "exact");
    CHECK(with_on(on).send("x", {{"n", 2}}).state() == "near");
    CHECK(with_on(on).send("x", {{"n", 7}}).state() == "far");
}

TEST_CASE("an event that no state takes changes nothing and says so") {
    auto machine = with_on(R"({"x": "exact"})");
    machine.send("y");
    CHECK(machine.state() == "a");
    CHECK_FALSE(machine.last.handled);
    CHECK_FALSE(machine.last.error);
    CHECK(machine.send("x").last.handled);
}

TEST_CASE("a state inside answers before the states around it, even with a wildcard against a name") {
    auto document = R"({"id": "m", "version": 1, "initial": "a", "on": {"x": ".z"}, "states": {
        "a": {"initial": "b", "on": {"x": "y"}, "states": {"b": {"on": {"*": {"target": "c", "guard":
            {"type": "exists", "params": {"path": "/event/inner"}}}}}, "c": {}}},
        "y": {}, "z": {}}})";
    CHECK(running_machine(document).send("x", {{"inner", 1}}).state() == "a.c");
    CHECK(running_machine(document).send("x").state() == "y");
    CHECK(running_machine(document).send("x").send("x").state() == "z");
}

TEST_CASE("an empty transition forbids an event that a state around would take") {
    running_machine machine(R"({"id": "m", "version": 1, "initial": "a", "on": {"x": ".b"},
        "states": {"a": {"on": {"x": {}, "y": "b"}}, "b": {}}})");
    CHECK(machine.send("x").state() == "a");
    CHECK(machine.last.handled);
}

TEST_CASE("a target is a sibling, a state inside, or anything by its id, each with a path behind it") {
    auto document = R"({"id": "m", "version": 1, "initial": "a", "states": {
        "a": {"initial": "one", "on": {"sibling": "b", "sibling path": "b.two", "inside": ".two",
                   "own id": "#special", "own id path": "#special.deep", "default id": "#m.b.two", "root": "#m",
                   "array": ["b"], "target array": {"target": ["b"]}},
              "states": {"one": {}, "two": {}}},
        "b": {"initial": "one", "states": {"one": {}, "two": {}}},
        "c": {"id": "special", "initial": "top", "states": {"top": {}, "deep": {}}}}})";
    for (const auto& [event, state] :
         std::vector<std::pair<std::string, std::string>>{{"sibling", "b.one"},
                                                          {"sibling path", "b.two"},
                                                          {"inside", "a.two"},
                                                          {"own id", "c.top"},
                                                          {"own id path", "c.deep"},
                                                          {"default id", "b.two"},
                                                          {"root", "a.one"},
                                                          {"array", "b.one"},
                                                          {"target array", "b.one"}}) {
        INFO(event);
        CHECK(running_machine(document).send(event).state() == state);
    }
}

TEST_CASE("the longest id wins where ids have dots in them") {
    running_machine machine(R"({"id": "m", "version": 1, "initial": "a", "states": {
        "a": {"on": {"x": "#my.own", "y": "#my.own.inner"}},
        "b": {"id": "my.own", "initial": "first", "states": {"first": {}, "inner": {}}}}})");
    CHECK(running_machine(machine).send("x").state() == "b.first");
    CHECK(running_machine(machine).send("y").state() == "b.inner");
}
