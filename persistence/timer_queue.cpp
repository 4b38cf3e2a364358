#include "persistence/timer_queue.hpp"

#include <memory>
#include <utility>

namespace rejoinder {

/// Alarms that are still there go one by one, each as if it had gone off: with its callback may go the owner
/// of another one.
timer_queue::~timer_queue() {
    while (!empty())
        take_first();
}

timer_id timer_queue::add(steady_time due, std::function<void()> callback) {
    auto made = std::make_unique<alarm>();
    made->due = due;
    made->callback = std::move(callback);
    by_due_.insert(*made); // behind its equals
    return made.release();
}

void timer_queue::remove(timer_id id) noexcept {
    by_due_.erase(by_due_.iterator_to(*id));
    delete id;
}

std::optional<steady_time> timer_queue::next_due() const {
    if (by_due_.empty()) return std::nullopt;
    return by_due_.begin()->due;
}

std::function<void()> timer_queue::take_due(steady_time now) {
    if (by_due_.empty() || by_due_.begin()->due > now) return {};
    return take_first();
}

std::function<void()> timer_queue::take_first() {
    auto& first = *by_due_.begin();
    auto callback = std::move(first.callback);
    if (first.owner) *first.owner = nullptr;
    remove(&first);
    return callback;
}

} // namespace rejoinder
