#include "persistence/task_group.hpp"

#include "persistence/loops.hpp"

#include <boost/asio/co_spawn.hpp>

#include <cassert>

namespace rejoinder {

task_group::task_group(executor ex, error_handler on_error) : executor_(ex), on_error_(std::move(on_error)) {}

task_group::~task_group() {
    assert(running_ == 0 && "join before the owner dies");
}

void task_group::spawn(task<> work) {
    enter();
    begin(std::move(work));
}

void task_group::spawn_soon(task<> work) {
    boost::asio::post(executor_, [this, work = std::move(work)]() mutable { begin(std::move(work)); });
    enter();
}

void task_group::begin(task<> work) {
    boost::asio::co_spawn(executor_, std::move(work), [this](std::exception_ptr error) {
        if (error) on_error_(error);
        leave();
    });
}

void task_group::leave() {
    --running_;
    if (running_ == 0) ended_.notify();
}

task<> task_group::join() {
    while (running_ > 0)
        co_await ended_.wait();
}

/// Owned by whoever waits for its end, on another loop (`run_on`).
void detail::begin_errand(const executor& loop, task<> work, std::function<void(std::exception_ptr)> ended) {
    boost::asio::co_spawn(loop, std::move(work), std::move(ended));
}

void task_group::join_unattended(std::shared_ptr<task_group> group) {
    auto& tasks = *group;
    auto keep = [group = std::move(group)](const std::exception_ptr&) {};
    boost::asio::co_spawn(tasks.executor_, tasks.join(), std::move(keep));
}

} // namespace rejoinder
