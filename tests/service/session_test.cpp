#include "tests/service/talk.hpp"
#include "tests/support/catch.hpp"

#include <memory>
#include <string>
#include <vector>

using namespace rejoinder;
using rejoinder::tests::house;
using tests::greeting;
using tests::says;
using websocket::close_code;

TEST_CASE("a new session is welcomed and its machine greets") {
    house h;
    auto socket = h.connect();
    auto welcome = h.attach(*socket, house::hello());
    CHECK(welcome["outcome"] == "new");
    CHECK(welcome["generation"] == 1);
    CHECK(welcome["epoch"].get<std::string>().size() == 16);
    CHECK(welcome["durability"] == "none");
    CHECK(welcome["machine"]["id"] == "parrot");
    CHECK(says(*socket) == std::vector<std::string>{"Hello."});
}

TEST_CASE(
    "a failed commit ends the activation: the client reconnects, repeats its turn, and it happens once") {
    house h;
    auto socket = h.connect();
    auto welcome = h.attach(*socket, house::hello());
    says(*socket);
    auto when = GENERATE(tests::fault::before_applying, tests::fault::after_applying);
    h.database.fail_commit(persistence::errc::unknown_outcome, when);
    socket->say(house::turn("t-1", 1, "hi"));
    h.env.run_ready();
    CHECK(socket->closed_by_server() == close_code::commit_failed);
    CHECK(socket->waiting() == 0);
    CHECK(h.sessions->live_sessions() == 0);

    auto back = h.connect();
    auto again = h.attach(*back, house::resume(welcome, greeting));
    CHECK(again["outcome"] == (when == tests::fault::before_applying ? "lossless" : "replayed"));
    says(*back);
    back->say(house::turn("t-1", 1, "hi"));
    h.env.run_ready();
    auto accepted = back->next("accepted");
    REQUIRE(accepted);
    CHECK((*accepted)["duplicate"] == (when == tests::fault::after_applying));
}

TEST_CASE("a store that is full rejects the turn with a retry and harms nothing") {
    house h;
    auto socket = h.connect();
    h.attach(*socket, house::hello());
    says(*socket);
    h.database.fail_commit(persistence::errc::unavailable);
    socket->say(house::turn("t-1", 1, "hi"));
    h.env.run_ready();
    auto rejected = socket->next();
    REQUIRE(rejected);
    CHECK((*rejected)["code"] == "store.unavailable");
    CHECK((*rejected)["retry"] == true);
    socket->say(house::turn("t-1", 2, "hi"));
    h.env.run_ready();
    CHECK((*socket->next("accepted"))["duplicate"] == false);
}

TEST_CASE("an owner that was fenced off stops and says so") {
    house h;
    auto socket = h.connect();
    h.attach(*socket, house::hello());
    h.database.fail_commit(persistence::errc::fenced);
    socket->say(house::turn("t-1", 1, "hi"));
    h.env.run_ready();
    CHECK(socket->closed_by_server() == close_code::fenced);
    CHECK(h.sessions->live_sessions() == 0);
}

TEST_CASE("a session whose machine has changed is refused and kept as it is") {
    house h;
    auto socket = h.connect();
    auto welcome = h.attach(*socket, house::hello());
    socket->vanish();
    h.close();
    h.machines = {};
    h.machines.add(tests::test_machine(2));
    h.open();
    auto commits = h.database.commits();
    auto back = h.connect();
    auto refused = h.attach(*back, house::resume(welcome, 1));
    CHECK(refused["outcome"] == "refused");
    CHECK(refused["reason"] == "machine");
    CHECK(h.database.commits() == commits);

    h.close();
    h.machines = {};
    h.machines.add(tests::test_machine(1));
    h.open();
    auto later = h.connect();
    CHECK(h.attach(*later, house::resume(welcome, greeting))["outcome"] == "lossless");
}

TEST_CASE("a session ends with its machine: the client is told, later turns are rejected, a resume still "
          "tells the end") {
    house h;
    auto socket = h.connect();
    auto welcome = h.attach(*socket, house::hello());
    socket->say(house::turn("t-1", 1, "goodbye"));
    h.env.run_ready();
    std::string last;
    while (auto frame = socket->next())
        last = frame->value("type", "") == "event" ? frame->value("kind", "") : frame->value("type", "");
    CHECK(last == "bye");
    CHECK(socket->closed_by_server() == close_code::session_ended);
    socket->vanish();
    auto back = h.connect();
    CHECK(h.attach(*back, house::resume(welcome, 1))["outcome"] == "replayed");
    std::string kinds;
    while (auto frame = back->next())
        kinds += frame->value("kind", frame->value("type", "")) + " ";
    CHECK(kinds.find("session.ended") != std::string::npos);
    CHECK(back->closed_by_server() == close_code::session_ended);
}

