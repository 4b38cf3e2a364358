#include "tests/support/catch.hpp"
#include "websocket/protocol/codec.hpp"

#include <limits>
#include <string>
#include <vector>

using namespace rejoinder;
namespace protocol = rejoinder::websocket::protocol;

namespace {

template <class Frame>
Frame decoded(const json& frame) {
    auto got = protocol::decode(to_text(frame));
    if (auto* wrong = std::get_if<protocol::frame_error>(&got)) FAIL(wrong->message);
    auto* value = std::get_if<Frame>(&std::get<protocol::client_frame>(got));
    REQUIRE(value);
    return *value;
}

protocol::frame_error refused_text(const std::string& text) {
    auto got = protocol::decode(text);
    INFO(text.substr(0, 200));
    REQUIRE(std::holds_alternative<protocol::frame_error>(got));
    return std::get<protocol::frame_error>(got);
}

/// The code of the refusal, after a look at its message: one sentence that ends once and shows no value.
std::string refused(const json& frame) {
    auto wrong = refused_text(to_text(frame));
    INFO(wrong.message);
    CHECK(wrong.message.ends_with('.'));
    CHECK_FALSE(wrong.message.ends_with(".."));
    CHECK(wrong.message.find("SECRET") == std::string::npos);
    return wrong.code;
}

json hello() {
    return {{"type", "hello"}, {"protocol", 1}, {"device", "d-77"}};
}
json turn() {
    return {{"type", "turn"}, {"id", "t-1"}, {"number", 3}, {"input", {{"text", "hi"}}}};
}
json turn_of(json input) {
    auto frame = turn();
    frame["input"] = std::move(input);
    return frame;
}
json with(json frame, const std::string& member, json value) {
    frame[member] = std::move(value);
    return frame;
}

constexpr std::uint64_t largest_number = (1ULL << 53) - 1;

/// Values that no member of the kind takes.
const std::vector<json> no_texts = {1, true, json::array(), json::object()};
const std::vector<json> no_ids = {1, true, json::array(), json::object(), "", "a b", "a/b", "é", "SECRET\n"};
const std::vector<json> no_numbers = {-1, 1.0, 0.5, "1", true, json::array(), largest_number + 1};
const std::vector<json> no_truths = {0, 1, "true", json::array(), json::object()};
const std::vector<json> no_objects = {0, "SECRET", true, json::array()};

void refuses_each(const json& frame, const std::string& member, const std::vector<json>& values) {
    for (const auto& value : values) {
        INFO(member << " = " << value);
        CHECK(refused(with(frame, member, value)) == "protocol.bad_member");
    }
}

} // namespace

TEST_CASE("a hello carries what it has and says by absence what it has not") {
    auto small = decoded<protocol::hello>(hello());
    CHECK(small.protocol == 1);
    CHECK(small.device == device_id{"d-77"});
    CHECK_FALSE(small.session);
    CHECK_FALSE(small.token);
    CHECK_FALSE(small.resume);
    CHECK_FALSE(small.epoch);
    CHECK_FALSE(small.ack);
    CHECK_FALSE(small.machine);
    CHECK_FALSE(small.create);
    CHECK(small.mode == protocol::attach_mode::control);

    auto frame = hello();
    frame.update({{"session", "01J9"},
                  {"token", "secret"},
                  {"resume", "rt1.x"},
                  {"epoch", "9f2c41d07ab3e655"},
                  {"ack", 12},
                  {"create", true},
                  {"machine", "coach"},
                  {"mode", "observe"}});
    auto full = decoded<protocol::hello>(frame);
    CHECK(full.session == session_id{"01J9"});
    CHECK(full.token == "secret");
    CHECK(full.resume == "rt1.x");
    CHECK(full.epoch == "9f2c41d07ab3e655");
    CHECK(full.ack == 12);
    CHECK(full.create);
    CHECK(full.machine == "coach");
    CHECK(full.mode == protocol::attach_mode::observe);
    CHECK(decoded<protocol::hello>(with(hello(), "mode", "control")).mode == protocol::attach_mode::control);
}

