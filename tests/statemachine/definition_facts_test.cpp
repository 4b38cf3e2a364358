#include "tests/statemachine/sound_document.hpp"

#include <string>
#include <vector>

using namespace rejoinder::statemachine;
using rejoinder::json;
using namespace rejoinder::tests;

TEST_CASE("a sound document has no problems") {
    auto outcome = load_definition(sound);
    REQUIRE(outcome.machine);
    CHECK(outcome.problems.empty());
    CHECK(outcome.machine->id() == "m");
    CHECK(outcome.machine->version() == 1);
}

TEST_CASE("the hash counts what a machine does and not what is said about it") {
    auto hash_of = [](const json& document) {
        auto outcome = load_definition(document);
        REQUIRE(outcome.machine);
        return outcome.machine->hash();
    };
    auto original = hash_of(sound);
    CHECK(original.size() == 64);
    CHECK(hash_of(json::parse(sound.dump(4))) == original);

    auto remarked = sound;
    remarked["description"] = "a small machine";
    remarked["$schema"] = "x";
    remarked["states"]["a"]["x-position"] = 1;
    remarked["states"]["z"]["description"] = "the end";
    CHECK(hash_of(remarked) == original);

    auto changed = sound;
    changed["states"]["a"]["entry"] = call("assign", {{"description", "x"}});
    auto with_action = hash_of(changed);
    CHECK(with_action != original);
    changed["states"]["a"]["entry"] = call("assign", {{"description", "y"}});
    CHECK(hash_of(changed) != with_action);

    auto event = sound;
    event["states"]["a"]["on"]["description"] = "z";
    CHECK(hash_of(event) != original);
    auto state = sound;
    state["states"]["description"] = json::object();
    state["states"]["a"]["on"]["y"] = "description";
    auto with_state = hash_of(state);
    state["states"]["description"]["tags"] = "x";
    CHECK(hash_of(state) != with_state);
    auto newer = sound;
    newer["version"] = 2;
    CHECK(hash_of(newer) != original);
}

TEST_CASE("a machine knows the outside values that it reads, wherever it reads them") {
    auto machine = running_machine::load(R"({"id": "m", "version": 1, "initial": "a", "states": {"a": {
        "entry": {"type": "say", "params": {"text": "{{ user.name }} {{ context.user }}", "data": {"x": [{"from": "/device/room/name"}]}}},
        "on": {"x": {"guard": {"type": "not", "params": {"guards": [{"type": "exists", "params": {"path": "/person/id"}}]}},
                     "actions": {"type": "raise", "params": {"event": {"type": "y", "t": "{{ session.turns }}{{ now }}{{ user.name }}"}}}}}}}})");
    CHECK(std::vector<std::string>(machine.outside_paths().begin(), machine.outside_paths().end()) ==
          std::vector<std::string>{"/device/room/name", "/person/id", "/session/turns", "/user/name"});
}

TEST_CASE("a definition keeps its meta data") {
    auto document = sound;
    document["meta"] = {{"owner", "tests"}};
    CHECK(load_definition(document).machine->meta() == json{{"owner", "tests"}});
}
