// Turns through Rejoinder and through its peers, in one run: closed loops, a fixed offered load, memory,
// everybody coming back at once, growth, and SQLite alone. What is printed is a table; what is kept is
// compared with the run before.

#include "persistence/json.hpp"
#include "service/load/process_usage.hpp"
#include "service/load/scratch_folder.hpp"
#include "service/progress_bar.hpp"
#include "tests/bench/bare_sqlite.hpp"
#include "tests/bench/turn_gate.hpp"
#include "tests/bench/turn_rounds.hpp"
#include "tests/support/source_folder.hpp"

#include <CLI/CLI.hpp>
#include <sys/resource.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <thread>

namespace rejoinder::bench {
namespace {

namespace fs = std::filesystem;

struct options {
    turn_plan plan;
    std::vector<std::string> only;
    std::string program = tests::source_folder() + "/build/release/service/rejoinder";
    std::string results = tests::source_folder() + "/build/bench";
    bool json = false;
};

void say(const std::string& sentence) {
    std::fprintf(stderr, "turn_bench: %s\n", sentence.c_str());
}

/// What else there is on the machine, before anything is measured.
struct machine_state {
    double fdatasync_us = 0;
    double busy_cores = 0;
    unsigned cores = std::thread::hardware_concurrency();
};

json described(const machine_state& machine) {
    return {
        {"fdatasync_us", machine.fdatasync_us}, {"busy_cores", machine.busy_cores}, {"cores", machine.cores}};
}

/// What to bear in mind where others may be why a figure is worse.
std::string described_load(const machine_state& machine) {
    if (machine.busy_cores < 0.2) return "";
    return " (other processes kept " + grouped_digits(machine.busy_cores, 1) + " cores busy)";
}

/// A server and its clients have a descriptor for each connection.
void allow_many_files() {
    rlimit files{};
    ::getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &files);
}

json read_result(const std::string& file) {
    std::ifstream in(file, std::ios::binary);
    std::ostringstream text;
    text << in.rdbuf();
    auto parsed = parse_json(text.str());
    return parsed && parsed.value.is_object() ? std::move(parsed.value) : json::object();
}

void write_result(const std::string& file, const json& result) {
    std::ofstream out(file + ".new", std::ios::binary);
    out << result.dump(2) << '\n';
    out.close();
    if (!out) throw std::runtime_error(file + " can't be written");
    fs::rename(file + ".new", file);
}

/// The names that may be asked for are these and `sqlite`.
std::vector<competitor> those_that_take_part(const options& wanted, std::vector<std::string>& remarks) {
    auto all = competitors(wanted.program);
    auto is_wanted = [&](const competitor& one) {
        return wanted.only.empty() || std::ranges::count(wanted.only, one.name) > 0;
    };
    std::erase_if(all, [&](const competitor& one) { return !is_wanted(one); });
    std::erase_if(all, [&](const competitor& one) {
        auto missing = what_is_missing(one);
        if (!missing.empty()) remarks.push_back(one.name + " is left out: " + missing);
        return !missing.empty();
    });
    return all;
}

cpu_by_sessions cpu_of_ours(const turn_figures& figures, const std::vector<std::size_t>& sessions) {
    cpu_by_sessions found;
    for (auto count : sessions)
        if (auto cpu = figures.median("rejoinder", "cpu_us@" + std::to_string(count)); cpu && *cpu > 0)
            found[count] = *cpu;
    return found;
}

std::vector<std::pair<std::string, std::string>> columns(const options& wanted) {
    std::vector<std::pair<std::string, std::string>> made;
    for (const auto& one : competitors(wanted.program))
        made.emplace_back(one.name, one.title);
    made.emplace_back(to_string(bare_tables::same), "SQLite alone, its tables");
    made.emplace_back(to_string(bare_tables::least), "SQLite alone, the least tables");
    return made;
}

int run(const options& wanted) {
    allow_many_files();
    service::load::scratch_folder folder(wanted.results);
    if (folder.path().empty()) throw std::runtime_error(wanted.results + " can't be written");
    if (folder.is_in_memory())
        say(wanted.results +
            " is in memory, where no commit waits for a disk; --results names another place");
    machine_state machine;
    machine.busy_cores = service::load::measure_busy_cores();
    machine.fdatasync_us = service::load::measure_fdatasync(folder.path());

    std::vector<std::string> remarks;
    auto plan = wanted.plan;
    plan.folder = folder.path();
    turn_rounds rounds(std::move(plan), those_that_take_part(wanted, remarks));
    bool with_sqlite = wanted.only.empty() || std::ranges::count(wanted.only, "sqlite") > 0;
    std::optional<service::progress_bar> bar;
    rounds.run(with_sqlite, [&](const std::string& what, std::size_t done, std::size_t total) {
        bar.emplace("measuring " + what);
        bar->show(done, total);
    });
    bar.reset();
    remarks.insert(remarks.end(), rounds.remarks().begin(), rounds.remarks().end());

    auto file = wanted.results + "/turns.json";
    auto former = read_result(file);
    auto verdict = compare(read_gate(former.value("gate", json::object())),
                           cpu_of_ours(rounds.figures(), wanted.plan.sessions));
    json result = {{"machine", described(machine)},
                   {"rounds", wanted.plan.rounds},
                   {"seconds", wanted.plan.seconds},
                   {"figures", rounds.figures().to_json()},
                   {"remarks", remarks},
                   {"gate", to_json(verdict.next)}};
    if (fs::exists(file)) fs::rename(file, wanted.results + "/turns.previous.json");
    write_result(file, result);

    if (wanted.json) {
        std::printf("%s\n", to_text(result).c_str());
    } else {
        std::printf(
            "fdatasync p50 %.0f us, other processes kept %.2f of %u cores busy; medians of %zu rounds\n\n%s",
            machine.fdatasync_us, machine.busy_cores, machine.cores, wanted.plan.rounds,
            rounds.figures().table(columns(wanted)).c_str());
    }
    for (const auto& remark : remarks)
        say(remark);
    if (verdict.regression.empty()) return 0;
    say(verdict.regression + described_load(machine) + "; if that is meant, remove " + file);
    return 1;
}

} // namespace
} // namespace rejoinder::bench

int main(int argc, char** argv) {
    using namespace rejoinder;
    bench::options wanted;
    CLI::App app("Turns of Rejoinder beside its peers'");
    app.add_option("--rounds", wanted.plan.rounds, "measurements of each; the median counts")
        ->check(CLI::Range(1, 99));
    app.add_option("--seconds", wanted.plan.seconds, "of each loop")->check(CLI::Range(0.1, 60.0));
    app.add_option("--sessions", wanted.plan.sessions, "numbers of sessions, by commas")
        ->delimiter(',')
        ->check(CLI::Range(1, 50'000));
    app.add_option("--only", wanted.only,
                   "rejoinder, per_turn, grouped, durable_object, sqlite (default: all)")
        ->check(CLI::IsMember({"rejoinder", "per_turn", "grouped", "durable_object", "sqlite"}));
    app.add_option("--program", wanted.program, "the rejoinder to measure")->check(CLI::ExistingFile);
    app.add_option("--results", wanted.results, "folder of turns.json, and of what is measured")
        ->type_name("DIR");
    app.add_flag("--json", wanted.json, "print JSON instead of a table");
    CLI11_PARSE(app, argc, argv);
    try {
        return bench::run(wanted);
    } catch (const std::exception& failure) {
        bench::say(failure.what());
        return 1;
    }
}