TEST_CASE("a hello of another version is understood, so that it can be told which one is spoken") {
    CHECK(decoded<protocol::hello>(with(hello(), "protocol", 2)).protocol == 2);
    CHECK(decoded<protocol::hello>(with(hello(), "protocol", largest_number)).protocol ==
          std::numeric_limits<int>::max());
}

TEST_CASE("a hello must name its protocol and its device") {
    for (const auto* member : {"protocol", "device"}) {
        auto frame = hello();
        frame.erase(member);
        CHECK(refused(frame) == "protocol.bad_member");
        CHECK(refused(with(hello(), member, nullptr)) == "protocol.bad_member");
    }
}

TEST_CASE("a hello's members have types and bounds") {
    refuses_each(hello(), "protocol", no_numbers);
    refuses_each(hello(), "device", no_ids);
    refuses_each(hello(), "session", no_ids);
    refuses_each(hello(), "machine", no_ids);
    refuses_each(hello(), "token", no_texts);
    refuses_each(hello(), "resume", no_texts);
    refuses_each(hello(), "epoch", no_texts);
    refuses_each(hello(), "ack", no_numbers);
    refuses_each(hello(), "create", no_truths);
    refuses_each(hello(), "mode", {1, "", "SECRET", "Control"});
}

TEST_CASE("a text is taken up to its bound and refused one byte above it") {
    struct bound {
        const char* member;
        std::size_t bytes;
    };
    for (auto [member, bytes] : {bound{"device", 64}, bound{"session", 64}, bound{"machine", 64},
                                 bound{"token", 8192}, bound{"resume", 128}, bound{"epoch", 16}}) {
        INFO(member);
        decoded<protocol::hello>(with(hello(), member, std::string(bytes, 'x')));
        CHECK(refused(with(hello(), member, std::string(bytes + 1, 'x'))) == "protocol.bad_member");
    }
    CHECK(decoded<protocol::turn>(turn_of({{"text", std::string(65536, 'x')}})).input.text->size() == 65536);
    CHECK(refused(turn_of({{"text", std::string(65537, 'x')}})) == "protocol.bad_member");
    decoded<protocol::bye>({{"type", "bye"}, {"reason", std::string(256, 'x')}});
    CHECK(refused({{"type", "bye"}, {"reason", std::string(257, 'x')}}) == "protocol.bad_member");
}

TEST_CASE("a number is taken up to 2^53 - 1, the last that every reader of JSON agrees on") {
    CHECK(decoded<protocol::hello>(with(hello(), "ack", largest_number)).ack == largest_number);
    CHECK(decoded<protocol::hello>(with(hello(), "ack", 0)).ack == 0);
    CHECK(decoded<protocol::turn>(with(turn(), "number", largest_number)).number == largest_number);
}

TEST_CASE("a turn carries exactly one of text, event and intent") {
    auto frame = decoded<protocol::turn>(turn());
    CHECK(frame.id == turn_id{"t-1"});
    CHECK(frame.number == 3);
    CHECK(frame.input.text == "hi");
    CHECK_FALSE(frame.input.event);
    CHECK_FALSE(frame.input.intent);
    CHECK_FALSE(frame.retry_of);
    CHECK_FALSE(frame.if_revision);
    CHECK_FALSE(frame.expires_in);
    CHECK(frame.digest.size() == 64);

    auto event = decoded<protocol::turn>(turn_of({{"event", "door.opened"}, {"data", {{"by", "cat"}}}}));
    CHECK(event.input.event == "door.opened");
    CHECK(event.input.data == json{{"by", "cat"}});
    auto intent = decoded<protocol::turn>(turn_of({{"intent", "time"}, {"entities", {{"zone", "UTC"}}}}));
    CHECK(intent.input.intent == "time");
    CHECK(intent.input.entities == json{{"zone", "UTC"}});
    CHECK(decoded<protocol::turn>(turn_of({{"event", "x"}})).input.data == json::object());

    CHECK(refused(turn_of(json::object())) == "protocol.bad_member");
    CHECK(refused(turn_of({{"text", "hi"}, {"event", "x"}})) == "protocol.bad_member");
    CHECK(refused(turn_of({{"event", "x"}, {"intent", "y"}})) == "protocol.bad_member");
    CHECK(refused(turn_of({{"data", json::object()}})) == "protocol.bad_member");
}

