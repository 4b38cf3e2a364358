#include "persistence/ids.hpp"
#include "tests/support/catch.hpp"
#include "websocket/robot/transaction.hpp"

#include <string>

using namespace rejoinder;
using namespace rejoinder::websocket;
using namespace rejoinder::websocket::robot;

namespace {

constexpr steady_time start{milliseconds(1000)};

std::string message(std::string_view type, std::string_view id, std::string_view data = "{}",
                    std::string_view transaction = "t1") {
    return std::string(R"({"type":")") + std::string(type) + R"(","msgID":")" + std::string(id) +
           R"(","transID":")" + std::string(transaction) + R"(","data":)" + std::string(data) + "}";
}

transactions fresh(transaction_limits limits = {}) {
    return transactions("c1", limits, start);
}

input submitted(const std::vector<action>& actions) {
    REQUIRE(actions.size() == 1);
    REQUIRE(std::holds_alternative<submit>(actions[0]));
    return std::get<submit>(actions[0]).what;
}

close_code hung_up_with(const std::vector<action>& actions) {
    REQUIRE_FALSE(actions.empty());
    REQUIRE(std::holds_alternative<hang_up>(actions.back()));
    return std::get<hang_up>(actions.back()).code;
}

const std::string listen_frame =
    message("LISTEN", "m1", R"({"rules":["launch","globals/g"],"asr":{"sosTimeout":6000}})");

} // namespace

TEST_CASE("a LISTEN alone is no turn, and the CLIENT_ASR behind it is one with the rules of the LISTEN") {
    auto in = fresh();
    CHECK(in.on_text(listen_frame, start).empty());
    auto turn = submitted(in.on_text(message("CLIENT_ASR", "m2", R"({"text":"tell me a joke"})"), start));
    CHECK(turn.kind == input_kind::text);
    CHECK(turn.identity == "t1:m2");
    CHECK(turn.transaction == "t1");
    CHECK(turn.text == "tell me a joke");
    CHECK(turn.rules == std::vector<std::string>{"launch", "globals/g"});
}

TEST_CASE("a LISTEN that carries a text is a turn, and so is each further input of its transaction") {
    auto in = fresh();
    auto first =
        submitted(in.on_text(message("LISTEN", "m1", R"({"text":"hi","rules":["wake-word"]})"), start));
    CHECK(first.identity == "t1:m1");
    CHECK(first.text == "hi");
    auto second = submitted(in.on_text(message("CLIENT_ASR", "m2", R"({"text":"hi"})"), start));
    CHECK(second.identity == "t1:m2");
    CHECK(in.open() == 1);
}

TEST_CASE("CLIENT_NLU brings its own intent, entities and rules, and borrows the rules of LISTEN when it has "
          "none") {
    auto in = fresh();
    in.on_text(listen_frame, start);
    auto own = submitted(
        in.on_text(message("CLIENT_NLU", "m2",
                           R"({"intent":"set","entities":{"domain":"alarm"},"rules":["clock/menu"]})"),
                   start));
    CHECK(own.kind == input_kind::intent);
    CHECK(own.intent == "set");
    CHECK(own.entities == json{{"domain", "alarm"}});
    CHECK(own.rules == std::vector<std::string>{"clock/menu"});
    auto borrowed = submitted(in.on_text(message("CLIENT_NLU", "m3", R"({"intent":"set"})"), start));
    CHECK(borrowed.rules == std::vector<std::string>{"launch", "globals/g"});
}

TEST_CASE("a TRIGGER is a turn with its data") {
    auto in = fresh();
    auto turn = submitted(in.on_text(message("TRIGGER", "m1", R"({"triggerSource":"SURPRISE"})"), start));
    CHECK(turn.kind == input_kind::trigger);
    CHECK(turn.entities.at("triggerSource") == "SURPRISE");
}

TEST_CASE("CONTEXT is remembered and is no turn") {
    auto in = fresh();
    auto actions = in.on_text(
        message("CONTEXT", "m1", R"({"skill":{"id":null},"runtime":{"loop":{"jibo":{"id":"robot-9"}}}})"),
        start);
    REQUIRE(actions.size() == 1);
    auto& seen = std::get<remember_context>(actions[0]);
    CHECK(seen.identity == "t1:m1");
    CHECK(seen.robot_id == "robot-9");
    CHECK(seen.data.contains("skill"));
}

