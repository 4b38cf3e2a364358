#include "tests/bench/turn_server.hpp"

#include "service/private_server.hpp"
#include "tests/bench/turn_contenders.hpp"
#include "tests/support/source_folder.hpp"

#include <filesystem>
#include <stdexcept>

namespace rejoinder::bench {
namespace {

namespace fs = std::filesystem;

std::string text_of_turns() {
    return std::string(200, 'x');
}

std::string peers_folder() {
    return tests::source_folder() + "/build/peers";
}

competitor rejoinder_itself(const std::string& program) {
    competitor made;
    made.name = "rejoinder";
    made.title = "Rejoinder";
    made.needs = program;
    made.announcement = "listening on ";
    // Only rates, counts and patience are raised; sizes, durability and checks are what every server has.
    made.command = [program](const std::string& folder) {
        return service::private_server::command(program, {"--database",
                                                          "sqlite:" + folder + "/turns.db",
                                                          "--machines",
                                                          tests::source_folder() + "/samples/machines",
                                                          "--log-level",
                                                          "warning",
                                                          "--set",
                                                          "limits.messages-per-second=1e9",
                                                          "limits.message-burst=1e9",
                                                          "limits.connections=50000",
                                                          "limits.unattached=50000",
                                                          "limits.live-sessions=50000",
                                                          "limits.queued-commits=50000",
                                                          "limits.queued-reads=50000",
                                                          "limits.queued-commit-wait-ms=60000",
                                                          "limits.commit-lag-ms=60000",
                                                          "limits.hello-ms=60000",
                                                          "limits.handshake-ms=60000",
                                                          "limits.heartbeat-ms=600000",
                                                          "limits.drain-ms=0"});
    };
    made.base_of = [](const std::string& place) { return place.substr(0, place.find('/', 5)); };
    made.make_client = [](environment& env, const std::string& base, const std::string&) {
        return std::make_unique<session_turns>(env, base, text_of_turns());
    };
    return made;
}

competitor peer(std::string name, std::string title, std::vector<std::string> words, std::string needs,
                std::size_t most) {
    competitor made;
    made.name = std::move(name);
    made.title = std::move(title);
    made.most_sessions = most;
    made.needs = std::move(needs);
    made.announcement = "listening ";
    made.command = [words = std::move(words)](const std::string& folder) {
        auto all = words;
        all.push_back(folder);
        return all;
    };
    made.base_of = [](const std::string& port) { return "ws://127.0.0.1:" + port; };
    made.make_client = [](environment& env, const std::string& base, std::string session) {
        return std::make_unique<peer_turns>(env, base, std::move(session), text_of_turns());
    };
    return made;
}

} // namespace

std::vector<competitor> competitors(const std::string& program) {
    auto folder = peers_folder();
    auto compiled = folder + "/node_modules/better-sqlite3/build/Release/better_sqlite3.node";
    // A Durable Object has files of its own, of which a process may not have so many open.
    return {rejoinder_itself(program),
            peer("per_turn", "Node, XState, a commit a turn",
                 {"/usr/bin/env", "node", folder + "/per_turn.mjs"}, compiled, 10'000),
            peer("grouped", "Node, grouped commits", {"/usr/bin/env", "node", folder + "/grouped.mjs"},
                 compiled, 10'000),
            peer("durable_object", "workerd, Durable Objects", {"/bin/sh", folder + "/durable_object.sh"},
                 folder + "/node_modules/workerd/package.json", 1'000)};
}

std::string what_is_missing(const competitor& one) {
    if (fs::exists(one.needs)) return "";
    if (one.is_ours()) return "there is no " + one.needs + "; ./dev bench turns builds it";
    return one.needs + " is not there; ./dev bench turns brings it, where there is Node";
}

turn_server::turn_server(const competitor& who, std::string folder) : who_(who), folder_(std::move(folder)) {
    fs::create_directories(folder_);
    start();
}

void turn_server::start() {
    std::string why;
    running_ = service::child_server::start(who_.command(folder_), who_.announcement, why);
    if (!running_) throw std::runtime_error(why);
    base_ = who_.base_of(running_->place());
}

} // namespace rejoinder::bench
