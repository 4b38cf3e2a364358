#include "service/loop.hpp"

#include "persistence/task_group.hpp"

#include <chrono>
#include <exception>
#include <memory>

namespace rejoinder::service {
namespace {

constexpr std::chrono::seconds closing_time(10);
constexpr milliseconds a_while(100); ///< between two looks at the time

/// What an exception says about itself.
std::string describe(const std::exception_ptr& what) {
    try {
        std::rethrow_exception(what);
    } catch (const std::exception& known) {
        return known.what();
    } catch (...) {
        return "something that is no exception";
    }
}

/// Calls `run`, and says what it threw; nothing when it returned.
template <class Function>
std::string failure_of(Function run) {
    try {
        run();
    } catch (...) {
        return describe(std::current_exception());
    }
    return {};
}

} // namespace

std::string run_or_close(boost::asio::io_context& loop, environment& env,
                         const std::function<task<>()>& close) {
    auto failure = failure_of([&loop] { loop.run(); });
    if (failure.empty()) return failure;

    auto closing = std::make_shared<task_group>(loop.get_executor(), [](const std::exception_ptr&) {});
    loop.restart();
    closing->spawn(close());
    auto until = env.steady_now() + closing_time;
    while (closing->running() > 0 && env.steady_now() < until) {
        // What is thrown now follows from the failure; the first one is told.
        (void)failure_of([&] { loop.run_one_for(a_while); });
    }
    if (closing->running() > 0) task_group::join_unattended(closing);
    return failure;
}

} // namespace rejoinder::service
