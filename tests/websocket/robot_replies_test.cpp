#include "tests/support/catch.hpp"
#include "websocket/robot/replies.hpp"

#include <string>

using namespace rejoinder;
using namespace rejoinder::websocket::robot;

namespace {

answered_turn spoken(std::string text, std::string understood, std::vector<shown_event> shown) {
    input what;
    what.identity = "t1:m2";
    what.transaction = "t1";
    what.text = std::move(text);
    what.rules = {"wake-word", "globals/g"};
    return {std::move(what), std::move(understood), std::move(shown), from_unix(1000)};
}

answered_turn touched(std::string intent, json entities, std::vector<std::string> rules) {
    input what;
    what.kind = input_kind::intent;
    what.identity = "t1:m2";
    what.transaction = "t1";
    what.intent = std::move(intent);
    what.entities = std::move(entities);
    what.rules = std::move(rules);
    return {std::move(what), {}, {}, from_unix(1000)};
}

shown_event say(std::string text) {
    return {"say", {{"text", std::move(text)}}};
}

std::vector<std::string> types(const std::vector<timed_frame>& batch) {
    std::vector<std::string> found;
    for (const auto& each : batch)
        found.push_back(each.message.at("type"));
    return found;
}

std::string esml(const json& action) {
    return action.at("/data/action/config/jcp/config/play/esml"_json_pointer);
}

} // namespace

TEST_CASE("a text that is answered by speech gives LISTEN, EOS and 75 ms later SKILL_ACTION") {
    auto batch = make_batch(spoken("tell me a joke", "joke", {say("Knock knock.")}));
    REQUIRE(types(batch) == std::vector<std::string>{"LISTEN", "EOS", "SKILL_ACTION"});
    CHECK(batch[0].delay == milliseconds(0));
    CHECK(batch[1].delay == milliseconds(0));
    CHECK(batch[2].delay == milliseconds(75));

    CHECK(batch[0].message ==
          json::parse(R"({"type":"LISTEN","ts":1000,"msgID":"t1:m2-1","transID":"t1","data":{
        "asr":{"text":"tell me a joke","confidence":1,"final":true},
        "nlu":{"intent":"joke","confidence":1,"rules":["wake-word","globals/g"],"entities":{}},
        "match":{"intent":"joke","rule":"wake-word","score":1,"skipSurprises":true}}})"));
    CHECK(batch[1].message ==
          json::parse(R"({"type":"EOS","ts":1000,"msgID":"t1:m2-2","transID":"t1","data":{}})"));
    CHECK(batch[2].message ==
          json::parse(R"({"type":"SKILL_ACTION","ts":1000,"msgID":"t1:m2-3","transID":"t1","data":{
        "skill":{"id":"@be/joke"},
        "action":{"config":{"jcp":{"type":"SLIM","config":{"play":{"esml":"<speak>Knock knock.</speak>",
            "meta":{"prompt_id":"RUNTIME_PROMPT","prompt_sub_category":"AN","mim_id":"runtime-joke","mim_type":"announcement"}}}}}},
        "analytics":{},"final":true}})"));
}

TEST_CASE("a touch is answered with its own intent, entities and rules and without speech") {
    auto batch = make_batch(touched("timerValue", {{"seconds", "null"}}, {"clock/timer_set_value"}));
    REQUIRE(types(batch) == std::vector<std::string>{"LISTEN", "EOS"});
    const auto& data = batch[0].message.at("data");
    CHECK(data.at("asr").at("text") == "timerValue");
    CHECK(data.at("nlu").at("intent") == "timerValue");
    CHECK(data.at("nlu").at("entities") == json{{"seconds", "null"}});
    CHECK(data.at("nlu").at("rules") == json{"clock/timer_set_value"});
    CHECK(data.at("match").at("intent") == "timerValue");
    CHECK(data.at("match").at("rule") == "clock/timer_set_value");
}

TEST_CASE("a redirect is followed by a silent action, both later than LISTEN") {
    shown_event redirect{
        "redirect", {{"skill", "@be/clock"}, {"intent", "askForTime"}, {"entities", {{"domain", "clock"}}}}};
    auto batch = make_batch(spoken("what time is it", "time", {redirect}));
    REQUIRE(types(batch) == std::vector<std::string>{"LISTEN", "EOS", "SKILL_REDIRECT", "SKILL_ACTION"});
    CHECK(batch[2].delay == milliseconds(75));
    CHECK(batch[3].delay == milliseconds(125));
    CHECK(batch[2].message.at("data") == json::parse(R"({
        "match":{"skillID":"@be/clock","onRobot":true,"launch":true,"skipSurprises":true},
        "asr":{"text":"what time is it","confidence":1},
        "nlu":{"intent":"askForTime","confidence":1,"rules":["wake-word","globals/g"],"entities":{"domain":"clock"}}})"));
    CHECK(esml(batch[3].message) == "<speak><break time='1ms'/></speak>");
    CHECK(batch[3].message.at("data").at("skill").at("id") == "@be/clock");
    CHECK(batch[0].message.at("data").at("nlu").at("intent") == "time");
}

