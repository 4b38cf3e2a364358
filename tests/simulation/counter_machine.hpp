#pragma once

#include "persistence/json.hpp"
#include "statemachine/definition.hpp"
#include "tests/simulation/errand.hpp"

#include <stdexcept>

namespace rejoinder::tests::simulation {

/// How long the timer runs that a text sets.
inline constexpr milliseconds timer_length{7000};

/// What simulated devices talk to: says back what it hears, once for each turn. A text that begins with
/// "fetch" it says when the device has done something, or has not in time; one that begins with "ponder" when
/// the responder has answered, or has failed. One that begins with "errand" is left to a skill. One that
/// begins with "time" it says at once, and emits `rang` with it when a timer has run out.
inline statemachine::definition counter_machine() {
    install_errand();
    auto loaded = statemachine::load_definition(json::parse(R"({
      "id": "counter", "version": 1, "initial": "listening", "context": {"heard": 0, "wanted": ""},
      "on": {"ring.*": {"actions": [
        {"type": "emit", "params": {"kind": "rang", "data": {"text": {"from": "/event/text"}}}}]}},
      "states": {
        "listening": {"on": {"turn.text": [
          {"guard": {"type": "matches", "params": {"regex": "^fetch"}}, "target": "waiting", "actions": [
            {"type": "assign", "params": {"wanted": {"from": "/event/text"}}},
            {"type": "tool", "params": {"name": "thing", "timeout": 5000}}]},
          {"guard": {"type": "matches", "params": {"regex": "^ponder"}}, "target": "pondering", "actions": [
            {"type": "assign", "params": {"wanted": {"from": "/event/text"}}}]},
          {"guard": {"type": "matches", "params": {"regex": "^errand"}}, "target": "away"},
          {"guard": {"type": "matches", "params": {"regex": "^time"}}, "actions": [
            {"type": "say", "params": {"text": "{{ event.text }}"}},
            {"type": "start timer", "params": {"delay": 7000,
              "event": {"type": "ring.{{ event.text }}", "text": {"from": "/event/text"}}}}]},
          {"actions": [
            {"type": "increment", "params": {"path": "/context/heard", "by": 1}},
            {"type": "say", "params": {"text": "{{ event.text }}"}}]}
        ]}},
        "waiting": {"on": {"tool.thing.*": {"target": "listening", "actions": [
          {"type": "say", "params": {"text": "{{ context.wanted }}"}}]}}},
        "away": {"invoke": {"src": "skill:errand", "id": "boy", "input": {"text": {"from": "/event/text"}},
            "onDone": "listening", "onError": "listening"},
          "on": {"turn.text": {"guard": {"type": "matches", "params": {"regex": "^time"}}, "actions": [
            {"type": "say", "params": {"text": "{{ event.text }}"}},
            {"type": "start timer", "params": {"delay": 7000,
              "event": {"type": "ring.{{ event.text }}", "text": {"from": "/event/text"}}}}]}}},
        "pondering": {"invoke": {"src": "responder", "id": "mind", "input": {"say": {"from": "/context/wanted"}},
          "onDone": {"target": "listening", "actions": [
            {"type": "say", "params": {"text": "{{ context.wanted }}"}}]},
          "onError": {"target": "listening", "actions": [
            {"type": "say", "params": {"text": "{{ context.wanted }}"}}]}}}
      }
    })"));
    if (!loaded.machine) throw std::logic_error("the machine of the simulation is wrong");
    return *loaded.machine;
}

} // namespace rejoinder::tests::simulation
