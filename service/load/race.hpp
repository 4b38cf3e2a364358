#pragma once

#include "persistence/environment.hpp"
#include "persistence/task_group.hpp"
#include "service/load/arrivals.hpp"
#include "service/load/contender.hpp"
#include "service/load/measurement.hpp"

#include <chrono>
#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <sys/types.h>
#include <vector>

namespace rejoinder::service::load {

/// What a fixed offered load came to. `turns.p50_ms` and its like count from the moment at which a turn was
/// due, so they hold what it waited behind the client's turn before.
struct offered {
    measurement turns;
    std::size_t due = 0;
    std::size_t missed = 0; ///< of those due: their client was still at an earlier turn when the time was up

    /// Whether the server kept up: at most three of a hundred were missed, and no client was lost.
    bool is_sustained() const noexcept { return missed * 100 <= due * 3 && turns.failures == 0; }
};

/// What it took until all were back.
struct storm {
    std::size_t count = 0;       ///< who came back
    std::size_t failures = 0;    ///< and who did not
    std::size_t refusals = 0;    ///< attempts to connect that led to nothing
    double welcome_seconds = 0;  ///< until each had its welcome
    double answered_seconds = 0; ///< until each had taken a turn
};

/// Many contenders on one thread, whose event loop runs inside of each call. One that fails is out of it.
class race {
public:
    static constexpr std::size_t all_at_once = std::numeric_limits<std::size_t>::max();

    /// `server` is the process whose time is counted; 0: nobody's.
    race(boost::asio::io_context& context, environment& env, pid_t server);

    void add(std::unique_ptr<contender> one) { contenders_.push_back({std::move(one), ""}); }

    /// Connects all, so many at a time; the time that it took in seconds. Those that can't are dropped.
    double begin(std::size_t at_a_time = all_at_once);

    std::size_t size() const noexcept { return contenders_.size(); }

    /// Closed loop: each takes the next turn as soon as it has the answer to the one before.
    measurement loop(milliseconds duration);

    /// The same, with so many turns of each.
    measurement take(std::size_t turns_of_each);

    /// Open loop: so many turns a second are due, of all together, at their `arrivals`.
    offered offer(double turns_per_second, milliseconds duration);

    /// All connect at once, each again and again until it is in or `limit` is over, and take a turn.
    storm come_back(milliseconds limit);

    /// Disconnects all. They may begin again.
    void end();

    /// From now on the time of this process is counted: the server was started again.
    void count(pid_t server) noexcept { server_ = server; }

    /// In a line what went wrong with how many of the `wanted`, and in another one what makes the figures
    /// others than they seem.
    std::vector<std::string> remarks(const std::string& what, std::size_t wanted) const;

private:
    using clock = std::chrono::steady_clock;
    struct entry {
        std::unique_ptr<contender> who;
        trouble failure;
    };

    task<> begin_one(entry* one);
    task<> begin_next(std::size_t* next);
    task<> go_on(entry* one, std::function<bool()> wants_more);
    task<> offer_one(entry* one, arrivals due, clock::time_point begun, clock::time_point until,
                     offered* result);
    task<> come_back_one(entry* one, clock::time_point until, storm* result);
    task<> wait_until(clock::time_point moment);
    template <class Spawn>
    measurement measure(Spawn spawn);
    void note_failures();
    void run();

    boost::asio::io_context& context_;
    environment& env_;
    pid_t server_;
    std::vector<entry> contenders_;
    std::vector<double> latencies_;
    std::size_t failures_ = 0;
    std::uint64_t floods_of_dropped_ = 0;
    trouble first_failure_;
    task_group tasks_;
};

} // namespace rejoinder::service::load
