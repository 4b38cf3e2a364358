// What each backend makes of turns, at several numbers of sessions, beside the disk's own rate and a bare
// loop over SQLite with as many turns a transaction as the store's own transactions held.

#include "persistence/json.hpp"
#include "service/load/process_usage.hpp"
#include "tests/bench/bare_sqlite.hpp"
#include "tests/bench/end_of.hpp"
#include "tests/bench/store_load.hpp"
#include "tests/support/postgresql_cluster.hpp"
#include "tests/support/temporary_folder.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <memory>
#include <optional>

namespace rejoinder::bench {
namespace {

struct plan {
    std::vector<std::string> stores{"memory", "file", "sqlite", "postgresql"};
    std::vector<std::size_t> sessions{1, 16, 128, 1024};
    double seconds = 1;
    std::size_t rounds = 3;
    bool json = false;
};

/// One backend, or the bare loop, at one number of sessions.
struct row {
    std::string store;
    std::size_t sessions = 0;
    std::vector<load_result> rounds;
    double group = 0; ///< turns that a transaction held, the mean of the last round; 0: not known
    std::optional<bare_tables> bare; ///< the bare loop that follows a store, over these tables
};

load_result median(std::vector<load_result> rounds) {
    std::ranges::sort(rounds, {}, &load_result::per_second);
    return rounds[rounds.size() / 2];
}

class stores_under_load {
public:
    explicit stores_under_load(plan wanted) : plan_(std::move(wanted)) {
        count_sqlite_transactions();
        auto& stores = plan_.stores;
        bool has_server = std::ranges::count(stores, "postgresql") > 0;
        if (has_server && !tests::postgresql_cluster::is_available()) {
            std::fprintf(stderr, "PostgreSQL is not installed and is left out\n");
            std::erase(stores, "postgresql");
        } else if (has_server) {
            server_.emplace(tests::postgresql_cluster::flushing::on);
        }
    }

    std::vector<row> run() {
        std::vector<row> rows;
        for (auto sessions : plan_.sessions) {
            auto first = rows.size();
            for (const auto& store : plan_.stores) {
                rows.push_back({store, sessions, {}, 0, {}});
                if (store != "sqlite") continue;
                for (auto tables : {bare_tables::same, bare_tables::lazy, bare_tables::least})
                    rows.push_back({std::string(to_string(tables)), sessions, {}, 0, tables});
            }
            // Round by round, so that what else happens on the machine meets all of them alike.
            for (std::size_t round = 0; round < plan_.rounds; ++round)
                for (auto i = first; i < rows.size(); ++i)
                    measure(rows, i);
        }
        return rows;
    }

    double fdatasync_us() const { return service::load::measure_fdatasync(folder_.path()); }

private:
    void measure(std::vector<row>& rows, std::size_t i) {
        auto& one = rows[i];
        std::fprintf(stderr, "measuring %s with %zu sessions, %.1f s ...\n", one.store.c_str(), one.sessions,
                     plan_.seconds);
        std::chrono::duration<double> how_long(plan_.seconds);
        if (one.bare) {
            one.group = std::max(1.0, std::round(rows[i - 1].group));
            one.rounds.push_back(run_bare_sqlite(*one.bare, fresh_place(), one.sessions,
                                                 static_cast<std::size_t>(one.group), how_long));
            return;
        }
        auto options = persistence::parse_database_url(url_of(one.store));
        // Every session has one commit in flight; a queue that refuses some would not be this loop.
        options->queues.commits = std::max(options->queues.commits, one.sessions);
        std::string why;
        auto opened = persistence::open_database(world_.env(), *options, why);
        if (!opened) throw std::runtime_error(why);
        auto& db = **opened;
        {
            store_load load(world_, db, one.sessions);
            auto before = sqlite_transactions();
            one.rounds.push_back(load.run(how_long));
            auto made = static_cast<double>(sqlite_transactions() - before);
            if (made > 0) one.group = static_cast<double>(one.rounds.back().commits) / made;
        }
        world_.run(db.close());
    }

    std::string url_of(const std::string& store) {
        if (store == "memory") return "memory:";
        if (store == "postgresql") return server_->new_database();
        return store + ":" + fresh_place();
    }

    std::string fresh_place() { return folder_.file("store-" + std::to_string(++places_)); }

    plan plan_;
    tests::temporary_folder folder_;
    tests::real_environment world_;
    std::optional<tests::postgresql_cluster> server_;
    int places_ = 0;
};

void print_table(const std::vector<row>& rows, double fdatasync_us) {
    std::printf("fdatasync p50 %.0f us, %.0f/s\n\n", fdatasync_us, 1e6 / fdatasync_us);
    std::printf("%-11s %8s %10s %8s %9s %9s %10s\n", "store", "sessions", "commits/s", "a group", "p50 ms",
                "p99 ms", "CPU us");
    std::string ratios;
    double store = 0; // what the bare loops behind it are compared with
    for (const auto& one : rows) {
        auto m = median(one.rounds);
        if (!one.bare)
            store = m.per_second;
        else
            ratios += "sqlite with " + std::to_string(one.sessions) +
                      " sessions: " + std::to_string(std::lround(100 * store / m.per_second)) + " % of " +
                      one.store + "\n";
        std::printf("%-11s %8zu %10.0f %8.1f %9.2f %9.2f %10.1f\n", one.store.c_str(), one.sessions,
                    m.per_second, one.group, m.p50_ms, m.p99_ms, m.cpu_us);
    }
    std::printf("\n%s", ratios.c_str());
}

json to_json(const std::vector<row>& rows, double fdatasync_us) {
    auto table = json::array();
    for (const auto& one : rows) {
        auto m = median(one.rounds);
        table.push_back({{"store", one.store},
                         {"sessions", one.sessions},
                         {"commits_per_second", m.per_second},
                         {"group", one.group},
                         {"p50_ms", m.p50_ms},
                         {"p99_ms", m.p99_ms},
                         {"cpu_us", m.cpu_us}});
    }
    return {{"fdatasync_us", fdatasync_us}, {"rows", table}};
}

} // namespace
} // namespace rejoinder::bench

int main(int argc, char** argv) {
    using namespace rejoinder;
    bench::plan wanted;
    CLI::App app("Commits per second of every database type");
    app.add_option("--store", wanted.stores, "memory, file, sqlite, postgresql (default: all)")
        ->check(CLI::IsMember(wanted.stores));
    app.add_option("--sessions", wanted.sessions, "numbers of sessions, each with one commit under way");
    app.add_option("--duration", wanted.seconds, "seconds a measurement")->check(CLI::Range(0.1, 60.0));
    app.add_option("--rounds", wanted.rounds, "measurements of each; the median counts")
        ->check(CLI::Range(1, 99));
    app.add_flag("--json", wanted.json, "print JSON instead of a table");
    CLI11_PARSE(app, argc, argv);
    return bench::end_of("store_bench", [&] {
        bool json = wanted.json;
        bench::stores_under_load load(std::move(wanted));
        auto fdatasync_us = load.fdatasync_us();
        auto rows = load.run();
        if (json)
            std::printf("%s\n", to_text(bench::to_json(rows, fdatasync_us)).c_str());
        else
            bench::print_table(rows, fdatasync_us);
        return 0;
    });
}
