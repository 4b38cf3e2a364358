#include "service/recorded_step.hpp"

#include "service/replay/retake.hpp"
#include "tests/service/retaken.hpp"
#include "tests/service/robot_world.hpp"
#include "tests/service/talk.hpp"
#include "tests/support/catch_result.hpp"
#include "tests/support/machine_document.hpp"

#include <algorithm>
#include <string>
#include <vector>

using namespace rejoinder;
using namespace rejoinder::service;
using tests::house;
using tests::robot_world;

namespace {

statemachine::definition sample(const std::string& id) {
    auto loaded = statemachine::load_definition_text(tests::sample_machine(id));
    REQUIRE(loaded.machine);
    return *loaded.machine;
}

/// A machine whose answers are drawn, and whose draws go into its state.
statemachine::definition gambler() {
    auto loaded = statemachine::load_definition_text(R"({
      "id": "gambler", "version": 1, "initial": "playing", "context": {"last": ""},
      "states": {"playing": {
        "entry": {"type": "say", "params": {"any": ["One.", "Two.", "Three.", "Four.", "Five.", "Six."]}},
        "on": {"turn.text": {"target": "playing", "reenter": true, "actions": [
          {"type": "assign", "params": {"path": "/context/last", "value": {"from": "/now"}}}]}}
      }}
    })");
    std::string problems;
    for (const auto& problem : loaded.problems)
        problems += problem.pointer + " " + problem.message + "\n";
    INFO(problems);
    REQUIRE(loaded.machine);
    return *loaded.machine;
}

/// Makes every step of a stored session again, by way of a recording's text, and compares.
retake_report retake_stored(house& h, const std::string& session, const statemachine::definition& machine) {
    auto recorded =
        h.env.run(record_session(&h.database, session_id{session}, &h.machines, log_start::needed));
    REQUIRE(recorded);
    auto read = read_session_recording("recording", to_lines(*recorded));
    auto* parts = std::get_if<std::vector<session_recording>>(&read);
    REQUIRE(parts);
    return tests::retaken(parts->front(), machine);
}

} // namespace

TEST_CASE("P10: a stored session, made again from its recording, gives the same events and the same state") {
    auto [id, says] = GENERATE(table<std::string, std::vector<std::string>>(
        {{"greeter", {"hi", "my name is Ada", "i like tea", "tell me a joke", "who am i", "joke", "bye"}},
         {"coach", {"hello", "Ada", "yes", "i want to write a book", "next week", "yes"}},
         {"parrot", {"hi", "again", "and again"}},
         {"gambler", {"a", "b", "c", "d", "e", "f", "g", "h"}}}));
    CAPTURE(id);
    house h;
    h.machines = {};
    auto machine = id == "gambler" ? gambler() : sample(id);
    h.machines.add(machine);
    auto hello = house::hello();
    hello["machine"] = id;
    auto socket = h.connect();
    auto welcome = h.attach(*socket, hello);
    REQUIRE(welcome["outcome"] == "new");
    std::uint64_t number = 0;
    for (const auto& text : says) {
        ++number;
        h.env.advance(milliseconds(1234));
        socket->say(house::turn("t-" + std::to_string(number), number, text));
        h.env.run_ready();
        REQUIRE(socket->next("accepted"));
    }

    auto report = retake_stored(h, welcome["session"], machine);
    CHECK(report.passed());
    CHECK(report.steps == says.size() + 1);
    CHECK(report.without == 0);
}

TEST_CASE("the draws of a step are not its time's or its machine's alone: another seed draws otherwise") {
    auto machine = gambler();
    std::vector<std::string> drawn;
    for (std::uint64_t seed = 0; seed < 20; ++seed)
        drawn.push_back(
            take_turn(machine, {}, {}, {from_unix(1), seed, json::object()}, 0).events[0].data["text"]);
    CHECK(std::ranges::count(drawn, drawn[0]) < 20);
}

TEST_CASE("a robot's session is made again from its log, with what it told of its surroundings") {
    robot_world world;
    auto robot = world.call();
    robot->say({{"type", "LISTEN"}, {"msgID", "m-1"}, {"transID", "x"}, {"data", {{"text", "hello"}}}});
    world.env.run_ready();
    robot->say(
        {{"type", "CONTEXT"}, {"msgID", "m-2"}, {"transID", "x"}, {"data", {{"runtime", {{"x", 1}}}}}});
    world.env.run_ready();
    robot->say(
        {{"type", "LISTEN"}, {"msgID", "m-3"}, {"transID", "y"}, {"data", {{"text", "tell me a joke"}}}});
    world.env.run_ready();
    auto report = retake_stored(world, world.row().id.text, sample("robot"));
    CHECK(report.passed());
    CHECK(report.steps >= 3);
}