TEST_CASE("an empty text is an input, for a device that heard nothing") {
    CHECK(decoded<protocol::turn>(turn_of({{"text", ""}})).input.text == "");
}

TEST_CASE("a turn's conditions are taken with it") {
    auto frame = turn();
    frame.update({{"retry_of", "t-0"}, {"if_revision", 7}, {"expires_in", 1500}});
    auto conditional = decoded<protocol::turn>(frame);
    CHECK(conditional.retry_of == turn_id{"t-0"});
    CHECK(conditional.if_revision == 7);
    CHECK(conditional.expires_in == milliseconds(1500));
    auto patient = decoded<protocol::turn>(with(turn(), "expires_in", largest_number));
    CHECK(patient.expires_in > std::chrono::days(365));
    CHECK(steady_time(milliseconds(1)) + *patient.expires_in > steady_time(milliseconds(1)));
}

TEST_CASE("a turn's members have types and bounds") {
    for (const auto* member : {"id", "number", "input"}) {
        auto frame = turn();
        frame.erase(member);
        CHECK(refused(frame) == "protocol.bad_member");
        CHECK(refused(with(turn(), member, nullptr)) == "protocol.bad_member");
    }
    refuses_each(turn(), "id", no_ids);
    refuses_each(turn(), "number", no_numbers);
    refuses_each(turn(), "input", no_objects);
    refuses_each(turn(), "retry_of", no_ids);
    refuses_each(turn(), "if_revision", no_numbers);
    refuses_each(turn(), "expires_in", no_numbers);
    for (const auto& value : no_texts)
        CHECK(refused(turn_of({{"text", value}})) == "protocol.bad_member");
    for (const auto& value : no_ids) {
        CHECK(refused(turn_of({{"event", value}})) == "protocol.bad_member");
        CHECK(refused(turn_of({{"intent", value}})) == "protocol.bad_member");
    }
    for (const auto& value : no_objects) {
        CHECK(refused(turn_of({{"event", "x"}, {"data", value}})) == "protocol.bad_member");
        CHECK(refused(turn_of({{"intent", "x"}, {"entities", value}})) == "protocol.bad_member");
    }
}

TEST_CASE("an error names the member, also the one inside an input") {
    CHECK(refused_text(to_text(with(turn(), "number", "x"))).message.find("'number'") != std::string::npos);
    auto inside = refused_text(to_text(turn_of({{"text", 5}}))).message;
    CHECK(inside.find("'input.text'") != std::string::npos);
}

TEST_CASE("a turn's digest is of its payload and of nothing else") {
    auto digest = [](const std::string& text) {
        auto got = protocol::decode(text);
        return std::get<protocol::turn>(std::get<protocol::client_frame>(got)).digest;
    };
    auto original = digest(R"({"type":"turn","id":"t-1","number":3,"input":{"text":"hi"}})");
    CHECK(digest(R"({"type":"turn","id":"t-1","number":4,"input":{"text":"hi"}})") == original);
    CHECK(digest(R"({ "number":3, "input" : {"text":"\u0068i"}, "id":"t-1", "type":"turn"})") == original);
    for (const auto* other :
         {R"({"type":"turn","id":"t-2","number":3,"input":{"text":"hi"}})",
          R"({"type":"turn","id":"t-1","number":3,"input":{"text":"hi "}})",
          R"({"type":"turn","id":"t-1","number":3,"input":{"intent":"hi"}})",
          R"({"type":"turn","id":"t-1","number":3,"input":{"text":"hi"},"if_revision":1})",
          R"({"type":"turn","id":"t-1","number":3,"input":{"text":"hi"},"retry_of":"t-0"})",
          R"({"type":"turn","id":"t-1","number":3,"input":{"text":"hi"},"policy":"queue"})"})
        CHECK(digest(other) != original);
    CHECK(digest(R"({"type":"turn","id":"t-1","number":3,"input":{"text":"hi"},"sent_at":17})") == original);

    auto nested = digest(R"({"type":"turn","id":"t","number":1,"input":{"event":"e","data":{"a":1,"b":2}}})");
    CHECK(digest(R"({"type":"turn","id":"t","number":1,"input":{"data":{"b":2,"a":1},"event":"e"}})") ==
          nested);
    CHECK(digest(R"({"type":"turn","id":"t","number":1,"input":{"event":"e","data":{"a":2,"b":1}}})") !=
          nested);
    CHECK(
        digest(
            R"({"type":"turn","id":"t","number":1,"input":{"event":"e","data":{"a":1,"b":2,"number":5}}})") !=
        nested);
}

