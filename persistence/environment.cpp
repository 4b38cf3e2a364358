#include "persistence/environment.hpp"

namespace rejoinder {

std::uint64_t environment::random_number() {
    std::uint64_t number = 0;
    fill_random(std::as_writable_bytes(std::span(&number, 1)));
    return number;
}

void timer::arm(steady_time due, std::function<void()> callback) {
    disarm();
    id_ = environment_.schedule(due, [this, callback = std::move(callback)] {
        id_ = 0;
        // The callback may destroy this timer: nothing of it is touched afterwards, and the callable itself
        // is owned by the queue's local copy.
        callback();
    });
}

void timer::arm_after(milliseconds delay, std::function<void()> callback) {
    arm(environment_.steady_now() + delay, std::move(callback));
}

void timer::disarm() noexcept {
    if (id_ == 0) return;
    environment_.unschedule(id_);
    id_ = 0;
}

} // namespace rejoinder
