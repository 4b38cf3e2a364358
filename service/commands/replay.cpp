#include "service/replay/replay.hpp"
#include "persistence/system_environment.hpp"
#include "persistence/task_group.hpp"
#include "service/commands/commands.hpp"
#include "service/private_server.hpp"
#include "service/progress_bar.hpp"
#include "service/replay/retake.hpp"

#include <algorithm>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <sstream>

namespace rejoinder::service::commands {
namespace {

task<> play(environment* env, recording what, replay_options options, replay_report* into) {
    auto playing = run_replay(*env, std::move(what), std::move(options));
    *into = co_await std::move(playing);
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
    if (options.device) {
        std::set<std::string> tokens;
        for (const auto& turn : what.turns)
            tokens.insert(turn.token);
        for (const auto& token : tokens)
            arguments.push_back("robot-tokens." + token + "=" + *options.device);
    }
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

/// The machine of a recording: the one that stands in it, else the one of that id and hash in the folder.
std::optional<statemachine::definition> find_machine(const session_recording& what,
                                                     const std::string& folder) {
    if (!what.document.is_null()) {
        auto machine = statemachine::load_definition(what.document).machine;
        if (machine && machine->hash() == what.machine_hash) return machine;
        return std::nullopt;
    }
    std::vector<std::string> ignored;
    auto machines = load_machines(folder, ignored);
    const auto* found = machines.find(what.machine);
    if (!found || found->hash() != what.machine_hash) return std::nullopt;
    return *found;
}

json to_json(const std::string& file, const retake_report& report) {
    json told = {
        {"file", file}, {"passed", report.passed()}, {"steps", report.steps}, {"without", report.without}};
    if (report.differs)
        told["differs"] = {{"commit", report.differs->commit},
                           {"turn", report.differs->turn},
                           {"what", report.differs->what},
                           {"recorded", report.differs->recorded},
                           {"ours", report.differs->ours}};
    return told;
}

/// Makes a recorded session again, here and now.
int retake_file(const std::string& file, std::string_view text, const replay_command_options& options) {
    auto loaded = read_session_recording(file, text);
    if (auto* wrong = std::get_if<recording_error>(&loaded)) {
        complain(wrong->message);
        return 1;
    }
    const auto& what = std::get<session_recording>(loaded);
    auto machine = find_machine(what, options.machines);
    if (!machine) {
        auto name = "the machine '" + what.machine + "' " + std::to_string(what.machine_version);
        complain(
            file + ": " + name +
            (what.document.is_null()
                 ? " that was recorded is not in " + options.machines + "; name its folder with --machines"
                 : " that stands in it can't be loaded, or is another one than was recorded"));
        return 1;
    }
    auto report = retake(what, *machine);
    if (options.json) {
        std::printf("%s\n", to_text(to_json(file, report)).c_str());
    } else if (report.passed()) {
        std::printf(
            "%zu steps same%s\n", report.steps,
            report.without == 0 ? "" : (", " + std::to_string(report.without) + " without a step").c_str());
    } else {
        const auto& at = *report.differs;
        std::printf("commit %zu%s differs in its %s\n  recorded: %s\n  ours:     %s\n", at.commit,
                    at.turn.empty() ? "" : (", turn " + at.turn).c_str(), at.what.c_str(),
                    at.recorded.c_str(), at.ours.c_str());
    }
    return report.passed() ? 0 : 1;
}

/// The file's text when it is a session's recording.
std::optional<std::string> load_session_recording(const std::string& file) {
    constexpr std::uintmax_t max_file = 256 << 20;
    std::error_code problem;
    auto size = std::filesystem::file_size(file, problem);
    if (problem || size > max_file) return std::nullopt;
    std::ifstream in(file, std::ios::binary);
    std::string start(64, '\0');
    in.read(start.data(), static_cast<std::streamsize>(start.size()));
    if (!is_session_recording(start)) return std::nullopt;
    in.clear();
    in.seekg(0);
    return std::string(std::istreambuf_iterator<char>(in), {});
}

/// 0 when the recording was played and nothing differs without a reason.
int replay_file(const std::string& file, const replay_command_options& options) {
    if (auto session = load_session_recording(file)) {
        if (!options.server && !options.device && !options.expect && !options.speed)
            return retake_file(file, *session, options);
        complain(file +
                 " is a session, which is made again here and at once; --server, --device, --expect and "
                 "--speed are for recordings of robots");
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
    std::unique_ptr<private_server> own;
    std::string base = options.server.value_or("");
    if (!options.server) {
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
    how.dial = dial_server(*env, base);
    how.on_progress = [&bar](std::size_t done, std::size_t total) { bar.show(done, total); };
    replay_report report;
    std::exception_ptr failure;
    task_group tasks(env->get_executor(), [&failure](std::exception_ptr error) { failure = error; });
    tasks.spawn(play(env.get(), std::move(what), std::move(how), &report));
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
    if (options.device && options.server) {
        complain("--device binds tokens in a server of its own; configure robot-tokens on a server that runs "
                 "already");
        return 2;
    }
    int status = 0;
    for (const auto& file : options.files)
        status = std::max(status, replay_file(file, options));
    return status;
}

} // namespace rejoinder::service::commands