TEST_CASE("only the values of the outside that the machine reads are kept") {
    auto machine = tests::test_machine(); // reads /user/name
    statemachine::step_inputs inputs{
        from_unix(5),
        18446744073709551615u,
        {{"user", {{"name", "Ada"}, {"diary", "Dear"}}}, {"device", {{"big", "report"}}}}};
    happening what{turn_id{"t"}, statemachine::event{"turn.text", {{"text", "hi"}, {"type", "own"}}}, "hi",
                   from_unix(4)};
    auto restored = restore_step(turn_id{"t"}, record_step(machine, {}, what, inputs, {}));
    REQUIRE(restored);
    CHECK(restored->inputs.outside == json{{"user", {{"name", "Ada"}}}});
    CHECK(restored->inputs.seed == inputs.seed);
    CHECK(restored->inputs.now == inputs.now);
    CHECK(restored->what.received == what.received);
    CHECK(restored->what.heard == "hi");
    REQUIRE(restored->what.event);
    CHECK(restored->what.event->type == "turn.text");
    CHECK(restored->what.event->data == what.event->data);
}

TEST_CASE("what was heard is stored once where it is the event's text, and otherwise as it was") {
    auto machine = tests::test_machine();
    auto [event, heard, times] = GENERATE(table<json, std::string, int>({
        {json{{"text", "sesame"}}, "sesame", 1},
        {json{{"text", "sesame"}}, "open sesame", 2},
        {json{{"text", 7}}, "sesame", 1},
        {json::object(), "sesame", 1},
        {json{{"text", "sesame"}}, "", 1},
    }));
    CAPTURE(event.dump(), heard);
    happening what{turn_id{"t"}, statemachine::event{"turn.text", event}, heard, from_unix(4)};
    auto stored = record_step(machine, {}, what, {}, {});
    auto text = std::string_view(stored);
    int found = 0;
    for (auto at = text.find("sesame"); at != text.npos; at = text.find("sesame", at + 1))
        ++found;
    CHECK(found == times);
    auto restored = restore_step(turn_id{"t"}, stored);
    REQUIRE(restored);
    CHECK(restored->what.heard == heard);
    CHECK(restored->what.event->data == event);
}

TEST_CASE("a step that says what was heard as text is restored, as older ones do") {
    auto restored = restore_step(
        turn_id{"t"},
        R"({"received":1,"now":1,"seed":1,"event":{"type":"turn.text","data":{"text":"hi"}},"heard":"hi"})");
    REQUIRE(restored);
    CHECK(restored->what.heard == "hi");
}

TEST_CASE("a value is kept where it lies: within objects alone, within arrays with all there is") {
    auto loaded = statemachine::load_definition_text(R"({"id": "m", "version": 1, "initial": "a",
        "states": {"a": {"entry": {"type": "say", "params": {"text":
            "{{ user.address.city }} {{ user.pets.0.name }} {{ user.missing.thing }} {{ user.age.years }}"}}}}})");
    REQUIRE(loaded.machine);
    statemachine::step_inputs inputs;
    inputs.outside = {{"user",
                       {{"address", {{"city", "Ulm"}, {"street", "long"}}},
                        {"pets", {{{"name", "Rex"}}, {{"name", "Tom"}}}},
                        {"age", 36},
                        {"letters", "many"}}}};
    auto step = json::parse(record_step(*loaded.machine, {}, {}, inputs, {}));
    CHECK(step["outside"]["user"] == json{{"address", {{"city", "Ulm"}}},
                                          {"pets", {{{"name", "Rex"}}, {{"name", "Tom"}}}},
                                          {"age", 36}});
}

TEST_CASE("what is stored without a step is no step") {
    for (const char* text :
         {"", "{}", "[]", R"({"type":"turn.text","text":"hi"})", R"({"now":1,"seed":2})",
          R"({"now":1,"seed":-2,"received":1})", R"({"now":1,"seed":2,"received":1,"event":{}})"})
        CHECK_FALSE(restore_step(turn_id{"t"}, text));
}
