#include "service/replay/inputs.hpp"
#include "service/replay/opus_page.hpp"
#include "service/replay/recording.hpp"
#include "tests/support/captures.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/source_folder.hpp"

#include <string>

using namespace rejoinder;
using namespace rejoinder::service;

namespace {

const std::string line =
    R"({"turn":3,"token":"a","socket":"listen","opened_ms":100,"inbound":[)"
    R"({"at_ms":110,"text":{"type":"LISTEN","transID":"t","data":{"rules":["launch"]}}},)"
    R"({"at_ms":120,"binary":47},{"at_ms":130,"text":"{oops"}],)"
    R"("replies":[{"at_ms":400,"after":2,"types":["LISTEN","EOS"]}]})";

recording read(std::string_view text) {
    auto outcome = read_recording("test", text);
    if (auto* wrong = std::get_if<recording_error>(&outcome)) FAIL(wrong->message);
    return std::get<recording>(std::move(outcome));
}

std::string complaint(std::string_view text) {
    auto outcome = read_recording("test", text);
    auto* wrong = std::get_if<recording_error>(&outcome);
    return wrong ? wrong->message : "accepted";
}

} // namespace

TEST_CASE("a recorded turn is read with its frames and replies") {
    auto turn = read(line).turns.at(0);
    CHECK(turn.number == 3);
    CHECK(turn.token == "a");
    CHECK(turn.path == "/v1/listen");
    CHECK(turn.opened == milliseconds(100));
    CHECK(turn.ended() == milliseconds(400));
    REQUIRE(turn.frames.size() == 3);
    CHECK(turn.frames[0].message.at("type") == "LISTEN");
    CHECK(std::get<std::string>(turn.frames[0].content) == to_text(turn.frames[0].message));
    CHECK(std::get<std::size_t>(turn.frames[1].content) == 47);
    CHECK(std::get<std::string>(turn.frames[2].content) == "{oops");
    CHECK(turn.frames[2].message.is_null());
    REQUIRE(turn.replies.size() == 1);
    CHECK(turn.replies[0].after == 2);
    CHECK(turn.replies[0].types == std::vector<std::string>{"LISTEN", "EOS"});
    CHECK_FALSE(turn.complete);
    CHECK(turn.end == turn_end::closed);
}

TEST_CASE("turns come in the order in which they were opened, and empty lines do not count") {
    auto later = line;
    later.replace(later.find("\"opened_ms\":100"), 15, "\"opened_ms\":900");
    auto turns = read(later + "\n\n" + line + "\n").turns;
    REQUIRE(turns.size() == 2);
    CHECK(turns[0].opened == milliseconds(100));
    CHECK(turns[1].opened == milliseconds(900));
}

TEST_CASE("a recording of ours may say that its replies are complete and that the robot was cut off") {
    auto marked = line;
    marked.insert(1, R"("complete":true,"ends":"cut",)");
    auto turn = read(marked).turns.at(0);
    CHECK(turn.complete);
    CHECK(turn.end == turn_end::cut);
}

TEST_CASE("a line that cannot be read is named") {
    CHECK(complaint(line + "\n{") == "test, line 2: the text is no valid JSON");
    CHECK(complaint("[]") == "test, line 1: an object is expected");
    CHECK(complaint("{}") == "test, line 1: 'turn' is missing");
    CHECK(complaint(R"({"turn":1,"token":"a","socket":"wire"})") ==
          "test, line 1: 'socket' is 'listen' or 'proactive'");
    CHECK(complaint(R"({"turn":1,"token":"a","socket":"listen","opened_ms":-4})") ==
          "test, line 1: 'opened_ms' is a number from 0");
    CHECK(complaint("") == "test: there is no turn in it");
}

TEST_CASE("a flow becomes one complete turn with what it expects of each reply") {
    auto outcome = read_flow("f", R"({"session":{"token":"k","path":"/listen"},"steps":[
        {"binary":[1,2,3],"expectedReplyTypes":[]},
        {"text":{"type":"CLIENT_ASR","data":{"text":"x"}},"expectedReplyTypes":["LISTEN","EOS"],
         "expectedReplies":[{"jsonSubset":{"type":"LISTEN"}},{"delayMs":75}]}]})");
    REQUIRE(std::holds_alternative<recording>(outcome));
    auto turn = std::get<recording>(outcome).turns.at(0);
    CHECK(turn.complete);
    CHECK(turn.path == "/listen");
    CHECK(std::get<std::size_t>(turn.frames.at(0).content) == 3);
    REQUIRE(turn.replies.size() == 1);
    CHECK(turn.replies[0].after == 2);
    REQUIRE(turn.replies[0].content.size() == 2);
    CHECK(turn.replies[0].content[0].subset == json{{"type", "LISTEN"}});
    CHECK(turn.replies[0].content[1].subset.is_null());
    CHECK(turn.replies[0].content[1].delay == milliseconds(75));
}

