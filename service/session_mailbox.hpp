#pragma once

#include "persistence/mailbox.hpp"
#include "service/session_messages.hpp"

#include <cstddef>
#include <list>
#include <optional>
#include <utility>

namespace rejoinder::service {

/// What has come for a session and was not taken up, in order and bounded. Unlike at a `mailbox` nobody waits
/// at it: a session without messages has no coroutine.
class session_mailbox {
public:
    explicit session_mailbox(std::size_t capacity) noexcept : capacity_(capacity) {}

    /// `full` at the bound: the caller tells its own peer, nothing is dropped in silence.
    [[nodiscard]] delivery push(session_message message) {
        if (closed_) return delivery::closed;
        if (queue_.size() >= capacity_) return delivery::full;
        queue_.push_back(std::move(message));
        return delivery::queued;
    }

    /// The next message; nothing when there is none. What came before `close` is still there to be taken.
    std::optional<session_message> take() {
        if (queue_.empty()) return std::nullopt;
        std::optional<session_message> message(std::move(queue_.front()));
        queue_.pop_front();
        return message;
    }

    void close() noexcept { closed_ = true; }
    bool closed() const noexcept { return closed_; }

    bool empty() const noexcept { return queue_.empty(); }
    std::size_t size() const noexcept { return queue_.size(); }

private:
    std::size_t capacity_;
    std::list<session_message> queue_; // an empty deque holds half a kilobyte, and most are empty
    bool closed_ = false;
};

} // namespace rejoinder::service
