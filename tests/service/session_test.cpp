#include "tests/service/house.hpp"
#include "tests/support/catch.hpp"

#include <string>
#include <vector>

using namespace rejoinder;
using rejoinder::tests::house;
using websocket::close_code;

namespace {

/// Events that the test machine shows when its session is created: what it says, and its state.
constexpr std::uint64_t greeting = 2;

/// The texts of the `say` events that wait, and their numbers through `seqs`.
std::vector<std::string> says(tests::fake_socket& socket, std::vector<std::uint64_t>* seqs = nullptr) {
    std::vector<std::string> texts;
    while (auto frame = socket.next()) {
        if ((*frame)["type"] != "event") continue;
        if (seqs) seqs->push_back((*frame)["seq"]);
        if ((*frame)["kind"] == "say") texts.push_back((*frame)["data"]["text"]);
    }
    return texts;
}

} // namespace

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
    auto code = [&](json frame) {
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

TEST_CASE("a client that has everything resumes without a read of the log") {
    house h;
    auto socket = h.connect();
    auto welcome = h.attach(*socket, house::hello());
    socket->say(house::turn("t-1", 1, "hi"));
    h.env.run_ready();
    std::vector<std::uint64_t> seqs;
    says(*socket, &seqs);
    socket->vanish();
    h.env.advance(h.limits.idle_deactivation * 2);

    auto reads = h.database.log_reads();
    auto back = h.connect();
    auto again = h.attach(*back, house::resume(welcome, seqs.back()));
    CHECK(again["outcome"] == "lossless");
    CHECK(again["generation"] == 2);
    CHECK(again["last_number"] == 1);
    CHECK(again["resume"] != welcome["resume"]);
    CHECK(h.database.log_reads() == reads);
    CHECK(back->waiting() == 0);
}

TEST_CASE("a client that missed events gets them again, marked, in order, and then the live ones") {
    house h;
    auto socket = h.connect();
    auto welcome = h.attach(*socket, house::hello());
    for (int i = 1; i <= 20; ++i) {
        socket->say(house::turn("t-" + std::to_string(i), i, "hi"));
        h.env.run_ready();
    }
    std::vector<std::uint64_t> seqs;
    says(*socket, &seqs);
    socket->vanish();

    auto back = h.connect();
    auto again = h.attach(*back, house::resume(welcome, 5));
    CHECK(again["outcome"] == "replayed");
    CHECK(again["from"] == 6);
    back->say(house::turn("t-21", 21, "live"));
    h.env.run_ready();
    std::uint64_t expected = 6;
    bool live = false;
    while (auto frame = back->next()) {
        if ((*frame)["type"] != "event") continue;
        CHECK((*frame)["seq"] == expected++);
        live = live || !frame->contains("replayed");
        CHECK(frame->contains("replayed") == ((*frame)["seq"] <= seqs.back()));
    }
    CHECK(live);
    CHECK(expected == seqs.back() + 4);
}

TEST_CASE("a replay waits for a slow reader and nothing overtakes it") {
    house h;
    h.limits.connection.outbox_frames = 16;
    auto socket = h.connect();
    auto welcome = h.attach(*socket, house::hello());
    for (int i = 1; i <= 40; ++i) {
        socket->say(house::turn("t-" + std::to_string(i), i, "hi"));
        h.env.run_ready();
        says(*socket);
    }
    socket->vanish();
    auto back = h.connect();
    back->stop_reading();
    auto again = h.attach(*back, house::resume(welcome, 0));
    CHECK(again["outcome"] == "replayed");
    std::uint64_t expected = 1;
    while (expected <= again["head"].get<std::uint64_t>()) {
        auto frame = back->next();
        if (!frame) {
            h.env.run_ready();
            frame = back->next();
        }
        REQUIRE(frame);
        CHECK((*frame)["seq"] == expected++);
        h.env.run_ready();
        CHECK_FALSE(back->closed_by_server());
    }
}

TEST_CASE("where the log can't help, a snapshot says why and what stands") {
    house h;
    auto socket = h.connect();
    auto welcome = h.attach(*socket, house::hello());
    socket->say(house::turn("t-1", 1, "ask me"));
    h.env.run_ready();
    socket->vanish();
    auto hello = house::resume(welcome, 1);
    std::string reason;
    SECTION("the client gives no position") {
        hello.erase("ack");
        reason = "position";
    }
    SECTION("the client knows another lineage") {
        hello["epoch"] = "0123456789abcdef";
        reason = "epoch";
    }
    SECTION("the client claims events that do not exist") {
        hello["ack"] = 99;
        reason = "epoch";
    }
    SECTION("too much is missing") {
        h.limits.replay_events = 1;
        hello["ack"] = 0;
        reason = "trimmed";
    }
    auto back = h.connect();
    auto again = h.attach(*back, hello);
    CHECK(again["outcome"] == "snapshot");
    CHECK(again["reason"] == reason);
    auto snapshot = back->next("snapshot");
    REQUIRE(snapshot);
    CHECK((*snapshot)["seq"] == again["head"]);
    CHECK((*snapshot)["state"]["value"] == "listening");
    CHECK((*snapshot)["context"]["heard"] == 0);
    CHECK((*snapshot)["turns"][0]["turn"] == "t-1");
    CHECK((*snapshot)["open"]["ask"]["text"] == "What is your name?");
    CHECK(back->waiting() == 0);
}

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

TEST_CASE("the log is bounded and what left it is not replayed") {
    house h;
    h.limits.log_events = 64;
    auto socket = h.connect();
    auto welcome = h.attach(*socket, house::hello());
    for (int i = 1; i <= 60; ++i) {
        socket->say(house::turn("t-" + std::to_string(i), i, "hi"));
        h.env.run_ready();
        says(*socket);
    }
    socket->vanish();
    auto back = h.connect();
    auto again = h.attach(*back, house::resume(welcome, 1));
    CHECK(again["outcome"] == "snapshot");
    CHECK(again["reason"] == "trimmed");
    CHECK(again["head"].get<int>() - again["floor"].get<int>() < 64);
}

TEST_CASE("a client whose machine ends during its replay gets everything before the end") {
    house h;
    h.limits.connection.outbox_frames = 16;
    auto socket = h.connect();
    auto welcome = h.attach(*socket, house::hello());
    for (int i = 1; i <= 20; ++i) {
        socket->say(house::turn("t-" + std::to_string(i), i, "hi"));
        h.env.run_ready();
        says(*socket);
    }
    socket->vanish();
    auto back = h.connect();
    back->stop_reading();
    h.attach(*back, house::resume(welcome, 0));
    back->say(house::turn("t-21", 21, "goodbye"));
    std::uint64_t seen = 0;
    std::string last;
    for (int rounds = 0; rounds < 200 && last != "bye"; ++rounds) {
        h.env.run_ready();
        while (auto frame = back->next()) {
            last = frame->value("type", "");
            if (last == "event") CHECK((*frame)["seq"] == ++seen);
        }
    }
    CHECK(last == "bye");
    CHECK(seen == greeting + 20 * 3 + 4);
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
