#pragma once

#include "persistence/json.hpp"
#include "statemachine/definition.hpp"

#include <stdexcept>

namespace rejoinder::tests::simulation {

/// What simulated devices talk to: says back what it hears, once for each turn.
inline statemachine::definition counter_machine() {
    auto loaded = statemachine::load_definition(json::parse(R"({
      "id": "counter", "version": 1, "initial": "listening", "context": {"heard": 0},
      "states": {"listening": {"on": {"turn.text": {"actions": [
        {"type": "increment", "params": {"path": "/context/heard", "by": 1}},
        {"type": "say", "params": {"text": "{{ event.text }}"}}
      ]}}}}
    })"));
    if (!loaded.machine) throw std::logic_error("the machine of the simulation is wrong");
    return *loaded.machine;
}

} // namespace rejoinder::tests::simulation
