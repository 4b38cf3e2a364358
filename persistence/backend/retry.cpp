#include "persistence/backend/retry.hpp"

#include <algorithm>

namespace rejoinder::persistence::backend {

void retry::failed() {
    if (stopped_ || timer_.armed()) return;
    timer_.arm_after(pause_, [this] { attempt_(); });
    pause_ = std::min(2 * pause_, longest);
}

void retry::worked() noexcept {
    timer_.disarm();
    pause_ = shortest;
}

void retry::stop() noexcept {
    timer_.disarm();
    stopped_ = true;
}

} // namespace rejoinder::persistence::backend
