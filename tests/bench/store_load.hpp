#pragma once

#include "persistence/database.hpp"
#include "persistence/task_group.hpp"
#include "tests/support/real_environment.hpp"

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

namespace rejoinder::bench {

/// The texts that one turn writes, as a small skill's are: 0.85 KB of state, an event and an answer.
struct turn_texts {
    std::string state;
    std::string devices;
    std::string input;
    std::string outcome;
    std::string events;
    std::string digest;
};

turn_texts sample_texts();

/// What a closed loop came to.
struct load_result {
    std::size_t commits = 0;
    double per_second = 0;
    double p50_ms = 0; ///< from `commit` to its verdict
    double p99_ms = 0;
    double cpu_us = 0; ///< of this process, a commit; a database server's own is not in it
};

/// Sessions that each commit one turn after the other.
class store_load {
public:
    /// Creates the sessions. All of them live in `db`, which outlives this.
    store_load(tests::real_environment& world, persistence::database& db, std::size_t sessions);

    /// Lets all of them go on for a while; throws when a commit fails.
    load_result run(std::chrono::duration<double> how_long);

private:
    task<> create(persistence::session_row* row);
    task<> repeat(persistence::session_row* row);
    task<> join_all();

    tests::real_environment& world_;
    persistence::database& db_;
    turn_texts texts_ = sample_texts();
    std::vector<persistence::session_row> rows_;
    std::vector<double> latencies_;
    std::chrono::steady_clock::time_point until_;
    task_group tasks_;
};

/// CPU seconds that this process has used, all threads.
double cpu_of_this_process();

} // namespace rejoinder::bench
