#pragma once

#include "persistence/loops.hpp"
#include "persistence/system_environment.hpp"

#include <memory>
#include <thread>

namespace rejoinder::tests {

/// An event loop with a thread of its own beside that of the test. It runs until it is destroyed, which waits
/// for what is under way on it.
class further_loop {
public:
    further_loop() : thread_([this] { context_.run(); }) {}
    further_loop(const further_loop&) = delete;
    further_loop& operator=(const further_loop&) = delete;
    ~further_loop() { join(); }

    environment& env() { return *environment_; }
    executor get_executor() { return context_.get_executor(); }
    std::thread::id thread() const { return thread_.get_id(); }

    void join() {
        work_.reset();
        if (thread_.joinable()) thread_.join();
    }

private:
    boost::asio::io_context context_{1};
    std::unique_ptr<environment> environment_ = make_system_environment(context_);
    boost::asio::executor_work_guard<executor> work_{context_.get_executor()};
    std::thread thread_;
};

/// The thread that a coroutine is resumed on.
inline task<std::thread::id> this_thread() {
    co_return std::this_thread::get_id();
}

} // namespace rejoinder::tests
