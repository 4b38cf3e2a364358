#include "tests/service/talk.hpp"
#include "tests/support/catch_result.hpp"

#include <memory>
#include <string>
#include <vector>

using namespace rejoinder;
using rejoinder::tests::house;
using tests::says;

TEST_CASE("a turn is accepted before its events, which are contiguous and end with turn.done") {
    house h;
    auto socket = h.connect();
    h.attach(*socket, house::hello());
    says(*socket);
    socket->say(house::turn("t-1", 1, "hi"));
    h.env.run_ready();
    auto accepted = socket->next();
    REQUIRE(accepted);
    CHECK((*accepted)["type"] == "accepted");
    CHECK((*accepted)["status"] == "done");
    CHECK((*accepted)["duplicate"] == false);
    auto first = (*accepted)["first"].get<std::uint64_t>();
    auto last = (*accepted)["last"].get<std::uint64_t>();
    std::string kinds;
    for (auto seq = first; seq <= last; ++seq) {
        auto event = socket->next();
        REQUIRE(event);
        CHECK((*event)["seq"] == seq);
        CHECK((*event)["turn"] == "t-1");
        kinds += event->value("kind", "") + " ";
    }
    CHECK(kinds == "say state turn.done ");
    CHECK(socket->waiting() == 0);
}

TEST_CASE("nothing of a turn is shown before its commit is durable") {
    house h;
    auto socket = h.connect();
    h.attach(*socket, house::hello());
    says(*socket);
    h.database.hold_commits();
    socket->say(house::turn("t-1", 1, "hi"));
    h.env.run_ready();
    CHECK(h.database.held() == 1);
    CHECK(socket->waiting() == 0);
    h.database.release_commits();
    h.env.run_ready();
    CHECK(socket->waiting() == 4);
}

TEST_CASE("a retry of a recorded turn gets the stored outcome and has no effect") {
    house h;
    auto socket = h.connect();
    auto welcome = h.attach(*socket, house::hello());
    socket->say(house::turn("t-1", 1, "hi"));
    h.env.run_ready();
    auto first = socket->next("accepted");
    says(*socket);
    auto commits = h.database.commits();
    auto reads = h.database.reads();

    SECTION("on the same socket, from memory") {
        socket->say(house::turn("t-1", 1, "hi"));
        h.env.run_ready();
        CHECK(h.database.reads() == reads);
    }
    SECTION("with a new number") {
        socket->say(house::turn("t-1", 5, "hi"));
        h.env.run_ready();
    }
    SECTION("after the session was deactivated and loaded again") {
        socket->vanish();
        h.env.advance(h.limits.idle_deactivation * 2);
        CHECK(h.sessions->live_sessions() == 0);
        socket = h.connect();
        h.attach(*socket, house::resume(welcome, (*first)["last"]));
        commits = h.database.commits();
        socket->say(house::turn("t-1", 1, "hi"));
        h.env.run_ready();
    }
    auto again = socket->next("accepted");
    REQUIRE(again);
    CHECK((*again)["duplicate"] == true);
    CHECK((*again)["first"] == (*first)["first"]);
    CHECK((*again)["last"] == (*first)["last"]);
    CHECK(socket->waiting() == 0);
    CHECK(h.database.commits() == commits);
}

TEST_CASE("an id that the memory has forgotten is still refused a second life by the database") {
    house h;
    auto socket = h.connect();
    auto welcome = h.attach(*socket, house::hello());
    socket->say(house::turn("t-1", 1, "hi"));
    h.env.run_ready();
    socket->vanish();
    h.env.advance(h.limits.idle_deactivation * 2);
    socket = h.connect();
    h.attach(*socket, house::resume(welcome, 0));
    says(*socket);
    socket->say(house::turn("t-1", 2, "hi"));
    h.env.run_ready();
    auto again = socket->next();
    REQUIRE(again);
    CHECK((*again)["duplicate"] == true);
}

