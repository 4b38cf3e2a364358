// States, contexts and documents of machines that go over to another version.

#include "tests/statemachine/migrating.hpp"

using namespace rejoinder;
using namespace rejoinder::statemachine;
using namespace rejoinder::tests;
using namespace std::chrono_literals;

using texts = std::vector<std::string>;

namespace {

const std::string asking = R"("initial": "ask", "context": {"n": 1}, "states": {
    "ask": {"initial": "name", "states": {"name": {"on": {"x": "mood"}}, "mood": {"on": {"x": "name"}}}}})";

} // namespace

TEST_CASE("a state that is not mentioned stays where it is, and one that is renamed is found again") {
    running_machine old(document(1, asking));
    old.send("x");
    CHECK(taken_over(old, document(2, asking, R"([{"from": 1, "to": 2}])")).state() == "ask.mood");
    const std::string renamed = R"("initial": "meet", "states": {
        "meet": {"initial": "name", "states": {"name": {"on": {"x": "how"}}, "how": {"on": {"x": "name"}}}}})";
    CHECK(taken_over(old, document(2, renamed, R"([{"from": 1, "to": 2,
        "rename": {"ask": "meet", "ask.mood": "meet.how"}}])"))
              .state() == "meet.how");
    CHECK(obstacle(old, document(2, renamed, R"([{"from": 1, "to": 2, "rename": {"ask": "meet"}}])")) ==
          "the state 'ask.mood' has no place in version 2");
}

TEST_CASE("who was in a state that is dropped goes on elsewhere, where that begins") {
    running_machine old(document(1, asking));
    const std::string shorter = R"("initial": "talk", "states": {
        "talk": {"initial": "first", "states": {"first": {"on": {"x": "second"}}, "second": {}}}})";
    auto now = taken_over(old, document(2, shorter, R"([{"from": 1, "to": 2, "drop": {"ask": "talk"}}])"));
    CHECK(now.state() == "talk.first");
    CHECK(now.send("x").state() == "talk.second");
    CHECK(taken_over(old, document(2, shorter, R"([{"from": 1, "to": 2, "rename": {"ask.name": "talk.first"},
        "drop": {"ask": "talk.second"}}])"))
              .state() == "talk.first");
}

TEST_CASE("versions are followed one after the other, and none is left out") {
    running_machine old(document(1, R"("initial": "a", "context": {"n": 1}, "states": {"a": {}})"));
    const std::string members = R"("initial": "c", "states": {"c": {}})";
    const std::string steps = R"([
        {"from": 2, "to": 3, "rename": {"b": "c"},
         "context": {"type": "increment", "params": {"path": "/context/n", "by": 10}}},
        {"from": 1, "to": 2, "rename": {"a": "b"},
         "context": {"type": "assign", "params": {"n": {"from": "/context/n"}, "was": {"from": "/context/n"}}}}])";
    auto now = taken_over(old, document(3, members, steps));
    CHECK(now.state() == "c");
    CHECK(now.context() == json{{"n", 11}, {"was", 1}});
    CHECK(obstacle(old, document(3, members)) == "no migration leads from version 1 to 3");
    CHECK(obstacle(old, document(3, members, R"([{"from": 2, "to": 3}])")) ==
          "no migration leads from version 1 to 3");
}

TEST_CASE("a context is upgraded by actions, keeps what is not named, and gets what is new") {
    running_machine old(document(1, R"("initial": "a", "context": {"name": "Ada", "kept": [1], "tags": ["x"],
        "gone": 1}, "states": {"a": {}})"));
    const std::string members = R"("initial": "a", "context": {"guest": null, "fresh": {"at": 5}, "kept": []},
        "states": {"a": {}})";
    auto now = taken_over(old, document(2, members, R"([{"from": 1, "to": 2, "context": [
        {"type": "assign", "params": {"guest": {"name": {"from": "/context/name"}}, "line": "{{ context.name }}!"}},
        {"type": "append", "params": {"path": "/context/tags", "value": "y"}},
        {"type": "remove", "params": {"path": "/context/gone"}},
        {"type": "remove", "params": {"path": "/context/name"}}]}])"));
    CHECK(now.context() == json::parse(R"({"guest": {"name": "Ada"}, "line": "Ada!", "kept": [1],
        "tags": ["x", "y"], "fresh": {"at": 5}})"));
}

