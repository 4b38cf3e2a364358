#pragma once

#include "persistence/mailbox.hpp"
#include "persistence/task.hpp"

#include <cstddef>
#include <exception>
#include <functional>
#include <memory>

namespace rejoinder {

/// Owns running tasks: the only place where a coroutine is spawned. The owner closes what its tasks wait for
/// and then awaits `join`; the group must outlive its tasks, so it is the last member of its owner. An
/// exception that leaves a task is a defect or a broken environment: it is given to `on_error`, once.
class task_group {
public:
    using error_handler = std::function<void(std::exception_ptr)>;

    task_group(executor ex, error_handler on_error);
    task_group(const task_group&) = delete;
    task_group& operator=(const task_group&) = delete;
    ~task_group();

    /// Starts the task. Inside the event loop it runs within this call up to its first wait, elsewhere when
    /// the loop comes to it.
    void spawn(task<> work);

    /// The same, but never within this call: the task begins when the loop comes to it.
    void spawn_soon(task<> work);

    /// For work that goes on in callbacks and has no coroutine while it waits: it counts as a task that runs
    /// from `enter` to `leave`, each said once.
    void enter() noexcept { ++running_; }
    void leave();

    /// Waits until no task runs. One caller at a time.
    task<> join();

    /// For an owner that made its tasks end but cannot wait for it: keeps the group until the last one has
    /// ended. Nobody else joins this group.
    static void join_unattended(std::shared_ptr<task_group> group);

    std::size_t running() const noexcept { return running_; }

private:
    void begin(task<> work);

    executor executor_;
    error_handler on_error_;
    std::size_t running_ = 0;
    signal ended_;
};

} // namespace rejoinder
