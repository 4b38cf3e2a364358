#include "service/robot_events.hpp"

#include <utility>

namespace rejoinder::service {

using websocket::robot::input_kind;

robot_event event_of(const websocket::robot::input& input, const statemachine::definition& machine) {
    switch (input.kind) {
    case input_kind::text: {
        auto name = std::string(machine.match_intent(input.text));
        if (name.empty()) name = "chat";
        json data{{"intent", name}, {"text", input.text}, {"rules", input.rules}, {"source", "text"}};
        return {{"intent." + name, std::move(data)}, name};
    }
    case input_kind::intent: {
        json data{{"intent", input.intent},
                  {"entities", input.entities},
                  {"rules", input.rules},
                  {"source", "nlu"}};
        return {{"intent." + input.intent, std::move(data)}, input.intent};
    }
    case input_kind::trigger:
        return {{"robot.trigger", input.entities}, {}};
    case input_kind::silence:
        break;
    }
    return {{"robot.silence", {{"rules", input.rules}}}, {}};
}

} // namespace rejoinder::service
