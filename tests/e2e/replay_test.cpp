// Recorded robots against the program, over real sockets.

#include "service/replay/inputs.hpp"
#include "tests/e2e/replayed.hpp"
#include "tests/support/captures.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/temporary_folder.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <vector>

using namespace rejoinder;
using namespace rejoinder::tests;
using service::recording;
using service::replay_report;
using service::standing;

namespace {

const std::string rows = sources + "/tests/recordings/robot-rows.ndjson";
const std::string first_meeting = sources + "/samples/recordings/first-meeting.ndjson";

/// The ids that the turns of a recording must be stored under.
std::vector<std::string> turn_ids(const recording& what) {
    std::vector<std::string> ids;
    for (const auto& turn : what.turns) {
        for (const auto& input : service::inputs_of(turn)) {
            const auto& message = turn.frames.at(input.frame).message;
            ids.push_back(input.transaction + ":" + message.at("msgID").get<std::string>());
        }
    }
    std::ranges::sort(ids);
    return ids;
}

/// The sample machines in a folder of their own, without choices at random, so that two servers answer alike;
/// the transition at `edited` says something else.
void copy_machines(const std::filesystem::path& folder, const std::string& edited) {
    std::filesystem::create_directory(folder);
    std::ifstream in(sources + "/samples/machines/robot.json", std::ios::binary);
    auto machine = json::parse(in);
    for (auto& [event, transition] : machine["on"].items()) {
        if (!transition.is_object() || !transition.contains("actions")) continue;
        for (auto& action : transition["actions"]) {
            auto& params = action["params"];
            if (params.contains("any")) params = {{"text", params["any"][0]}};
            if (event == edited) params = {{"text", "This is a joke of my own."}};
        }
    }
    std::ofstream(folder / "robot.json") << machine;
}

/// A turn's replies without what is new in every run.
json content(const service::received_turn& turn) {
    auto frames = json::array();
    for (const auto& reply : turn.replies) {
        frames.push_back(reply.message);
        frames.back().erase("ts");
        frames.back().erase("msgID");
    }
    return frames;
}

} // namespace

TEST_CASE("our own recording of every row is answered over sockets as it should be") {
    auto server = serve_robots("memory:", {"rows-token-1", "rows-token-2"});
    auto report = replay_against(*server, load_recorded(rows));
    INFO(all_lines(report));
    CHECK(report.passed());
    CHECK(report.lines().back() ==
          "39 same, 0 differ on purpose, 0 differ, 2 not compared (0 audio, 2 without recorded reply)");

    const auto& turns = report.received;
    CHECK(spoken_in(turns.at(24)) == "<speak>What is your name?</speak>");
    CHECK(spoken_in(turns.at(25)) == "<speak>Nice to meet you, Bo.</speak>");
    CHECK(spoken_in(turns.at(26)) == "<speak>Your name is Bo.</speak>");
    CHECK(spoken_in(turns.at(28)) == "<speak>You are Bo.</speak>");
    REQUIRE(turns.at(33).replies.size() == 3);
    for (std::size_t i = 0; i < 3; ++i)
        CHECK(turns.at(33).replies[i].message == turns.at(34).replies.at(i).message);
}

