#pragma once

#include "persistence/change_set.hpp"
#include "persistence/queue_bounds.hpp"
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
    completion<commit_outcome> done;
};

/// What stands between the session's thread, which submits change sets in order, and the writer's, which
/// takes as many at once as a transaction may hold.
class commit_queue {
public:
    using pending = std::unique_ptr<pending_commit>;
    using batch = std::vector<pending>;

    explicit commit_queue(queue_bounds bounds) noexcept : bounds_(bounds) {}

    /// Takes the change set unless there is a reason to refuse it; it is left with the caller then.
    std::optional<errc> push(pending& commit);

    /// Lets the writer look around although there may be nothing to write.
    void wake();

    /// Lets `take` end behind what is queued; further change sets are `closed`.
    void close();

    /// Waits for something to do: change sets (up to a transaction's bounds, in order), somebody who woke
    /// the writer, or neither, which is the end.
    struct work {
        batch commits;
        bool woken = false;
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
    std::size_t bytes_ = 0;
    bool woken_ = false;
    bool closing_ = false;
};

} // namespace rejoinder::persistence::backend
