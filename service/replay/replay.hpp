#pragma once

#include "persistence/environment.hpp"
#include "persistence/result.hpp"
#include "persistence/secret.hpp"
#include "service/replay/compare.hpp"
#include "service/replay/pacing.hpp"
#include "service/replay/recording.hpp"
#include "websocket/client.hpp"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace rejoinder::service {

/// Opens the connection that a turn is played on. The turn outlives the call.
using dialler = std::function<task<result<std::unique_ptr<websocket::client>>>(const recorded_turn&)>;

/// Connects to a server (`ws://HOST:PORT`) as the turn's robot did: its path, its token as bearer, or `token`
/// in its place where there is one.
dialler dial_server(environment& env, std::string server, secret token = {});

struct replay_options {
    dialler dial;
    pacing pace;
    std::vector<expectation> expected;
    std::function<void(std::size_t done, std::size_t total)> on_progress; ///< after each turn; may be empty
};

struct replay_report {
    std::vector<turn_verdict> verdicts;  ///< one for each turn of the recording, in its order
    std::vector<received_turn> received; ///< the same
    std::vector<std::string> stale;      ///< expectations that no longer apply

    bool passed() const noexcept;

    /// What a person reads: a line for each turn that differs, the delays, the summary.
    std::vector<std::string> lines() const;
};

/// Plays a recording against a server, each turn on a connection of its own, and compares what comes back.
/// Ends when the last turn has ended; every wait in it is bounded by the pacing and by the client's own
/// deadlines.
task<replay_report> run_replay(environment& env, recording what, replay_options options);

} // namespace rejoinder::service
