#include "service/audience.hpp"

#include <algorithm>

namespace rejoinder::service {

using websocket::protocol::attach_mode;

audience::members audience::rivals_of(const attachment& newcomer, statemachine::takeover policy) const {
    members rivals;
    if (newcomer.mode() == attach_mode::observe) return rivals;
    bool shared = policy == statemachine::takeover::share;
    for (const auto& one : all_)
        if (one->mode() == attach_mode::control && (!shared || one->device() == newcomer.device()))
            rivals.push_back(one);
    return rivals;
}

bool audience::has_room_for(const attachment& newcomer) const noexcept {
    if (newcomer.mode() == attach_mode::control) return true;
    auto watches = [](const auto& one) { return one->mode() == attach_mode::observe; };
    return static_cast<std::size_t>(std::ranges::count_if(all_, watches)) < max_observers;
}

void audience::remove(const attachment& who) {
    std::erase_if(all_, [&who](const auto& one) { return one.get() == &who; });
}

} // namespace rejoinder::service
