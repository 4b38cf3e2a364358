#pragma once

#include "persistence/json.hpp"
#include "persistence/time.hpp"
#include "service/replay/session_recording.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace rejoinder::service {

/// A turn of a recorded session, as its client said it.
struct story_turn {
    std::string id;
    json input;         ///< `{"text": ...}` and so on
    milliseconds at{0}; ///< from the first turn on
};

/// What a client says in a recorded session, and what it is shown.
struct story {
    std::string machine;
    std::vector<story_turn> turns;
    std::vector<json> events; ///< as `to_comparable` makes them
    bool whole = true;        ///< from the session's birth on, and nothing is missing
};

/// The parts of a recording as one story. An error, a sentence, when it holds what no client can say: turns
/// of a robot, and turns that were answered without a step, of which nobody knows what was said.
std::variant<story, recording_error> tell_story(const std::string& name,
                                                const std::vector<session_recording>& parts);

/// What two runs of a session have in common of an event: its kind, its turn, and its data without what a
/// clock adds.
json to_comparable(const json& event);

/// Where two clients were shown different events first.
struct story_difference {
    std::size_t event = 0; ///< which one, from 1
    std::string expected;  ///< "nothing" when there should be none
    std::string ours;
};

std::optional<story_difference> compare_events(const std::vector<json>& expected,
                                               const std::vector<json>& ours);

} // namespace rejoinder::service
