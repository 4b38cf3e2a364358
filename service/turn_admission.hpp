#pragma once

#include "persistence/environment.hpp"
#include "service/commit_lag.hpp"
#include "service/settings.hpp"

#include <cstdint>
#include <optional>

namespace rejoinder::service {

/// Keeps turns out while the store can't keep up: a turn that came in would make those wait that were
/// accepted, and in the end be thrown back itself. Only what begins new work and can be sent again is kept
/// out, which is a client's turn. What ends work goes on: hellos and resumes, acks, cancels, reports of
/// tools, and turns that the session knows already. So do robots' turns: a robot has no frame that says
/// "later", and a person stands before it; what they bring is bounded by their connections
/// (`limits.robot-connections-per-minute`) and at last by the queue of commits.
///
/// One for all sessions of a store, on the environment's thread; outlives the endpoints that ask it. The log
/// says when it begins and when it ends, not for each turn.
class turn_admission {
public:
    static constexpr milliseconds shortest_wait{250};
    static constexpr milliseconds longest_wait{10'000};
    /// Without a refused turn; then the overload is over.
    static constexpr milliseconds calm{5000};

    turn_admission(environment& env, const settings& limits);

    /// Commits of sessions are measured here.
    commit_lag& lag() noexcept { return lag_; }

    /// What a commit that is submitted now would wait.
    milliseconds commit_wait() const noexcept { return lag_.wait(env_.steady_now()); }

    /// Whether turns have to stay out now. Counts none.
    bool keeps_out() const noexcept { return commit_wait() > limits_.commit_lag; }

    /// Whether a client's turn has to stay out: it may come again after so long, which is once to twice the
    /// lag, by chance so that they don't all come together, within 250 ms and 10 s. Counts it as refused.
    std::optional<milliseconds> refuse();

    /// Turns that were refused since the beginning.
    std::uint64_t refused() const noexcept { return refused_; }

private:
    void note_refusal(steady_time now, milliseconds lag);
    void look_for_end();

    environment& env_;
    const settings& limits_;
    commit_lag lag_;
    std::uint64_t refused_ = 0;
    std::uint64_t refused_before_ = 0; ///< when the overload began
    steady_time began_{};
    steady_time last_refusal_{};
    timer end_; ///< armed while there is an overload
};

} // namespace rejoinder::service
