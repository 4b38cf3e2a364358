#include "service/replay/pacing.hpp"

#include "service/replay/inputs.hpp"

#include <algorithm>
#include <iterator>
#include <utility>
#include <vector>

namespace rejoinder::service {

bool may_open(std::span<const recorded_turn> turns, std::size_t next,
              std::span<const turn_progress> progress) {
    auto opened = turns[next].opened;
    for (std::size_t i = 0; i < next; ++i) {
        if (progress[i].ended) continue;
        if (turns[i].ended() <= opened) return false;
        auto sent =
            std::ranges::count_if(turns[i].frames, [&](const auto& frame) { return frame.at <= opened; });
        if (std::cmp_less(progress[i].sent, sent)) return false;
    }
    return true;
}

milliseconds gap_before(const recorded_turn& turn, std::size_t next, const pacing& pace) {
    if (next == 0) return milliseconds(0);
    return std::clamp(turn.frames[next].at - turn.frames[next - 1].at, milliseconds(0), pace.longest_gap);
}

std::size_t replies_before(const recorded_turn& turn, std::size_t next) {
    std::vector<std::size_t> after;
    std::ranges::transform(turn.replies, std::back_inserter(after), &recorded_batch::after);
    auto answered = answered_inputs(inputs_of(turn), after);
    std::size_t frames = 0;
    for (std::size_t i = 0; i < turn.replies.size(); ++i)
        if (after[i] <= next && (turn.complete || answered[i])) frames += turn.replies[i].types.size();
    return frames;
}

steady_time scaled(steady_time start, milliseconds first, milliseconds at, double speed) {
    auto since = std::chrono::duration<double, std::milli>(at - first) / speed;
    return start + std::chrono::duration_cast<milliseconds>(since);
}

} // namespace rejoinder::service
