#pragma once

#include "persistence/system_environment.hpp"

#include <boost/asio/co_spawn.hpp>

#include <chrono>
#include <exception>
#include <memory>
#include <optional>
#include <stdexcept>
#include <utility>

namespace rejoinder::tests {

/// Real time, real sockets, one thread: for what a simulation can't stand in for.
class real_environment {
public:
    environment& env() { return *environment_; }

    /// How long a task may take; under a sanitizer everything is slow.
#ifdef REJOINDER_SANITIZED
    static constexpr std::chrono::minutes longest_task{10};
#else
    static constexpr std::chrono::seconds longest_task{20};
#endif

    /// Runs a task to its end; one that takes longer than `patience` fails the test instead of hanging it.
    /// Such a task stays in the loop, and may still end in a later run: what it tells then has a place of its
    /// own.
    void run(task<> work, std::chrono::seconds patience = longest_task) {
        auto ended = std::make_shared<std::optional<std::exception_ptr>>();
        boost::asio::co_spawn(context_, std::move(work), [ended](std::exception_ptr e) { *ended = e; });
        auto deadline = std::chrono::steady_clock::now() + patience;
        context_.restart();
        while (!*ended) {
            if (context_.run_one_until(deadline) == 0) throw std::runtime_error("the task does not end");
        }
        if (**ended) std::rethrow_exception(**ended);
    }

    /// Runs a task to its end, as `run` does, and returns its result.
    template <class T>
    T get(task<T> work) {
        auto value = std::make_shared<std::optional<T>>();
        run(keep(std::move(work), value));
        return std::move(**value);
    }

private:
    template <class T>
    static task<> keep(task<T> work, std::shared_ptr<std::optional<T>> into) {
        *into = co_await std::move(work);
    }

    boost::asio::io_context context_{1};
    std::unique_ptr<environment> environment_ = make_system_environment(context_);
};

} // namespace rejoinder::tests
