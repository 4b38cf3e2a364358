#include "service/replay/compare.hpp"
#include "tests/support/catch.hpp"

#include <functional>
#include <string>

using namespace rejoinder;
using namespace rejoinder::service;

namespace {

recorded_frame text(std::string content) {
    auto message = json::parse(content);
    return {milliseconds(0), std::move(content), std::move(message)};
}

recorded_turn asked(std::vector<std::string> types) {
    recorded_turn turn;
    turn.number = 7;
    turn.frames.push_back(text(R"({"type":"LISTEN","transID":"t","data":{"rules":["launch","globals/g"]}})"));
    turn.frames.push_back(text(R"({"type":"CLIENT_ASR","transID":"t","data":{"text":"a joke"}})"));
    turn.frames.push_back(text(R"({"type":"CONTEXT","transID":"t","data":{}})"));
    turn.replies.push_back({milliseconds(0), 2, std::move(types), {}});
    return turn;
}

received_turn::reply reply(int at, const std::string& content) {
    return {milliseconds(at), 2, json::parse(content)};
}

const std::string listen_reply =
    R"({"type":"LISTEN","transID":"t","data":{"asr":{"text":"a joke","final":true},)"
    R"("nlu":{"intent":"joke","rules":["launch","globals/g"],"entities":{}},)"
    R"("match":{"intent":"joke","rule":"launch","skipSurprises":true}}})";
const std::string eos_reply = R"({"type":"EOS","transID":"t","data":{}})";
const std::string action_reply = R"({"type":"SKILL_ACTION","transID":"t","data":{}})";

received_turn good_answer() {
    received_turn received;
    received.sent = {milliseconds(0), milliseconds(10), milliseconds(60)};
    received.replies = {reply(12, listen_reply), reply(12, eos_reply), reply(87, action_reply)};
    return received;
}

turn_verdict verdict_of(const std::function<void(received_turn&)>& spoil) {
    auto received = good_answer();
    spoil(received);
    return compare_turn(asked({"LISTEN", "EOS", "SKILL_ACTION"}), received);
}

} // namespace

TEST_CASE("a turn with the recorded types and contents that follow its frames is the same") {
    auto verdict = verdict_of([](received_turn&) {});
    CHECK(verdict.problems.empty());
    CHECK(verdict.result == standing::same);
    CHECK(verdict.speech_delay == milliseconds(75));
}

TEST_CASE("missing, additional and reordered frames are differences") {
    auto missing = verdict_of([](received_turn& r) { r.replies.pop_back(); });
    CHECK(missing.result == standing::differs);
    CHECK(describe(missing) == "turn 7: recorded LISTEN,EOS,SKILL_ACTION, ours LISTEN,EOS");
    CHECK(verdict_of([](received_turn& r) { r.replies.push_back(r.replies.back()); }).result ==
          standing::differs);
    auto nothing = verdict_of([](received_turn& r) { r.replies.clear(); });
    CHECK(describe(nothing) == "turn 7: recorded LISTEN,EOS,SKILL_ACTION, ours nothing");
    auto swapped = verdict_of([](received_turn& r) { std::swap(r.replies[1], r.replies[2]); });
    CHECK(swapped.result == standing::differs);
    CHECK_FALSE(swapped.problems.empty());
}

TEST_CASE("a reply that does not follow its frame is a difference although the types are right") {
    auto spoilt = [](std::size_t which, std::string pointer, json value) {
        return verdict_of(
            [&](received_turn& r) { r.replies[which].message[json::json_pointer(pointer)] = value; });
    };
    CHECK(spoilt(0, "/transID", "other").result == standing::differs);
    CHECK(spoilt(2, "/transID", "other").result == standing::differs);
    CHECK(spoilt(0, "/data/asr/text", "a yoke").result == standing::differs);
    CHECK(spoilt(0, "/data/asr/final", false).result == standing::differs);
    CHECK(spoilt(0, "/data/match/intent", "news").result == standing::differs);
    CHECK(spoilt(0, "/data/match/rule", "globals/g").result == standing::differs);
    CHECK(spoilt(0, "/data/match/skipSurprises", false).result == standing::differs);
    CHECK(spoilt(0, "/data/nlu/rules", json{"launch"}).result == standing::differs);
    CHECK(spoilt(0, "/data/nlu/intent", "").result == standing::differs);
    CHECK(spoilt(0, "/transID", "other").problems.at(0) == R"(LISTEN/transID is "other" instead of "t")");
}