TEST_CASE("a turn's policy is one of five words, and the machine's where it says nothing") {
    CHECK(decoded<protocol::turn>(turn()).policy.empty());
    for (const auto* policy : {"queue", "reject", "replace", "merge", "debounce(300)"})
        CHECK(decoded<protocol::turn>(with(turn(), "policy", policy)).policy == policy);
    refuses_each(turn(), "policy", {"", "SECRET", "queued", 1, true});
}

TEST_CASE("a wrong turn is answered by its id where that can be read") {
    CHECK(refused_text(to_text(with(turn(), "number", "x"))).ref == "t-1");
    CHECK(refused_text(to_text(with(turn(), "policy", "x"))).ref == "t-1");
    CHECK(refused_text(to_text(with(turn(), "id", "a b"))).ref.empty());
    CHECK(refused_text(to_text(with(hello(), "device", 1))).ref.empty());
}

TEST_CASE("a hello may wish for a heartbeat and a credit") {
    auto wishing = decoded<protocol::hello>(with(with(hello(), "heartbeat", 10000), "credit", 2));
    CHECK(wishing.heartbeat == milliseconds(10000));
    CHECK(wishing.credit == 2);
    CHECK_FALSE(decoded<protocol::hello>(hello()).heartbeat);
    CHECK_FALSE(decoded<protocol::hello>(hello()).credit);
    refuses_each(hello(), "heartbeat", no_numbers);
    refuses_each(hello(), "credit", no_numbers);
}

TEST_CASE("the small frames are taken with their members and without them") {
    CHECK(decoded<protocol::ack>({{"type", "ack"}, {"seq", 41}}).seq == 41);
    CHECK(refused({{"type", "ack"}}) == "protocol.bad_member");
    refuses_each({{"type", "ack"}}, "seq", no_numbers);

    CHECK(decoded<protocol::ping>({{"type", "ping"}, {"at", 1766400000123}}).at == 1766400000123);
    CHECK(decoded<protocol::ping>({{"type", "ping"}}).at == 0);
    refuses_each({{"type", "ping"}}, "at", no_numbers);
    decoded<protocol::pong>({{"type", "pong"}, {"at", 1}});

    auto bye = decoded<protocol::bye>({{"type", "bye"}, {"reason", "done"}, {"keep", false}});
    CHECK(bye.reason == "done");
    CHECK_FALSE(bye.keep);
    CHECK(decoded<protocol::bye>({{"type", "bye"}}).keep);
    refuses_each({{"type", "bye"}}, "keep", no_truths);
    refuses_each({{"type", "bye"}}, "reason", no_texts);
}

TEST_CASE("a cancel names its turn") {
    CHECK(decoded<protocol::cancel>({{"type", "cancel"}, {"turn", "t-1"}}).turn == turn_id{"t-1"});
    CHECK(refused({{"type", "cancel"}}) == "protocol.bad_member");
    refuses_each({{"type", "cancel"}}, "turn", no_ids);
}