TEST_CASE("an empty CLIENT_ASR takes the hint of the CONTEXT before it") {
    auto in = fresh();
    in.on_text(listen_frame, start);
    in.on_text(message("CONTEXT", "m2", R"({"audioTranscriptHint":"tell me a joke"})"), start);
    in.on_audio(47, start);
    auto turn = submitted(in.on_text(message("CLIENT_ASR", "m3"), start));
    CHECK(turn.text == "tell me a joke");
    CHECK(turn.identity == "t1:m3");
    CHECK(in.on_time(start + milliseconds(6000)).empty());
}

TEST_CASE("an empty CLIENT_ASR without a hint stays pending until a hint comes") {
    auto in = fresh();
    in.on_text(listen_frame, start);
    CHECK(in.on_text(message("CLIENT_ASR", "m2"), start).empty());
    CHECK(in.on_text(message("CONTEXT", "m3", "{}"), start).size() == 1);
    auto actions = in.on_text(message("CONTEXT", "m4", R"({"audioTranscriptHint":"late"})"), start);
    REQUIRE(actions.size() == 2);
    CHECK(std::get<submit>(actions[1]).what.text == "late");
    CHECK(std::get<submit>(actions[1]).what.identity == "t1:m2");
}

TEST_CASE("the text of CLIENT_ASR is worth more than the hint") {
    auto in = fresh();
    in.on_text(listen_frame, start);
    in.on_text(message("CONTEXT", "m2", R"({"audioTranscriptHint":"hint"})"), start);
    CHECK(submitted(in.on_text(message("CLIENT_ASR", "m3", R"({"text":"said"})"), start)).text == "said");
}

TEST_CASE("audio that nobody explains is answered once, when the silence of its LISTEN is over") {
    auto in = fresh();
    in.on_text(listen_frame, start);
    CHECK(in.on_audio(47, start + milliseconds(100)).empty());
    CHECK(in.on_audio(4200, start + milliseconds(3000)).empty());
    CHECK(in.next_deadline() == start + milliseconds(6100));
    CHECK(in.on_time(start + milliseconds(6099)).empty());
    auto turn = submitted(in.on_time(start + milliseconds(6100)));
    CHECK(turn.kind == input_kind::silence);
    CHECK(turn.identity == "t1:m1");
    CHECK(turn.text.empty());
    CHECK(turn.rules.front() == "launch");
    CHECK(in.on_audio(4200, start + milliseconds(6200)).empty());
    CHECK(in.on_time(start + milliseconds(20000)).empty());
}

TEST_CASE("a second LISTEN waits for its own audio again") {
    auto in = fresh();
    in.on_text(listen_frame, start);
    in.on_audio(47, start);
    CHECK(in.on_time(start + milliseconds(6000)).size() == 1);
    in.on_text(message("LISTEN", "m5", R"({"asr":{"sosTimeout":1000}})"), start + milliseconds(7000));
    in.on_audio(47, start + milliseconds(7000));
    CHECK(submitted(in.on_time(start + milliseconds(8000))).identity == "t1:m5");
}

TEST_CASE("a touch while listening ends the wait for speech") {
    auto in = fresh();
    in.on_text(listen_frame, start);
    in.on_audio(47, start);
    CHECK(submitted(in.on_text(message("CLIENT_NLU", "m2", R"({"intent":"alarmValue"})"), start)).intent ==
          "alarmValue");
    CHECK(in.on_time(start + milliseconds(7000)).empty());
}

TEST_CASE("what is due is done before a frame that comes late") {
    auto in = fresh();
    in.on_text(listen_frame, start);
    in.on_audio(47, start);
    auto actions = in.on_text(message("CLIENT_ASR", "m2", R"({"text":"late"})"), start + milliseconds(6001));
    REQUIRE(actions.size() == 2);
    CHECK(std::get<submit>(actions[0]).what.kind == input_kind::silence);
    CHECK(std::get<submit>(actions[1]).what.text == "late");
}

