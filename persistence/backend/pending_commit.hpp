#pragma once

#include "persistence/change_set.hpp"
#include "persistence/environment.hpp"
#include "persistence/error.hpp"
#include "persistence/result.hpp"
#include "persistence/rules.hpp"
#include "persistence/size_bounds.hpp"
#include "persistence/task.hpp"

#include <cstddef>
#include <memory>
#include <span>
#include <utility>
#include <vector>

namespace rejoinder::persistence::backend {

/// One change set on its way to the writer's thread and back.
struct pending_commit {
    change_set changes;
    utc_time now{};          ///< decides what has expired
    steady_time submitted{}; ///< when it was queued
    std::size_t bytes = 0;   ///< of its texts
    error_code problem;      ///< set: it is refused at the door
    completion<commit_outcome> done;
    commit_outcome outcome = commit_outcome::refused(errc::unavailable); ///< the writer's, for `done`
};

using commit_batch = std::vector<std::unique_ptr<pending_commit>>;

/// A change set for the queue, measured and stamped with the times of now.
std::unique_ptr<pending_commit> make_pending_commit(environment& env, change_set changes,
                                                    const size_bounds& bounds);

/// None of them was written, or nobody knows.
void refuse(std::span<std::unique_ptr<pending_commit>> commits, error_code why);

/// Sends all to where their outcomes are waited for: in one post to each loop, in their order.
void deliver(commit_batch commits);

/// Hands the change set to the writer with whoever waits for its verdict. One whose texts are out of bounds,
/// or not whole although the writer does not say that it `completes_states`, is refused instead. What waits
/// for the verdict holds a pointer to the change set and not the whole of it. The writer outlives that.
template <class Writer>
task<commit_outcome> submit_commit(environment& env, change_set changes, const size_bounds& bounds,
                                   Writer& writer) {
    static constexpr bool completes = requires { requires Writer::completes_states; };
    auto incomplete = rules::judge_states(changes, completes);
    auto commit = make_pending_commit(env, std::move(changes), bounds);
    if (incomplete) commit->problem = incomplete;
    return suspend<commit_outcome>(
        [commit = std::move(commit), to = &writer](completion<commit_outcome> done) mutable {
            if (commit->problem) return done.post(commit_outcome::refused(commit->problem));
            commit->done = std::move(done);
            to->submit(std::move(commit));
        });
}

} // namespace rejoinder::persistence::backend
