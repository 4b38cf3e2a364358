#include "tests/service/robot_house.hpp"
#include "tests/support/captures.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/manual_environment.hpp"
#include "tests/support/source_folder.hpp"

#include <filesystem>
#include <string>

using namespace rejoinder;
using namespace rejoinder::service;
using rejoinder::tests::captures_or_skip;
using rejoinder::tests::load_or_fail;
using rejoinder::tests::manual_environment;
using rejoinder::tests::play;
using rejoinder::tests::robot_house;

namespace {

const std::string rows = tests::source_folder() + "/tests/recordings/robot-rows.ndjson";

std::string all_lines(const replay_report& report) {
    std::string text;
    for (const auto& line : report.lines())
        text += line + '\n';
    return text;
}

std::string spoken_in(const received_turn& turn) {
    for (const auto& reply : turn.replies)
        if (const json* esml = find_pointer(reply.message, "/data/action/config/jcp/config/play/esml"))
            return esml->get<std::string>();
    return {};
}

/// The sample machine with one member changed.
std::string edited(const std::string& pointer, json value) {
    auto document = json::parse(tests::read_source_file("samples/machines/robot.json"));
    document.at(json::json_pointer(pointer)) = std::move(value);
    return document.dump();
}

} // namespace

TEST_CASE("the sample machine answers every row of our own recording as it should") {
    manual_environment env;
    robot_house house(env);
    auto report = play(env, house, load_or_fail(rows));
    INFO(all_lines(report));
    CHECK(report.passed());
    CHECK(report.lines().back() ==
          "39 same, 0 differ on purpose, 0 differ, 2 not compared (0 audio, 2 without recorded reply)");
    CHECK(house.most == 2);
    CHECK(house.cuts == 1);

    const auto& turns = report.received;
    CHECK(spoken_in(turns.at(24)) == "<speak>What is your name?</speak>");
    CHECK(spoken_in(turns.at(25)) == "<speak>Nice to meet you, Bo.</speak>");
    CHECK(spoken_in(turns.at(26)) == "<speak>Your name is Bo.</speak>");
    CHECK(spoken_in(turns.at(28)) == "<speak>You are Bo.</speak>");
    CHECK(turns.at(28).replies.at(0).after == 3);
}

TEST_CASE("a turn that is cut off and repeated happens once and gets the same frames each time") {
    manual_environment env;
    robot_house house(env);
    auto report = play(env, house, load_or_fail(rows));
    const auto& again = report.received.at(33).replies;
    const auto& once_more = report.received.at(34).replies;
    REQUIRE(again.size() == 3);
    REQUIRE(once_more.size() == 3);
    for (std::size_t i = 0; i < again.size(); ++i)
        CHECK(again[i].message == once_more[i].message);
}

TEST_CASE("the sample machine answers a captured day as it was recorded") {
    auto place = captures_or_skip();
    if (!place) return;
    manual_environment env;
    robot_house house(env);
    auto report = play(env, house, load_or_fail(*place + "/robot-day-b.ndjson"));
    INFO(all_lines(report));
    CHECK(report.passed());
    CHECK(report.lines().back() ==
          "38 same, 0 differ on purpose, 0 differ, 23 not compared (15 audio, 8 without recorded reply)");
    CHECK(report.lines().front() == "speech and redirects came 75 to 75 ms after LISTEN");
}

TEST_CASE("the text-driven turns of a day of audio are answered as recorded, overlaps included") {
    auto place = captures_or_skip();
    if (!place) return;
    manual_environment env;
    robot_house house(env);
    auto report = play(env, house, load_or_fail(*place + "/robot-day-a.ndjson"));
    INFO(all_lines(report));
    CHECK(report.lines().back() ==
          "4 same, 0 differ on purpose, 0 differ, 98 not compared (69 audio, 29 without recorded reply)");
    CHECK(house.most >= 2);
}

TEST_CASE("the sample machine is right in every hand-made flow") {
    auto place = captures_or_skip();
    if (!place) return;
    std::size_t flows = 0;
    for (const auto& entry : std::filesystem::directory_iterator(*place + "/flows")) {
        manual_environment env;
        robot_house house(env);
        auto report = play(env, house, load_or_fail(entry.path().string()));
        INFO(entry.path() << '\n' << all_lines(report));
        CHECK(report.passed());
        ++flows;
    }
    CHECK(flows == 6);
}

TEST_CASE("an edited transition changes the reply to it and no other") {
    manual_environment env;
    robot_house house(env);
    auto before = play(env, house, load_or_fail(rows));

    manual_environment same_seed;
    robot_house mute(same_seed, edited("/on/intent.dance/actions", json::array()));
    auto after = play(same_seed, mute, load_or_fail(rows));
    CHECK_FALSE(after.passed());
    CHECK(after.lines().front() == "turn 9: recorded LISTEN,EOS,SKILL_ACTION, ours LISTEN,EOS");
    for (std::size_t i = 0; i < before.verdicts.size(); ++i)
        if (before.verdicts[i].turn != 9) CHECK(after.verdicts[i].ours == before.verdicts[i].ours);
}