TEST_CASE("a context that can't be upgraded is no way, and the place is named") {
    running_machine old(document(1, R"("initial": "a", "context": {"name": "Ada"}, "states": {"a": {}})"));
    const std::string members = R"("initial": "a", "states": {"a": {}})";
    CHECK(obstacle(old, document(2, members, R"([{"from": 1, "to": 2, "context":
        {"type": "increment", "params": {"path": "/context/name"}}}])"))
              .starts_with("the context can't be upgraded at /migrations/0/context: "));
    const std::string wide =
        R"("initial": "a", "states": {"a": {}}, "context": {"wide": ")" + std::string(262'130, 'x') + "\"}";
    CHECK(obstacle(old, document(2, wide, R"([{"from": 1, "to": 2}])")) ==
          "the context would exceed 256 KiB");
}

TEST_CASE("regions of a parallel state go over each for itself, and new ones begin") {
    const std::string two = R"("type": "parallel", "states": {
        "left": {"initial": "a", "states": {"a": {"on": {"x": "b"}}, "b": {}}},
        "right": {"initial": "c", "states": {"c": {"on": {"x": "d"}}, "d": {}}}})";
    running_machine old(document(1, two));
    old.send("x");
    const std::string three = R"("type": "parallel", "states": {
        "left": {"initial": "a", "states": {"a": {"on": {"x": "z"}}, "z": {}}},
        "middle": {"initial": "m", "states": {"m": {"on": {"x": "n"}}, "n": {}}},
        "right": {"initial": "c", "states": {"c": {"on": {"x": "d"}}, "d": {}}}})";
    CHECK(taken_over(old, document(2, three, R"([{"from": 1, "to": 2, "rename": {"left.b": "left.z"}}])"))
              .state() == "left.z | middle.m | right.d");
    SECTION("two of them may become one state") {
        const std::string one = R"("initial": "both", "states": {"both": {}})";
        CHECK(
            taken_over(
                old, document(2, one, R"([{"from": 1, "to": 2, "drop": {"left": "both", "right": "both"}}])"))
                .state() == "both");
    }
    SECTION("but not two that exclude each other") {
        const std::string either = R"("initial": "b", "states": {"b": {"on": {"x": "d"}}, "d": {}})";
        CHECK(obstacle(old, document(2, either, R"([{"from": 1, "to": 2,
            "rename": {"left.b": "b", "right.d": "d"}}])")) ==
              "the states 'b' and 'd' can't be active at a time in version 2");
    }
}

TEST_CASE("a state that has got states inside begins with them, and what was inside one that has none needs "
          "a word") {
    running_machine flat(document(1, R"("initial": "a", "states": {"a": {}})"));
    const std::string deep = R"("initial": "a", "states": {"a": {"initial": "b", "states": {"b": {}}}})";
    CHECK(taken_over(flat, document(2, deep, R"([{"from": 1, "to": 2}])")).state() == "a.b");
    running_machine nested(document(1, deep));
    const std::string members = R"("initial": "a", "states": {"a": {}})";
    CHECK(obstacle(nested, document(2, members, R"([{"from": 1, "to": 2}])")) ==
          "the state 'a.b' has no place in version 2");
    CHECK(
        taken_over(nested, document(2, members, R"([{"from": 1, "to": 2, "drop": {"a.b": "a"}}])")).state() ==
        "a");
}

