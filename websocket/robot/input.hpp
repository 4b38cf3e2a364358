#pragma once

#include "persistence/json.hpp"

#include <string>
#include <vector>

namespace rejoinder::websocket::robot {

/// What a robot told in one turn.
enum class input_kind {
    text,    ///< somebody said something: `text`
    intent,  ///< the robot understood it itself: `intent` with `entities`
    trigger, ///< the robot asks unasked: `entities` is the frame's data
    silence  ///< audio came and nothing was heard in it
};

/// One turn of a robot, as the session gets it and as the reply echoes it.
struct input {
    input_kind kind = input_kind::text;
    std::string identity;    ///< unique per device and the same when the frame is repeated; a valid client id
    std::string transaction; ///< `transID`, to be echoed; empty when the frame had none
    std::string text;        ///< of `text`
    std::string intent;      ///< of `intent`
    json entities = json::object(); ///< of `intent` and `trigger`, as they came
    std::vector<std::string> rules; ///< of the frame, else of the LISTEN before it
};

} // namespace rejoinder::websocket::robot