TEST_CASE("a flow that names fewer contents than types is refused") {
    auto outcome = read_flow("f", R"({"session":{"token":"k","path":"/listen"},"steps":[
        {"binary":[1],"expectedReplyTypes":["LISTEN","EOS"],"expectedReplies":[{}]}]})");
    REQUIRE(std::holds_alternative<recording_error>(outcome));
}

TEST_CASE("a recording that is not there is refused with its name") {
    auto outcome = load_recording("/nowhere/day.ndjson");
    REQUIRE(std::holds_alternative<recording_error>(outcome));
    CHECK(std::get<recording_error>(outcome).message.find("/nowhere/day.ndjson") == 0);
}

TEST_CASE("inputs that need no recogniser are found with what their reply repeats") {
    auto turn =
        read(
            R"({"turn":1,"token":"a","socket":"listen","opened_ms":0,"replies":[],"inbound":[)"
            R"({"at_ms":0,"text":{"type":"LISTEN","transID":"t","data":{"rules":["launch"]}}},)"
            R"({"at_ms":0,"binary":47},)"
            R"({"at_ms":0,"text":{"type":"CLIENT_NLU","transID":"t","data":{"intent":"set","rules":["menu"],"entities":{"a":"null"}}}},)"
            R"({"at_ms":0,"text":{"type":"CLIENT_ASR","transID":"t","data":{}}},)"
            R"({"at_ms":0,"text":{"type":"CONTEXT","transID":"t","data":{"audioTranscriptHint":"hinted"}}},)"
            R"({"at_ms":0,"text":{"type":"CLIENT_ASR","transID":"t","data":{"text":"said"}}},)"
            R"({"at_ms":0,"text":{"type":"TRIGGER","transID":"u","data":{}}}]})")
            .turns.at(0);
    auto inputs = inputs_of(turn);
    REQUIRE(inputs.size() == 4);
    CHECK(inputs[0].frame == 2);
    CHECK(inputs[0].intent == "set");
    CHECK(inputs[0].entities == json{{"a", "null"}});
    CHECK(inputs[0].rules == std::vector<std::string>{"menu"});
    CHECK(inputs[1].frame == 4);
    CHECK(inputs[1].text == "hinted");
    CHECK(inputs[1].rules == std::vector<std::string>{"launch"});
    CHECK(inputs[2].text == "said");
    CHECK_FALSE(inputs[2].intent.has_value());
    CHECK(inputs[3].trigger);
}

TEST_CASE(
    "batches answer the inputs in their order, audio where there is none, and triggers may be passed over") {
    std::vector<recorded_input> inputs(3);
    inputs[0].frame = 2;
    inputs[1].frame = 4;
    inputs[1].trigger = true;
    inputs[2].frame = 5;
    std::vector<std::size_t> after{2, 3, 6, 6};
    auto answered = answered_inputs(inputs, after);
    REQUIRE(answered.size() == 4);
    CHECK_FALSE(answered[0].has_value());
    CHECK(answered[1] == 0u);
    CHECK(answered[2] == 2u);
    CHECK_FALSE(answered[3].has_value());
}

TEST_CASE("audio stands in with its length, and 47 bytes are the first page of an Opus stream") {
    auto page = audio_of(47);
    REQUIRE(page.size() == 47);
    CHECK(page.starts_with("OggS"));
    CHECK(page.substr(28, 8) == "OpusHead");
    CHECK(page.substr(22, 4) == std::string("\xcf\x6e\x9a\xf6", 4));
    CHECK(audio_of(4) == std::string(4, '\0'));
}

TEST_CASE("the captured days are read whole") {
    auto place = rejoinder::tests::captures_or_skip();
    if (!place) return;
    auto day = load_recording(*place + "/robot-day-a.ndjson");
    REQUIRE(std::holds_alternative<recording>(day));
    CHECK(std::get<recording>(day).turns.size() == 102);
    std::size_t frames = 0;
    for (const auto& turn : std::get<recording>(day).turns)
        frames += turn.frames.size();
    CHECK(frames == 1235);
}

TEST_CASE("the recording of our own is read whole") {
    auto rows = load_recording(tests::source_folder() + "/tests/recordings/robot-rows.ndjson");
    if (auto* wrong = std::get_if<recording_error>(&rows)) FAIL(wrong->message);
    CHECK(std::get<recording>(rows).turns.size() == 41);
}
