#pragma once

#include "statemachine/definition.hpp"
#include "statemachine/interpreter.hpp"
#include "websocket/robot/input.hpp"

#include <string>

namespace rejoinder::service {

/// What a robot's turn is to its machine, and what its reply says was understood.
struct robot_event {
    statemachine::event what;
    std::string understood; ///< the intent; empty where there is none to understand
};

/// Words become `intent.<name>` by the machine's own `meta.intents`, else `intent.chat`, with {intent, text,
/// rules, source: "text"}; a touch becomes `intent.<its intent>` with {intent, entities, rules, source:
/// "nlu"}; a trigger `robot.trigger` with the frame's data; audio without words `robot.silence` with {rules}.
robot_event event_of(const websocket::robot::input& input, const statemachine::definition& machine);

} // namespace rejoinder::service
