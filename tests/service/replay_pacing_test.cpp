#include "service/replay/pacing.hpp"
#include "tests/support/catch.hpp"

using namespace rejoinder;
using namespace rejoinder::service;

namespace {

recorded_turn turn_at(std::vector<int> moments) {
    recorded_turn turn;
    turn.opened = milliseconds(moments.front());
    for (int at : moments)
        turn.frames.push_back({milliseconds(at), std::string("{}"), json::object()});
    return turn;
}

recorded_frame saying(int at, std::string content) {
    auto message = json::parse(content);
    return {milliseconds(at), std::move(content), std::move(message)};
}

} // namespace

TEST_CASE("a turn opens when those that were over before it are over") {
    std::vector<recorded_turn> turns{turn_at({0, 100}), turn_at({200})};
    std::vector<turn_progress> progress{{2, false}};
    CHECK_FALSE(may_open(turns, 1, progress));
    progress[0].ended = true;
    CHECK(may_open(turns, 1, progress));
}

TEST_CASE("a turn that overlaps another opens where it was opened in that one") {
    std::vector<recorded_turn> turns{turn_at({0, 100, 300}), turn_at({200})};
    std::vector<turn_progress> progress{{1, false}};
    CHECK_FALSE(may_open(turns, 1, progress));
    progress[0].sent = 2;
    CHECK(may_open(turns, 1, progress));
}

TEST_CASE("a reply keeps a turn from being over") {
    std::vector<recorded_turn> turns{turn_at({0}), turn_at({200})};
    turns[0].replies.push_back({milliseconds(250), 1, {"LISTEN"}, {}});
    std::vector<turn_progress> progress{{1, false}};
    CHECK(may_open(turns, 1, progress));
}

TEST_CASE("pauses within a turn are kept up to the longest") {
    pacing pace;
    auto turn = turn_at({0, 20, 5000, 4000});
    CHECK(gap_before(turn, 0, pace) == milliseconds(0));
    CHECK(gap_before(turn, 1, pace) == milliseconds(20));
    CHECK(gap_before(turn, 2, pace) == milliseconds(50));
    CHECK(gap_before(turn, 3, pace) == milliseconds(0));
}

TEST_CASE("a frame waits for the replies that were recorded before it, but not for those to audio") {
    recorded_turn turn;
    turn.frames.push_back({milliseconds(0), std::size_t(47), nullptr});
    turn.frames.push_back(saying(1, R"({"type":"CLIENT_ASR","data":{"text":"x"}})"));
    turn.frames.push_back(saying(2, R"({"type":"CONTEXT","data":{}})"));
    turn.replies.push_back({milliseconds(0), 1, {"LISTEN", "EOS"}, {}});
    turn.replies.push_back({milliseconds(0), 2, {"LISTEN", "EOS", "SKILL_ACTION"}, {}});
    CHECK(replies_before(turn, 1) == 0);
    CHECK(replies_before(turn, 2) == 3);
    CHECK(replies_before(turn, 3) == 3);
    turn.complete = true;
    CHECK(replies_before(turn, 1) == 2);
    CHECK(replies_before(turn, 3) == 5);
}

TEST_CASE("recorded time is divided by the speed") {
    steady_time start{milliseconds(1000)};
    CHECK(scaled(start, milliseconds(500), milliseconds(700), 1) == start + milliseconds(200));
    CHECK(scaled(start, milliseconds(500), milliseconds(700), 4) == start + milliseconds(50));
    CHECK(scaled(start, milliseconds(500), milliseconds(700), 0.5) == start + milliseconds(400));
}
