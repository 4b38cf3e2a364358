#include "persistence/environment.hpp"

#include <utility>

namespace rejoinder {

std::uint64_t environment::random_number() {
    std::uint64_t number = 0;
    fill_random(std::as_writable_bytes(std::span(&number, 1)));
    return number;
}

void timer::arm(steady_time due, std::function<void()> callback) {
    disarm();
    // The callback may destroy this timer, so nothing of it is touched once that runs.
    id_ = environment_.schedule(due, std::move(callback));
    id_->owner = &id_;
}

void timer::arm_after(milliseconds delay, std::function<void()> callback) {
    arm(environment_.steady_now() + delay, std::move(callback));
}

void timer::disarm() noexcept {
    if (id_) environment_.unschedule(std::exchange(id_, nullptr));
}

} // namespace rejoinder
