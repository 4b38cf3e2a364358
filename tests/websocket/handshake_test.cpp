#include "websocket/handshake.hpp"

#include "tests/support/catch.hpp"

using namespace rejoinder::websocket;

namespace {

request_head good_head() {
    request_head head;
    head.method = "GET";
    head.target = "/v1/session?debug=1";
    head.fields = {{"host", "example"},
                   {"UPGRADE", "h2c, WebSocket"},
                   {"Connection", "keep-alive, upgrade"},
                   {"Sec-WebSocket-Key", " dGhlIHNhbXBsZSBub25jZQ== "},
                   {"Sec-WebSocket-Version", "13"}};
    return head;
}

unsigned status_of(const request_head& head, std::size_t max_fields = 64) {
    auto checked = check_request(head, max_fields);
    auto* refused = std::get_if<http_response>(&checked);
    return refused ? refused->status : 0;
}

} // namespace

TEST_CASE("a handshake is read whatever the case of its names and the order of its lists") {
    auto head = good_head();
    head.fields.emplace_back("Sec-WebSocket-Protocol", "rejoinder.v1 ,, other");
    head.fields.emplace_back("sec-websocket-protocol", "third");
    head.fields.emplace_back("authorization", "Bearer abc");
    head.fields.emplace_back("Origin", "https://page");
    auto checked = check_request(head, 64);
    REQUIRE(std::holds_alternative<request>(checked));
    const auto& asked = std::get<request>(checked);
    CHECK(asked.upgrade);
    CHECK(asked.method == "GET");
    CHECK(asked.path == "/v1/session");
    CHECK(asked.host == "example");
    CHECK(asked.authorization == "Bearer abc");
    CHECK(asked.origin == "https://page");
    CHECK(asked.subprotocols == std::vector<std::string>{"rejoinder.v1", "other", "third"});
}

TEST_CASE("a plain request passes with any method and without the handshake's headers") {
    request_head head;
    head.method = "DELETE";
    head.target = "/readyz";
    head.fields = {{"Host", "example"}, {"Upgrade", "h2c"}};
    auto checked = check_request(head, 64);
    REQUIRE(std::holds_alternative<request>(checked));
    CHECK_FALSE(std::get<request>(checked).upgrade);
    CHECK_FALSE(std::get<request>(checked).authorization);
}

TEST_CASE("a key must be sixteen bytes in base64") {
    for (std::string_view key : {"", "dGhlIHNhbXBsZSBub25jZQ=", "dGhlIHNhbXBsZSBub25jZQ",
                                 "dGhlIHNhbXBsZSBub25jZQA=", "dGhlIHNhbXBsZSBub25jZQAA",
                                 "dGhlIHNhbXBsZSBub25j-Q==", "dGhlIHNhbXBsZSBub25jZQ==="}) {
        auto head = good_head();
        head.fields[3].second = key;
        INFO(key);
        CHECK(status_of(head) == 400);
    }
    CHECK(status_of(good_head()) == 0);
}

TEST_CASE("the version must be 13, once") {
    auto head = good_head();
    for (std::string_view version : {"8", "013", "13, 8", ""}) {
        head.fields[4].second = version;
        CHECK(status_of(head) == 426);
    }
    head = good_head();
    head.fields.emplace_back("Sec-WebSocket-Version", "13");
    CHECK(status_of(head) == 426);
}

TEST_CASE("an upgrade request has no body") {
    for (auto [name, value] : {std::pair{"Content-Length", "5"}, std::pair{"Transfer-Encoding", "chunked"}}) {
        auto head = good_head();
        head.fields.emplace_back(name, value);
        INFO(name);
        CHECK(status_of(head) == 400);
    }
    auto head = good_head();
    head.fields.emplace_back("Content-Length", "0");
    CHECK(status_of(head) == 0);
}

TEST_CASE("who somebody is and where they come from may be said once only") {
    for (std::string_view name : {"Authorization", "Origin"}) {
        auto head = good_head();
        head.fields.emplace_back(name, "one");
        CHECK(status_of(head) == 0);
        head.fields.emplace_back(name, "one");
        CHECK(status_of(head) == 400);
    }
}

TEST_CASE("the number of header fields is bounded") {
    auto head = good_head();
    CHECK(status_of(head, 5) == 0);
    CHECK(status_of(head, 4) == 431);
}
