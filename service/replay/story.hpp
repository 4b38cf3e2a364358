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

/// What the client of a recorded session did.
struct story_act {
    enum class kind {
        turn,   ///< said `input` (`{"text": ...}` and so on)
        done,   ///< its tool `call` was done, with `input` as the data
        failed, ///< the same, and was not
        cancel  ///< wanted the turn no more
    };
    kind what = kind::turn;
    std::string id; ///< of the turn; of a tool's without a turn empty
    json input;
    std::string call;
    milliseconds at{0};    ///< from the first turn on
    std::size_t after = 0; ///< events that were shown before
};

/// What a client says in a recorded session, and what it is shown.
struct story {
    std::string machine;
    std::vector<story_act> acts;
    std::size_t turns = 0;    ///< among them
    std::vector<json> events; ///< as `to_comparable` makes them
    bool whole = true;        ///< from the session's birth on, and nothing is missing
};

/// The parts of a recording as one story. An error, a sentence, when it holds what no client can say again:
/// turns of a robot, turns that were answered without a step, of which nobody knows what was said, and tools
/// that were not answered in time, for which one would have to wait.
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