TEST_CASE("another payload under a recorded id is rejected and never answered with the old result") {
    house h;
    auto socket = h.connect();
    h.attach(*socket, house::hello());
    socket->say(house::turn("t-1", 1, "hi"));
    h.env.run_ready();
    says(*socket);
    socket->say(house::turn("t-1", 1, "something else"));
    h.env.run_ready();
    auto answer = socket->next();
    REQUIRE(answer);
    CHECK((*answer)["type"] == "rejected");
    CHECK((*answer)["code"] == "turn.payload_differs");
    CHECK((*answer)["retry"] == false);
}

TEST_CASE("turns that can't count are rejected with a code") {
    house h;
    auto socket = h.connect();
    h.attach(*socket, house::hello());
    socket->say(house::turn("t-1", 7, "hi"));
    h.env.run_ready();
    says(*socket);
    auto code = [&](const json& frame) {
        socket->say(frame);
        h.env.run_ready();
        auto answer = socket->next();
        return answer ? answer->value("code", "") : "nothing";
    };
    CHECK(code(house::turn("t-2", 7, "hi")) == "turn.stale");
    CHECK(code(house::turn("t-3", 3, "hi")) == "turn.stale");
    auto conditional = house::turn("t-4", 8, "hi");
    conditional["if_revision"] = 99;
    CHECK(code(conditional) == "turn.conflict");
    conditional["if_revision"] = 2;
    CHECK(code(conditional) == "");
}

TEST_CASE("while it can't be told whether a turn is recorded, it is asked for again and nothing else ends") {
    house h;
    auto socket = h.connect();
    auto welcome = h.attach(*socket, house::hello());
    socket->say(house::turn("t-1", 1, "hi"));
    h.env.run_ready();
    socket->vanish();
    h.env.advance(h.limits.idle_deactivation * 2);
    socket = h.connect();
    h.attach(*socket, house::resume(welcome, 0));
    says(*socket);

    auto repeated = house::turn("t-1", 1, "hi");
    auto conditional = house::turn("t-2", 2, "hi");
    conditional["if_revision"] = 99;
    auto [frame, later] =
        GENERATE_COPY(table<json, std::string>({{repeated, "accepted"}, {conditional, "turn.conflict"}}));
    h.database.fail_reads(persistence::errc::unavailable);
    socket->say(frame);
    h.env.run_ready();
    auto rejected = socket->next();
    REQUIRE(rejected);
    CHECK((*rejected)["code"] == "store.unavailable");
    CHECK((*rejected)["retry"] == true);
    CHECK_FALSE(socket->closed_by_server());

    h.database.mend_reads();
    socket->say(frame);
    h.env.run_ready();
    auto answer = socket->next();
    REQUIRE(answer);
    CHECK(answer->value("code", answer->value("type", "")) == later);
}

TEST_CASE("where it can never be told whether a turn is recorded, nobody is told that it had no effect") {
    house h;
    auto socket = h.connect();
    h.attach(*socket, house::hello());
    says(*socket);
    auto conditional = house::turn("t-1", 1, "hi");
    conditional["if_revision"] = 99;
    h.database.fail_reads(persistence::errc::corrupt);
    socket->say(conditional);
    h.env.run_ready();
    CHECK(socket->waiting() == 0);
    CHECK(socket->closed_by_server() == websocket::close_code::commit_failed);
}

TEST_CASE("a turn that no step has made is recorded without one") {
    house h;
    auto socket = h.connect();
    auto welcome = h.attach(*socket, house::hello());
    says(*socket);
    h.database.fail_reads(persistence::errc::corrupt);
    socket->say(house::turn("t-1", 1, "hi"));
    h.env.run_ready();
    auto accepted = socket->next("accepted");
    REQUIRE(accepted);
    CHECK((*accepted)["outcome"]["code"] == "data.damaged");
    h.database.mend_reads();

    auto row = h.env.run(h.database.read_session(session_id{welcome["session"]}));
    REQUIRE(row);
    auto stored = h.env.run(h.database.find_turn(row->key, turn_id{"t-1"}));
    REQUIRE(stored);
    CHECK(stored->input.empty());
}

