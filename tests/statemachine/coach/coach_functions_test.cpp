// The coach's guards and actions as documents use them.

#include "tests/statemachine/running_machine.hpp"

using namespace rejoinder;
using namespace rejoinder::tests;

namespace {

constexpr auto little_coach = R"({
  "id": "little", "version": 1, "initial": "a",
  "on": {"act": {"actions": {"type": "coach.act", "params": {"actions": {"from": "/event/actions"}}}}},
  "states": {
    "a": {"on": {"look": [
      {"guard": {"type": "coach.at", "params": {"phase": "break"}}, "actions": {"type": "log", "params": {"text": "break"}}},
      {"guard": {"type": "coach.may", "params": {"phase": "get_to_know_you"}}, "actions": {"type": "log", "params": {"text": "may"}}},
      {"guard": {"type": "coach.at", "params": {"phase": "introduction"}}, "actions": {"type": "log", "params": {"text": "introduction"}}},
      {"guard": {"type": "coach.at", "params": {"phase": "get_to_know_you"}}, "actions": {"type": "log", "params": {"text": "next"}}}
    ]}}
  }
})";

std::string look(running_machine& machine) {
    machine.send("look");
    return machine.logged().empty() ? "" : machine.logged().front();
}

void act(running_machine& machine, const char* action, json parameters) {
    machine.send("act", {{"actions", {{"action", action}, {"parameters", std::move(parameters)}}}});
    REQUIRE_FALSE(machine.last.error);
}

std::vector<std::string> problems_with(const std::string& guard) {
    auto outcome = statemachine::load_definition_text(
        R"({"id": "x", "version": 1, "initial": "a", "states": {"a": {"on": {"e": {"guard": )" + guard +
        "}}}}}");
    std::vector<std::string> told;
    for (const auto& problem : outcome.problems)
        told.push_back(problem.pointer + " " + problem.message);
    return told;
}

} // namespace

TEST_CASE("guards tell where the coaching stands, and whether it may go on") {
    running_machine machine(little_coach);
    CHECK(look(machine) == "introduction");
    act(machine, "note_statement", {{"statement", "consented"}});
    CHECK(look(machine) == "introduction");
    act(machine, "note_statement", {{"statement", "ready"}});
    CHECK(look(machine) == "may");
    act(machine, "transition_phase", {{"to", "get_to_know_you"}});
    CHECK(look(machine) == "next");
    act(machine, "start_break", json::object());
    CHECK(look(machine) == "break");
    act(machine, "end_break", json::object());
    CHECK(look(machine) == "next");
}

TEST_CASE("one action may come without an array, and of very many only the first twenty count") {
    running_machine machine(little_coach);
    act(machine, "note_statement", {{"statement", "consented"}});
    auto many = json::array();
    for (int i = 0; i < 30; ++i)
        many.push_back({{"action", "add_user_note"}, {"parameters", {{"note", "x"}}}});
    machine.send("act", {{"actions", many}});
    CHECK(machine.context()["coach"]["notes"].size() == 20);
    machine.send("act", {{"actions", "nonsense"}});
    REQUIRE(machine.last.effects.size() == 2);
    CHECK(machine.last.effects[0].data["data"]["code"] == "invalid");
}

TEST_CASE("a phase that there is not is told with its place") {
    CHECK(problems_with(R"({"type": "coach.at", "params": {"phase": "party"}})") ==
          std::vector<std::string>{"/states/a/on/e/guard/params/phase there is no phase 'party'"});
    CHECK(problems_with(R"({"type": "coach.may", "params": {"phase": "break"}})").size() == 1);
    CHECK(problems_with(R"("coach.at")").size() == 1);
    CHECK(problems_with(R"({"type": "coach.at", "params": {"phase": "break"}})").empty());
}
