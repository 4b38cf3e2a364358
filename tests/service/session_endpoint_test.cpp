#include "tests/service/talk.hpp"
#include "tests/support/catch.hpp"

#include <memory>
#include <string>
#include <vector>

using namespace rejoinder;
using rejoinder::tests::house;
using tests::says;
using websocket::close_code;

TEST_CASE("wrong frames are answered with a code, and close the socket only when repeated") {
    house h;
    auto socket = h.connect();
    h.attach(*socket, house::hello());
    says(*socket);
    auto code = [&](const std::string& text) {
        socket->say_text(text);
        h.env.run_ready();
        auto answer = socket->next();
        return answer ? answer->value("code", "") : "nothing";
    };
    CHECK(code(R"({"type":"nonsense"})") == "protocol.unknown_type");
    CHECK(code("{") == "protocol.malformed");
    CHECK_FALSE(socket->closed_by_server());
    CHECK(code(std::string(40, '[') + std::string(40, ']')) == "protocol.too_deep");
    CHECK_FALSE(socket->closed_by_server());
    CHECK(code(R"({"type":"turn","id":"x"})") == "protocol.bad_member");
    CHECK(socket->closed_by_server() == close_code::protocol_violated);
}

TEST_CASE("a socket must begin with a hello of this version in time") {
    house h;
    auto socket = h.connect();
    SECTION("another frame first") {
        socket->say({{"type", "ping"}, {"at", 1}});
        CHECK((*socket->next())["code"] == "protocol.hello_expected");
        CHECK(socket->closed_by_server() == close_code::protocol_violated);
    }
    SECTION("nothing") {
        h.env.advance(milliseconds(5001));
        CHECK(socket->closed_by_server() == close_code::idle);
    }
    SECTION("another version") {
        auto hello = house::hello();
        hello["protocol"] = 2;
        socket->say(hello);
        CHECK(socket->closed_by_server() == close_code::version_unsupported);
    }
    SECTION("a machine that does not exist") {
        auto hello = house::hello();
        hello["machine"] = "nobody";
        CHECK(h.attach(*socket, hello)["reason"] == "unknown_machine");
    }
}

TEST_CASE("a silent client is asked for a sign of life and closed without one") {
    house h;
    auto socket = h.connect();
    h.attach(*socket, house::hello());
    says(*socket);
    h.env.advance(milliseconds(25000));
    CHECK(socket->next("ping"));
    socket->say({{"type", "pong"}});
    h.env.advance(milliseconds(25000));
    CHECK(socket->next("ping"));
    h.env.advance(milliseconds(8000));
    CHECK(socket->closed_by_server() == close_code::no_pong);
}