TEST_CASE("whoever asked hears of it when the session breaks") {
    house h;
    auto socket = h.connect();
    SECTION("over a hello") {
        h.database.break_commit();
        socket->say(house::hello());
    }
    SECTION("over a turn") {
        h.attach(*socket, house::hello());
        h.database.break_commit();
        socket->say(house::turn("t-1", 1, "hi"));
    }
    h.env.run_ready();
    CHECK(socket->closed_by_server() == websocket::close_code::commit_failed);
    CHECK(h.sessions->live_sessions() == 0);
}

TEST_CASE("a turn that waited longer than it allowed is rejected and leaves no trace") {
    house h;
    auto socket = h.connect();
    h.attach(*socket, house::hello());
    h.database.hold_commits();
    socket->say(house::turn("t-1", 1, "hi"));
    auto hasty = house::turn("t-2", 2, "quick");
    hasty["expires_in"] = 50;
    socket->say(hasty);
    h.env.advance(milliseconds(100));
    h.database.release_commits();
    h.env.run_ready();
    auto rejected = socket->next("rejected");
    REQUIRE(rejected);
    CHECK((*rejected)["code"] == "turn.expired");
}

TEST_CASE("a queue that is full rejects with a retry") {
    house h;
    h.limits.credit = 100;
    auto socket = h.connect();
    h.attach(*socket, house::hello());
    h.database.hold_commits();
    for (int i = 1; i <= 12; ++i)
        socket->say(house::turn("t-" + std::to_string(i), i, "hi"));
    h.env.run_ready();
    auto rejected = socket->next("rejected");
    REQUIRE(rejected);
    CHECK((*rejected)["code"] == "overloaded");
    CHECK((*rejected)["retry"] == true);
    h.database.release_commits();
    h.env.run_ready();
    int accepted = 0;
    while (socket->next("accepted"))
        ++accepted;
    CHECK(accepted == 8);
}

TEST_CASE("a recorded turn that comes again under a greater number is never told that it had no effect") {
    house h;
    auto socket = h.connect();
    auto welcome = h.attach(*socket, house::hello());
    auto conditional = house::turn("t-1", 1, "hi");
    conditional["if_revision"] = 1;
    socket->say(conditional);
    h.env.run_ready();
    REQUIRE(socket->next("accepted"));
    socket->vanish();
    h.env.advance(h.limits.idle_deactivation * 2);
    auto back = h.connect();
    h.attach(*back, house::resume(welcome, 0));
    says(*back);
    conditional["number"] = 2;
    back->say(conditional);
    h.env.run_ready();
    auto answer = back->next();
    REQUIRE(answer);
    CHECK((*answer)["type"] == "accepted");
    CHECK((*answer)["duplicate"] == true);
}

TEST_CASE("a turn that shows more than the outbox takes at once is shown all the same") {
    house h;
    h.limits.connection.outbox_frames = 16;
    auto loaded = statemachine::load_definition_text(R"({
        "id": "loud", "version": 1, "initial": "on", "states": {"on": {"on": {"turn.text": {"actions": [
            {"type": "notice", "params": {"kind": "a"}}, {"type": "notice", "params": {"kind": "b"}},
            {"type": "notice", "params": {"kind": "c"}}, {"type": "notice", "params": {"kind": "d"}},
            {"type": "notice", "params": {"kind": "e"}}, {"type": "notice", "params": {"kind": "f"}}]}}}}})");
    REQUIRE(loaded.machine);
    h.machines.add(*loaded.machine);
    auto socket = h.connect();
    auto hello = house::hello();
    hello["machine"] = "loud";
    auto welcome = h.attach(*socket, hello);
    says(*socket);
    socket->say(house::turn("t-1", 1, "hi"));
    h.env.run_ready();
    auto accepted = socket->next();
    REQUIRE(accepted);
    auto expected = (*accepted)["first"].get<std::uint64_t>();
    while (auto frame = socket->next())
        CHECK((*frame)["seq"] == expected++);
    CHECK(expected == (*accepted)["last"].get<std::uint64_t>() + 1);
    CHECK(expected > 7);
}
