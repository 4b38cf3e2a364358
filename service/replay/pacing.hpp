#pragma once

#include "persistence/time.hpp"
#include "service/replay/recording.hpp"

#include <cstddef>
#include <optional>
#include <span>

namespace rejoinder::service {

/// When a recording's frames are sent. Without a speed, waiting is cut short and order and overlap are kept:
/// turns follow each other at once, the pauses within a turn are short, and a frame that was recorded behind
/// a reply waits for one. With a speed, everything happens at its recorded moment divided by it.
struct pacing {
    std::optional<double> speed;  ///< 1: recorded time; above 0
    milliseconds longest_gap{50}; ///< within a turn, without a speed
    milliseconds patience{2000};  ///< for a reply
    milliseconds settle{200};     ///< after the last frame of either side, before the connection is closed
};

/// How far a turn has come.
struct turn_progress {
    std::size_t sent = 0; ///< frames
    bool ended = false;
};

/// Whether turn `next` may be opened: every turn that was over before it is over, and those that it overlaps
/// have sent what they had sent when it was opened. `progress` has an entry for each turn before `next`.
bool may_open(std::span<const recorded_turn> turns, std::size_t next,
              std::span<const turn_progress> progress);

/// The pause between frame `next` and the one before it (the first: none), without a speed.
milliseconds gap_before(const recorded_turn& turn, std::size_t next, const pacing& pace);

/// How many reply frames frame `next` waits for (`next` = number of frames: the turn's end), without a speed.
/// Replies to audio are waited for in complete turns only: a server without a recogniser will never send the
/// others.
std::size_t replies_before(const recorded_turn& turn, std::size_t next);

/// A recorded moment on the clock of the replay that began at `start` with moment `first`.
steady_time scaled(steady_time start, milliseconds first, milliseconds at, double speed);

} // namespace rejoinder::service
