#include "tests/support/catch.hpp"
#include "websocket/robot/frames.hpp"

#include <string>

using namespace rejoinder;
using namespace rejoinder::websocket::robot;
namespace robot = rejoinder::websocket::robot;

namespace {

frame read(std::string_view text) {
    auto parsed = parse_frame(text);
    if (auto* wrong = std::get_if<frame_error>(&parsed)) FAIL(wrong->message);
    return std::get<frame>(parsed);
}

std::string complaint(std::string_view text) {
    auto parsed = parse_frame(text);
    auto* wrong = std::get_if<frame_error>(&parsed);
    return wrong ? wrong->message : "accepted";
}

template <class Body>
Body body(std::string_view text) {
    auto parsed = read(text);
    REQUIRE(std::holds_alternative<Body>(parsed.body));
    return std::get<Body>(parsed.body);
}

} // namespace

TEST_CASE("a robot's frame is read with its envelope") {
    auto parsed = read(R"({"type":"CLIENT_ASR","ts":1,"msgID":"m-1","transID":"t-1","data":{"text":"hi"}})");
    CHECK(parsed.type == "CLIENT_ASR");
    CHECK(parsed.transaction == "t-1");
    CHECK(parsed.message == "m-1");
    CHECK(std::get<client_asr>(parsed.body).text == "hi");
}

TEST_CASE("ids that are numbers are taken as text and missing ones are empty") {
    auto numbered = read(R"({"type":"TRIGGER","msgID":7,"transID":12})");
    CHECK(numbered.transaction == "12");
    CHECK(numbered.message == "7");
    CHECK(read(R"({"type":"TRIGGER","transID":null})").transaction.empty());
}

TEST_CASE("LISTEN tells its rules, how long it waits, and what was heard already") {
    auto plain = body<robot::listen>(
        R"({"type":"LISTEN","data":{"rules":["launch","globals/x",3],"asr":{"sosTimeout":6000}}})");
    CHECK(plain.rules == std::vector<std::string>{"launch", "globals/x"});
    CHECK(plain.silence == milliseconds(6000));
    CHECK(plain.text.empty());
    CHECK(body<robot::listen>(R"({"type":"LISTEN","data":{"text":"one"}})").text == "one");
    CHECK(body<robot::listen>(R"({"type":"LISTEN","data":{"asr":{"text":"two"}}})").text == "two");
    CHECK(body<robot::listen>(R"({"type":"LISTEN"})").silence == milliseconds(7000));
}

TEST_CASE("a LISTEN that would wait for ever or not at all waits within bounds") {
    CHECK(body<robot::listen>(R"({"type":"LISTEN","data":{"asr":{"sosTimeout":86400000}}})").silence ==
          milliseconds(60000));
    CHECK(body<robot::listen>(R"({"type":"LISTEN","data":{"asr":{"sosTimeout":-5}}})").silence ==
          milliseconds(100));
    CHECK(body<robot::listen>(R"({"type":"LISTEN","data":{"asr":{"sosTimeout":"soon"}}})").silence ==
          milliseconds(7000));
}

TEST_CASE("entities of CLIENT_NLU keep their loose types") {
    auto nlu = body<client_nlu>(
        R"({"type":"CLIENT_NLU","data":{"intent":"timerValue","entities":{"hours":0,"seconds":"null","x":[1]}}})");
    CHECK(nlu.intent == "timerValue");
    CHECK(to_text(nlu.entities) == R"({"hours":0,"seconds":"null","x":[1]})");
    CHECK(nlu.rules.empty());
    CHECK(body<client_nlu>(R"({"type":"CLIENT_NLU","data":{"intent":"a","entities":null}})").entities ==
          json::object());
}

TEST_CASE("CONTEXT keeps all of its data and names the robot and the hint") {
    auto seen = body<device_context>(
        R"({"type":"CONTEXT","data":{"audioTranscriptHint":"hi","runtime":{"loop":{"jibo":{"id":"robot-1"}}}}})");
    CHECK(seen.transcript_hint == "hi");
    CHECK(seen.robot_id == "robot-1");
    CHECK(seen.data.contains("runtime"));
    CHECK_FALSE(body<device_context>(R"({"type":"CONTEXT","data":{}})").robot_id.has_value());
}

TEST_CASE("a type that nobody knows is a frame and no error") {
    CHECK(std::holds_alternative<unknown>(read(R"({"type":"PROXIMITY","data":{"cm":40}})").body));
}

TEST_CASE("what is no frame is refused with a sentence that says why") {
    CHECK(complaint("{") == "the text is no valid JSON");
    CHECK(complaint("[]") == "a frame is a JSON object");
    CHECK(complaint("{}") == "a frame needs a type");
    CHECK(complaint(R"({"type":5})") == "a frame needs a type");
    CHECK(complaint(R"({"type":"LISTEN","data":[]})") == "the data of a frame is an object");
    CHECK(complaint(R"({"type":"CLIENT_NLU","data":{}})") == "CLIENT_NLU needs an intent");
    CHECK(complaint(R"({"type":"LISTEN","type":"EOS"})") == "an object has a key twice");
}

TEST_CASE("a frame beyond the bounds is refused and nothing of it is in the sentence") {
    const std::string secret(max_text_size + 1, 's');
    auto wrong = complaint(R"({"type":"CLIENT_ASR","data":{"text":")" + secret + R"("}})");
    CHECK(wrong == "the text of CLIENT_ASR is too long");
    CHECK(complaint(R"({"type":"LISTEN","data":{"text":")" + secret + R"("}})") ==
          "the text of LISTEN is too long");
    CHECK(complaint(R"({"type":"CONTEXT","data":{"audioTranscriptHint":")" + secret + R"("}})") ==
          "the hint of CONTEXT is too long");
    CHECK(complaint(R"({"type":"TRIGGER","transID":")" + std::string(max_id_size + 1, 'x') + R"("})") ==
          "the type or an id of the frame is too long");
    CHECK(complaint(R"({"type":"CLIENT_NLU","data":{"intent":")" + std::string(max_id_size + 1, 'x') +
                    R"("}})") == "the intent of CLIENT_NLU is too long");
    std::string rules = R"("r")";
    for (std::size_t i = 0; i < max_rules; ++i)
        rules += R"(,"r")";
    CHECK(complaint(R"({"type":"LISTEN","data":{"rules":[)" + rules + "]}}") ==
          "the rules of LISTEN are too many or too long");
    CHECK(complaint(std::string(40, '[')) == "the document is nested too deeply");
}