TEST_CASE("a history state remembers by new names, and forgets what is no state any more") {
    const std::string kind = GENERATE("shallow", "deep");
    CAPTURE(kind);
    auto members = [&](const std::string& inner, const std::string& back, const std::string& more = "") {
        return R"("initial": "in", "states": {"in": {"initial": "a", "on": {"out": "out"}, "states": {
            "a": {"on": {"x": ")" +
               inner + R"("}}, ")" + inner + R"(": {"initial": "p", "states": {
                "p": {"on": {"x": "q"}}, "q": {}}}, ")" +
               back + R"(": {"type": "history", "history": ")" + kind + "\"" + more +
               R"(}}}, "out": {"on": {"back": "in.)" + back + R"("}}})";
    };
    running_machine old(document(1, members("b", "h")));
    old.send("x").send("x").send("out");
    const std::string reached = kind == "deep" ? "q" : "p";
    auto now = taken_over(old, document(2, members("c", "memory"), R"([{"from": 1, "to": 2,
        "rename": {"in.b": "in.c", "in.h": "in.memory"}}])"));
    CHECK(now.state() == "out");
    CHECK(now.send("back").state() == "in.c." + reached);
    CHECK(obstacle(old, document(2, members("b", "memory"), R"([{"from": 1, "to": 2}])")) ==
          "the history state 'in.h' has no place in version 2");
    auto forgetful = taken_over(old, document(2, members("c", "memory"), R"([{"from": 1, "to": 2,
        "drop": {"in.h": "out", "in.b": "in.c.q"}}])"));
    CHECK(forgetful.now.history.empty());
    CHECK(forgetful.send("back").state() == "in.a");
    auto shortened = taken_over(old, document(2, members("c", "h"), R"([{"from": 1, "to": 2}])"));
    CHECK(shortened.now.history.empty()); // nothing is called in.b
    CHECK(shortened.send("back").state() == "in.a");
}

TEST_CASE("a machine that is done stays so with its output, and one that goes on does not end on the way") {
    const std::string ending =
        R"("initial": "a", "output": 7, "states": {"a": {"on": {"x": "end"}}, "end": {"type": "final"}})";
    const std::string renamed =
        R"("initial": "a", "states": {"a": {"on": {"x": "over"}}, "over": {"type": "final"}})";
    running_machine old(document(1, ending));
    CHECK(obstacle(old, document(2, renamed, R"([{"from": 1, "to": 2, "rename": {"a": "over"}}])")) ==
          "a session that goes on would come to the end of the machine");
    old.send("x");
    auto now = taken_over(old, document(2, renamed, R"([{"from": 1, "to": 2, "rename": {"end": "over"}}])"));
    CHECK(now.done());
    CHECK(now.now.output == 7);
}

TEST_CASE("a stored state that can't be read is no way") {
    auto machine = running_machine::load(document(2, asking, R"([{"from": 1, "to": 2}])"));
    for (const std::string text :
         {"", "[]", R"({"value": {"ask": 7}, "context": {}, "status": "active"})",
          R"({"value": {"ask": "name"}, "status": "active"})", R"({"value": {"ask": "name"}, "context": {}})",
          R"({"value": {"ask": "name"}, "context": {}, "status": "active", "history": []})",
          R"({"value": {"ask": "name"}, "context": {}, "status": "active", "timers": [7]})"}) {
        CAPTURE(text);
        auto made = migrate(machine, {1, text, {}}, {}, {});
        REQUIRE(std::holds_alternative<std::string>(made));
        CHECK(std::get<std::string>(made) == "the stored state can't be read");
    }
}

TEST_CASE("how sessions of older versions go on does not change a machine's hash") {
    auto plain = running_machine::load(document(2, asking));
    auto told = running_machine::load(document(2, asking + R"(, "meta": {"migration": "pin"})",
                                               R"([{"from": 1, "to": 2, "drop": {"old": "ask"}}])"));
    CHECK(plain.hash() == told.hash());
    CHECK(plain.migration() == migration_policy::migrate);
    CHECK(told.migration() == migration_policy::pin);
    auto other = running_machine::load(document(2, asking + R"(, "meta": {"takeover": "share"})"));
    CHECK(plain.hash() != other.hash());
}

