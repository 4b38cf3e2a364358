#include "service/turn.hpp"

#include "tests/service/house.hpp"
#include "tests/support/catch.hpp"
#include "websocket/protocol/codec.hpp"

#include <string>
#include <vector>

using namespace rejoinder;
using namespace rejoinder::service;

namespace {

constexpr utc_time now = from_unix(1766400000000);

statemachine::step_inputs inputs(std::uint64_t seed = 7) {
    return {now, seed, json::object()};
}

happening heard(const std::string& text, const std::string& id = "t-1") {
    return {turn_id{id}, statemachine::event{"turn.text", {{"text", text}}}, text, now - milliseconds(4)};
}

session_state begun(const statemachine::definition& machine) {
    return take_turn(machine, {}, {}, inputs(), 0).next;
}

std::string kinds(const turn_result& result) {
    std::string text;
    for (const auto& e : result.events)
        text += std::to_string(e.seq) + ":" + e.kind + " ";
    return text;
}

/// Everything of a result as one text, to compare it by.
std::string whole(const turn_result& result) {
    auto text = serialise(result.next) + websocket::protocol::store_events(result.events) + result.status +
                result.outcome.dump() + result.messages;
    for (const auto& [key, value] : result.user_data)
        text += key + (value ? value->dump() : "erased");
    return text + (result.ended ? "ended" : "goes on");
}

/// A machine for what the small one does not do: it draws, fails, asks at creation, and takes reports.
statemachine::definition moody_machine() {
    auto loaded = statemachine::load_definition_text(R"({
      "id": "moody", "version": 1, "initial": "up", "context": {"n": "no number", "list": []},
      "states": {"up": {
        "entry": [{"type": "ask", "params": {"text": "How are you?"}}],
        "on": {
          "turn.text": [
            {"guard": {"type": "matches", "params": {"any": ["fail"]}},
             "actions": [{"type": "say", "params": {"text": "Lost."}},
                         {"type": "remember", "params": {"key": "lost", "value": 1}},
                         {"type": "increment", "params": {"path": "/context/n", "by": 1}}]},
            {"guard": {"type": "matches", "params": {"any": ["quiet"]}}},
            {"actions": [{"type": "append", "params": {"path": "/context/list", "value": 1}},
                         {"type": "remember", "params": {"key": "seen", "value": true}},
                         {"type": "forget", "params": {"key": "name"}},
                         {"type": "say", "params": {"any": ["one", "two", "three", "four", "five"]}}]}
          ],
          "device.context": {"actions": [{"type": "say", "params": {"text": "Seen."}}]}
        }}}})");
    for (const auto& problem : loaded.problems)
        UNSCOPED_INFO(problem.pointer << ": " << problem.message);
    REQUIRE(loaded.machine);
    return *loaded.machine;
}

} // namespace

TEST_CASE("a session begins with what its machine does on entry, in no turn") {
    auto result = take_turn(tests::test_machine(), {}, {}, inputs(), 0);
    CHECK(kinds(result) == "1:say 2:state ");
    for (const auto& e : result.events) {
        CHECK(e.turn.empty());
        CHECK(e.at == now);
    }
    CHECK(result.events[0].data == json{{"text", "Hello."}});
    CHECK(result.events[1].data == json{{"value", "listening"}, {"revision", 1}});
    CHECK(result.next.revision == 1);
    CHECK(result.next.talk.window().size() == 1);
    CHECK_FALSE(result.ended);
}

TEST_CASE(
    "a turn's events are numbered on from the head: what is shown, the state, and the end of the turn") {
    auto machine = tests::test_machine();
    auto result = take_turn(machine, begun(machine), heard("hi"), inputs(), 41);
    CHECK(kinds(result) == "42:say 43:state 44:turn.done ");
    for (const auto& e : result.events)
        CHECK(e.turn == turn_id{"t-1"});
    CHECK(result.events[0].data["text"] == "You said hi.");
    CHECK(result.events[1].data["revision"] == 2);
    CHECK(result.events[2].data == json{{"elapsed", 4}});
    CHECK(result.status == "done");
    CHECK(result.outcome == json::object());
    CHECK(json::parse(result.messages).size() == 2);
    CHECK(result.next.talk.window().size() == 3);
}

TEST_CASE("a turn that was received after its clock's now took no time, and never less") {
    auto machine = tests::test_machine();
    auto what = heard("hi");
    what.received = now + seconds(5);
    auto result = take_turn(machine, begun(machine), what, inputs(), 0);
    CHECK(result.events.back().data["elapsed"] == 0);
}

TEST_CASE("a turn that leaves the machine as it was shows no state and keeps the revision") {
    auto machine = moody_machine();
    auto before = begun(machine);
    auto result = take_turn(machine, before, heard("quiet"), inputs(), 5);
    CHECK(kinds(result) == "6:turn.done ");
    CHECK(result.next.revision == before.revision);
    CHECK(result.next.machine_text == before.machine_text);
    CHECK(result.next.talk.window().back().text == "quiet");
}

