#pragma once

#include "persistence/backend/chore.hpp"
#include "persistence/change_set.hpp"
#include "persistence/environment.hpp"
#include "persistence/queue_bounds.hpp"
#include "persistence/result.hpp"
#include "persistence/size_bounds.hpp"
#include "persistence/task.hpp"

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

namespace rejoinder::persistence::backend {

/// One change set on its way to the writer's thread and back.
struct pending_commit {
    change_set changes;
    utc_time now{};          ///< decides what has expired
    steady_time submitted{}; ///< when it was queued
    std::size_t bytes = 0;   ///< of its texts
    error_code problem;      ///< set: its texts are out of bounds
    completion<commit_outcome> done;
};

/// A change set for the queue, measured and stamped with the times of now.
std::unique_ptr<pending_commit> make_pending_commit(environment& env, change_set changes,
                                                    const size_bounds& bounds);

/// Hands the change set to the writer with whoever waits for its verdict. One whose texts are out of bounds
/// is refused instead. What waits for the verdict holds a pointer to the change set and not the whole of it.
/// The writer outlives that.
template <class Writer>
task<commit_outcome> submit_commit(environment& env, change_set changes, const size_bounds& bounds,
                                   Writer& writer) {
    auto commit = make_pending_commit(env, std::move(changes), bounds);
    return suspend<commit_outcome>(
        [commit = std::move(commit), to = &writer](completion<commit_outcome> done) mutable {
            if (commit->problem) {
                commit_outcome refused;
                refused.error = commit->problem;
                return done.post(refused);
            }
            commit->done = std::move(done);
            to->submit(std::move(commit));
        });
}

/// What stands between the session's thread, which submits change sets in order, and the writer's, which
/// takes as many at once as a transaction may hold. Chores wait beside them, so that they never stand in
/// their way for longer than one of them takes.
class commit_queue {
public:
    using pending = std::unique_ptr<pending_commit>;
    using batch = std::vector<pending>;

    explicit commit_queue(queue_bounds bounds) noexcept : bounds_(bounds) {}

    /// Takes the change set unless there is a reason to refuse it; it is left with the caller then.
    std::optional<errc> push(pending& commit);

    /// The same for a chore. Those that wait are done in their order, but not in that of the change sets.
    std::optional<errc> push(std::unique_ptr<chore>& one);

    /// Lets the writer look around although there may be nothing to write.
    void wake();

    /// Lets `take` end behind what is queued; what comes later is `closed`.
    void close();

    /// Waits for something to do: change sets (up to a transaction's bounds, in order), a chore for after
    /// them, somebody who woke the writer, or nothing of it, which is the end.
    struct work {
        batch commits;
        std::unique_ptr<backend::chore> chore;
        bool woken = false;
        bool is_end() const noexcept { return commits.empty() && !chore && !woken; }
    };
    work take();

    /// The change sets that are there, without waiting; none when there are none. For a writer that lives on
    /// the session's thread.
    batch take_ready();

private:
    batch take_some(); // the mutex is held

    const queue_bounds bounds_;
    std::mutex mutex_;
    std::condition_variable something_;
    std::deque<pending> queue_;
    std::deque<std::unique_ptr<chore>> chores_;
    std::size_t bytes_ = 0;
    bool woken_ = false;
    bool closing_ = false;
};

} // namespace rejoinder::persistence::backend
