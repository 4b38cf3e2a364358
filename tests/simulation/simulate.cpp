// Simulations from many seeds, as a program: `simulate [--from SEED] [--seeds N]` or `simulate --seed SEED`,
// which prints the trace.

#include "persistence/log.hpp"
#include "tests/simulation/simulation.hpp"

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

using namespace rejoinder;
using namespace rejoinder::tests::simulation;

namespace {

struct wish {
    std::uint64_t from = 1;
    std::uint64_t count = 2000;
    bool one = false;
};

bool parse(int count, char** words, wish& out) {
    for (int i = 1; i + 1 < count; i += 2) {
        std::string_view name = words[i];
        auto number = std::strtoull(words[i + 1], nullptr, 10);
        if (name == "--from")
            out.from = number;
        else if (name == "--seeds")
            out.count = number;
        else if (name == "--seed")
            out = {number, 1, true};
        else
            return false;
    }
    return count % 2 == 1;
}

void print(std::uint64_t seed, const verdict& came, bool with_trace) {
    if (with_trace) std::printf("%s", came.trace.c_str());
    for (const auto& problem : came.problems)
        std::printf("seed %llu: %s\n", static_cast<unsigned long long>(seed), problem.c_str());
}

} // namespace

int main(int count, char** words) {
    wish wanted;
    if (!parse(count, words, wanted)) {
        std::fprintf(stderr, "usage: simulate [--from SEED] [--seeds N] | --seed SEED\n");
        return 2;
    }
    if (!wanted.one) log::set_level(log::level::off);
    std::uint64_t failed = 0;
    std::uint64_t turns = 0;
    std::uint64_t cancelled = 0;
    std::uint64_t asked = 0;
    std::uint64_t crashes = 0;
    std::uint64_t loans = 0;
    std::uint64_t jumps = 0;
    std::uint64_t migrations = 0;
    auto began = std::chrono::steady_clock::now();
    for (auto seed = wanted.from; seed < wanted.from + wanted.count; ++seed) {
        auto came = simulate(seed);
        if (!came.problems.empty() || wanted.one) print(seed, came, wanted.one);
        failed += came.problems.empty() ? 0 : 1;
        turns += came.turns;
        cancelled += came.cancelled;
        asked += came.asked;
        crashes += came.crashes;
        loans += came.loans;
        jumps += came.jumps;
        migrations += came.migrations;
    }
    log::shutdown();
    std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
    std::printf("%llu seeds, %llu turns, %llu cancelled, %llu questions, %llu crashes, %llu loans, %llu "
                "jumps of the clock, %llu migrations "
                "in %.1f s; "
                "%llu seeds failed\n",
                static_cast<unsigned long long>(wanted.count), static_cast<unsigned long long>(turns),
                static_cast<unsigned long long>(cancelled), static_cast<unsigned long long>(asked),
                static_cast<unsigned long long>(crashes), static_cast<unsigned long long>(loans),
                static_cast<unsigned long long>(jumps), static_cast<unsigned long long>(migrations),
                took.count(), static_cast<unsigned long long>(failed));
    return failed == 0 ? 0 : 1;
}