TEST_CASE("a tool's result names its call and says whether it was done") {
    json frame = {
        {"type", "tool_result"}, {"call", "c12"}, {"turn", "t-1"}, {"ok", false}, {"data", {{"a", 1}}}};
    auto result = decoded<protocol::tool_result>(frame);
    CHECK(result.call == "c12");
    CHECK(result.turn == turn_id{"t-1"});
    CHECK_FALSE(result.ok);
    CHECK(result.data == json{{"a", 1}});
    json small = {{"type", "tool_result"}, {"call", "c12"}, {"ok", true}};
    CHECK(decoded<protocol::tool_result>(small).data == json::object());
    CHECK_FALSE(decoded<protocol::tool_result>(small).turn);
    refuses_each(frame, "call", no_ids);
    refuses_each(frame, "ok", no_truths);
    refuses_each(frame, "data", {1, "x", json::array()});
    small.erase("ok");
    CHECK(refused_text(to_text(small)).ref == "c12");
}

TEST_CASE("a token frame has a token of at most 8 KiB") {
    json frame = {{"type", "token"}, {"token", std::string(8192, 'x')}};
    CHECK(decoded<protocol::token>(frame).text.size() == 8192);
    refuses_each(frame, "token", no_texts);
    frame["token"] = std::string(8193, 'x');
    CHECK(refused(frame) == "protocol.bad_member");
    frame.erase("token");
    CHECK(refused(frame) == "protocol.bad_member");
}

TEST_CASE("a member that is null counts as absent") {
    auto frame = hello();
    for (const auto* member : {"session", "token", "resume", "epoch", "ack", "create", "machine", "mode"})
        frame[member] = nullptr;
    auto small = decoded<protocol::hello>(frame);
    CHECK_FALSE(small.session);
    CHECK_FALSE(small.ack);
    CHECK_FALSE(small.create);
    CHECK(small.mode == protocol::attach_mode::control);
    auto input = decoded<protocol::turn>(turn_of({{"text", "hi"}, {"event", nullptr}, {"data", nullptr}}));
    CHECK(input.input.data == json::object());
    CHECK(decoded<protocol::bye>({{"type", "bye"}, {"keep", nullptr}}).keep);
}

TEST_CASE("members that are unknown are ignored, whatever they hold") {
    auto frame = with(with(hello(), "later", {{"deep", {1, 2}}}), "sent_at", "any");
    CHECK(decoded<protocol::hello>(frame).device == device_id{"d-77"});
    CHECK(decoded<protocol::turn>(with(turn(), "later", 1)).number == 3);
    CHECK(decoded<protocol::ack>({{"type", "ack"}, {"seq", 1}, {"number", "x"}}).seq == 1);
}

TEST_CASE("a type that is unknown, missing or no type is told apart") {
    CHECK(refused({{"type", "SECRET"}}) == "protocol.unknown_type");
    CHECK(refused({{"type", "welcome"}}) == "protocol.unknown_type");
    CHECK(refused({{"type", "Hello"}}) == "protocol.unknown_type");
    CHECK(refused({{"type", ""}}) == "protocol.unknown_type");
    CHECK(refused(json::object()) == "protocol.bad_member");
    refuses_each(json::object(), "type", {nullptr, 1, true, json::array(), std::string(33, 'x')});
}

TEST_CASE("what is no JSON object is refused with the reason") {
    for (const auto* text : {"", "{", "nul", "{\"type\":\"ping\"} x", "{\"type\":\"ping\",\"type\":\"pong\"}",
                             "[]", "\"hello\"", "1", "null", "{\"type\":\"ping\",\"x\":\"\xff\"}"})
        CHECK(refused_text(text).code == "protocol.malformed");
}

TEST_CASE("a message is nested 32 levels deep at most and holds 256 members at most") {
    auto nested = [](std::size_t levels) {
        // The frame, its input and the data are three.
        return R"({"type":"turn","id":"t","number":1,"input":{"event":"e","data":{"x":)" +
               std::string(levels - 3, '[') + std::string(levels - 3, ']') + "}}}";
    };
    CHECK(std::holds_alternative<protocol::client_frame>(protocol::decode(nested(32))));
    CHECK(refused_text(nested(33)).code == "protocol.too_deep");

    json wide = {{"type", "pong"}};
    for (int i = 1; i < 256; ++i)
        wide["m" + std::to_string(i)] = i;
    decoded<protocol::pong>(wide);
    CHECK(refused(with(wide, "one more", 1)) == "protocol.malformed");
}