TEST_CASE("speech that comes too early is a difference") {
    auto early = verdict_of([](received_turn& r) { r.replies[2].at = milliseconds(70); });
    CHECK(early.result == standing::differs);
    CHECK(early.problems.at(0) == "SKILL_ACTION came after 60 ms, too early");
    CHECK(verdict_of([](received_turn& r) { r.replies[2].at = milliseconds(5000); }).result ==
          standing::same);
}

TEST_CASE("an action behind a redirect has to wait longer") {
    auto turn = asked({"LISTEN", "EOS", "SKILL_REDIRECT", "SKILL_ACTION"});
    auto received = good_answer();
    received.replies.insert(received.replies.begin() + 2,
                            reply(87, R"({"type":"SKILL_REDIRECT","transID":"t"})"));
    received.replies[3].at = milliseconds(110);
    CHECK(compare_turn(turn, received).result == standing::differs);
    received.replies[3].at = milliseconds(137);
    CHECK(compare_turn(turn, received).result == standing::same);
}

TEST_CASE("a touch is answered with its own intent and entities") {
    auto turn = asked({"LISTEN", "EOS"});
    turn.frames[1] = text(
        R"({"type":"CLIENT_NLU","transID":"t","data":{"intent":"set","rules":["menu"],"entities":{"a":"null"}}})");
    auto received = good_answer();
    received.replies.pop_back();
    received.replies[0].message = json::parse(
        R"({"type":"LISTEN","transID":"t","data":{"asr":{"text":"set","final":true},
            "nlu":{"intent":"set","rules":["menu"],"entities":{"a":"null"}},
            "match":{"intent":"set","rule":"menu","skipSurprises":true}}})");
    CHECK(compare_turn(turn, received).result == standing::same);
    received.replies[0].message["data"]["nlu"]["entities"]["a"] = nullptr;
    CHECK(compare_turn(turn, received).result == standing::differs);
}

TEST_CASE("a rule that wants yes or no may be named without the robot-wide ones, another may not") {
    auto turn = asked({"LISTEN", "EOS", "SKILL_ACTION"});
    auto received = good_answer();
    auto& listen = received.replies[0].message["data"];
    listen["nlu"]["rules"] = {"shared/yes_no"};
    listen["match"]["rule"] = "shared/yes_no";
    turn.frames[0] =
        text(R"({"type":"LISTEN","transID":"t","data":{"rules":["shared/yes_no","globals/g"]}})");
    CHECK(compare_turn(turn, received).result == standing::same);
    turn.frames[0] = text(R"({"type":"LISTEN","transID":"t","data":{"rules":["clock/menu","globals/g"]}})");
    CHECK(compare_turn(turn, received).result == standing::differs);
}

TEST_CASE("what was answered to audio and what has no recorded reply is not compared") {
    recorded_turn heard = asked({"LISTEN", "EOS", "SKILL_ACTION"});
    heard.frames[1] = {milliseconds(0), std::size_t(47), nullptr};
    CHECK(compare_turn(heard, {}).result == standing::audio);
    recorded_turn trigger;
    trigger.frames.push_back(text(R"({"type":"TRIGGER","transID":"t","data":{}})"));
    CHECK(compare_turn(trigger, {}).result == standing::without_reply);
}

TEST_CASE("of a turn with audio and a touch only the answer to the touch is compared") {
    auto turn = asked({"LISTEN", "EOS"});
    turn.frames.insert(turn.frames.begin() + 1, {milliseconds(0), std::size_t(47), nullptr});
    turn.replies.insert(turn.replies.begin(), {milliseconds(0), 2, {"LISTEN", "EOS", "SKILL_ACTION"}, {}});
    turn.replies[1].after = 3;
    auto received = good_answer();
    received.replies.pop_back();
    received.sent.push_back(milliseconds(61));
    for (auto& each : received.replies)
        each.after = 3;
    auto verdict = compare_turn(turn, received);
    CHECK(verdict.problems.empty());
    CHECK(verdict.result == standing::same);
}

