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
#include "service/replay/virtual_time.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <exception>
#include <fstream>
#include <optional>
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

/// What came of a recording.
struct played {
    replay_report report;
    milliseconds recorded{0};         ///< from its first moment to its last
    std::optional<milliseconds> took; ///< to play it where time was virtual; nothing: it passed as it does
};

/// How many times faster it was played than it happened; nothing where that means nothing.
std::optional<double> times_faster(const played& what) {
    if (!what.took || what.recorded == milliseconds(0)) return std::nullopt;
    return static_cast<double>(what.recorded.count()) /
           static_cast<double>(std::max(*what.took, milliseconds(1)).count());
}

milliseconds length_of(const recording& what) {
    if (what.turns.empty()) return milliseconds(0);
    auto last = std::ranges::max(what.turns, {}, &recorded_turn::ended).ended();
    return last - what.turns.front().opened;
}

json to_json(const std::string& file, const played& what) {
    const auto& report = what.report;
    auto turns = json::array();
    for (const auto& verdict : report.verdicts)
        turns.push_back({{"turn", verdict.turn},
                         {"recorded", verdict.recorded},
                         {"ours", verdict.ours},
                         {"problems", verdict.problems},
                         {"reason", verdict.reason}});
    json told{{"file", file},
              {"passed", report.passed()},
              {"turns", std::move(turns)},
              {"stale", report.stale},
              {"summary", summarise(report.verdicts)}};
    if (auto faster = times_faster(what)) told["faster"] = *faster;
    return told;
}

void print(const played& what) {
    for (const auto& line : what.report.lines())
        std::printf("%s\n", line.c_str());
    if (auto faster = times_faster(what); faster && what.took)
        std::printf("%.1f s were played in %.3f s, %.0f times faster\n",
                    std::chrono::duration<double>(what.recorded).count(),
                    std::chrono::duration<double>(*what.took).count(), *faster);
}

/// Plays it on a server of its own or on the one that is given; nothing, and it has complained, when there is
/// none to play on.
std::optional<played> play_there(const replay_command_options& options, recording what, replay_options how) {
    auto token = options.server ? load_token(options.token_file) : secret();
    if (!token) return std::nullopt;
    std::unique_ptr<private_server> own;
    std::string base = options.server.value_or("");
    if (!options.server) {
        std::string why;
        own = start_server(options, what, why);
        if (!own) {
            complain(why);
            return std::nullopt;
        }
        base = own->base_url();
    } else if (auto path = base.find('/', 5); path != base.npos) {
        base.resize(path);
    }
    boost::asio::io_context context(1);
    auto env = make_system_environment(context);
    how.dial = dial_server(*env, base, std::move(*token));
    played told;
    std::exception_ptr failure;
    task_group tasks(env->get_executor(), [&failure](std::exception_ptr error) { failure = error; });
    tasks.spawn(play(env.get(), std::move(what), std::move(how), nullptr, &told.report));
    context.run();
    if (failure) std::rethrow_exception(failure);
    return told;
}

/// Plays it in this process, in virtual time unless its own is asked for.
std::optional<played> play_here(const replay_command_options& options, recording what, replay_options how) {
    boost::asio::io_context context(1);
    auto real = make_system_environment(context);
    virtual_time hurried(*real, context);
    environment& env = options.speed ? *real : hurried;
    auto here = set_stage(env, options, what);
    if (!here) return std::nullopt;
    how.dial = here->dial();
    played told;
    told.recorded = length_of(what);
    std::exception_ptr failure;
    task_group tasks(env.get_executor(), [&failure](std::exception_ptr error) { failure = error; });
    tasks.spawn(play(&env, std::move(what), std::move(how), here.get(), &told.report));
    auto began = real->steady_now();
    if (options.speed)
        context.run();
    else
        hurried.run();
    if (failure) std::rethrow_exception(failure);
    if (!options.speed) told.took = real->steady_now() - began;
    return told;
}

/// Why the options do not go together with a robot's recording; empty: they do.
std::string objection(const std::string& file, const replay_command_options& options) {
    if (options.cut_everywhere)
        return file + " is no session's recording, and robots never come back to a conversation; leave out "
                      "--cut-everywhere";
    if (options.device && options.server)
        return "--device binds tokens in a server of its own; configure robot-tokens on a server that runs "
               "already";
    if (options.seed && !options.in_process)
        return "--seed is for a server in this process; add --in-process";
    return "";
}

/// The differences that are meant; nothing, and it has complained, when the file can't be read.
std::optional<std::vector<expectation>> load_expectations(const std::optional<std::string>& file) {
    if (!file) return std::vector<expectation>();
    std::ifstream in(*file, std::ios::binary);
    std::ostringstream text;
    text << in.rdbuf();
    auto expected = read_expectations(text.str());
    if (auto* wrong = std::get_if<recording_error>(&expected)) {
        complain(*file + ": " + wrong->message);
        return std::nullopt;
    }
    return std::get<std::vector<expectation>>(std::move(expected));
}

/// 0 when the recording was played and nothing differs without a reason.
int replay_file(const std::string& file, const replay_command_options& options) {
    if (auto session = load_session_recording(file)) return replay_session(file, *session, options);
    if (auto why = objection(file, options); !why.empty()) {
        complain(why);
        return 2;
    }
    auto loaded = load_recording(file);
    if (auto* wrong = std::get_if<recording_error>(&loaded)) {
        complain(wrong->message);
        return 1;
    }
    auto what = std::get<recording>(std::move(loaded));
    auto expected = load_expectations(options.expect);
    if (!expected) return 1;
    progress_bar bar("replaying " + what.name);
    replay_options how;
    how.pace.speed = options.speed;
    how.expected = std::move(*expected);
    how.on_progress = [&bar](std::size_t done, std::size_t total) { bar.show(done, total); };
    auto told = options.in_process ? play_here(options, std::move(what), std::move(how))
                                   : play_there(options, std::move(what), std::move(how));
    if (!told) return 1;
    if (options.json)
        std::printf("%s\n", to_text(to_json(file, *told)).c_str());
    else
        print(*told);
    return told->report.passed() ? 0 : 1;
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
