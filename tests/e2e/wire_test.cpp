// What a client may do wrong on the wire: each has its code, and nobody else notices.

#include "tests/e2e/visit.hpp"

using namespace rejoinder;
using namespace rejoinder::tests;

namespace {

unsigned refusal_of(visited_server& place, websocket::client_options options) {
    unsigned status = 0;
    bool connected = static_cast<bool>(place.connect(std::move(options), status));
    CHECK_FALSE(connected);
    return status;
}

/// Says something wrong until the server has had enough: each time an error with this code, then the close.
void check_three_strikes(const std::string& wrong, const std::string& error, int close_code) {
    visited_server place;
    auto who = place.guest();
    for (int strike = 1; strike <= 3; ++strike) {
        who.say(wrong);
        auto answer = who.hear("error");
        CHECK(answer.value("code", "") == error);
        CHECK_FALSE(answer.value("message", "").empty());
        CHECK(answer.value("retry", true) == false);
        if (strike < 3) check_turn(who, strike);
        place.check_neighbour();
    }
    CHECK(who.hear_out() == close_code);
    place.check_neighbour();
}

} // namespace

// ---- handshakes

TEST_CASE("a handshake without the subprotocol, or with another, is refused with 400") {
    visited_server place;
    CHECK(refusal_of(place, {}) == 400);
    websocket::client_options other;
    other.subprotocol = "rejoinder.v2";
    CHECK(refusal_of(place, other) == 400);
    place.check_neighbour();
}

TEST_CASE("a path where nothing is answers 404, the echo too unless it was asked for") {
    visited_server place;
    for (const auto* path : {"/", "/v1/sessions", "/v1/session/", "/v1/echo", "/../v1/session"}) {
        CAPTURE(path);
        websocket::client_options options;
        options.url = place.server->base_url() + path;
        options.subprotocol = "rejoinder.v1";
        CHECK(refusal_of(place, options) == 404);
    }
    place.check_neighbour();
}

TEST_CASE("a page in a browser is refused with 403") {
    visited_server place;
    websocket::client_options options;
    options.subprotocol = "rejoinder.v1";
    options.headers.emplace_back("Origin", "http://127.0.0.1:8080");
    CHECK(refusal_of(place, options) == 403);
    place.check_neighbour();
}

// ---- messages

TEST_CASE("malformed JSON is an error, and closes the connection when repeated") {
    check_three_strikes(R"({"type":"turn",)", "protocol.malformed", 4501);
}

TEST_CASE("a message that is nested too deeply is an error, and closes the connection when repeated") {
    auto deep = R"({"type":"ack","seq":1,"x":)" + std::string(40, '[') + std::string(40, ']') + "}";
    check_three_strikes(deep, "protocol.too_deep", 4501);
}

TEST_CASE("a message with a wrong member is an error, and closes the connection when repeated") {
    check_three_strikes(R"({"type":"turn","id":"t1","number":-1,"input":{"text":"x"}})",
                        "protocol.bad_member", 4501);
}

TEST_CASE("a message above the limit is an error, and closes the connection when repeated") {
    auto big = R"({"type":"ping","x":")" + std::string(65536, 'x') + "\"}";
    check_three_strikes(big, "protocol.too_big", 4509);
}

TEST_CASE("a message far above the limit closes the connection before it is read") {
    visited_server place;
    auto who = place.guest();
    who.say(std::string(2 << 20, 'x'));
    CHECK(who.hear_out() == 1009);
    place.check_neighbour();
}

TEST_CASE("a frame of an unknown type is an error however often, and the connection goes on") {
    visited_server place;
    auto who = place.guest();
    for (int i = 1; i <= 5; ++i) {
        who.say(json{{"type", "sing"}});
        CHECK(who.hear("error").value("code", "") == "protocol.unknown_type");
        check_turn(who, i);
    }
    place.check_neighbour();
}

TEST_CASE("a binary message closes the connection") {
    visited_server place;
    auto who = place.guest();
    who.say_bytes("\x01\x02");
    CHECK(who.hear_out() == 1003);
    place.check_neighbour();
}

TEST_CASE("messages above the rate are dropped, and the client is told how long to wait") {
    visited_server place({"--set", "limits.message-burst=8", "--set", "limits.messages-per-second=2"});
    auto who = place.guest();
    for (int i = 0; i < 12; ++i)
        who.say(json{{"type", "ping"}, {"at", i}});
    auto flood = who.hear("error");
    CHECK(flood.value("code", "") == "protocol.flood");
    CHECK(flood.value("retry", false));
    CHECK(flood.value("after", 0) > 0);
    place.check_neighbour();
}

// ---- hellos

TEST_CASE("a first frame that is no hello closes the connection") {
    visited_server place;
    auto who = place.visit();
    who.say(turn("t1", 1, "hello?"));
    CHECK(who.hear("error").value("code", "") == "protocol.hello_expected");
    CHECK(who.hear_out() == 4501);
    place.check_neighbour();
}

TEST_CASE("a connection that says no hello in time is closed") {
    visited_server place({"--set", "limits.hello-ms=250"});
    auto who = place.visit();
    CHECK(who.hear_out() == 4002);
    place.check_neighbour();
}