TEST_CASE("transactions of one connection do not share rules or hints") {
    auto in = fresh();
    in.on_text(listen_frame, start);
    in.on_text(message("CONTEXT", "m2", R"({"audioTranscriptHint":"mine"})"), start);
    CHECK(in.on_text(message("CLIENT_ASR", "m3", "{}", "t2"), start).empty());
    CHECK(submitted(in.on_text(message("CLIENT_NLU", "m4", R"({"intent":"a"})", "t2"), start)).rules.empty());
    CHECK(in.open() == 2);
}

TEST_CASE("a turn's identity is the same when its frame comes again, on whichever connection") {
    auto once = fresh();
    transactions again("c2", {}, start);
    auto frame_text = message("CLIENT_ASR", "m2", R"({"text":"hi"})");
    CHECK(submitted(once.on_text(frame_text, start)).identity ==
          submitted(again.on_text(frame_text, start)).identity);
}

TEST_CASE("ids that are too long, foreign or ambiguous are hashed and stay apart") {
    auto in = fresh();
    auto identity = [&](std::string_view transaction, std::string_view id) {
        auto turn = submitted(in.on_text(message("CLIENT_ASR", id, R"({"text":"x"})", transaction), start));
        CHECK(is_client_id(turn.identity));
        return turn.identity;
    };
    CHECK(identity("t", "m") == "t:m");
    CHECK(identity(std::string(36, 'u'), std::string(36, 'v')).size() == 64);
    CHECK(identity("t ", "m").size() == 64);
    CHECK(identity("a:b", "c") != identity("a", "b:c"));
}

TEST_CASE("a frame without an id is known by its connection and its place, and meets no id that a robot can "
          "choose") {
    auto in = fresh();
    in.on_audio(10, start);
    auto turn = submitted(in.on_text(R"({"type":"CLIENT_ASR","transID":"t1","data":{"text":"x"}})", start));
    CHECK(turn.identity == "c1::2");
    CHECK(submitted(in.on_text(message("CLIENT_ASR", ":2", R"({"text":"x"})", "c1"), start)).identity !=
          "c1::2");
}

TEST_CASE("a text that is no frame closes the connection and nothing is taken afterwards") {
    auto in = fresh();
    CHECK(hung_up_with(in.on_text("{", start)) == close_code::bad_payload);
    CHECK(in.on_text(message("CLIENT_ASR", "m2", R"({"text":"hi"})"), start).empty());
    CHECK(in.on_audio(1, start).empty());
}

TEST_CASE("an unknown frame does nothing, not even begin a transaction") {
    auto in = fresh();
    CHECK(in.on_text(message("PROXIMITY", "m1"), start).empty());
    CHECK(in.open() == 0);
}

TEST_CASE("audio beyond the bound closes the connection") {
    transaction_limits limits;
    limits.audio_bytes = 100;
    auto in = fresh(limits);
    CHECK(in.on_audio(100, start).empty());
    CHECK(hung_up_with(in.on_audio(1, start)) == close_code::too_big);
}

TEST_CASE("too many open transactions close the connection, and those whose life is over do not count") {
    transaction_limits limits;
    limits.open_transactions = 2;
    auto in = fresh(limits);
    in.on_text(message("LISTEN", "m1", "{}", "a"), start);
    in.on_text(message("LISTEN", "m2", "{}", "b"), start + milliseconds(1));
    in.on_text(message("LISTEN", "m3", "{}", "c"), start + milliseconds(60000));
    CHECK(in.open() == 2);
    CHECK(hung_up_with(in.on_text(message("LISTEN", "m4", "{}", "d"), start + milliseconds(60000))) ==
          close_code::policy);
}

TEST_CASE("a connection that outlives its bound is closed") {
    auto in = fresh();
    CHECK(in.next_deadline() == start + milliseconds(180000));
    CHECK(in.on_time(start + milliseconds(179999)).empty());
    CHECK(hung_up_with(in.on_time(start + milliseconds(180000))) == close_code::normal);
}
