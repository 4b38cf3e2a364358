#pragma once

#include <condition_variable>
#include <cstddef>
#include <mutex>

namespace rejoinder::persistence::backend {

/// How much of what was answered may wait for the session's thread to take it: a thread that has more waits
/// here, so that a session's thread that is busy finds no more memory taken than this, and one answer or
/// batch of each thread.
class answer_gate {
public:
    explicit answer_gate(std::size_t most_bytes) : most_bytes_(most_bytes) {}

    /// Blocks until there is room, or nobody waits any more; what is larger than all the room goes alone.
    void enter(std::size_t bytes) {
        std::unique_lock lock(mutex_);
        room_.wait(lock, [&] { return open_ || inside_ == 0 || inside_ + bytes <= most_bytes_; });
        inside_ += bytes;
    }

    /// From the session's thread: so much was taken.
    void leave(std::size_t bytes) {
        {
            std::lock_guard lock(mutex_);
            inside_ -= bytes;
        }
        room_.notify_all();
    }

    /// From now on nobody waits: the session's thread may be the one that waits for the threads' end.
    void open() {
        {
            std::lock_guard lock(mutex_);
            open_ = true;
        }
        room_.notify_all();
    }

private:
    std::size_t most_bytes_;
    std::mutex mutex_;
    std::condition_variable room_;
    std::size_t inside_ = 0;
    bool open_ = false;
};

} // namespace rejoinder::persistence::backend
