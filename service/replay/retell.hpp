#pragma once

#include "persistence/environment.hpp"
#include "service/client/returning_client.hpp"
#include "service/replay/story.hpp"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace rejoinder::service {

struct retelling_options {
    server_place server;
    std::string device = "replay";
    std::optional<double> speed; ///< 1 is recorded time; nothing: a turn as soon as the one before has ended
    milliseconds patience{10'000};                      ///< for each event and each end of a turn
    std::function<void(std::size_t turns)> on_progress; ///< after each turn; may be empty
};

struct retelling {
    std::vector<json> events; ///< that the client was shown, as `to_comparable` makes them
    std::string problem;      ///< a sentence that says why it has not come to its end; empty: it has
};

/// Says the turns of a recorded session to a new session of a server, one after the other, as a device does
/// that comes back after each cut. Ends when the last one was answered, or when nothing came for the patience
/// of the options. `env` and `what` outlive it.
task<retelling> retell(environment* env, const story* what, retelling_options options);

} // namespace rejoinder::service
