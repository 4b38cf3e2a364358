#include "service/session_state.hpp"

#include "persistence/hash.hpp"
#include "service/turn.hpp"
#include "tests/service/house.hpp"
#include "tests/support/catch.hpp"

#include <string>

using namespace rejoinder;
using namespace rejoinder::service;

namespace {

constexpr utc_time now = from_unix(1766400000000);

/// A session in the middle of its life: it has heard something, asks something and knows its device.
session_state lived(const statemachine::definition& machine) {
    statemachine::step_inputs inputs{now, 7, json::object()};
    auto state = take_turn(machine, {}, {}, inputs, 0).next;
    for (const auto* text : {"hi", "ask me"}) {
        happening what{turn_id{text}, statemachine::event{"turn.text", {{"text", text}}}, text, now};
        state = take_turn(machine, state, what, inputs, 0).next;
    }
    state.device_context = {{"people", 2}};
    return state;
}

/// The text with another body under a checksum that fits, as somebody would write it who means harm; the
/// checksum is one that is only read.
std::string forged(json stored) {
    stored.erase("seal");
    auto body = stored.dump().substr(1);
    return R"({"xxh3":")" + xxh3_hex(body) + "\"," + body;
}

/// As it was stored when its checksum was the beginning of a SHA-256.
std::string sealed_formerly(json stored) {
    stored.erase("seal");
    auto body = stored.dump().substr(1);
    return R"({"checksum":")" + sha256_hex(body).substr(0, 16) + "\"," + body;
}

device_records two_devices() {
    device_records devices;
    devices[device_id{"d-1"}].highest_number = 7;
    auto& tokens = devices[device_id{"d-2"}].tokens;
    tokens.issue("t1");
    tokens.confirm("t1", now, seconds(10));
    tokens.issue("t2");
    return devices;
}

} // namespace

TEST_CASE("a session's state comes back as it was stored") {
    auto machine = tests::test_machine();
    auto before = lived(machine);
    auto text = serialise(before);
    auto after = restore_state(machine, text);
    REQUIRE(after);
    CHECK(statemachine::state_path(machine, after->machine) == "listening");
    CHECK(after->machine.context.to_json() == json{{"heard", 1}});
    CHECK(after->machine_text == before.machine_text);
    CHECK(after->revision == before.revision);
    CHECK(after->revision > 0);
    CHECK(after->talk.serialise() == before.talk.serialise());
    CHECK(after->question == before.question);
    CHECK(after->question["text"] == "What is your name?");
    CHECK(after->device_context == json{{"people", 2}});
    CHECK(serialise(*after) == text);
}

TEST_CASE("a state without question and device comes back without them") {
    auto machine = tests::test_machine();
    auto before = lived(machine);
    before.question = nullptr;
    before.device_context = nullptr;
    auto after = restore_state(machine, serialise(before));
    REQUIRE(after);
    CHECK(after->question.is_null());
    CHECK(after->device_context.is_null());
}

TEST_CASE("a state that was damaged in any single bit, cut short or made longer is noticed") {
    auto machine = tests::test_machine();
    auto good = serialise(lived(machine));
    for (std::size_t at = 0; at < good.size(); ++at) {
        for (int bit = 0; bit < 8; ++bit) {
            auto bad = good;
            bad[at] = static_cast<char>(bad[at] ^ (1 << bit));
            if (restore_state(machine, bad)) FAIL("the change of byte " << at << " passed: " << bad);
        }
        if (restore_state(machine, good.substr(0, at))) FAIL("the first " << at << " bytes passed");
    }
    CHECK_FALSE(restore_state(machine, good + " "));
    CHECK_FALSE(restore_state(machine, " " + good));
}

TEST_CASE("a state without its messages is the same as the whole one once they are put in") {
    auto machine = tests::test_machine();
    auto state = lived(machine);
    auto [text, place] = serialise_without_messages(state);
    auto messages = state.talk.messages();
    CHECK(place.size == messages.size());
    CHECK_FALSE(restore_state(machine, text));
    CHECK(text.insert(place.begin, messages) == serialise(state));
}

TEST_CASE("messages that are not those of the state are noticed") {
    auto machine = tests::test_machine();
    auto state = lived(machine);
    auto [text, place] = serialise_without_messages(state);
    auto messages = state.talk.messages();
    auto with = [&, lean = text, at = place.begin](const std::string& others) {
        return restore_state(machine, std::string(lean).insert(at, others)).has_value();
    };
    auto first = messages.substr(0, messages.find("},{") + 1);
    auto others = messages.substr(first.size() + 1);
    REQUIRE(with(messages));
    CHECK_FALSE(with(others + "," + first));
    CHECK_FALSE(with(first));
    CHECK_FALSE(with(messages + "," + first));
    CHECK_FALSE(with(messages + " "));
    CHECK_FALSE(with(""));
}

