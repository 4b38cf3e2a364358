#include "statemachine/migration_report.hpp"

#include "tests/statemachine/running_machine.hpp"

using namespace rejoinder;
using namespace rejoinder::statemachine;
using rejoinder::tests::running_machine;

namespace {

constexpr auto older =
    R"({"id": "m", "version": 1, "initial": "ask", "context": {"name": "", "n": 1, "same": 0}, "states": {
    "ask": {"initial": "name", "on": {"x": "both"}, "states": {"name": {"on": {"x": "mood"}}, "mood": {},
        "back": {"type": "history"}}},
    "both": {"type": "parallel", "on": {"x": "ask.back", "y": "end"}, "states": {
        "l": {"initial": "a", "states": {"a": {}}}, "r": {"initial": "b", "states": {"b": {}}}}},
    "end": {"type": "final"}}})";

/// A newer version with fewer states.
std::string newer(const std::string& migrations, const std::string& policy = "migrate") {
    return R"({"id": "m", "version": 2, "initial": "ask", "context": {"guest": "", "n": 2, "same": 0},
        "meta": {"migration": ")" +
           policy +
           R"("}, "states": {"ask": {"on": {"x": "a"}}, "a": {"on": {"x": "b"}}, "b": {"on": {"x": "end"}},
        "end": {"type": "final"}}, "migrations": )" +
           migrations + "}";
}

migration_review review(const std::string& now) {
    return review_migration(running_machine::load(older), running_machine::load(now));
}

} // namespace

TEST_CASE("states without a way to the newer version are named, also those that can't be active together") {
    auto made =
        review(newer(R"([{"from": 1, "to": 2, "rename": {"ask.mood": "end", "both.l.a": "a", "both.r.b": "b"},
        "context": {"type": "remove", "params": {"path": "/context/name"}}}])"));
    CHECK_FALSE(made.passed());
    CHECK(describe("n.json", "o.json", made) ==
          "n.json against o.json: no way from the state 'ask.name': there is no state 'ask.name' of its kind "
          "any more\n"
          "n.json against o.json: no way from the state 'ask.mood': the machine would come to its end there\n"
          "n.json against o.json: no way from the state 'ask.back': there is no state 'ask.back' of its kind "
          "any more\n"
          "n.json against o.json: no way from the state 'both.l.a | both.r.b': "
          "the states that they lead to can't be active at a time\n"
          "n.json against o.json: of the context, 'guest' begin with what the new version says\n"
          "n.json against o.json: of the context, 'name' are removed\n");
}

TEST_CASE("a newer version that takes all sessions over says so, and what becomes of the context") {
    auto made = review(newer(R"([{"from": 1, "to": 2, "drop": {"ask": "ask", "both": "a"},
        "context": [{"type": "assign", "params": {"guest": {"from": "/context/name"}}},
                    {"type": "increment", "params": {"path": "/context/n"}}]}])"));
    CHECK(made.passed());
    CHECK(describe("n.json", "o.json", made) ==
          "n.json against o.json: of the context, 'guest' begin with what the new version says\n"
          "n.json against o.json: of the context, 'n' are changed\n"
          "n.json against o.json: sessions of version 1 go over to version 2\n");
    auto report = describe_json("o.json", made);
    CHECK(report["passed"] == true);
    CHECK(report["from"] == 1);
    CHECK(report["policy"] == "migrate");
    CHECK(report["context"]["changed"] == json{"n"});
    CHECK(report["states"].empty());
}

TEST_CASE("where no session goes over, the reason is told once") {
    CHECK(review(newer("[]")).obstacle == "no migration leads from version 1 to 2");
    auto machine = running_machine::load(older);
    CHECK(describe("n", "o", review_migration(machine, machine)) ==
          "n against o: sessions of version 1 go on as they are\n");
    std::string other = older;
    other.replace(other.find("mood"), 4, "mode").replace(other.find("mood"), 4, "mode");
    CHECK(review(other).obstacle ==
          "they are of one version and differ; sessions are refused until 'version' is raised");
    CHECK(review_migration(running_machine::load(newer("[]")), machine).obstacle ==
          "sessions of a later version do not go back");
    auto broken = review(newer(R"([{"from": 1, "to": 2, "drop": {"ask": "ask", "both": "a"},
        "context": {"type": "increment", "params": {"path": "/context/name"}}}])"));
    CHECK(broken.obstacle.starts_with("the context can't be upgraded at /migrations/0/context: "));
    CHECK(describe_json("o.json", broken)["passed"] == false);
}

TEST_CASE("sessions that begin anew, or stay with their version, need no way") {
    CHECK(describe("n", "o", review(newer("[]", "restart"))) ==
          "n against o: sessions of version 1 begin anew\n");
    CHECK(describe("n", "o", review(newer("[]", "pin"))) ==
          "n against o: sessions of version 1 stay with it as long as its file is kept\n");
}
