#pragma once

#include "service/replay/session_recording.hpp"
#include "statemachine/definition.hpp"

#include <cstddef>
#include <optional>
#include <string>

namespace rejoinder::service {

/// Where a session that is made again differs first from what was recorded.
struct divergence {
    std::size_t commit = 0; ///< which one, from 1; the number of commits + 1: the state at the end
    std::string turn;
    std::string what; ///< "events", "messages", "status", "state", "start" or "frame"
    std::string recorded;
    std::string ours;
};

struct retake_report {
    std::size_t steps = 0;   ///< made again
    std::size_t without = 0; ///< commits that no step has made: taken as they were recorded
    std::size_t frames = 0;  ///< that were compared: of events, and of turns that were accepted
    std::optional<divergence> differs;

    bool passed() const noexcept { return !differs; }
};

/// Makes each step of a recorded session again, in its recorded time and with what was drawn and read then,
/// and compares events, what was said, the frames that its clients were sent of it, and the state at the end,
/// up to the first difference. A session that has gone over to another version of its machine does so again,
/// in the part of its recording that begins with that. Pure and fast: it waits for nothing. The state at the
/// end is compared where it was recorded and every commit was made by a step. Frames of what the recording
/// does not hold, as events from before its beginning, are not compared; an event that nothing in it has made
/// is a difference.
retake_report retake(const session_recording& recorded, const statemachine::definition& machine);

} // namespace rejoinder::service
