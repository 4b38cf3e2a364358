#include "tests/simulation/simulation.hpp"

#include "persistence/log.hpp"

#include "tests/support/catch.hpp"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <iostream>
#include <optional>
#include <sstream>
#include <string>

using namespace rejoinder;
using namespace rejoinder::tests::simulation;

namespace {

/// A storm's failures are what it is about: their warnings would bury everything else.
struct quiet {
    quiet() { log::set_level(log::level::off); }
} const quietened;

/// Of each kind of simulation. One thread has no races, and a sanitizer sees every place in a few.
#ifdef REJOINDER_SANITIZED
constexpr std::uint64_t seeds_each = 25;
#else
constexpr std::uint64_t seeds_each = 500;
#endif

std::string to_lines(const std::vector<std::string>& problems) {
    std::string lines;
    for (const auto& one : problems)
        lines += one + "\n";
    return lines;
}

void check_seeds(std::uint64_t first, std::uint64_t count, const plan& how) {
    std::uint64_t cancelled = 0;
    std::uint64_t crashes = 0;
    std::uint64_t loans = 0;
    std::uint64_t jumps = 0;
    std::uint64_t migrations = 0;
    for (auto seed = first; seed < first + count; ++seed) {
        auto came = simulate(seed, how);
        cancelled += came.cancelled;
        crashes += came.crashes;
        loans += came.loans;
        jumps += came.jumps;
        migrations += came.migrations;
        if (came.problems.empty()) continue;
        CAPTURE(seed, to_lines(came.problems), came.trace);
        FAIL("a promise was broken");
    }
    // What did not happen has shown nothing.
    CHECK(cancelled >= count / 5);
    CHECK(crashes >= count);
    CHECK(loans >= count / 5);
    CHECK(jumps >= count);
    CHECK(migrations >= count / 5);
}

struct failure {
    std::uint64_t seed = 0;
    std::string how;
};

/// Runs simulations in a process of its own, as the service's assertions end one too.
std::optional<failure> first_failure(const plan& how, std::uint64_t seeds) {
    int ends[2];
    REQUIRE(::pipe(ends) == 0);
    auto process = ::fork();
    REQUIRE(process >= 0);
    if (process == 0) {
        ::dup2(::open("/dev/null", O_WRONLY), STDERR_FILENO);
        std::signal(SIGABRT, SIG_DFL);
        for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
            auto begun = std::to_string(seed) + "\n";
            if (::write(ends[1], begun.data(), begun.size()) < 0) ::_exit(2);
            std::string problem;
            try {
                auto came = simulate(seed, how);
                if (came.problems.empty()) continue;
                problem = came.problems.front() + "\n";
            } catch (...) {
                ::_exit(3); // a defect of the simulation catches nothing
            }
            ::_exit(::write(ends[1], problem.data(), problem.size()) < 0 ? 2 : 1);
        }
        ::_exit(0);
    }
    ::close(ends[1]);
    std::string said;
    std::array<char, 4096> bytes{};
    for (ssize_t count; (count = ::read(ends[0], bytes.data(), bytes.size())) > 0;)
        said.append(bytes.data(), static_cast<std::size_t>(count));
    ::close(ends[0]);
    int status = 0;
    ::waitpid(process, &status, 0);
    bool asserted = WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
    if (!asserted && !(WIFEXITED(status) && WEXITSTATUS(status) == 1)) return std::nullopt;

    std::istringstream lines(said);
    failure found;
    for (std::string line; std::getline(lines, line);) {
        if (line.find_first_not_of("0123456789") == line.npos)
            found.seed = std::stoull(line);
        else
            found.how = line;
    }
    if (asserted) found.how = "an assertion of the service";
    return found;
}

} // namespace

TEST_CASE(
    "P3, P4, P5: two servers and three devices keep every promise through hundreds of seeds of storms") {
    check_seeds(1, seeds_each, {});
}

TEST_CASE("a server alone keeps every promise through hundreds of seeds of storms") {
    plan how;
    how.nodes = 1;
    check_seeds(10'001, seeds_each, how);
}

TEST_CASE("three servers and five devices keep every promise through hundreds of seeds of storms") {
    plan how;
    how.nodes = 3;
    how.devices = 5;
    how.storm_length = milliseconds(4'000);
    check_seeds(20'001, seeds_each, how);
}

TEST_CASE("one device keeps its session through hundreds of seeds of many short storms") {
    plan how;
    how.devices = 1;
    how.storms = 3;
    how.storm_length = milliseconds(3'000);
    check_seeds(30'001, seeds_each, how);
}

TEST_CASE("a server without one of its interlocks is caught within a thousand seeds") {
    plan without;
    std::string what;
    SECTION("the output gate") {
        what = "the output gate";
        without.interlocks.output_gate = false;
    }
    SECTION("the deduplication, the session's and the store's") {
        what = "the deduplication";
        without.interlocks.deduplication = without.store.unique_turns = false;
    }
    SECTION("the replay interlock") {
        what = "the replay interlock";
        without.interlocks.live_behind_replay = false;
    }
    SECTION("the fencing") {
        what = "the fencing";
        without.store.fences = false;
    }
    auto caught = first_failure(without, 1000);
    CAPTURE(what);
    REQUIRE(caught);
    std::cout << "without " << what << " seed " << caught->seed << " fails: " << caught->how << "\n";
}

TEST_CASE("a newer version of the machine that loses something of the former one is caught") {
    plan with;
    with.upgraded = 1000;
    std::string what;
    SECTION("timers") {
        what = "timers";
        with.lost = flaw::timers;
    }
    SECTION("calls of the responder") {
        what = "calls";
        with.lost = flaw::calls;
    }
    auto caught = first_failure(with, 200);
    CAPTURE(what);
    REQUIRE(caught);
    std::cout << "with a version that loses " << what << " seed " << caught->seed << " fails: " << caught->how
              << "\n";
}

TEST_CASE("a seed gives the same simulation each time, to the byte") {
    auto first = simulate(7);
    auto second = simulate(7);
    CHECK(first.lines > 100);
    CHECK(first.hash == second.hash);
    CHECK(first.hash != simulate(8).hash);
}
