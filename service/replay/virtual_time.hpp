#pragma once

#include "persistence/environment.hpp"

#include <boost/asio/io_context.hpp>

#include <cstddef>
#include <functional>
#include <span>

namespace rejoinder::service {

/// Time that passes at once: when nothing is ready to run, it is the moment at which the next timer is due.
/// So minutes of waiting take no longer than what is done in them. It begins when it is made, by the clocks
/// of the environment that it is made over, whose random numbers it has as well.
///
/// Nothing that is used with it may wait for another thread or for a network, as time would not. One thread,
/// the loop's; whoever runs the loop does so with `run`.
class virtual_time final : public environment {
public:
    /// Both outlive it; the loop is the environment's.
    virtual_time(environment& real, boost::asio::io_context& loop);

    executor get_executor() noexcept override { return real_.get_executor(); }
    utc_time utc_now() noexcept override { return began_utc_ + elapsed_; }
    steady_time steady_now() noexcept override { return began_ + elapsed_; }
    bool has_come(steady_time due) noexcept override { return due <= steady_now(); }
    void fill_random(std::span<std::byte> bytes) override { real_.fill_random(bytes); }

    /// Runs the loop until nothing is left to do: no handler is ready and no timer is armed.
    void run();

    /// How much time has passed here.
    milliseconds elapsed() const noexcept { return elapsed_; }

private:
    timer_id schedule(steady_time due, std::function<void()> callback) override {
        return timers_.add(due, std::move(callback));
    }
    void unschedule(timer_id id) noexcept override { timers_.remove(id); }
    void run_ready();

    environment& real_;
    boost::asio::io_context& loop_;
    utc_time began_utc_;
    steady_time began_;
    milliseconds elapsed_{0};
    timer_queue timers_;
};

} // namespace rejoinder::service
