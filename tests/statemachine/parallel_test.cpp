#include "tests/statemachine/with_logs.hpp"

using namespace rejoinder;
using rejoinder::tests::run;
using texts = std::vector<std::string>;

namespace {

/// Two regions, `left` first although `body` would come first by name.
constexpr std::string_view two_regions = R"({"id": "m", "version": 1, "initial": "p", "states": {
    "p": {"type": "parallel", "entry": "log +p", "exit": "log -p",
        "on": {"leave": "done", "each": {"actions": "log each of p"}},
        "onDone": {"target": "done", "actions": "log both"}, "states": {
        "left": {"entry": "log +left", "exit": "log -left", "initial": "one", "states": {
            "one": {"entry": "log +one", "exit": "log -one",
                "on": {"go": "two", "each": {"actions": "log each of one"}, "out": "#m.done"}},
            "two": {"entry": "log +two", "exit": "log -two", "on": {"end": "over"}},
            "over": {"type": "final"}}},
        "body": {"entry": "log +body", "exit": "log -body", "initial": "a", "states": {
            "a": {"entry": "log +a", "exit": "log -a", "on": {"go": "b", "out": "#m.other"}},
            "b": {"entry": "log +b", "exit": "log -b", "on": {"end": "over"}},
            "over": {"type": "final"}}}}},
    "done": {"entry": "log +done"}, "other": {"entry": "log +other"}}})";

} // namespace

TEST_CASE("regions are entered in the order of the document and left in the reverse one") {
    auto machine = run(two_regions);
    CHECK(machine.logged() == texts{"+p", "+left", "+one", "+body", "+a"});
    CHECK(machine.state() == "p.left.one | p.body.a");
    CHECK(machine.send("leave").logged() == texts{"-a", "-body", "-one", "-left", "-p", "+done"});
}

TEST_CASE("an event moves every region that knows it, all of them in one step") {
    auto machine = run(two_regions);
    CHECK(machine.send("go").logged() == texts{"-a", "-one", "+two", "+b"});
    CHECK(machine.state() == "p.left.two | p.body.b");
}

TEST_CASE("the state around regions is asked only when none of them has an answer") {
    auto machine = run(two_regions);
    CHECK(machine.send("each").logged() == texts{"each of one"});
    CHECK(machine.send("go").send("each").logged() == texts{"each of p"});
}

TEST_CASE("of two regions that would both leave what is around them the first one does") {
    CHECK(run(two_regions).send("out").state() == "done");
}

TEST_CASE("a parallel state is done when all its regions are") {
    auto machine = run(two_regions);
    machine.send("go").send("end");
    CHECK(machine.logged() == texts{"-b", "-two", "-body", "-left", "-p", "both", "+done"});
    CHECK(machine.state() == "done");
}

TEST_CASE("the order of regions is part of a machine's hash, that of other states is not") {
    auto with = [](const char* type, const char* first, const char* second) {
        auto text = std::string(R"({"id": "m", "version": 1, )") + type + R"("states": {")" + first +
                    R"(": {"on": {"x": ".y"}, "initial": "y", "states": {"y": {}}}, ")" + second +
                    R"(": {"on": {"x": ".y"}, "initial": "y", "states": {"y": {}}}}})";
        auto loaded = statemachine::load_definition_text(text);
        REQUIRE(loaded.machine);
        return loaded.machine->hash();
    };
    CHECK(with(R"("type": "parallel",)", "a", "b") != with(R"("type": "parallel",)", "b", "a"));
    constexpr auto one_of_both = R"("initial": "a", "on": {"b": ".b"}, )";
    CHECK(with(one_of_both, "a", "b") == with(one_of_both, "b", "a"));
}

TEST_CASE("a machine may be parallel itself, and is done with all its regions") {
    auto machine = run(R"({"id": "m", "version": 1, "type": "parallel", "output": {"from": "/context/n"},
        "context": {"n": 7}, "states": {
        "a": {"initial": "x", "states": {"x": {"on": {"go": "y"}}, "y": {"type": "final"}}},
        "b": {"initial": "x", "states": {"x": {"on": {"go": "y"}}, "y": {"type": "final"}}}}})");
    CHECK(machine.state() == "a.x | b.x");
    machine.send("go");
    CHECK(machine.done());
    CHECK(machine.now.output == 7);
}

TEST_CASE("several targets are entered together, and the regions beside them as they begin") {
    auto machine = run(R"({"id": "m", "version": 1, "initial": "out", "states": {
        "out": {"on": {"in": {"target": ["p.a.y", "p.b.y"]}}},
        "p": {"type": "parallel", "states": {
            "a": {"initial": "x", "states": {"x": {}, "y": {}}, "on": {"x": ".x"}},
            "b": {"initial": "x", "states": {"x": {}, "y": {}}, "on": {"x": ".x"}},
            "c": {"initial": "x", "states": {"x": {}}}}}}})");
    CHECK(machine.send("in").state() == "p.a.y | p.b.y | p.c.x");
}

TEST_CASE("stateIn sees the other regions") {
    auto machine = run(R"({"id": "m", "version": 1, "type": "parallel", "states": {
        "lamp": {"initial": "off", "states": {"off": {"on": {"switch": "on"}}, "on": {}}},
        "door": {"initial": "shut", "states": {"shut": {"on": {"open": {
            "target": "open", "guard": {"type": "stateIn", "params": {"state": "lamp.on"}}}}}, "open": {}}}}})");
    CHECK(machine.send("open").state() == "lamp.off | door.shut");
    CHECK(machine.send("switch").send("open").state() == "lamp.on | door.open");
}

TEST_CASE("a configuration of several regions is stored as XState writes it, and loaded again") {
    auto machine = run(two_regions);
    machine.send("go");
    auto stored = json::parse(serialise(machine.machine(), machine.now));
    CHECK(stored["value"] == json::parse(R"({"p": {"left": "two", "body": "b"}})"));
    CHECK(machine.store_and_load().state() == "p.left.two | p.body.b");
    auto restored = [&](const char* value) {
        stored["value"] = json::parse(value);
        return statemachine::restore(machine.machine(), stored.dump()).has_value();
    };
    CHECK(restored(R"({"p": {"left": "over", "body": "a"}})"));
    CHECK_FALSE(restored(R"({"p": {"left": "two"}})"));
    CHECK_FALSE(restored(R"({"p": {"left": "two", "body": "x"}})"));
    CHECK_FALSE(restored(R"({"p": {"left": "two", "body": {}}})"));
    CHECK_FALSE(restored(R"({"p": "left"})"));
    CHECK_FALSE(restored(R"("p")"));
}
