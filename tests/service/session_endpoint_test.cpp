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

TEST_CASE(
    "a user has eight connections at a time, and the ninth is told to wait, and gets in when one has gone") {
    house h;
    std::vector<std::unique_ptr<tests::fake_socket>> sockets;
    for (std::size_t i = 0; i < h.limits.connections_per_user; ++i) {
        sockets.push_back(h.connect());
        CHECK(h.attach(*sockets.back(), house::hello())["outcome"] == "new");
    }
    auto ninth = h.connect();
    ninth->say(house::hello());
    h.env.run_ready();
    auto answer = ninth->next();
    REQUIRE(answer);
    CHECK((*answer)["code"] == "overloaded");
    CHECK((*answer)["retry"] == true);
    CHECK((*answer)["after"].get<int>() > 0);
    CHECK(ninth->closed_by_server() == close_code::overloaded);
    CHECK(h.sessions->live_sessions() == h.limits.connections_per_user);

    auto other = h.connect();
    CHECK(h.attach(*other, house::hello("d-2"))["outcome"] == "new");
    sockets.back()->vanish();
    auto later = h.connect();
    CHECK(h.attach(*later, house::hello())["outcome"] == "new");
}

TEST_CASE("a connection that was taken over counts no more, even if its socket lingers") {
    house h;
    h.limits.connections_per_user = 2;
    std::vector<std::unique_ptr<tests::fake_socket>> sockets;
    sockets.push_back(h.connect());
    auto welcome = h.attach(*sockets.back(), house::hello());
    for (int i = 0; i < 10; ++i) {
        sockets.push_back(h.connect());
        CHECK(h.attach(*sockets.back(), house::resume(welcome, tests::greeting))["outcome"] == "lossless");
    }
}

TEST_CASE("a client gets the heartbeat and the credit that it wishes for, within the server's bounds") {
    house h;
    auto socket = h.connect();
    auto hello = house::hello();
    hello["heartbeat"] = 5000;
    hello["credit"] = 1;
    auto welcome = h.attach(*socket, hello);
    CHECK(welcome["heartbeat"] == 5000);
    CHECK(welcome["credit"] == 1);
    says(*socket);
    h.env.advance(milliseconds(5000));
    CHECK(socket->next("ping"));

    h.database.hold_commits();
    socket->say(house::turn("t-1", 1, "hi"));
    socket->say(house::turn("t-2", 2, "hi"));
    h.env.run_ready();
    auto rejected = socket->next("rejected");
    REQUIRE(rejected);
    CHECK((*rejected)["turn"] == "t-2");
    CHECK((*rejected)["code"] == "turn.no_credit");
    h.database.release_commits();
    h.env.run_ready();

    auto greedy = h.connect();
    hello["heartbeat"] = 1000000000;
    hello["credit"] = 1000;
    welcome = h.attach(*greedy, hello);
    CHECK(welcome["heartbeat"] == h.limits.heartbeat.count());
    CHECK(welcome["credit"] == h.limits.credit);
    auto restless = h.connect();
    hello["heartbeat"] = 0;
    hello["credit"] = 0;
    welcome = h.attach(*restless, hello);
    CHECK(welcome["heartbeat"] == 1000);
    CHECK(welcome["credit"] == 1);
}

TEST_CASE("a policy that the state does not allow costs the turn and not the connection") {
    house h;
    auto socket = h.connect();
    h.attach(*socket, house::hello());
    for (int number = 1; number <= 5; ++number) {
        auto turn = house::turn("t-" + std::to_string(number), number, "hi");
        turn["policy"] = "replace";
        socket->say(turn);
        h.env.run_ready();
        auto rejected = socket->next("rejected");
        REQUIRE(rejected);
        CHECK((*rejected)["turn"] == turn["id"]);
        CHECK((*rejected)["code"] == "turn.policy_not_allowed");
        CHECK((*rejected)["retry"] == false);
    }
    socket->say(house::turn("t-6", 1, "hi"));
    h.env.run_ready();
    CHECK(socket->next("accepted"));
}

