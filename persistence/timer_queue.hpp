#pragma once

#include "persistence/time.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <unordered_map>
#include <utility>

namespace rejoinder {

/// Names one armed timer for `timer_queue::remove`. Zero is no timer.
using timer_id = std::uint64_t;

/// Callbacks ordered by due time, and among equals by the order in which they were armed. Pure bookkeeping
/// without a clock of its own: the system's environment runs it by the real clock, a simulation by a virtual
/// one.
class timer_queue {
public:
    timer_id add(steady_time due, std::function<void()> callback);
    void remove(timer_id id) noexcept;

    std::optional<steady_time> next_due() const;

    /// Takes one callback that is due at `now`; empty when none is.
    std::function<void()> take_due(steady_time now);

    bool empty() const noexcept { return by_due_.empty(); }

private:
    using position = std::pair<steady_time, timer_id>;
    std::map<position, std::function<void()>> by_due_;
    std::unordered_map<timer_id, steady_time> due_of_;
    timer_id last_ = 0;
};

} // namespace rejoinder
