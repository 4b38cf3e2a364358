#pragma once

#include "persistence/system_environment.hpp"
#include "service/load/race.hpp"
#include "tests/bench/turn_figures.hpp"
#include "tests/bench/turn_server.hpp"

#include <cstddef>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace rejoinder::bench {

struct turn_plan {
    std::vector<std::size_t> sessions{1, 64, 1000, 10'000};
    std::size_t rounds = 3;
    double seconds = 1; ///< of each loop
    std::string folder; ///< for the servers' data, on a disk
};

/// Runs every measurement with every competitor, round by round, so that what else happens on the machine
/// meets all of them alike. What a competitor can't do is left out from then on, with a sentence why.
class turn_rounds {
public:
    turn_rounds(turn_plan plan, std::vector<competitor> competitors);

    /// With the bare loops over SQLite where that is wanted. `show` is told what is measured next, how many
    /// measurements are done, and of how many.
    using progress = std::function<void(const std::string& what, std::size_t done, std::size_t total)>;
    void run(bool with_bare_sqlite, const progress& show);

    const turn_figures& figures() const noexcept { return figures_; }
    const std::vector<std::string>& remarks() const noexcept { return remarks_; }

private:
    struct field; ///< a server, its clients and their loop
    struct measuring {
        std::string what;
        const competitor* who = nullptr; ///< nobody: the bare loops
        std::function<void()> measure;
    };

    std::vector<measuring> schedule(bool with_bare_sqlite);
    void closed_loop(const competitor& who, std::size_t sessions);
    void offered_load(const competitor& who);
    void resume_storm(const competitor& who);
    void growth_with_history(const competitor& who);
    void growth_with_store(const competitor& who);
    void bare_sqlite();
    double cpu_with_stored(const competitor& who, const std::string& folder, std::size_t stored);
    void add_rates(const std::string& whose, std::size_t sessions, double per_second, double cpu_us);
    void add(const competitor& who, const figure& what, double value);
    std::string fresh_folder();
    std::size_t most_of(const competitor& who) const;
    milliseconds loop_time() const;

    turn_plan plan_;
    std::vector<competitor> competitors_;
    turn_figures figures_;
    std::vector<std::string> remarks_;
    std::set<std::string> left_out_; ///< by what would be measured, the competitor's name in it
    std::size_t folders_ = 0;
};

} // namespace rejoinder::bench
