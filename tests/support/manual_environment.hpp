#pragma once

#include "persistence/environment.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>

#include <exception>
#include <optional>
#include <random>
#include <stdexcept>

namespace rejoinder::tests {

/// Virtual time, seeded randomness, one thread: time moves only when nothing else can happen, so a test never
/// waits and never races.
class manual_environment final : public environment {
public:
    explicit manual_environment(std::uint64_t seed = 1) : random_(seed) {}

    boost::asio::io_context& context() noexcept { return context_; }
    executor get_executor() noexcept override { return context_.get_executor(); }
    utc_time utc_now() noexcept override { return from_unix(1766400000000) + elapsed_ + utc_jump_; }
    steady_time steady_now() noexcept override { return steady_time(milliseconds(1000)) + elapsed_; }

    bool has_come(steady_time due) noexcept override { return due <= steady_now(); }

    void fill_random(std::span<std::byte> bytes) override {
        for (auto& byte : bytes)
            byte = static_cast<std::byte>(random_() & 0xff);
    }

    /// Runs what is ready, without moving time.
    void run_ready() {
        context_.restart();
        while (context_.poll() > 0)
            context_.restart();
    }

    /// Lets `duration` of virtual time pass, firing what falls due at its own moment.
    void advance(milliseconds duration) {
        auto until = steady_now() + duration;
        run_ready();
        while (auto due = timers_.next_due()) {
            if (*due > until) break;
            step_to(*due);
        }
        elapsed_ += until - steady_now();
        run_ready();
    }

    /// Lets time pass, a second at a time, until other threads and the alarms between have led there; false
    /// when they have not in half an hour.
    template <class Predicate>
    bool pass_time_until(Predicate is_so) {
        auto work = boost::asio::make_work_guard(context_);
        for (int i = 0; i < 1800 && !is_so(); ++i) {
            advance(seconds(1));
            context_.restart();
            context_.run_one_for(std::chrono::milliseconds(10));
        }
        return is_so();
    }

    /// From now on `run` moves time only when for so long (of real time) nothing came from outside: a server
    /// that is asked answers in real time, and a deadline in virtual time must not overtake it.
    void wait_for_servers(std::chrono::seconds patience) { patience_ = patience; }

    /// A jump of the wall clock, which deadlines must not notice.
    void jump_utc(milliseconds by) { utc_jump_ += by; }

    /// Runs a task to its end. Time moves from timer to timer while nothing is ready; a task that still waits
    /// when there is no timer left, or after `limit`, fails the test instead of hanging it. Work on other
    /// threads (a database's) is waited for.
    template <class T>
    T run(task<T> work, milliseconds limit = std::chrono::minutes(10)) {
        std::optional<std::conditional_t<std::is_void_v<T>, int, T>> value;
        std::exception_ptr error;
        bool done = false;
        if constexpr (std::is_void_v<T>) {
            boost::asio::co_spawn(context_, std::move(work), [&](std::exception_ptr e) {
                error = e;
                done = true;
            });
        } else {
            boost::asio::co_spawn(context_, std::move(work), [&](std::exception_ptr e, T v) {
                error = e;
                if (!e) value.emplace(std::move(v));
                done = true;
            });
        }
        auto until = steady_now() + limit;
        while (!done) {
            run_ready();
            if (done) break;
            context_.restart();
            if (patience_.count() > 0 && context_.run_one_for(patience_) > 0) continue;
            if (auto due = timers_.next_due(); due && *due <= until) {
                step_to(*due);
                continue;
            }
            // Nothing is due: either another thread will post a completion soon, or nothing ever will.
            context_.restart();
            if (context_.run_one_for(longest_silence) == 0 && !done)
                throw std::runtime_error("the task waits for something that will never happen");
        }
        if (error) std::rethrow_exception(error);
        if constexpr (!std::is_void_v<T>) return std::move(*value);
    }

protected:
    timer_id schedule(steady_time due, std::function<void()> callback) override {
        return timers_.add(due, std::move(callback));
    }
    void unschedule(timer_id id) noexcept override { timers_.remove(id); }

private:
    /// How long, of real time, other threads may say nothing; under a sanitizer they are slow.
#ifdef REJOINDER_SANITIZED
    static constexpr std::chrono::minutes longest_silence{10};
#else
    static constexpr std::chrono::minutes longest_silence{1};
#endif

    void step_to(steady_time due) {
        if (due > steady_now()) elapsed_ += due - steady_now();
        while (auto callback = timers_.take_due(steady_now()))
            callback();
        run_ready();
    }

    boost::asio::io_context context_{1};
    std::mt19937_64 random_;
    timer_queue timers_;
    milliseconds elapsed_{0};
    std::chrono::seconds patience_{0};
    milliseconds utc_jump_{0};
};

} // namespace rejoinder::tests
