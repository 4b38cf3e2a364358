#pragma once

#include "persistence/system_environment.hpp"
#include "persistence/task_group.hpp"
#include "service/replay/replay.hpp"
#include "tests/e2e/served.hpp"

#include <boost/asio/io_context.hpp>
#include <sqlite3.h>

#include <algorithm>
#include <exception>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace rejoinder::tests {

/// Starts the program as a server that robots may call as often as they like. `robot_tokens` all stand for
/// one device.
inline std::unique_ptr<service::private_server>
serve_robots(const std::string& database, const std::vector<std::string>& robot_tokens = {},
             const std::string& machines = sample_machines) {
    std::vector<std::string> arguments{"--database",  database,  "--machines", machines,
                                       "--log-level", "warning", "--set",      "limits.drain-ms=0"};
    for (const auto& setting : {"limits.robot-connections-per-minute=1e9", "limits.robot-connections=64"})
        arguments.insert(arguments.end(), {"--set", setting});
    for (const auto& token : robot_tokens)
        arguments.insert(arguments.end(), {"--set", "robot-tokens." + token + "=the-robot"});
    std::string why;
    auto server = service::private_server::start(program, arguments, why);
    if (!server) throw std::runtime_error(why);
    return server;
}

inline service::recording load_recorded(const std::string& path) {
    auto outcome = service::load_recording(path);
    if (auto* wrong = std::get_if<service::recording_error>(&outcome))
        throw std::runtime_error(wrong->message);
    return std::get<service::recording>(std::move(outcome));
}

/// Those turns of a recording.
inline service::recording only(service::recording what, const std::vector<int>& numbers) {
    std::erase_if(what.turns, [&](const service::recorded_turn& turn) {
        return std::ranges::find(numbers, turn.number) == numbers.end();
    });
    return what;
}

/// Short pauses, and patience for a busy machine. The settling is longer than speech is delayed, so that
/// speech which should not be is seen.
inline service::pacing brisk() {
    service::pacing pace;
    pace.longest_gap = milliseconds(5);
    pace.patience = milliseconds(15'000);
    pace.settle = milliseconds(90);
    return pace;
}

inline task<> keep_report(environment& env, service::recording what, service::replay_options options,
                          service::replay_report& into) {
    auto playing = service::run_replay(env, std::move(what), std::move(options));
    into = co_await std::move(playing);
}

/// Plays a recording over real sockets.
inline service::replay_report replay_against(const service::private_server& server, service::recording what,
                                             service::pacing pace = brisk()) {
    boost::asio::io_context context(1);
    auto env = make_system_environment(context);
    service::replay_options options;
    options.dial = service::dial_server(*env, server.base_url());
    options.pace = pace;
    service::replay_report report;
    std::exception_ptr failure;
    task_group tasks(env->get_executor(), [&failure](std::exception_ptr error) { failure = error; });
    tasks.spawn(keep_report(*env, std::move(what), std::move(options), report));
    context.run();
    if (failure) std::rethrow_exception(failure);
    return report;
}

inline std::string all_lines(const service::replay_report& report) {
    std::string text;
    for (const auto& line : report.lines())
        text += line + '\n';
    return text;
}

/// What is spoken in a turn; empty when nothing is.
inline std::string spoken_in(const service::received_turn& turn) {
    for (const auto& reply : turn.replies)
        if (const json* esml = find_pointer(reply.message, "/data/action/config/jcp/config/play/esml"))
            return esml->get<std::string>();
    return {};
}

/// The first column of a query, read out of a database file with SQLite alone: the program is not believed
/// here.
inline std::vector<std::string> stored(const std::string& file, const std::string& query) {
    sqlite3* database = nullptr;
    sqlite3_stmt* statement = nullptr;
    std::vector<std::string> column;
    bool good = sqlite3_open_v2(file.c_str(), &database, SQLITE_OPEN_READONLY, nullptr) == SQLITE_OK &&
                sqlite3_prepare_v2(database, query.c_str(), -1, &statement, nullptr) == SQLITE_OK;
    while (good && sqlite3_step(statement) == SQLITE_ROW)
        column.emplace_back(reinterpret_cast<const char*>(sqlite3_column_text(statement, 0)));
    sqlite3_finalize(statement);
    sqlite3_close(database);
    if (!good) throw std::runtime_error("the database file can't be read");
    return column;
}

} // namespace rejoinder::tests
