#include "service/replay/replay.hpp"
#include "persistence/system_environment.hpp"
#include "persistence/task_group.hpp"
#include "service/commands/client_place.hpp"
#include "service/commands/commands.hpp"
#include "service/commands/replay_session.hpp"
#include "service/machine_catalog.hpp"
#include "service/private_server.hpp"
#include "service/progress_bar.hpp"
#include "service/replay/robot_stage.hpp"

#include <algorithm>
#include <cstdio>
#include <exception>
#include <fstream>
#include <set>
#include <sstream>

namespace rejoinder::service::commands {
namespace {

/// `on` is closed afterwards; nothing: it is played elsewhere.
task<> play(environment* env, recording what, replay_options options, robot_stage* on, replay_report* into) {
    auto playing = run_replay(*env, std::move(what), std::move(options));
    *into = co_await std::move(playing);
    if (on) co_await on->close();
}

std::set<std::string> tokens_in(const recording& what) {
    std::set<std::string> tokens;
    for (const auto& turn : what.turns)
        tokens.insert(turn.token);
    return tokens;
}

/// A server in this process; nothing, and it has complained, when the machines don't load.
std::unique_ptr<robot_stage> set_stage(environment& env, const replay_command_options& options,
                                       const recording& what) {
    std::vector<std::string> problems;
    auto machines = load_machines(options.machines, problems);
    for (const auto& problem : problems)
        complain(problem);
    if (!problems.empty()) return nullptr;
    std::vector<robot_token> known;
    if (options.device)
        for (const auto& token : tokens_in(what))
            known.push_back({token, *options.device});
    return std::make_unique<robot_stage>(env, std::move(machines), std::move(known),
                                         options.seed.value_or(even_draws::usual_seed));
}

/// Rates are per robot and minute, and a replay leaves the minutes out: they are raised, sizes and checks are
/// not.
std::unique_ptr<private_server> start_server(const replay_command_options& options, const recording& what,
                                             std::string& why) {
    std::vector<std::string> arguments{"--database",
                                       "memory:",
                                       "--machines",
                                       options.machines,
                                       "--log-level",
                                       "warning",
                                       "--set",
                                       "limits.robot-connections-per-minute=1e9",
                                       "limits.robot-connections=64",
                                       "limits.drain-ms=0"};
    if (options.device)
        for (const auto& token : tokens_in(what))
            arguments.push_back("robot-tokens." + token + "=" + *options.device);
    return private_server::start("", arguments, why);
}

json to_json(const std::string& file, const replay_report& report) {
    auto turns = json::array();
    for (const auto& verdict : report.verdicts)
        turns.push_back({{"turn", verdict.turn},
                         {"recorded", verdict.recorded},
                         {"ours", verdict.ours},
                         {"problems", verdict.problems},
                         {"reason", verdict.reason}});
    return {{"file", file},
            {"passed", report.passed()},
            {"turns", std::move(turns)},
            {"stale", report.stale},
            {"summary", summarise(report.verdicts)}};
}

/// 0 when the recording was played and nothing differs without a reason.
int replay_file(const std::string& file, const replay_command_options& options) {
    if (auto session = load_session_recording(file)) return replay_session(file, *session, options);
    if (options.cut_everywhere) {
        complain(file + " is no session's recording, and robots never come back to a conversation; leave out "
                        "--cut-everywhere");
        return 2;
    }
    if (options.device && options.server) {
        complain("--device binds tokens in a server of its own; configure robot-tokens on a server that runs "
                 "already");
        return 2;
    }
    if (options.seed && !options.in_process) {
        complain("--seed is for a server in this process; add --in-process");
        return 2;
    }
    auto loaded = load_recording(file);
    if (auto* wrong = std::get_if<recording_error>(&loaded)) {
        complain(wrong->message);
        return 1;
    }
    auto what = std::get<recording>(std::move(loaded));
    replay_options how;
    how.pace.speed = options.speed;
    if (options.expect) {
        std::ifstream in(*options.expect, std::ios::binary);
        std::ostringstream text;
        text << in.rdbuf();
        auto expected = read_expectations(text.str());
        if (auto* wrong = std::get_if<recording_error>(&expected)) {
            complain(*options.expect + ": " + wrong->message);
            return 1;
        }
        how.expected = std::get<std::vector<expectation>>(std::move(expected));
    }
    std::optional<secret> token = options.server ? load_token(options.token_file) : secret();
    if (!token) return 1;
    std::unique_ptr<private_server> own;
    std::string base = options.server.value_or("");
    if (!options.server && !options.in_process) {
        std::string why;
        own = start_server(options, what, why);
        if (!own) {
            complain(why);
            return 1;
        }
        base = own->base_url();
    } else if (auto path = base.find('/', 5); path != base.npos) {
        base.resize(path);
    }

    boost::asio::io_context context(1);
    auto env = make_system_environment(context);
    progress_bar bar("replaying " + what.name);
    std::unique_ptr<robot_stage> here;
    if (options.in_process) {
        here = set_stage(*env, options, what);
        if (!here) return 1;
    }
    how.dial = here ? here->dial() : dial_server(*env, base, std::move(*token));
    how.on_progress = [&bar](std::size_t done, std::size_t total) { bar.show(done, total); };
    replay_report report;
    std::exception_ptr failure;
    task_group tasks(env->get_executor(), [&failure](std::exception_ptr error) { failure = error; });
    tasks.spawn(play(env.get(), std::move(what), std::move(how), here.get(), &report));
    context.run();
    if (failure) std::rethrow_exception(failure);

    if (options.json) {
        std::printf("%s\n", to_text(to_json(file, report)).c_str());
    } else {
        for (const auto& line : report.lines())
            std::printf("%s\n", line.c_str());
    }
    return report.passed() ? 0 : 1;
}

} // namespace

int replay(const replay_command_options& options) {
    if (options.speed && *options.speed <= 0) {
        complain("--speed must be above 0; 1 is recorded time");
        return 2;
    }
    int status = 0;
    for (const auto& file : options.files)
        status = std::max(status, replay_file(file, options));
    return status;
}

} // namespace rejoinder::service::commands
