#pragma once

#include "persistence/task.hpp"

#include <cstddef>
#include <list>
#include <optional>
#include <utility>

namespace rejoinder {

/// Wakes one coroutine of the same thread. A notification that finds nobody waiting is kept (one, not a
/// count), so the pattern "look, then wait" loses none. Waking goes through the event loop: `notify` never
/// runs the waiter inside the caller. One coroutine may wait at a time.
class signal {
public:
    signal() = default;
    signal(const signal&) = delete;
    signal& operator=(const signal&) = delete;

    task<> wait() {
        if (std::exchange(notified_, false)) co_return;
        co_await suspend<int>([this](completion<int> done) { waiter_ = std::move(done); });
    }

    void notify() {
        if (!waiter_) {
            notified_ = true;
            return;
        }
        auto waiter = std::move(waiter_);
        waiter.post(0);
    }

private:
    completion<int> waiter_;
    bool notified_ = false;
};

/// What `mailbox::push` answers.
enum class delivery { queued, full, closed };

/// A bounded queue from many places of one thread to one coroutine. Asio's experimental channel is not used:
/// that of Boost 1.81 loses messages after a cancelled receive and drops what is buffered when it is closed;
/// here what was queued before `close` is still received.
template <class T>
class mailbox {
public:
    explicit mailbox(std::size_t capacity) : capacity_(capacity) {}

    /// Queues a message. `full` at the bound: the caller tells its own peer, nothing is dropped in silence.
    [[nodiscard]] delivery push(T message) {
        if (closed_) return delivery::closed;
        if (queue_.size() >= capacity_) return delivery::full;
        queue_.push_back(std::move(message));
        arrived_.notify();
        return delivery::queued;
    }

    /// The next message in order; nothing once the mailbox is closed and empty.
    task<std::optional<T>> receive() {
        while (queue_.empty()) {
            if (closed_) co_return std::nullopt;
            co_await arrived_.wait();
        }
        co_return take();
    }

    /// The same without waiting: nothing when there is none. For who is told otherwise that one has come, and
    /// holds no coroutine until then.
    std::optional<T> take() {
        if (queue_.empty()) return std::nullopt;
        std::optional<T> message(std::move(queue_.front()));
        queue_.pop_front();
        return message;
    }

    void close() {
        closed_ = true;
        arrived_.notify();
    }
    bool closed() const noexcept { return closed_; }

    bool empty() const noexcept { return queue_.empty(); }
    std::size_t size() const noexcept { return queue_.size(); }

private:
    std::size_t capacity_;
    std::list<T> queue_; // an empty deque holds half a kilobyte, and most mailboxes are empty
    signal arrived_;
    bool closed_ = false;
};

} // namespace rejoinder
