#include "persistence/timer_queue.hpp"

namespace rejoinder {

timer_id timer_queue::add(steady_time due, std::function<void()> callback) {
    auto id = ++last_;
    by_due_.emplace(position(due, id), std::move(callback));
    due_of_.emplace(id, due);
    return id;
}

void timer_queue::remove(timer_id id) noexcept {
    auto found = due_of_.find(id);
    if (found == due_of_.end()) return;
    by_due_.erase(position(found->second, id));
    due_of_.erase(found);
}

std::optional<steady_time> timer_queue::next_due() const {
    if (by_due_.empty()) return std::nullopt;
    return by_due_.begin()->first.first;
}

std::function<void()> timer_queue::take_due(steady_time now) {
    if (by_due_.empty() || by_due_.begin()->first.first > now) return {};
    auto first = by_due_.begin();
    auto callback = std::move(first->second);
    due_of_.erase(first->first.second);
    by_due_.erase(first);
    return callback;
}

} // namespace rejoinder