TEST_CASE("a complete turn says what may be answered, silence included") {
    recorded_turn turn;
    turn.complete = true;
    turn.frames.push_back(text(R"({"type":"LISTEN","transID":"t","data":{}})"));
    CHECK(compare_turn(turn, {}).result == standing::same);
    received_turn received;
    received.sent = {milliseconds(0)};
    received.replies = {reply(1, listen_reply), reply(1, eos_reply)};
    CHECK(compare_turn(turn, received).result == standing::differs);
}

TEST_CASE("members and delays that a flow expects are looked at") {
    auto turn = asked({"LISTEN", "EOS", "SKILL_ACTION"});
    turn.replies[0].content = {{json{{"data", {{"nlu", {{"intent", "joke"}}}}}}, milliseconds(0)},
                               {json(), milliseconds(0)},
                               {json(), milliseconds(75)}};
    CHECK(compare_turn(turn, good_answer()).result == standing::same);
    turn.replies[0].content[0].subset["data"]["nlu"]["intent"] = "news";
    CHECK(compare_turn(turn, good_answer()).result == standing::differs);
    turn.replies[0].content[0].subset = nullptr;
    turn.replies[0].content[2].delay = milliseconds(90);
    CHECK(compare_turn(turn, good_answer()).result == standing::differs);
}

TEST_CASE("a turn that could not be played differs and says why") {
    auto verdict = verdict_of([](received_turn& r) { r.failure = "no connection: refused"; });
    CHECK(verdict.result == standing::differs);
    CHECK(verdict.problems.at(0) == "no connection: refused");
}

TEST_CASE("a difference with a reason is on purpose, and only that very difference") {
    std::vector<turn_verdict> verdicts{verdict_of([](received_turn& r) { r.replies.pop_back(); })};
    auto other = verdicts;
    std::vector<expectation> expected{{7, "LISTEN,EOS", "touches are silent"}};
    CHECK(excuse(verdicts, expected).empty());
    CHECK(verdicts[0].result == standing::on_purpose);
    CHECK(describe(verdicts[0]).find("on purpose: touches are silent") != std::string::npos);

    expected[0].ours = "LISTEN";
    CHECK(excuse(other, expected).size() == 1);
    CHECK(other[0].result == standing::differs);
}

TEST_CASE("a reason that no longer applies is told") {
    std::vector<turn_verdict> verdicts{verdict_of([](received_turn&) {})};
    std::vector<expectation> expected{{7, "LISTEN,EOS", "touches are silent"}, {8, "LISTEN", "gone"}};
    auto stale = excuse(verdicts, expected);
    REQUIRE(stale.size() == 2);
    CHECK(stale[0] == "turn 7: the reason no longer applies: touches are silent");
}

TEST_CASE("no reason excuses a reply that does not follow its frame") {
    std::vector<turn_verdict> verdicts{verdict_of([](received_turn& r) {
        r.replies.pop_back();
        r.replies[0].message["transID"] = "other";
    })};
    std::vector<expectation> expected{{7, "LISTEN,EOS", "touches are silent"}};
    CHECK(excuse(verdicts, expected).size() == 1);
    CHECK(verdicts[0].result == standing::differs);
}

TEST_CASE("expectations are read, and a reason is required") {
    auto good = read_expectations(R"([{"turn":7,"ours":"LISTEN,EOS","reason":"because"}])");
    REQUIRE(std::holds_alternative<std::vector<expectation>>(good));
    CHECK(std::get<std::vector<expectation>>(good).at(0).turn == 7);
    for (auto* bad :
         {"{", "{}", R"([{"turn":7,"ours":"x"}])", R"([{"turn":7,"ours":"x","reason":""}])", "[1]"})
        CHECK(std::holds_alternative<recording_error>(read_expectations(bad)));
}

TEST_CASE("the summary counts every turn once") {
    std::vector<turn_verdict> verdicts(5);
    verdicts[1].result = standing::audio;
    verdicts[2].result = standing::without_reply;
    verdicts[3].result = standing::on_purpose;
    verdicts[4].result = standing::differs;
    CHECK(summarise(verdicts) ==
          "1 same, 1 differ on purpose, 1 differ, 2 not compared (1 audio, 1 without recorded reply)");
}