TEST_CASE("a state that was stored under a former checksum is read, and noticed when it is damaged") {
    auto machine = tests::test_machine();
    auto current = serialise(lived(machine));
    auto former = GENERATE_COPY(forged(json::parse(current)), sealed_formerly(json::parse(current)));
    auto after = restore_state(machine, former);
    REQUIRE(after);
    CHECK(serialise(*after) == current);
    for (std::size_t at = 0; at < former.size(); ++at) {
        auto bad = former;
        bad[at] = static_cast<char>(bad[at] ^ 1);
        if (restore_state(machine, bad)) FAIL("the change of byte " << at << " passed: " << bad);
    }
}

TEST_CASE("a state that the machine does not have is refused") {
    auto machine = tests::test_machine();
    auto stored = json::parse(serialise(lived(machine)));
    REQUIRE(restore_state(machine, forged(stored)));
    stored["machine"]["value"] = "dreaming";
    CHECK_FALSE(restore_state(machine, forged(stored)));
}

TEST_CASE("a body of wrong types is refused even when its checksum fits") {
    auto machine = tests::test_machine();
    auto good = json::parse(serialise(lived(machine)));
    for (const auto* member : {"machine", "talk", "revision"}) {
        for (const json& wrong : {json(nullptr), json("x"), json(-1), json(1.5), json::array()}) {
            auto bad = good;
            bad[member] = wrong;
            INFO(member << " = " << wrong);
            CHECK_FALSE(restore_state(machine, forged(bad)));
        }
        auto bad = good;
        bad.erase(member);
        INFO("without " << member);
        CHECK_FALSE(restore_state(machine, forged(bad)));
    }
}

TEST_CASE("a context comes back however deep and wide the machine has made it") {
    auto machine = tests::test_machine();
    auto state = lived(machine);
    json deep = 1;
    for (int i = 0; i < 64; ++i)
        deep = json::array({std::move(deep)});
    json wide = json::object();
    for (int i = 0; i < 5000; ++i)
        wide["k" + std::to_string(i)] = i;
    REQUIRE(state.machine.context.set("/deep", deep));
    REQUIRE(state.machine.context.set("/wide", wide));
    state.machine_text = statemachine::serialise(machine, state.machine);
    auto after = restore_state(machine, serialise(state));
    REQUIRE(after);
    CHECK((after->machine.context.at("/deep") == deep));
    CHECK((after->machine.context.at("/wide") == wide));
}

TEST_CASE("a session's devices come back as they were stored") {
    auto text = serialise(two_devices());
    auto devices = restore_devices(text);
    REQUIRE(devices);
    REQUIRE(devices->size() == 2);
    CHECK(devices->at(device_id{"d-1"}).highest_number == 7);
    CHECK(devices->at(device_id{"d-2"}).highest_number == 0);
    const auto& tokens = devices->at(device_id{"d-2"}).tokens;
    CHECK(tokens.find("t1", now) == resume_tokens::match::confirmed);
    CHECK(tokens.find("t2", now) == resume_tokens::match::issued);
    CHECK(serialise(*devices) == text);
    auto none = restore_devices(serialise(device_records()));
    REQUIRE(none);
    CHECK(none->empty());
}

TEST_CASE("what a device has not heard of a migration comes back as it was stored") {
    auto devices = two_devices();
    auto& device = devices[device_id{"d-2"}];
    device.note_migration(3);
    auto untold = restore_devices(serialise(devices));
    REQUIRE(untold);
    CHECK(untold->at(device_id{"d-2"}).unheard->from == 3);
    CHECK_FALSE(untold->at(device_id{"d-2"}).has_welcome(""));
    CHECK_FALSE(untold->at(device_id{"d-1"}).unheard);

    device.note_welcome("t3");
    auto text = serialise(devices);
    auto told = restore_devices(text);
    REQUIRE(told);
    CHECK(serialise(*told) == text);
    CHECK_FALSE(told->at(device_id{"d-2"}).has_welcome("t2"));
    CHECK(told->at(device_id{"d-2"}).has_welcome("t3"));
    CHECK(serialise(*told) == serialise(two_devices()));

    auto stored = json::parse(text);
    for (const json& wrong :
         {json(nullptr), json(3), json::object(), json{{"from", "3"}}, json{{"from", 3}, {"told_with", 3}}}) {
        stored["d-2"]["migrated"] = wrong;
        INFO(wrong);
        CHECK_FALSE(restore_devices(stored.dump()));
    }
}

TEST_CASE("damaged devices are refused") {
    for (const auto* text : {"", "null", "[]", "{", R"({"d":1})", R"({"d":{}})"})
        CHECK_FALSE(restore_devices(text));
    auto good = json::parse(serialise(two_devices()));
    for (const auto* member : {"number", "tokens"}) {
        for (const json& wrong : {json(nullptr), json("x"), json(-1), json(1.5), json::array()}) {
            auto bad = good;
            bad["d-2"][member] = wrong;
            INFO(member << " = " << wrong);
            CHECK_FALSE(restore_devices(bad.dump()));
        }
        auto bad = good;
        bad["d-2"].erase(member);
        CHECK_FALSE(restore_devices(bad.dump()));
    }
}