TEST_CASE("what a machine remembers of a user is there for the user's other sessions") {
    house h;
    auto socket = h.connect();
    h.attach(*socket, house::hello());
    socket->say(house::turn("t-1", 1, "call me Ishmael"));
    h.env.run_ready();
    auto other = h.connect();
    h.attach(*other, house::hello("d-2"));
    says(*other);
    other->say(house::turn("t-1", 1, "who am I"));
    h.env.run_ready();
    CHECK(says(*other) == std::vector<std::string>{"You said: call me Ishmael"});
}

TEST_CASE("many who ask for one session at the same time share one activation") {
    house h;
    auto socket = h.connect();
    auto welcome = h.attach(*socket, house::hello());
    socket->vanish();
    h.env.advance(h.limits.idle_deactivation * 2);
    REQUIRE(h.sessions->live_sessions() == 0);
    auto reads = h.database.reads();
    auto one = h.connect();
    auto two = h.connect();
    one->say(house::resume(welcome, 1));
    two->say(house::resume(welcome, 1));
    h.env.run_ready();
    CHECK(h.sessions->live_sessions() == 1);
    CHECK(h.database.reads() - h.database.log_reads() <= reads + 1);
}

TEST_CASE("a machine whose first step fails makes no session") {
    house h;
    auto loaded = statemachine::load_definition_text(R"({
        "id": "stuck", "version": 1, "initial": "a", "context": {"n": 0},
        "states": {"a": {"always": {"guard": {"type": "less", "params": {"path": "/context/n", "value": 5000}},
                                    "actions": {"type": "increment", "params": {"path": "/context/n"}}}}}})");
    REQUIRE(loaded.machine);
    h.machines.add(*loaded.machine);
    auto socket = h.connect();
    auto hello = house::hello();
    hello["machine"] = "stuck";
    auto refused = h.attach(*socket, hello);
    CHECK(refused["outcome"] == "refused");
    CHECK(refused["reason"] == "machine_failed");
    CHECK(h.database.commits() == 0);
    CHECK(h.sessions->live_sessions() == 0);
}

TEST_CASE("a session that can't begin, however often it is tried, is refused for good") {
    house h;
    std::string reason;
    SECTION("the data that its first step reads is damaged") {
        h.database.fail_reads(persistence::errc::corrupt);
        reason = "damaged";
    }
    SECTION("what its first step leads to is too large to be stored") {
        h.database.fail_commit(persistence::errc::too_large);
        reason = "machine_failed";
    }
    auto socket = h.connect();
    auto refused = h.attach(*socket, house::hello());
    CHECK(refused["outcome"] == "refused");
    CHECK(refused["reason"] == reason);
    CHECK(socket->closed_by_server() == close_code::quarantined);
    CHECK(h.sessions->live_sessions() == 0);
}

TEST_CASE("while the database takes nothing, clients are told when to come back") {
    house h;
    auto socket = h.connect();
    auto hello = house::hello();
    SECTION("of a new session whose world can't be read") {
        h.database.fail_reads(persistence::errc::unavailable);
    }
    SECTION("of a new session that can't be stored") {
        h.database.fail_commit(persistence::errc::unavailable);
    }
    SECTION("of a session that is stored") {
        hello = house::resume(h.attach(*socket, hello), greeting);
        socket = h.connect();
        h.database.fail_commit(persistence::errc::unavailable);
    }
    SECTION("of a snapshot whose turns can't be read") {
        hello = house::resume(h.attach(*socket, hello), greeting);
        hello.erase("ack");
        socket = h.connect();
        h.database.fail_reads(persistence::errc::unavailable);
    }
    socket->say(hello);
    h.env.run_ready();
    auto error = socket->next("error");
    REQUIRE(error);
    CHECK((*error)["retry"] == true);
    CHECK((*error)["after"] == 1000);
    CHECK(socket->closed_by_server() == close_code::overloaded);
}