TEST_CASE("steps that can't be taken are problems with their places") {
    auto problems = [](const std::string& steps) { return problems_of(document(3, asking, steps)); };
    CHECK(problems("{}") == texts{"/migrations: 'migrations' is an array of steps between versions"});
    CHECK(problems("[7]") == texts{"/migrations/0: a migration is an object with 'from' and 'to'"});
    CHECK(problems(R"([{"to": 3, "rename": {}}])") ==
          texts{"/migrations/0: a migration says 'from' which version it leads 'to' which"});
    CHECK(problems(R"([{"from": 0, "to": 3}])") ==
          texts{"/migrations/0/from: 'from' is a version, a whole number from 1"});
    CHECK(problems(R"([{"from": 3, "to": 3}])") ==
          texts{"/migrations/0/to: a migration leads to a later version"});
    CHECK(problems(R"([{"from": 1, "to": 4}])") ==
          texts{"/migrations/0/to: this is a later version than the machine's"});
    CHECK(problems(R"([{"from": 1, "to": 2}])") ==
          texts{"/migrations/0/to: no migration leads on from here to version 3"});
    CHECK(problems(R"([{"from": 1, "to": 3}, {"from": 1, "to": 2}, {"from": 2, "to": 3}])") ==
          texts{"/migrations/1: another migration leads on from version 1"});
    CHECK(problems(R"([{"from": 1, "to": 3, "renames": {}}])") ==
          texts{"/migrations/0/renames: 'renames' is not known here. Did you mean 'rename'?"});
    CHECK(problems(R"([{"from": 1, "to": 3, "rename": []}])") ==
          texts{"/migrations/0/rename: 'rename' is an object of states and where they lead"});
    CHECK(problems(R"([{"from": 1, "to": 3, "rename": {"a": "#m.ask"}}])") ==
          texts{"/migrations/0/rename/a: states of other versions are named by their dotted paths from the "
                "root"});
    CHECK(problems(R"([{"from": 1, "to": 3, "rename": {"a": "nowhere"}}])") ==
          texts{"/migrations/0/rename/a: there is no state 'nowhere' in version 3"});
    CHECK(problems(
              R"([{"from": 1, "to": 2, "drop": {"a": "b"}}, {"from": 2, "to": 3, "rename": {"b": "z"}}])") ==
          texts{"/migrations/0/drop/a: there is no state 'z' in version 3",
                "/migrations/1/rename/b: there is no state 'z' in version 3"});
    CHECK(problems(R"([{"from": 1, "to": 3, "rename": {"a": "ask"}, "drop": {"a": "ask"}}])") ==
          texts{"/migrations/0/drop/a: the state 'a' is renamed as well"});
    CHECK(problems(R"([{"from": 1, "to": 3, "context": [{"type": "say", "params": {"text": "hi"}}]}])") ==
          texts{"/migrations/0/context/0: a context is upgraded by 'assign', 'increment', 'append' and "
                "'remove'"});
    CHECK(
        problems(
            R"([{"from": 1, "to": 3, "context": [{"type": "assign", "params": {"n": {"from": "/user/n"}}}]}])") ==
        texts{"/migrations/0/context/0: what upgrades a context reads nothing but '/context'"});
    const std::string final =
        R"("initial": "a", "states": {"a": {"on": {"x": "end"}}, "end": {"type": "final"}})";
    CHECK(problems_of(document(2, final, R"([{"from": 1, "to": 2, "drop": {"b": "end"}}])")) ==
          texts{"/migrations/0/drop/b: sessions do not go on in a history state or a final one"});
    CHECK(problems_of(document(2, asking + R"(, "meta": {"migration": "hope"})")) ==
          texts{"/meta/migration: 'migration' is migrate, pin or restart"});
}

TEST_CASE("the state of a stored machine is named without its document") {
    running_machine machine(document(1, R"("initial": "a", "states": {
        "a": {"on": {"go": "b"}},
        "b": {"type": "parallel", "states": {
            "x": {"initial": "one", "states": {"one": {"on": {"go": "two"}}, "two": {}}},
            "y": {}}}})"));
    for (int i = 0; i < 3; ++i) {
        auto stored = statemachine::serialise(machine.machine(), machine.now);
        CHECK(statemachine::stored_state_path(stored) == machine.state());
        machine.send("go");
    }
    CHECK(machine.state() == "b.x.two | b.y");
    for (const auto* damaged : {"", "{", "[]", "{}", R"({"value": 3})", R"({"value": {"a": 3}})"})
        CHECK(statemachine::stored_state_path(damaged).empty());
}
