#include "tests/support/catch.hpp"
#include "websocket/protocol/codec.hpp"

#include <string>
#include <vector>

using namespace rejoinder;
namespace protocol = rejoinder::websocket::protocol;
using protocol::welcome_outcome;

namespace {

const utc_time at = from_unix(1766400000123);

protocol::welcome welcome() {
    protocol::welcome frame;
    frame.outcome = welcome_outcome::replayed;
    frame.session = session_id{"01J9"};
    frame.generation = 4;
    frame.epoch = "9f2c41d07ab3e655";
    frame.head = 12;
    frame.floor = 2;
    frame.from = 10;
    frame.resume = "rt1.x";
    frame.last_number = 7;
    frame.durability = "group";
    frame.expires_in = milliseconds(2592000000);
    frame.machine = "coach";
    frame.machine_version = 3;
    frame.node = "a1";
    return frame;
}

std::vector<protocol::event> two_events() {
    return {{1, "say", turn_id{"t-1"}, at, {{"text", "Hello.\n\"é\" 😀"}}},
            {2, "state", {}, at + milliseconds(5), {{"value", "a.b"}, {"revision", 1}}}};
}

/// An array in an array, and so on.
json nested(int levels) {
    json value = 1;
    for (int i = 0; i < levels; ++i)
        value = json::array({std::move(value)});
    return value;
}

} // namespace

TEST_CASE("a welcome says everything that a client needs, type first") {
    CHECK(
        protocol::encode(welcome()) ==
        R"({"type":"welcome","outcome":"replayed","session":"01J9","generation":4,)"
        R"("epoch":"9f2c41d07ab3e655","head":12,"floor":2,"from":10,"resume":"rt1.x","last_number":7,)"
        R"("heartbeat":25000,"credit":8,"limits":{"message":65536,"outbox":1048576,"replay":1024},)"
        R"("durability":"group","expires_in":2592000000,"machine":{"id":"coach","version":3},"node":"a1"})");
    auto migrated = welcome();
    migrated.migrated_from = 1;
    CHECK(json::parse(protocol::encode(migrated))["machine"] ==
          json{{"id", "coach"}, {"version", 3}, {"migrated_from", 1}});
    auto fresh = welcome();
    fresh.outcome = welcome_outcome::created;
    fresh.from.reset();
    auto frame = json::parse(protocol::encode(fresh));
    CHECK(frame["outcome"] == "new");
    CHECK_FALSE(frame.contains("from"));
    CHECK_FALSE(frame.contains("reason"));
    fresh.reason = "unknown";
    CHECK(json::parse(protocol::encode(fresh))["reason"] == "unknown");
}

TEST_CASE("a refusal says its reason and nothing about any session") {
    auto frame = welcome();
    frame.outcome = welcome_outcome::refused;
    frame.reason = "identity";
    CHECK(protocol::encode(frame) == R"({"type":"welcome","outcome":"refused","reason":"identity"})");
}

TEST_CASE("each outcome has its name") {
    CHECK(protocol::to_string(welcome_outcome::created) == "new");
    CHECK(protocol::to_string(welcome_outcome::lossless) == "lossless");
    CHECK(protocol::to_string(welcome_outcome::replayed) == "replayed");
    CHECK(protocol::to_string(welcome_outcome::snapshot) == "snapshot");
    CHECK(protocol::to_string(welcome_outcome::refused) == "refused");
}

TEST_CASE("a snapshot shows the state, the latest turns and what is open") {
    protocol::snapshot frame;
    frame.seq = 12;
    frame.machine = "coach";
    frame.version = 3;
    frame.value = "introduction.ask_name";
    frame.revision = 5;
    frame.context = {{"heard", 2}};
    frame.turns = json::array({{{"turn", "t-1"}}});
    CHECK(protocol::encode(frame) ==
          R"({"type":"snapshot","seq":12,)"
          R"("state":{"machine":"coach","version":3,"value":"introduction.ask_name","revision":5},)"
          R"("context":{"heard":2},"turns":[{"turn":"t-1"}],"open":{"tools":[]}})");
    frame.ask = {{"text", "Your name?"}};
    CHECK(json::parse(protocol::encode(frame))["open"]["ask"]["text"] == "Your name?");
}

TEST_CASE("an event names its turn when it has one, and is marked when it is sent again") {
    auto events = two_events();
    CHECK(protocol::encode(events[0], protocol::delivery::live) ==
          R"({"type":"event","seq":1,"kind":"say","turn":"t-1","at":1766400000123,)"
          R"("data":{"text":"Hello.\n\"é\" 😀"}})");
    CHECK(protocol::encode(events[1], protocol::delivery::replayed) ==
          R"({"type":"event","seq":2,"kind":"state","at":1766400000128,)"
          R"("data":{"revision":1,"value":"a.b"},"replayed":true})");
}

