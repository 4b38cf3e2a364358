#pragma once

#include "persistence/environment.hpp"
#include "persistence/task.hpp"

#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

namespace rejoinder::service {

/// Loops beside the one of the calling thread, each with a thread and an environment of its own. What lives
/// on them is made before `start` or on their threads, and is gone, or at rest, when `join` has returned.
class further_loops {
public:
    explicit further_loops(std::size_t count);
    further_loops(const further_loops&) = delete;
    further_loops& operator=(const further_loops&) = delete;
    ~further_loops();

    std::size_t count() const noexcept { return loops_.size(); }
    environment& env(std::size_t which) noexcept { return *loops_[which]->env; }

    /// Begins to run them. What is thrown out of one is given to `on_failure`, on its thread; then that loop
    /// stands still, and what lives there is in no state to be ended in order.
    void start(const std::function<void(std::exception_ptr)>& on_failure);

    /// Lets them end once nothing is left to do there, and waits for that.
    void join();

private:
    struct one {
        boost::asio::io_context context{1};
        std::unique_ptr<environment> env;
        boost::asio::executor_work_guard<executor> work{context.get_executor()};
        std::thread thread;
    };

    std::vector<std::unique_ptr<one>> loops_;
};

/// How many loops a server gets. `wanted` is the configuration's; 0 asks for what is best here: as many as
/// the process may use processors, less the one that SQLite's writer keeps busy, and four at most, as that
/// writer takes about as long for a turn as a loop does and could feed no more. A store that is not answered
/// on every loop (`shares`) gets one: another loop would only bring it the other one's work.
enum class store_shares { all_loops, one_loop };
std::size_t count_loops(std::size_t wanted, std::size_t processors, store_shares how) noexcept;

/// That this process may use.
std::size_t usable_processors() noexcept;

} // namespace rejoinder::service
