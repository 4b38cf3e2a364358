#pragma once

#include "persistence/environment.hpp"
#include "service/replay/even_draws.hpp"
#include "service/replay/story.hpp"
#include "statemachine/definition.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace rejoinder::service {

/// What became of a session that was cut in every place.
struct cut_report {
    std::size_t frames = 0; ///< of the run without a cut: the places
    std::size_t cuts = 0;   ///< runs that were compared
    std::string problem;    ///< a sentence when a run did not come to its end
    std::size_t place = 0;  ///< of the difference or problem: behind which frame it was cut; 0: nowhere
    std::optional<story_difference> differs; ///< from the run without a cut

    bool passed() const noexcept { return problem.empty() && !differs; }
};

/// Plays a story without a cut, and then once for each frame of that run, of both directions, with the
/// connection cut behind it; what the client is shown must be the same. Each run has a server of its own,
/// eight of them at a time, and ends when nothing has come for ten seconds. Ends with the first place that
/// differs; those that were under way with it are played out. `env`, `what` and `machine` outlive it.
task<cut_report> cut_everywhere(environment* env, const story* what, const statemachine::definition* machine,
                                std::function<void(std::size_t done, std::size_t total)> on_progress,
                                std::uint64_t seed = even_draws::usual_seed);

} // namespace rejoinder::service
