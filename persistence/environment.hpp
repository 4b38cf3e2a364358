#pragma once

#include "persistence/task.hpp"
#include "persistence/time.hpp"
#include "persistence/timer_queue.hpp"

#include <cstddef>
#include <functional>
#include <span>
#include <utility>

namespace rejoinder {

/// Everything that differs between the real world and a simulation of it: clocks, timers, randomness, and the
/// thread that they belong to. One environment per `io_context`; it outlives whatever uses it. Nothing else
/// in the program asks the operating system for a time or a random number, so a run is repeatable when its
/// environment is.
class environment {
public:
    virtual ~environment() = default;

    virtual executor get_executor() noexcept = 0;

    // The clocks of the real world may be asked from any thread; all else belongs to the environment's own.
    virtual utc_time utc_now() noexcept = 0;

    /// The beginning of durations and deadlines: rounded up, so that what is due a while after it is not due
    /// too early.
    virtual steady_time steady_now() noexcept = 0;

    /// Whether a moment has come; a comparison with `steady_now` would say so up to a millisecond too early.
    virtual bool has_come(steady_time due) noexcept = 0;

    /// Fills the bytes from a cryptographically secure source (a simulation: from its seed).
    virtual void fill_random(std::span<std::byte> bytes) = 0;

    std::uint64_t random_number();

protected:
    friend class timer;
    /// Calls back once from the event loop when `due` has come, not before; the alarm's owner has been told
    /// by then that it is gone.
    virtual timer_id schedule(steady_time due, std::function<void()> callback) = 0;
    /// Of an alarm that has not gone off.
    virtual void unschedule(timer_id id) noexcept = 0;

    // For an environment that is made over another one.
    static timer_id schedule_in(environment& inner, steady_time due, std::function<void()> callback) {
        return inner.schedule(due, std::move(callback));
    }
    static void unschedule_in(environment& inner, timer_id id) noexcept { inner.unschedule(id); }
};

/// A one-shot alarm that its owner can move or drop. The callback runs on the environment's thread, never
/// after the timer was disarmed or destroyed.
class timer {
public:
    explicit timer(environment& env) noexcept : environment_(env) {}
    timer(const timer&) = delete;
    timer& operator=(const timer&) = delete;
    ~timer() { disarm(); }

    /// Arms the timer, replacing what it was armed with before.
    void arm(steady_time due, std::function<void()> callback);
    void arm_after(milliseconds delay, std::function<void()> callback);
    void disarm() noexcept;
    bool armed() const noexcept { return id_ != nullptr; }

private:
    environment& environment_;
    timer_id id_ = nullptr;
};

} // namespace rejoinder
