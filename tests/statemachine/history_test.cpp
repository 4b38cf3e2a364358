#include "tests/statemachine/with_logs.hpp"

using namespace rejoinder;
using rejoinder::tests::run;

namespace {

constexpr std::string_view house = R"({"id": "m", "version": 1, "initial": "home", "states": {
    "home": {"initial": "day", "on": {"go": "away"}, "states": {
        "day": {"initial": "work", "on": {"sleep": "night"}, "states": {
            "work": {"on": {"rest": "pause"}}, "pause": {}}},
        "night": {"on": {"wake": "day"}},
        "last": {"type": "history", "target": "night"},
        "exactly": {"type": "history", "history": "deep"}}},
    "away": {"on": {"back": "home.last", "return": "home.exactly", "anew": "home"}}}})";

} // namespace

TEST_CASE("a history state leads back to the state that was active, which begins anew inside") {
    auto machine = run(house);
    machine.send("rest").send("go").send("back");
    CHECK(machine.state() == "home.day.work");
    CHECK(machine.send("sleep").send("go").send("back").state() == "home.night");
}

TEST_CASE("a deep one leads back to exactly what was active") {
    auto machine = run(house);
    CHECK(machine.send("rest").send("go").send("return").state() == "home.day.pause");
}

TEST_CASE("what is remembered is stored with the machine") {
    auto machine = run(house);
    CHECK(machine.send("rest").send("go").store_and_load().send("return").state() == "home.day.pause");
    auto stored = json::parse(serialise(machine.machine(), machine.now));
    CHECK(stored["history"]["home.exactly"] == json{"home.day.pause"});
    for (const auto& wrong :
         {R"({"home.exactly": ["away"]})", R"({"home.exactly": ["home.exactly"]})", R"({"home.exactly": []})",
          R"({"home.exactly": ["home.day"]})", R"({"home.last": ["home.day.work"]})",
          R"({"home.last": ["home.day", "home.night"]})"}) {
        CAPTURE(wrong);
        stored["history"] = json::parse(wrong);
        CHECK_FALSE(statemachine::restore(machine.machine(), stored.dump()));
    }
}

TEST_CASE("while it remembers nothing a history state leads to its target, or where the state begins") {
    constexpr std::string_view outside = R"({"id": "m", "version": 1, "initial": "away", "states": {
        "home": {"initial": "day", "states": {"day": {"on": {"sleep": "night"}}, "night": {},
            "last": {"type": "history", "target": "night"}, "plain": {"type": "history"}}},
        "away": {"on": {"back": "home.last", "plain": "home.plain"}}}})";
    CHECK(run(outside).send("back").state() == "home.night");
    CHECK(run(outside).send("plain").state() == "home.day");
}

TEST_CASE("the regions of a parallel state are all remembered") {
    auto machine = run(R"({"id": "m", "version": 1, "initial": "p", "states": {
        "p": {"type": "parallel", "on": {"go": "away"}, "states": {
            "a": {"initial": "x", "states": {"x": {"on": {"a": "y"}}, "y": {}}},
            "b": {"initial": "x", "states": {"x": {"on": {"b": "y"}}, "y": {}}},
            "before": {"type": "history", "history": "deep"}}},
        "away": {"on": {"back": "p.before"}}}})");
    CHECK(machine.send("b").send("go").send("back").state() == "p.a.x | p.b.y");
}

TEST_CASE("a history state that is a target from inside leads back to what is left on the way") {
    auto machine = run(R"({"id": "m", "version": 1, "initial": "a", "states": {
        "a": {"initial": "b", "on": {"again": {"target": "a.last", "reenter": true}}, "states": {
            "b": {"on": {"go": "c"}}, "c": {}, "last": {"type": "history"}}}}})");
    CHECK(machine.send("go").send("again").state() == "a.c");
}

TEST_CASE("a state that its own memory leads to is neither left nor entered") {
    auto machine = run(R"({"id": "m", "version": 1, "initial": "a", "states": {
        "a": {"initial": "b", "states": {
            "b": {"entry": "log +b", "exit": "log -b", "on": {"again": {"target": "last", "actions": "log again"}}},
            "last": {"type": "history"}}}}})");
    CHECK(machine.send("again").logged() == std::vector<std::string>{"again"});
    CHECK(machine.state() == "a.b");
}
