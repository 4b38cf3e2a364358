#pragma once

#include "persistence/time.hpp"

#include <boost/intrusive/set.hpp>

#include <functional>
#include <optional>

namespace rejoinder {

/// A callback that waits for its time. A connection and its session have some: one block of memory each.
struct alarm : boost::intrusive::set_base_hook<boost::intrusive::optimize_size<true>> {
    steady_time due;
    std::function<void()> callback;
    alarm** owner = nullptr; ///< of who keeps the alarm's name: null there once it goes off
};

/// Names one armed timer for `timer_queue::remove`, until it goes off. Null is no timer.
using timer_id = alarm*;

/// Callbacks ordered by due time, and among equals by the order in which they were armed. Pure bookkeeping
/// without a clock of its own: the system's environment runs it by the real clock, a simulation by a virtual
/// one.
class timer_queue {
public:
    timer_queue() = default;
    timer_queue(const timer_queue&) = delete;
    timer_queue& operator=(const timer_queue&) = delete;
    /// Owners of alarms that have not gone off are told that they are gone.
    ~timer_queue();

    timer_id add(steady_time due, std::function<void()> callback);
    /// One that has not gone off.
    void remove(timer_id id) noexcept;

    std::optional<steady_time> next_due() const;

    /// Takes one callback that is due at `now`; empty when none is. Its alarm is gone then.
    std::function<void()> take_due(steady_time now);

    bool empty() const noexcept { return by_due_.empty(); }

private:
    std::function<void()> take_first();

    struct due_of {
        using type = steady_time;
        const type& operator()(const alarm& one) const noexcept { return one.due; }
    };
    boost::intrusive::multiset<alarm, boost::intrusive::key_of_value<due_of>,
                               boost::intrusive::constant_time_size<false>>
        by_due_;
};

} // namespace rejoinder