TEST_CASE("the same state, happening, inputs and head give the same result, and the state before stays") {
    auto machine = moody_machine();
    auto before = begun(machine);
    auto stored = serialise(before);
    auto first = whole(take_turn(machine, before, heard("go"), inputs(1), 9));
    CHECK(whole(take_turn(machine, before, heard("go"), inputs(1), 9)) == first);
    CHECK(serialise(before) == stored);

    bool other_draw = false;
    for (std::uint64_t seed = 2; seed < 20 && !other_draw; ++seed)
        other_draw = whole(take_turn(machine, before, heard("go"), inputs(seed), 9)) != first;
    CHECK(other_draw);
}

TEST_CASE("what a turn remembers and forgets of the user is handed on") {
    auto machine = moody_machine();
    auto result = take_turn(machine, begun(machine), heard("go"), inputs(), 0);
    REQUIRE(result.user_data.size() == 2);
    CHECK(result.user_data.at("seen") == std::optional<json>(true));
    CHECK(result.user_data.at("name") == std::nullopt);
}

TEST_CASE("a step that fails is a failed turn: nothing of it is shown or kept but what was heard") {
    auto machine = moody_machine();
    auto before = begun(machine);
    auto result = take_turn(machine, before, heard("fail"), inputs(), 5);
    CHECK(kinds(result) == "6:turn.failed ");
    CHECK(result.status == "failed");
    CHECK(result.outcome["code"] == "machine.bad_value");
    CHECK(result.outcome["message"].get<std::string>().ends_with('.'));
    CHECK(result.outcome["retry"] == false);
    CHECK(result.events[0].data == result.outcome);
    CHECK(result.events[0].turn == turn_id{"t-1"});
    CHECK(result.user_data.empty());
    CHECK_FALSE(result.ended);
    CHECK(result.next.machine_text == before.machine_text);
    CHECK(result.next.revision == before.revision);
    CHECK(result.next.question == before.question);
    auto messages = json::parse(result.messages);
    REQUIRE(messages.size() == 1);
    CHECK(messages[0]["text"] == "fail");
    CHECK(result.next.talk.window().back().text == "fail");

    // The session goes on from there.
    CHECK(take_turn(machine, result.next, heard("go"), inputs(), 6).status == "done");
}

TEST_CASE("a question stands open until a turn answers it or asks another one") {
    auto machine = moody_machine();
    auto asked = begun(machine);
    CHECK(asked.question["text"] == "How are you?");

    happening report{{}, statemachine::event{"device.context", json::object()}, "", now};
    auto reported = take_turn(machine, asked, report, inputs(), 0);
    CHECK(kinds(reported) == "1:say ");
    CHECK(reported.next.question == asked.question);
    CHECK(take_turn(machine, asked, heard("quiet"), inputs(), 0).next.question.is_null());

    auto parrot = tests::test_machine();
    auto again = take_turn(parrot, begun(parrot), heard("ask me"), inputs(), 0);
    CHECK(again.next.question["text"] == "What is your name?");
    again = take_turn(parrot, again.next, heard("ask me"), inputs(), 0);
    CHECK(again.next.question["text"] == "What is your name?");
}

TEST_CASE("a machine that ends ends its session, after the turn that led there") {
    auto machine = tests::test_machine();
    auto result = take_turn(machine, begun(machine), heard("goodbye"), inputs(), 0);
    CHECK(kinds(result) == "1:say 2:state 3:turn.done 4:session.ended ");
    CHECK(result.ended);
    CHECK(result.events[1].data["value"] == "over");
    CHECK(result.events[3].data == json{{"reason", "finished"}});
    CHECK(result.status == "done");
}

TEST_CASE("a machine that has ended ignores what happens to it") {
    auto machine = tests::test_machine();
    auto over = take_turn(machine, begun(machine), heard("goodbye"), inputs(), 0).next;
    auto result = take_turn(machine, over, heard("hi", "t-2"), inputs(), 4);
    CHECK(result.next.machine_text == over.machine_text);
    CHECK(result.next.revision == over.revision);
    CHECK(result.ended);
}

TEST_CASE("a turn that could not be made keeps what was heard and says why") {
    auto machine = tests::test_machine();
    auto before = begun(machine);
    auto result = fail_turn(machine, before, heard("hi"), now, 5, "conflict", "Others were faster.");
    CHECK(kinds(result) == "6:turn.failed ");
    CHECK(result.status == "failed");
    CHECK(result.outcome == json{{"code", "conflict"}, {"message", "Others were faster."}, {"retry", false}});
    CHECK(result.next.machine_text == before.machine_text);
    CHECK(result.next.talk.window().back().text == "hi");
    CHECK_FALSE(result.ended);
}

TEST_CASE("the end of a tool or a call that tells nothing, as only a changed recording has it, is one") {
    auto machine = tests::test_machine();
    auto before = begun(machine);
    for (auto how : {happening::kind::tool_ended, happening::kind::call_ended}) {
        happening what;
        what.received = now;
        what.how = how;
        what.call = "c1";
        auto result = take_turn(machine, before, what, inputs(), 5);
        CHECK(result.events.empty());
        CHECK(result.next.machine_text == before.machine_text);
    }
}

TEST_CASE("what fails without a turn shows nothing, and without words it says nothing") {
    auto machine = tests::test_machine();
    auto before = begun(machine);
    auto result = fail_turn(machine, before, {}, now, 5, "code", "Message.");
    CHECK(result.events.empty());
    CHECK(result.messages == "[]");
    CHECK(serialise(result.next) == serialise(before));
}
