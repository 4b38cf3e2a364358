// Who may resume a session: tokens, accounts, takeovers.

#include "tests/service/talk.hpp"
#include "tests/support/catch_result.hpp"

#include <memory>
#include <string>
#include <vector>

using namespace rejoinder;
using rejoinder::tests::house;
using tests::fake_socket;
using tests::greeting;
using tests::says;
using tests::take_turns;
using websocket::close_code;

TEST_CASE("an unknown session is refused truthfully, or replaced where the client allows it") {
    house h;
    auto socket = h.connect();
    auto hello = house::hello();
    hello["session"] = "01ARZ3NDEKTSV4RRFFQ69G5FAV";
    SECTION("allowed") {
        auto welcome = h.attach(*socket, hello);
        CHECK(welcome["outcome"] == "new");
        CHECK(welcome["reason"] == "unknown");
        CHECK(welcome["session"] != hello["session"]);
    }
    SECTION("not allowed: the socket stays for one more hello") {
        hello["create"] = false;
        auto welcome = h.attach(*socket, hello);
        CHECK(welcome["outcome"] == "refused");
        CHECK(welcome["reason"] == "unknown");
        CHECK_FALSE(socket->closed_by_server());
        CHECK(h.sessions->live_sessions() == 0);
        CHECK(h.attach(*socket, house::hello())["outcome"] == "new");
    }
}

TEST_CASE("another account's session looks like one that does not exist") {
    house h;
    auto socket = h.connect();
    auto welcome = h.attach(*socket, house::hello());
    auto stranger = h.connect("mallory");
    auto refused = h.attach(*stranger, house::resume(welcome, 1));
    CHECK(refused["outcome"] == "refused");
    CHECK(refused["reason"] == "unknown");
    CHECK_FALSE(socket->closed_by_server());
}

TEST_CASE("a wrong resume token is refused and changes nothing") {
    house h;
    auto socket = h.connect();
    auto welcome = h.attach(*socket, house::hello());
    auto forged = house::resume(welcome, 1);
    forged["resume"] = "rt1.forged";
    auto commits = h.database.commits();
    auto thief = h.connect();
    CHECK(h.attach(*thief, forged)["reason"] == "identity");
    CHECK(thief->closed_by_server() == close_code::resume_refused);
    CHECK(h.database.commits() == commits);
    CHECK_FALSE(socket->closed_by_server());
}

TEST_CASE("no number of lost welcomes locks a client out") {
    house h;
    auto socket = h.connect();
    auto welcome = h.attach(*socket, house::hello());
    socket->say({{"type", "ack"}, {"seq", 1}});
    socket->vanish();
    for (int i = 0; i < 30; ++i) {
        auto lost = h.connect();
        CHECK(h.attach(*lost, house::resume(welcome, 1))["outcome"] != "refused");
        lost->vanish();
    }
}

TEST_CASE("a token is worthless a while after a newer one was confirmed") {
    house h;
    auto socket = h.connect();
    auto first = h.attach(*socket, house::hello());
    socket->say({{"type", "ack"}, {"seq", 1}});
    socket->vanish();
    socket = h.connect();
    auto second = h.attach(*socket, house::resume(first, 1));
    socket->say({{"type", "ack"}, {"seq", 1}});
    socket->vanish();
    h.env.advance(milliseconds(9000));
    auto in_time = h.connect();
    CHECK(h.attach(*in_time, house::resume(first, greeting))["outcome"] == "lossless");
    in_time->vanish();
    h.env.advance(milliseconds(2000));
    auto late = h.connect();
    CHECK(h.attach(*late, house::resume(first, 1))["reason"] == "identity");
    auto current = h.connect();
    CHECK(h.attach(*current, house::resume(second, greeting))["outcome"] == "lossless");
}

TEST_CASE("a token that has run out stays so after a crash, also when no turn came to store it") {
    house h;
    auto socket = h.connect();
    auto first = h.attach(*socket, house::hello());
    socket->say({{"type", "ack"}, {"seq", 1}});
    socket->vanish();
    socket = h.connect();
    auto second = h.attach(*socket, house::resume(first, greeting));
    socket->say({{"type", "ack"}, {"seq", 1}});
    auto commits = h.database.commits();
    h.env.advance(h.limits.retiring_token);
    CHECK(h.database.commits() == commits + 1);

    auto row = h.env.run(h.database.read_session(session_id{second["session"]}));
    REQUIRE(row);
    auto stored = service::restore_devices(row->devices);
    REQUIRE(stored);
    const auto& tokens = stored->at(device_id{"d-1"}).tokens;
    h.env.advance(milliseconds(1));
    CHECK(tokens.find(first["resume"].get<std::string>(), h.env.utc_now()) ==
          service::resume_tokens::match::none);
    CHECK(tokens.find(second["resume"].get<std::string>(), h.env.utc_now()) ==
          service::resume_tokens::match::confirmed);
    h.env.advance(h.limits.retiring_token * 2);
    CHECK(h.database.commits() == commits + 1);
}

TEST_CASE("a confirmation that could not be stored is stored later") {
    house h;
    auto socket = h.connect();
    h.attach(*socket, house::hello());
    socket->say({{"type", "ack"}, {"seq", 1}});
    auto commits = h.database.commits();
    h.database.fail_commit(persistence::errc::unavailable);
    h.env.advance(h.limits.retiring_token * 3);
    CHECK(h.database.commits() == commits + 2);
    CHECK_FALSE(socket->closed_by_server());
}

TEST_CASE("the newest attachment takes over and the former is told") {
    house h;
    auto old = h.connect();
    auto welcome = h.attach(*old, house::hello());
    says(*old);
    auto fresh = h.connect();
    CHECK(h.attach(*fresh, house::resume(welcome, greeting))["outcome"] == "lossless");
    auto taken = old->next("taken");
    REQUIRE(taken);
    CHECK((*taken)["generation"] == 2);
    CHECK(old->closed_by_server() == close_code::taken_over);
    fresh->say(house::turn("t-1", 1, "hi"));
    h.env.run_ready();
    CHECK(fresh->next("accepted"));
}

TEST_CASE("too many takeovers in a short time are refused") {
    house h;
    h.limits.takeovers = 3;
    auto socket = h.connect();
    auto welcome = h.attach(*socket, house::hello());
    std::vector<std::unique_ptr<tests::fake_socket>> others;
    for (int i = 0; i < 4; ++i) {
        others.push_back(h.connect());
        h.attach(*others.back(), house::resume(welcome, 1));
    }
    CHECK(others.back()->closed_by_server() == close_code::overloaded);
    CHECK_FALSE(others[2]->closed_by_server());
}
