#pragma once

#include "persistence/backend/chore.hpp"
#include "persistence/backend/pending_commit.hpp"
#include "persistence/queue_bounds.hpp"
#include "persistence/result.hpp"

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

namespace rejoinder::persistence::backend {

/// What stands between the session's thread, which submits change sets in order, and the writer's, which
/// takes as many at once as a transaction may hold. Chores wait beside them, so that they never stand in
/// their way for longer than one of them takes.
class commit_queue {
public:
    using pending = std::unique_ptr<pending_commit>;
    using batch = commit_batch;

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
