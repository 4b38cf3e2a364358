#pragma once

#include "persistence/environment.hpp"
#include "persistence/task_group.hpp"

#include <exception>
#include <optional>
#include <stdexcept>
#include <utility>

namespace rejoinder {

/// Runs the environment's event loop until a task has ended, inside of this call: for start-up, when nothing
/// else happens on it. What the task throws is thrown here.
template <class T>
T run_to_end(environment& env, task<T> work) {
    struct keeper {
        static task<> keep(task<T> from, std::optional<T>* into) {
            auto ended = co_await std::move(from);
            into->emplace(std::move(ended));
        }
    };
    std::optional<T> value;
    std::exception_ptr failure;
    auto& loop = boost::asio::query(env.get_executor(), boost::asio::execution::context);
    task_group tasks(env.get_executor(), [&failure](const std::exception_ptr& what) { failure = what; });
    tasks.spawn(keeper::keep(std::move(work), &value));
    loop.restart();
    while (tasks.running() > 0 && loop.run_one() > 0) {
    }
    loop.restart(); // a loop that ran out of work would not run again
    if (failure) std::rethrow_exception(failure);
    if (!value) throw std::logic_error("a task waits for something that will never happen");
    return std::move(*value);
}

} // namespace rejoinder
