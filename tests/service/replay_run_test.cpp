#include "service/replay/replay.hpp"
#include "tests/service/robot_house.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/manual_environment.hpp"

#include <string>

using namespace rejoinder;
using namespace rejoinder::service;
using rejoinder::tests::manual_environment;
using rejoinder::tests::play;
using rejoinder::tests::robot_house;

namespace {

recording read(const std::string& lines) {
    auto outcome = read_recording("r", lines);
    if (auto* wrong = std::get_if<recording_error>(&outcome)) FAIL(wrong->message);
    return std::get<recording>(std::move(outcome));
}

/// The robot says a touch is answered by speech, which the sample machine does not do.
const std::string hopeful_line =
    R"({"turn":1,"token":"a","socket":"listen","opened_ms":0,"inbound":[)"
    R"({"at_ms":0,"text":{"type":"CLIENT_NLU","transID":"t","data":{"intent":"joke"}}}],)"
    R"("replies":[{"at_ms":1,"after":1,"types":["LISTEN","EOS","SKILL_ACTION"]}]})";

} // namespace

TEST_CASE("a reply that is not the recorded one makes a replay fail, unless there is a reason") {
    manual_environment env;
    robot_house house(env);
    auto report = play(env, house, read(hopeful_line));
    CHECK_FALSE(report.passed());
    CHECK(report.lines().front() == "turn 1: recorded LISTEN,EOS,SKILL_ACTION, ours LISTEN,EOS");

    replay_options options;
    options.expected = {{1, "LISTEN,EOS", "touches are silent here"}};
    CHECK(play(env, house, read(hopeful_line), options).passed());
    options.expected.push_back({2, "LISTEN", "a turn that is gone"});
    CHECK_FALSE(play(env, house, read(hopeful_line), options).passed());
}

TEST_CASE("a reply that does not come is waited for no longer than the patience") {
    manual_environment env;
    robot_house house(env);
    auto before = env.steady_now();
    play(env, house, read(hopeful_line));
    CHECK(env.steady_now() - before == milliseconds(2000 + 200));
}

TEST_CASE("a cut in a recording cuts the connection right behind its last frame") {
    manual_environment env;
    robot_house house(env);
    auto before = env.steady_now();
    play(env, house,
         read(R"({"turn":1,"token":"a","socket":"listen","opened_ms":0,"ends":"cut","replies":[],"inbound":[)"
              R"({"at_ms":0,"text":{"type":"LISTEN","transID":"t","data":{}}}]})"));
    CHECK(house.cuts == 1);
    CHECK(env.steady_now() == before);
}

TEST_CASE("a server that closes early leaves the rest of the turn unsent, and that is told") {
    manual_environment env;
    robot_house house(env);
    auto report = play(
        env, house,
        read(
            R"({"turn":1,"token":"a","socket":"listen","opened_ms":0,"complete":true,"replies":[],"inbound":[)"
            R"({"at_ms":0,"text":"no frame"},{"at_ms":0,"text":{"type":"LISTEN"}}]})"));
    CHECK(report.received.at(0).sent.size() == 1);
    CHECK(report.verdicts.at(0).problems.at(0) == "the server closed the connection before the turn's end");
}

TEST_CASE("with a speed, frames and turns come at their recorded moments") {
    manual_environment env;
    robot_house house(env);
    auto line = [](int turn, int opened) {
        auto at = std::to_string(opened + 400);
        return R"({"turn":)" + std::to_string(turn) + R"(,"token":"a","socket":"listen","opened_ms":)" +
               std::to_string(opened) + R"(,"replies":[],"inbound":[{"at_ms":)" + at +
               R"(,"text":{"type":"LISTEN","transID":"t","data":{}}}]})" + "\n";
    };
    replay_options options;
    options.pace.speed = 2;
    auto before = env.steady_now();
    auto report = play(env, house, read(line(1, 0) + line(2, 10000)), options);
    CHECK(report.received.at(0).sent.at(0) == milliseconds(200));
    CHECK(env.steady_now() == before + milliseconds(5000 + 200 + 200));
}

TEST_CASE("a robot that finds no server differs in every turn and says why") {
    manual_environment env;
    replay_options options;
    options.dial = [](const recorded_turn&) -> task<result<std::unique_ptr<websocket::client>>> {
        co_return make_error_code(boost::system::errc::connection_refused);
    };
    auto what = read(
        R"({"turn":1,"token":"a","socket":"listen","complete":true,"opened_ms":0,"inbound":[],"replies":[]})");
    auto report = env.run(run_replay(env, what, options));
    CHECK_FALSE(report.passed());
    CHECK(report.verdicts[0].problems.at(0).find("no connection: ") == 0);
}

TEST_CASE("progress is told after each turn") {
    manual_environment env;
    robot_house house(env);
    std::vector<std::string> told;
    replay_options options;
    options.on_progress = [&](std::size_t done, std::size_t total) {
        told.push_back(std::to_string(done) + "/" + std::to_string(total));
    };
    auto line =
        std::string(R"({"turn":1,"token":"a","socket":"proactive","opened_ms":0,"inbound":[],"replies":[]})");
    play(env, house, read(line + "\n" + line), options);
    CHECK(told == std::vector<std::string>{"1/2", "2/2"});
    CHECK(house.opened.at(0) == "/v1/proactive a");
}
