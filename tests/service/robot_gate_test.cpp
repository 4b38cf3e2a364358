#include "tests/service/robot_world.hpp"
#include "tests/support/catch.hpp"

#include <memory>
#include <string>
#include <vector>

using namespace rejoinder;
using rejoinder::service::robot_gate;
using rejoinder::tests::converse;
using rejoinder::tests::fake_socket;
using rejoinder::tests::robot_world;

namespace {

/// The HTTP status of a refusal; 101 for an upgrade, which is given up again at once.
unsigned status(const websocket::routing& decision) {
    const auto* refused = std::get_if<websocket::http_response>(&decision);
    return refused ? refused->status : 101;
}

unsigned knock(robot_world& world, const std::string& token) {
    return status(world.gate->admit(robot_world::knock(token)));
}

} // namespace

TEST_CASE("robots connect at four paths and nowhere else") {
    for (auto path : {"/v1/listen", "/listen", "/v1/proactive", "/proactive"})
        CHECK(robot_gate::is_robot_path(path));
    for (auto path : {"/", "/v1/session", "/v1/listen/", "/v1/listening", "/v2/listen", ""})
        CHECK_FALSE(robot_gate::is_robot_path(path));
}

TEST_CASE("a robot that names itself by no bearer token is told to") {
    robot_world world;
    CHECK(knock(world, "kitchen-1") == 101);
    CHECK(knock(world, "") == 401);
    CHECK(knock(world, std::string(9000, 'x')) == 401);
    auto request = robot_world::knock("");
    for (auto value : {"Bearer ", "kitchen-1", "Basic a2l0Y2hlbg==", "bearer"}) {
        request.authorization = value;
        auto decision = world.gate->admit(request);
        REQUIRE(status(decision) == 401);
        const auto& headers = std::get<websocket::http_response>(decision).headers;
        CHECK(headers.at(0) == std::pair<std::string, std::string>("WWW-Authenticate", "Bearer"));
    }
}

TEST_CASE("where clients need credentials a robot that is not configured is turned away") {
    robot_world world;
    world.open_gate(service::unknown_robots::refused);
    CHECK(knock(world, "nobody-knows-me") == 401);
    CHECK(knock(world, "kitchen") == 401);
    CHECK(knock(world, "kitchen-1") == 101);
}

TEST_CASE("a configured token is its device, any other one is a device of its own") {
    robot_world world;
    converse(world, "t-1", "tell me a joke", "kitchen-2");
    CHECK(world.row("kitchen").device == device_id{"kitchen"});
    converse(world, "t-1", "tell me a joke", "hall");
    CHECK(world.row("hall").device == device_id{"hall"});

    auto strangers = world.sessions->live_sessions();
    converse(world, "t-1", "tell me a joke", "nobody-knows-me");
    CHECK(world.sessions->live_sessions() == strangers + 1);
    converse(world, "t-2", "tell me a joke", "nobody-knows-me");
    CHECK(world.sessions->live_sessions() == strangers + 1);
}

TEST_CASE("a device has four connections at a time, whichever tokens it uses") {
    robot_world world;
    std::vector<std::unique_ptr<fake_socket>> open;
    for (auto token : {"kitchen-1", "kitchen-2", "kitchen-1", "kitchen-2"})
        open.push_back(world.call(token));
    auto fifth = world.gate->admit(robot_world::knock("kitchen-1"));
    REQUIRE(status(fifth) == 429);
    CHECK(std::get<websocket::http_response>(fifth).headers.at(0).first == "Retry-After");
    CHECK(knock(world, "hall") == 101);

    open.pop_back();
    CHECK(knock(world, "kitchen-1") == 101);
}

TEST_CASE("a connection whose upgrade fails counts no longer") {
    robot_world world;
    for (int i = 0; i < 10; ++i)
        CHECK(knock(world, "kitchen-1") == 101);
}

TEST_CASE("a device connects sixty times a minute, and is told when to come back") {
    robot_world world;
    world.limits.robot_connections_per_minute = 60;
    world.open_gate();
    for (int i = 0; i < 60; ++i)
        CHECK_NOTHROW(world.call("kitchen-1"));
    auto refused = world.gate->admit(robot_world::knock("kitchen-2"));
    REQUIRE(status(refused) == 429);
    const auto& headers = std::get<websocket::http_response>(refused).headers;
    CHECK(headers.at(0) == std::pair<std::string, std::string>("Retry-After", "1"));
    CHECK_NOTHROW(world.call("hall"));

    world.env.advance(milliseconds(1000));
    CHECK_NOTHROW(world.call("kitchen-1"));
}

TEST_CASE("an address from which robots ask nothing is told to wait, and one that asks is not") {
    robot_world world;
    websocket::rate_limit attempts(1, 2, 10);
    auto from = [&](const std::string& address, const std::string& token) {
        auto request = robot_world::knock(token);
        request.peer_address = address;
        return world.gate->admit(request, &attempts);
    };
    for (int i = 0; i < 5; ++i) {
        auto admitted = from("192.0.2.1", "kitchen-1");
        REQUIRE(status(admitted) == 101);
        auto& accepted = std::get<websocket::accept_upgrade>(admitted);
        fake_socket socket(world.env, std::move(accepted.handler), accepted.limits);
        auto transaction = "t-" + std::to_string(i);
        socket.say(tests::listen(transaction));
        socket.say(tests::heard(transaction, "tell me a joke"));
        world.env.run_ready();
    }
    CHECK(status(from("192.0.2.2", "nobody")) == 101);
    CHECK(status(from("192.0.2.2", "")) == 401);
    CHECK(status(from("192.0.2.2", "kitchen-1")) == 429);
    CHECK(status(from("192.0.2.1", "kitchen-1")) == 101);
    CHECK(status(from("2001:db8::1", "")) == 401);
    CHECK(status(from("2001:db8::2", "")) == 401);
    CHECK(status(from("2001:db8::3", "kitchen-1")) == 429); // of the same network
    CHECK(status(from("2001:db8:0:1::1", "kitchen-1")) == 101);
}