TEST_CASE("a client can't send the events that the server makes") {
    house h;
    auto socket = h.connect();
    h.attach(*socket, house::hello());
    auto name = GENERATE("xstate.done.state.parrot.listening", "device.context", "robot.trigger");
    socket->say({{"type", "turn"}, {"id", "t-1"}, {"number", 1}, {"input", {{"event", name}}}});
    h.env.run_ready();
    auto rejected = socket->next("rejected");
    REQUIRE(rejected);
    CHECK((*rejected)["code"] == "turn.reserved_event");
    CHECK((*rejected)["retry"] == false);
}

TEST_CASE("a client whose session can't be opened in time is told to come back, and not that it was silent") {
    house h;
    h.database.hold_commits();
    auto socket = h.connect();
    socket->say(house::hello());
    h.env.advance(h.limits.heartbeat + h.limits.heartbeat_answer);
    auto answer = socket->next("error");
    REQUIRE(answer);
    CHECK((*answer)["code"] == "overloaded");
    CHECK((*answer)["after"].get<int>() > 0);
    CHECK(socket->closed_by_server() == close_code::overloaded);
    h.database.release_commits();
}

TEST_CASE("of a session whose machine has changed only its owner hears that it is there") {
    house h;
    auto socket = h.connect();
    auto welcome = h.attach(*socket, house::hello());
    socket->say(house::turn("t-1", 1, "hi"));
    h.env.run_ready();
    socket->vanish();
    h.close();
    h.machines = {};
    h.machines.add(tests::test_machine(2));
    h.open();
    auto owner = h.connect();
    CHECK(h.attach(*owner, house::resume(welcome, 1))["reason"] == "machine");
    auto stranger = h.connect("another");
    CHECK(h.attach(*stranger, house::resume(welcome, 1))["reason"] == "unknown");
    auto forger = h.connect();
    auto forged = house::resume(welcome, 1);
    forged["resume"] = "rt1.forged";
    CHECK(h.attach(*forger, forged)["reason"] == "identity");
    CHECK(forger->closed_by_server() == close_code::resume_refused);
}

TEST_CASE(
    "attempts of one address that lead to nothing count together, and those that lead to something do not") {
    house h;
    websocket::rate_limit attempts(1, 2, 10);
    h.addresses = &attempts;
    auto hello_of = [&](const std::string& device) {
        auto socket = h.connect();
        socket->say(house::hello(device));
        h.env.run_ready();
        return socket;
    };
    for (int i = 0; i < 5; ++i) {
        auto socket = hello_of("useful-" + std::to_string(i));
        socket->say(house::turn("t-1", 1, "hi"));
        h.env.run_ready();
        CHECK_FALSE(socket->closed_by_server());
    }
    CHECK_FALSE(hello_of("idle-1")->closed_by_server());
    CHECK_FALSE(hello_of("idle-2")->closed_by_server());
    auto refused = hello_of("idle-3");
    CHECK(refused->closed_by_server() == close_code::overloaded);
    auto answer = refused->next("error");
    REQUIRE(answer);
    CHECK((*answer)["after"].get<int>() > 0);
    h.env.advance(seconds(60));
    CHECK_FALSE(hello_of("idle-3")->closed_by_server());
}

TEST_CASE("a client that takes another address of its IPv6 network has no attempts more") {
    house h;
    websocket::rate_limit attempts(1, 2, 10);
    h.addresses = &attempts;
    service::credentials::no_credentials anybody(account_id{"local"});
    auto hello_from = [&](const std::string& address) {
        auto socket = h.connect_to(anybody, address);
        socket->say(house::hello());
        h.env.run_ready();
        return socket;
    };
    auto useful = hello_from("2001:db8::1");
    useful->say(house::turn("t-1", 1, "hi"));
    h.env.run_ready();
    CHECK_FALSE(hello_from("2001:db8::2")->closed_by_server());
    CHECK_FALSE(hello_from("2001:db8::3")->closed_by_server());
    CHECK(hello_from("2001:db8::4")->closed_by_server() == close_code::overloaded);
    CHECK_FALSE(hello_from("2001:db8:0:1::1")->closed_by_server());
}