TEST_CASE("an accepted turn carries its outcome and its events once it has them") {
    protocol::accepted frame;
    frame.turn = turn_id{"t-1"};
    frame.status = "running";
    CHECK(protocol::encode(frame) ==
          R"({"type":"accepted","turn":"t-1","status":"running","duplicate":false,"queue":0})");
    frame.status = "done";
    frame.duplicate = true;
    frame.queue = 2;
    frame.outcome = json::object();
    frame.first = 4;
    frame.last = 6;
    CHECK(protocol::encode(frame) ==
          R"({"type":"accepted","turn":"t-1","status":"done","duplicate":true,"queue":2,)"
          R"("outcome":{},"first":4,"last":6})");
}

TEST_CASE("a rejection and an error say code, sentence and whether to try again") {
    protocol::rejected no{turn_id{"t-1"}, "turn.stale", "Too late.", false, {}, {}};
    CHECK(protocol::encode(no) ==
          R"({"type":"rejected","turn":"t-1","code":"turn.stale","message":"Too late.","retry":false})");
    protocol::rejected later{turn_id{"t-1"}, "overloaded", "Wait.", true, milliseconds(250), 9};
    CHECK(protocol::encode(later) ==
          R"({"type":"rejected","turn":"t-1","code":"overloaded","message":"Wait.","retry":true,)"
          R"("after":250,"revision":9})");
    CHECK(protocol::encode(protocol::error{"protocol.malformed", "No JSON.", false, {}, ""}) ==
          R"({"type":"error","code":"protocol.malformed","message":"No JSON.","retry":false})");
    CHECK(protocol::encode(protocol::error{"overloaded", "Wait.", true, milliseconds(1000), "t-1"}) ==
          R"({"type":"error","code":"overloaded","message":"Wait.","retry":true,"after":1000,"ref":"t-1"})");
}

TEST_CASE("the small frames are written with their type first") {
    CHECK(protocol::encode(protocol::taken{5, device_id{"d-2"}}) ==
          R"({"type":"taken","generation":5,"device":"d-2"})");
    CHECK(protocol::encode(protocol::drain{milliseconds(1200), milliseconds(30000)}) ==
          R"({"type":"drain","after":1200,"deadline":30000})");
    CHECK(protocol::encode(protocol::bye{"finished", false}) ==
          R"({"type":"bye","reason":"finished","keep":false})");
    CHECK(protocol::encode_ping(at) == R"({"type":"ping","at":1766400000123})");
    CHECK(protocol::encode_pong(77) == R"({"type":"pong","at":77})");
}

TEST_CASE("bytes that are no text leave as a replacement character, so a frame is always valid UTF-8") {
    protocol::error frame{"code", "bad \xff byte", false, {}, ""};
    CHECK(json::parse(protocol::encode(frame))["message"] == "bad \xEF\xBF\xBD byte");
    protocol::event say{1, "say", {}, at, {{"text", "\xc3"}}};
    CHECK(json::parse(protocol::encode(say, protocol::delivery::live))["data"]["text"] == "\xEF\xBF\xBD");
}

TEST_CASE("events come back from the log as they went in") {
    CHECK(protocol::store_events({}) == "[]");
    CHECK(protocol::restore_events("[]")->empty());
    auto before = two_events();
    before.push_back({(1ULL << 53) - 1, "x", turn_id{"t-2"}, from_unix(-1), nullptr});
    auto after = protocol::restore_events(protocol::store_events(before));
    REQUIRE(after);
    REQUIRE(after->size() == before.size());
    for (std::size_t i = 0; i < before.size(); ++i) {
        CHECK((*after)[i].seq == before[i].seq);
        CHECK((*after)[i].kind == before[i].kind);
        CHECK((*after)[i].turn == before[i].turn);
        CHECK((*after)[i].at == before[i].at);
        CHECK((*after)[i].data == before[i].data);
    }
}

TEST_CASE("events come back however deep and wide the data is that a machine was allowed to show") {
    json wide = json::object();
    for (int i = 0; i < 5000; ++i)
        wide["k" + std::to_string(i)] = i;
    for (const auto& data : {nested(64), wide}) {
        auto after = protocol::restore_events(protocol::store_events({{1, "x", {}, at, {{"value", data}}}}));
        REQUIRE(after);
        CHECK((after->at(0).data["value"] == data));
    }
}

TEST_CASE("a text that is no stored events gives nothing") {
    for (const auto* text : {"", "{}", "null", "[1]", "[{}]", "[", "[[]]"})
        CHECK_FALSE(protocol::restore_events(text));
    auto good = json::parse(protocol::store_events(two_events()));
    for (const auto* member : {"seq", "kind", "at", "data"}) {
        auto bad = good;
        bad[1].erase(member);
        INFO(member);
        CHECK_FALSE(protocol::restore_events(bad.dump()));
    }
    for (const auto* member : {"seq", "kind", "at", "turn"}) {
        auto bad = good;
        bad[1][member] = json::array();
        INFO(member);
        CHECK_FALSE(protocol::restore_events(bad.dump()));
    }
    auto negative = good;
    negative[0]["seq"] = -1;
    CHECK_FALSE(protocol::restore_events(negative.dump()));
}
