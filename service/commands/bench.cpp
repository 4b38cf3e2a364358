// The load generator: sessions in a closed loop against a server of its own, beside a plain echo on the same
// listener.

#include "persistence/system_environment.hpp"
#include "service/commands/client_place.hpp"
#include "service/commands/commands.hpp"
#include "service/load/echo_contender.hpp"
#include "service/load/process_usage.hpp"
#include "service/load/race.hpp"
#include "service/load/scratch_folder.hpp"
#include "service/load/session_contender.hpp"
#include "service/private_server.hpp"

#include <algorithm>
#include <cstdio>
#include <memory>

namespace rejoinder::service::commands {
namespace {

using namespace load;

struct row {
    std::size_t sessions = 0;
    double attach_per_second = 0;
    double idle_kib = 0;
    measurement turns;
    measurement echo;
};

/// So many connect at the same time: a server refuses more that have not said hello.
constexpr std::size_t at_a_time = 128;

void complain_of(const race& one, const std::string& what, std::size_t wanted) {
    for (const auto& remark : one.remarks(what, wanted))
        complain(remark);
}

row measure(const bench_options& options, const std::string& base, const secret& token, pid_t server,
            std::size_t sessions) {
    boost::asio::io_context context(1);
    auto env = make_system_environment(context);
    std::string text(200, 'x');
    milliseconds duration(static_cast<std::int64_t>(options.seconds * 1000));
    row result;
    result.sessions = sessions;
    {
        race turns(context, *env, server);
        for (std::size_t i = 0; i < sessions; ++i)
            turns.add(std::make_unique<session_contender>(*env, base + "/v1/session", token, options.machine,
                                                          text));
        auto before = read_usage(server);
        auto took = turns.begin(at_a_time);
        result.attach_per_second = static_cast<double>(turns.size()) / took;
        auto idle = read_usage(server);
        if (turns.size() > 0)
            result.idle_kib = (idle.resident_kib - before.resident_kib) / static_cast<double>(turns.size());
        result.turns = turns.loop(duration);
        turns.end();
        complain_of(turns, "sessions", sessions);
    }
    {
        race echo(context, *env, server);
        for (std::size_t i = 0; i < sessions; ++i)
            echo.add(std::make_unique<echo_contender>(*env, base + "/v1/echo", text));
        echo.begin(at_a_time);
        result.echo = echo.loop(duration);
        echo.end();
        complain_of(echo, "connections to the echo", sessions);
    }
    return result;
}

void print_table(const std::vector<row>& rows, double fdatasync_us) {
    std::printf("fdatasync p50 %.0f us\n\n", fdatasync_us);
    std::printf("%8s %10s %9s %9s %8s %9s %10s | %10s %9s %8s\n", "sessions", "turns/s", "p50 ms", "p99 ms",
                "CPU us", "KiB idle", "attach/s", "echo/s", "p99 ms", "CPU us");
    for (const auto& r : rows) {
        std::printf("%8zu %10.0f %9.2f %9.2f %8.1f %9.1f %10.0f | %10.0f %9.2f %8.1f\n", r.sessions,
                    r.turns.per_second, r.turns.p50_ms, r.turns.p99_ms, r.turns.cpu_us, r.idle_kib,
                    r.attach_per_second, r.echo.per_second, r.echo.p99_ms, r.echo.cpu_us);
    }
}

} // namespace

int bench(const bench_options& options) {
    scratch_folder folder;
    if (folder.path().empty()) {
        complain("no temporary folder can be made; set TMPDIR to one that can be written");
        return 1;
    }
    std::optional<secret> token = options.server ? load_token(options.token_file) : secret();
    if (!token) return 1;
    std::unique_ptr<private_server> own;
    auto base = options.server.value_or("");
    if (!options.server) {
        // Only rates, counts and the patience with the disk are raised; sizes, durability and checks are what
        // every server has.
        std::string why;
        own = private_server::start(
            "",
            {"--database", "sqlite:" + folder.path() + "/bench.db", "--machines", options.machines, "--echo",
             "--log-level", "warning", "--set", "limits.messages-per-second=1e9", "limits.message-burst=1e9",
             "limits.queued-commit-wait-ms=5000", "limits.commit-lag-ms=5000", "limits.drain-ms=0"},
            why);
        if (!own) {
            complain(why);
            return 1;
        }
        base = own->base_url();
    } else if (auto path = base.find('/', 5); path != base.npos) {
        base.resize(path);
    }

    auto fdatasync_us = measure_fdatasync(folder.path());
    std::vector<row> rows;
    for (auto sessions : options.sessions) {
        if (!options.json)
            std::fprintf(stderr, "measuring %zu sessions, %.0f s each for turns and echo ...\n", sessions,
                         options.seconds);
        rows.push_back(measure(options, base, *token, own ? own->process() : 0, sessions));
    }
    auto failed = [](const row& r) { return r.turns.failures + r.echo.failures > 0; };
    int status = std::ranges::any_of(rows, failed) ? 1 : 0;
    if (!options.json) {
        print_table(rows, fdatasync_us);
        return status;
    }
    auto table = json::array();
    for (const auto& r : rows) {
        table.push_back({{"sessions", r.sessions},
                         {"attach_per_second", r.attach_per_second},
                         {"idle_kib", r.idle_kib},
                         {"turns", to_json(r.turns)},
                         {"echo", to_json(r.echo)}});
    }
    std::printf("%s\n", to_text({{"fdatasync_us", fdatasync_us}, {"rows", table}}).c_str());
    return status;
}

} // namespace rejoinder::service::commands
