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

/// A coach in the midst of collecting identities, of which one is stored, that acts twice in a step.
constexpr auto twice_acting = R"({
  "id": "twice", "version": 1, "initial": "a",
  "context": {"coach": {"state": {"phase": "identity_brainstorming", "flags": ["consented"]}}},
  "states": {"a": {"on": {"act": {"actions": [
    {"type": "coach.act", "params": {"actions": {"from": "/event/first"}}},
    {"type": "coach.act", "params": {"actions": {"from": "/event/second"}}}]}}}}
})";

/// What another session of the user has stored.
json shared_by_others() {
    json gardener = {{"category", "passions_and_talents"}, {"name", "Gardener"}, {"state", "proposed"}};
    json shared = {{"head", 7}, {"state_revision", 3}};
    shared["identities"] = json::array({{{"id", "i1"}, {"revision", 9}, {"value", gardener}}});
    for (const auto* none : {"items", "notes", "breaks"})
        shared[none] = json::array();
    return {{"session", {{"coach", shared}}}};
}

json asked(const char* action, json parameters) {
    return {{"action", action}, {"parameters", std::move(parameters)}};
}

/// What the last step wants kept; the test fails when that is not told once.
json kept(const running_machine& machine) {
    std::vector<json> all;
    for (const auto& effect : machine.last.effects)
        if (effect.what == statemachine::effect::kind::keep) all.push_back(effect.data);
    REQUIRE(all.size() == 1);
    return all.front();
}

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

TEST_CASE("of two actions of a step the second goes on from the first, over what others have stored") {
    running_machine machine(twice_acting, shared_by_others());
    auto act = [&](json first, json second) {
        machine.send("act", {{"first", std::move(first)}, {"second", std::move(second)}});
        REQUIRE_FALSE(machine.last.error);
        return kept(machine);
    };
    SECTION("each keeps its own") {
        auto stored = act(asked("rename_identity", {{"identity", "i1"}, {"name", "Gardener of roses"}}),
                          asked("create_identity", {{"category", "spiritual"}, {"name", "Seeker"}}));
        const auto identities = machine.context()["coach"]["identities"];
        REQUIRE(identities.size() == 2);
        CHECK(identities[0]["name"] == "Gardener of roses");
        CHECK(identities[0]["revision"] == 10);
        REQUIRE(stored["identities"].size() == 2);
        CHECK(stored["identities"][0]["revision"] == 9);
        CHECK(stored["identities"][1]["revision"] == 0);
        CHECK(stored["head"] == 7);
        CHECK(stored["log"].size() == 2);
        CHECK(stored["log"][0]["id"] < stored["log"][1]["id"]);
        CHECK(machine.context()["coach"]["head"] == 0);
    }
    SECTION("a record that both change is written once") {
        auto stored = act(asked("rename_identity", {{"identity", "i1"}, {"name", "Gardener of roses"}}),
                          asked("rename_identity", {{"identity", "i1"}, {"name", "Keeper of roses"}}));
        REQUIRE(stored["identities"].size() == 1);
        CHECK(stored["identities"][0]["revision"] == 9);
        CHECK(stored["identities"][0]["before"]["name"] == "Gardener");
        CHECK(stored["identities"][0]["after"]["name"] == "Keeper of roses");
        CHECK(machine.context()["coach"]["head"] == 8);
    }
    SECTION("what the stores don't take in one step is refused in the second too") {
        auto stored = act(asked("rename_identity", {{"identity", "i1"}, {"name", "Gardener of roses"}}),
                          asked("create_identity", {{"category", "spiritual"}, {"name", "gardener"}}));
        CHECK(stored["identities"].size() == 1);
        CHECK(stored["log"][1]["success"] == false);
    }
    SECTION("where the first does nothing, as if it were alone") {
        auto stored = act(json::array(), asked("select_focus", {{"category", "spiritual"}}));
        CHECK(stored["state"]["revision"] == 3);
        CHECK(stored["log"].size() == 1);
    }
}

TEST_CASE("a phase that there is not is told with its place") {
    CHECK(problems_with(R"({"type": "coach.at", "params": {"phase": "party"}})") ==
          std::vector<std::string>{"/states/a/on/e/guard/params/phase there is no phase 'party'"});
    CHECK(problems_with(R"({"type": "coach.may", "params": {"phase": "break"}})").size() == 1);
    CHECK(problems_with(R"("coach.at")").size() == 1);
    CHECK(problems_with(R"({"type": "coach.at", "params": {"phase": "break"}})").empty());
}
