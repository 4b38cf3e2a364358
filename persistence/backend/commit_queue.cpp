#include "persistence/backend/commit_queue.hpp"

#include <algorithm>
#include <utility>

namespace rejoinder::persistence::backend {
namespace {

// A transaction's bounds: the first session in it waits for the last.
constexpr std::size_t most_sets = 512;
constexpr std::size_t most_bytes = 16 << 20;

} // namespace

std::optional<errc> commit_queue::push(pending& commit) {
    {
        std::lock_guard lock(mutex_);
        if (closing_) return errc::closed;
        bool full = queue_.size() >= bounds_.commits || bytes_ + commit->bytes > bounds_.commit_bytes;
        bool stuck = !queue_.empty() && commit->submitted - queue_.front()->submitted >= bounds_.commit_wait;
        if (full || stuck) return errc::unavailable;
        auto bytes = commit->bytes;
        queue_.push_back(std::move(commit));
        bytes_ += bytes;
    }
    something_.notify_one();
    return std::nullopt;
}

std::optional<errc> commit_queue::push(std::unique_ptr<chore>& one) {
    {
        std::lock_guard lock(mutex_);
        if (closing_) return errc::closed;
        if (chores_.size() >= bounds_.chores) return errc::unavailable;
        chores_.push_back(std::move(one));
    }
    something_.notify_one();
    return std::nullopt;
}

void commit_queue::wake() {
    {
        std::lock_guard lock(mutex_);
        woken_ = true;
    }
    something_.notify_one();
}

void commit_queue::close() {
    {
        std::lock_guard lock(mutex_);
        closing_ = true;
    }
    something_.notify_one();
}

commit_queue::work commit_queue::take() {
    std::unique_lock lock(mutex_);
    something_.wait(lock, [this] { return closing_ || woken_ || !queue_.empty() || !chores_.empty(); });
    work taken;
    taken.woken = std::exchange(woken_, false);
    taken.commits = take_some();
    if (!chores_.empty()) {
        taken.chore = std::move(chores_.front());
        chores_.pop_front();
    }
    return taken;
}

commit_queue::batch commit_queue::take_ready() {
    std::lock_guard lock(mutex_);
    return take_some();
}

commit_queue::batch commit_queue::take_some() {
    batch taken;
    taken.reserve(std::min(queue_.size(), most_sets));
    std::size_t bytes = 0;
    while (!queue_.empty() && taken.size() < most_sets && bytes < most_bytes) {
        bytes += queue_.front()->bytes;
        taken.push_back(std::move(queue_.front()));
        queue_.pop_front();
    }
    bytes_ -= bytes;
    return taken;
}

} // namespace rejoinder::persistence::backend