TEST_CASE("the recorded day of one robot is answered as recorded, and its two tokens are one conversation") {
    auto captures = captures_or_skip();
    if (!captures) return;
    auto day = load_recorded(*captures + "/robot-day-b.ndjson");
    std::set<std::string> tokens;
    for (const auto& turn : day.turns)
        tokens.insert(turn.token);
    REQUIRE(tokens == std::set<std::string>{"token-1", "token-2"});
    auto ids = turn_ids(day);

    temporary_folder folder;
    auto file = folder.file("robots.db");
    auto server = serve_robots("sqlite:" + file, {"token-1", "token-2"});
    auto report = replay_against(*server, std::move(day));
    INFO(all_lines(report));
    CHECK(report.passed());
    CHECK(report.lines().back() ==
          "38 same, 0 differ on purpose, 0 differ, 23 not compared (15 audio, 8 without recorded reply)");

    CHECK(server->stop(milliseconds(10'000)) == 0);
    CHECK(stored(file, "select device from session") == std::vector<std::string>{"the-robot"});
    CHECK(stored(file, "select turn from session_log where turn <> '' order by turn") == ids);
}

TEST_CASE("the turns of the other recorded day that need no recogniser are answered as recorded") {
    auto captures = captures_or_skip();
    if (!captures) return;
    auto server = serve_robots("memory:");
    auto day = load_recorded(*captures + "/robot-day-a.ndjson");
    auto report = replay_against(*server, only(std::move(day), {15, 28, 55, 86}));
    INFO(all_lines(report));
    REQUIRE(report.verdicts.size() == 4);
    for (const auto& verdict : report.verdicts)
        CHECK(verdict.result == standing::same);
    CHECK(report.verdicts[0].ours == "LISTEN,EOS");
    CHECK(report.verdicts[1].ours == "LISTEN,EOS");
    CHECK(report.verdicts[2].ours == "LISTEN,EOS,SKILL_ACTION");
    CHECK(report.verdicts[3].ours == "LISTEN,EOS");
    CHECK(spoken_in(report.received[2]) == "<speak>sporangia? Let us see.</speak>");
}

TEST_CASE("all hand-made flows and the short recording are answered as they say") {
    auto captures = captures_or_skip();
    if (!captures) return;
    auto server = serve_robots("memory:");
    auto flows = 0;
    for (const auto& file : std::filesystem::directory_iterator(*captures + "/flows")) {
        auto report = replay_against(*server, load_recorded(file.path().string()));
        INFO(file.path().filename() << '\n' << all_lines(report));
        REQUIRE(report.verdicts.size() == 1);
        CHECK(report.verdicts[0].result == standing::same);
        ++flows;
    }
    CHECK(flows == 6);
    CHECK(replay_against(*server, load_recorded(*captures + "/robot-smoke.ndjson")).passed());
}

TEST_CASE("what a robot is answered comes from the machine file, transition by transition") {
    temporary_folder folder;
    copy_machines(folder.path() / "as-it-is", "");
    copy_machines(folder.path() / "edited", "intent.joke");
    std::vector<replay_report> reports;
    for (const auto* which : {"as-it-is", "edited"}) {
        auto server = serve_robots("memory:", {"rows-token-1", "rows-token-2"}, folder.file(which));
        auto pace = brisk();
        pace.settle = milliseconds(0);
        reports.push_back(replay_against(*server, load_recorded(rows), pace));
        CHECK(reports.back().passed());
    }
    auto jokes = 0;
    for (std::size_t i = 0; i < reports[0].received.size(); ++i) {
        auto before = content(reports[0].received[i]);
        auto after = content(reports[1].received[i]);
        INFO("turn " << i + 1);
        if (!before.empty() && before[0].at("data").at("nlu").at("intent") == "joke") {
            ++jokes;
            CHECK(spoken_in(reports[1].received[i]) == "<speak>This is a joke of my own.</speak>");
            CHECK(spoken_in(reports[0].received[i]) != spoken_in(reports[1].received[i]));
            after.back()["data"]["action"] = before.back()["data"]["action"];
        }
        CHECK(before == after);
    }
    CHECK(jokes > 0);
}

TEST_CASE("a robot's dialogue goes on although the server was killed between two of its turns") {
    auto turns = load_recorded(first_meeting).turns;
    REQUIRE(turns.size() == 8);
    temporary_folder folder;
    auto file = folder.file("robots.db");
    recording before{"before", {turns.begin(), turns.begin() + 3}};
    recording behind{"behind", {turns.begin() + 3, turns.end()}};

    auto server = serve_robots("sqlite:" + file);
    auto first = replay_against(*server, before);
    INFO(all_lines(first));
    CHECK(first.passed());
    CHECK(spoken_in(first.received.back()) == "<speak>What is your name?</speak>");
    server->kill();

    server = serve_robots("sqlite:" + file);
    auto second = replay_against(*server, behind);
    INFO(all_lines(second));
    CHECK(second.passed());
    CHECK(spoken_in(second.received.front()) == "<speak>Nice to meet you, Robin.</speak>");
    CHECK(spoken_in(second.received.back()) == "<speak>Your name is Robin.</speak>");
    CHECK(server->stop(milliseconds(10'000)) == 0);
    CHECK(stored(file, "select id from session").size() == 1);
    CHECK(stored(file, "select turn from session_log where turn <> '' order by turn") ==
          turn_ids({"all", turns}));
}
