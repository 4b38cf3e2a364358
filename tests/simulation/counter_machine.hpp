#pragma once

#include "persistence/json.hpp"
#include "statemachine/definition.hpp"

#include <stdexcept>

namespace rejoinder::tests::simulation {

/// What simulated devices talk to: says back what it hears, once for each turn. A text that begins with
/// "fetch" it says when the device has done something, or has not in time.
inline statemachine::definition counter_machine() {
    auto loaded = statemachine::load_definition(json::parse(R"({
      "id": "counter", "version": 1, "initial": "listening", "context": {"heard": 0, "wanted": ""},
      "states": {
        "listening": {"on": {"turn.text": [
          {"guard": {"type": "matches", "params": {"regex": "^fetch"}}, "target": "waiting", "actions": [
            {"type": "assign", "params": {"wanted": {"from": "/event/text"}}},
            {"type": "tool", "params": {"name": "thing", "timeout": 5000}}]},
          {"actions": [
            {"type": "increment", "params": {"path": "/context/heard", "by": 1}},
            {"type": "say", "params": {"text": "{{ event.text }}"}}]}
        ]}},
        "waiting": {"on": {"tool.thing.*": {"target": "listening", "actions": [
          {"type": "say", "params": {"text": "{{ context.wanted }}"}}]}}}
      }
    })"));
    if (!loaded.machine) throw std::logic_error("the machine of the simulation is wrong");
    return *loaded.machine;
}

} // namespace rejoinder::tests::simulation