TEST_CASE("a redirect without a skill is none") {
    auto batch = make_batch(spoken("x", "chat", {{"redirect", json::object()}}));
    CHECK(types(batch) == std::vector<std::string>{"LISTEN", "EOS"});
}

TEST_CASE("what is said beside a redirect is said by its action") {
    auto batch = make_batch(spoken("x", "time", {{"redirect", {{"skill", "@be/clock"}}}, say("Look.")}));
    REQUIRE(batch.size() == 4);
    CHECK(batch[3].delay == milliseconds(125));
    CHECK(esml(batch[3].message) == "<speak>Look.</speak>");
}

TEST_CASE("everything that is said or asked in a turn is one utterance, and other events are ignored") {
    auto batch = make_batch(
        spoken("x", "chat", {say("One."), {"notice", {{"text", "no"}}}, {"ask", {{"text", "Two?"}}}}));
    REQUIRE(types(batch) == std::vector<std::string>{"LISTEN", "EOS", "SKILL_ACTION"});
    CHECK(esml(batch[2].message) == "<speak>One. Two?</speak>");
}

TEST_CASE("what a machine says may name its skill and its prompt") {
    shown_event named{"say",
                      {{"text", "x"},
                       {"skill", "@be/other"},
                       {"mim_id", "M"},
                       {"mim_type", "question"},
                       {"prompt_id", "P"},
                       {"prompt_sub_category", "Q"}}};
    auto batch = make_batch(spoken("x", "joke", {named}));
    const auto& data = batch.at(2).message.at("data");
    CHECK(data.at("skill").at("id") == "@be/other");
    CHECK(data.at("/action/config/jcp/config/play/meta"_json_pointer) ==
          json::parse(R"({"mim_id":"M","mim_type":"question","prompt_id":"P","prompt_sub_category":"Q"})"));
}

TEST_CASE("speech cannot break out of its markup") {
    auto batch = make_batch(spoken("x", "chat", {say("a<b> & \"c\" 'd'\x01")}));
    CHECK(esml(batch.at(2).message) == "<speak>a&lt;b&gt; &amp; &quot;c&quot; &apos;d&apos;</speak>");
}

TEST_CASE("a rule that wants yes or no strips the robot-wide rules from the reply") {
    CHECK(reply_rules({"shared/yes_no", "globals/gui_nav", "globals/mim_repeat"}) ==
          std::vector<std::string>{"shared/yes_no"});
    CHECK(reply_rules({"globals/gui_nav", "clock/alarm_timer_change"}) ==
          std::vector<std::string>{"clock/alarm_timer_change"});
    CHECK(reply_rules({"launch", "globals/gui_nav"}) ==
          std::vector<std::string>{"launch", "globals/gui_nav"});
    auto batch = make_batch(touched("yes", json::object(), {"globals/gui_nav", "shared/yes_no"}));
    CHECK(batch[0].message.at("/data/match/rule"_json_pointer) == "shared/yes_no");
}

TEST_CASE("a trigger is answered only when there is something to say") {
    input what;
    what.kind = input_kind::trigger;
    what.identity = "t1:m1";
    CHECK(make_batch({what, {}, {}, {}}).empty());
    CHECK(make_batch({what, {}, {{"state", {{"value", "idle"}}}}, {}}).empty());
    CHECK(types(make_batch({what, {}, {say("Hello there.")}, {}})) ==
          std::vector<std::string>{"LISTEN", "EOS", "SKILL_ACTION"});
}

TEST_CASE("silence is answered with an empty text and nothing else") {
    input what;
    what.kind = input_kind::silence;
    what.identity = "t1:m1";
    what.transaction = "t1";
    what.rules = {"launch"};
    auto batch = make_batch({what, {}, {}, {}});
    REQUIRE(types(batch) == std::vector<std::string>{"LISTEN", "EOS"});
    CHECK(batch[0].message.at("/data/asr/text"_json_pointer) == "");
    CHECK(batch[0].message.at("/data/asr/confidence"_json_pointer) == 0);
}

TEST_CASE("a frame that had no transaction gets a reply without one") {
    input what;
    what.identity = "c1::1";
    what.text = "hi";
    auto batch = make_batch({what, "hello", {}, {}});
    CHECK_FALSE(batch.at(0).message.contains("transID"));
}

TEST_CASE("the same turn gives the same frames") {
    auto turn = spoken("x", "joke", {say("y")});
    auto first = make_batch(turn);
    auto second = make_batch(turn);
    REQUIRE(first.size() == second.size());
    for (std::size_t i = 0; i < first.size(); ++i)
        CHECK(to_text(first[i].message) == to_text(second[i].message));
}