TEST_CASE("a hello of another version closes the connection with its code") {
    visited_server place;
    auto newer = place.visit();
    auto frame = hello("guest");
    frame["protocol"] = 2;
    newer.say(frame);
    CHECK(newer.hear_out() == 4506);
    place.check_neighbour();
}

TEST_CASE("a hello for an unknown machine or session is refused, and the next one may be right") {
    visited_server place;
    auto who = place.visit();
    auto frame = hello("guest");
    frame["machine"] = "dragon";
    who.say(frame);
    auto refused = who.hear("welcome");
    CHECK(refused == json{{"type", "welcome"}, {"outcome", "refused"}, {"reason", "unknown_machine"}});
    who.say(hello("guest"));
    CHECK(who.hear("welcome").value("outcome", "") == "new");
    check_turn(who, 1);

    auto lost = place.visit();
    lost.say(json{{"type", "hello"}, {"protocol", 1}, {"device", "lost"}, {"session", "no-such-session"}});
    CHECK(lost.hear("welcome").value("reason", "") == "unknown");
    place.check_neighbour();
}

TEST_CASE("a forged resume token is refused for good, and the session goes on with the right one") {
    visited_server place;
    auto owner = place.visit();
    owner.say(hello("owner"));
    auto welcome = owner.hear("welcome");
    check_turn(owner, 1);

    json frame = {{"type", "hello"},
                  {"protocol", 1},
                  {"device", "owner"},
                  {"session", welcome.at("session")},
                  {"resume", "rt1.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"},
                  {"epoch", welcome.at("epoch")},
                  {"ack", 0}};
    auto thief = place.visit();
    thief.say(frame);
    CHECK(thief.hear("welcome").value("reason", "") == "identity");
    CHECK(thief.hear_out() == 4505);
    check_turn(owner, 2);

    frame["resume"] = welcome.at("resume");
    auto again = place.visit();
    again.say(frame);
    CHECK(again.hear("welcome").value("outcome", "") == "replayed");
    CHECK(owner.hear("taken").value("device", "") == "owner");
    CHECK(owner.hear_out() == 4502);
    check_turn(again, 3);
    place.check_neighbour();
}

TEST_CASE("a device that connects again and again without a turn is told to wait") {
    visited_server place({"--set", "limits.attach-burst=3", "--set", "limits.attach-per-minute=0.5"});
    for (int i = 0; i < 3; ++i)
        place.guest("restless");
    auto who = place.visit();
    who.say(hello("restless"));
    auto error = who.hear("error");
    CHECK(error.value("code", "") == "overloaded");
    CHECK(error.value("retry", false));
    CHECK(error.value("after", 0) > 1000);
    CHECK(who.hear_out() == 4007);
    place.guest("calm");
    place.check_neighbour();
}

// ---- clients behind a proxy

namespace {

/// A visitor whom a proxy on this machine brings; nothing when it is refused with `status`.
std::unique_ptr<websocket::client> brought_for(visited_server& place, const std::string& address,
                                               unsigned& status) {
    websocket::client_options options;
    options.subprotocol = "rejoinder.v1";
    options.headers = {{"X-Forwarded-For", "127.0.0.1, " + address}};
    return place.connect(std::move(options), status);
}

} // namespace

TEST_CASE("clients that a trusted proxy brings are bounded by their own addresses") {
    visited_server place(
        {"--set", "trusted-proxies=127.0.0.0/8", "--set", "limits.connections-per-address=2"});
    unsigned status = 0;
    auto first = brought_for(place, "203.0.113.5", status);
    auto second = brought_for(place, "203.0.113.5", status);
    REQUIRE(first);
    REQUIRE(second);
    CHECK_FALSE(brought_for(place, "203.0.113.5", status));
    CHECK(status == 429);
    auto other = brought_for(place, "203.0.113.6", status);
    CHECK(other);
    place.check_neighbour();
    for (auto* one : {first.get(), second.get(), other.get()})
        place.world.run(one->cut());
}

TEST_CASE("an address whose hellos lead to nothing is told to wait, and its neighbours are not") {
    visited_server place({"--set", "trusted-proxies=127.0.0.1", "--set", "limits.attach-burst-of-address=2"});
    auto come = [&](const std::string& address) {
        unsigned status = 0;
        auto connection = brought_for(place, address, status);
        REQUIRE(connection);
        visitor who(place.world, std::move(connection));
        who.say(hello("guest"));
        return who.hear().value("type", "");
    };
    CHECK(come("203.0.113.5") == "welcome");
    CHECK(come("203.0.113.5") == "welcome");
    CHECK(come("203.0.113.5") == "error");
    CHECK(come("203.0.113.6") == "welcome");
    place.check_neighbour();
}

TEST_CASE("what names a client is ignored from whom is no trusted proxy") {
    visited_server place(
        {"--set", "limits.connections-per-address=1", "--set", "limits.attach-burst-of-address=1"});
    unsigned status = 0;
    auto first = brought_for(place, "203.0.113.5", status);
    auto second = brought_for(place, "203.0.113.5", status);
    REQUIRE(first);
    REQUIRE(second);
    for (auto* one : {first.get(), second.get()})
        place.world.run(one->cut());
}
