#include "service/recording/lines.hpp"

#include "tests/support/catch.hpp"

using namespace rejoinder;
using namespace rejoinder::service;

TEST_CASE("what a client shows to be let in is redacted, wherever it has put it") {
    auto hello = redact(R"({"type":"hello","device":"d","token":"s1","resume":"s2","more":{"token":"s3"}})");
    CHECK(hello["device"] == "d");
    CHECK(hello["token"] == "<redacted>");
    CHECK(hello["resume"] == "<redacted>");
    CHECK(hello["more"]["token"] == "<redacted>");
    CHECK(redact(R"({"type":"token","token":"s4"})")["token"] == "<redacted>");
    auto welcome = redact(R"({"type":"welcome","session":"s","resume":"s5","machine":{"id":"m"}})");
    CHECK(welcome["resume"] == "<redacted>");
    CHECK(welcome["machine"]["id"] == "m");
}

TEST_CASE("of what is no frame of the protocol nothing is kept that could be a secret") {
    CHECK(redact(R"({"type":"tokken","tokken":"s1"})") == json({{"type", "<unknown>"}}));
    CHECK(redact(R"({"tokken":"s1"})") == json::object());
    CHECK(redact(R"({"type":7,"tokken":"s1"})") == json::object());
    CHECK(redact(R"({"type":"hello","token":"s1)").is_null());
    CHECK(redact(R"(["s1"])").is_null());
}

TEST_CASE("every frame of the protocol is known to the recorder") {
    for (const auto* type :
         {"hello", "welcome", "snapshot", "event", "part", "turn", "accepted", "rejected", "cancel",
          "tool_result", "ack", "ping", "pong", "token", "drain", "taken", "error", "bye"}) {
        json frame = {{"type", type}, {"seq", 1}};
        CHECK(redact(to_text(frame)) == frame);
    }
}

TEST_CASE("a line of a recording is read as it was written") {
    recorded_message sent{recorded_message::direction::out, 17, {{"type", "pong"}}};
    auto line = json::parse(to_line(sent));
    REQUIRE(is_message(line));
    auto read = read_message(line);
    CHECK(read.way == sent.way);
    CHECK(read.at == 17);
    CHECK(read.what == sent.what);

    recording_head head{"s", "m", 2, "h", recorded_start{"state", 7}, true, {"acme", "u", "p"}};
    CHECK(is_session_recording(to_line(head, nullptr)));
    CHECK(is_session_recording(to_gap_line(3)));
    auto again = read_head(json::parse(to_line(head, nullptr)));
    CHECK(again.machine_version == 2);
    REQUIRE(again.start);
    CHECK(again.start->head == 7);
    CHECK(again.live);
    CHECK(again.owner == head.owner);
}
