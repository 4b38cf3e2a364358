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

TEST_CASE("P6: a client that has everything resumes without a read of the log") {
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
    take_turns(h, *socket, 40);
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

TEST_CASE("a log that is damaged costs one reconnect: the next resume is a snapshot") {
    house h;
    auto socket = h.connect();
    auto welcome = h.attach(*socket, house::hello());
    take_turns(h, *socket, 3);
    socket->vanish();
    h.database.fail_reads(persistence::errc::corrupt);
    auto back = h.connect();
    CHECK(h.attach(*back, house::resume(welcome, 4))["outcome"] == "replayed");
    CHECK(back->closed_by_server() == close_code::slow_consumer);
    back->vanish();

    auto again = h.connect();
    auto answer = h.attach(*again, house::resume(welcome, 4));
    CHECK(answer["outcome"] == "snapshot");
    CHECK(answer["reason"] == "trimmed");
    auto snapshot = again->next("snapshot");
    REQUIRE(snapshot);
    CHECK((*snapshot)["seq"] == answer["head"]);
    CHECK((*snapshot)["turns"].empty());
    CHECK(answer["floor"] == 6);
    CHECK_FALSE(again->closed_by_server());
    again->vanish();

    // The next activation knows it as well, although nothing is wrong with the log any more.
    h.database.mend_reads();
    h.env.advance(h.limits.idle_deactivation * 2);
    auto later = h.connect();
    CHECK(h.attach(*later, house::resume(welcome, 4))["reason"] == "trimmed");
    CHECK_FALSE(later->closed_by_server());
    later->vanish();

    // What is not missing is not read: who has the event that can't be read goes on without a snapshot.
    auto ahead = h.connect();
    CHECK(h.attach(*ahead, house::resume(welcome, 5))["outcome"] == "replayed");
    CHECK_FALSE(ahead->closed_by_server());
}

TEST_CASE("a log that can't be read now is asked for again, and nothing of it is given up") {
    house h;
    auto socket = h.connect();
    auto welcome = h.attach(*socket, house::hello());
    take_turns(h, *socket, 3);
    socket->vanish();
    h.database.fail_reads(GENERATE(persistence::errc::unavailable, persistence::errc::closed));
    auto back = h.connect();
    CHECK(h.attach(*back, house::resume(welcome, 4))["outcome"] == "replayed");
    auto error = back->next("error");
    REQUIRE(error);
    CHECK((*error)["retry"] == true);
    CHECK((*error)["after"] == 1000);
    CHECK(back->closed_by_server() == close_code::overloaded);
    back->vanish();

    h.database.mend_reads();
    auto again = h.connect();
    CHECK(h.attach(*again, house::resume(welcome, 4))["outcome"] == "replayed");
    std::vector<std::uint64_t> seqs;
    says(*again, &seqs);
    CHECK(seqs == std::vector<std::uint64_t>{5, 6, 7, 8, 9, 10, 11});
}

TEST_CASE("a replay ends in front of a turn that is stored and not answered yet") {
    house h;
    h.limits.connection.outbox_frames = 32; // so the last page reaches beyond the head
    auto socket = h.connect();
    auto welcome = h.attach(*socket, house::hello());
    take_turns(h, *socket, 9);
    socket->vanish();
    auto back = h.connect();
    back->stop_reading();
    auto head = h.attach(*back, house::resume(welcome, 0))["head"].get<std::uint64_t>();
    h.database.hold_commits();
    back->say(house::turn("t-10", 10, "hi"));
    h.env.run_ready();
    REQUIRE(h.database.held() == 1);

    std::uint64_t seen = 0;
    auto read_all = [&] {
        std::string others;
        for (auto frame = back->next(); frame; frame = back->next()) {
            if ((*frame)["type"] == "event")
                CHECK((*frame)["seq"] == ++seen);
            else
                others += frame->value("type", "") + " behind " + std::to_string(seen);
            h.env.run_ready();
        }
        return others;
    };
    CHECK(read_all().empty());
    CHECK(seen == head);
    h.database.release_commits();
    h.env.run_ready();
    CHECK(read_all() == "accepted behind " + std::to_string(head));
    CHECK(seen == head + 3);
    CHECK_FALSE(back->closed_by_server());
}

TEST_CASE("events that fill the outbox one by one reach a client that reads them") {
    house h;
    h.limits.connection.outbox_bytes = 5000;
    auto loaded = statemachine::load_definition_text(R"({
        "id": "loud", "version": 1, "initial": "on", "states": {"on": {"on": {"turn.text": {"actions": [
            {"type": "say", "params": {"text": "{{ event.text }}"}},
            {"type": "say", "params": {"text": "{{ event.text }}"}}]}}}}})");
    REQUIRE(loaded.machine);
    h.machines.add(*loaded.machine);
    auto hello = house::hello();
    hello["machine"] = "loud";
    auto socket = h.connect();
    auto welcome = h.attach(*socket, hello);
    says(*socket);
    socket->stop_reading();
    const std::string text(3000, 'x');
    socket->say(house::turn("t-1", 1, text));
    socket->say(house::turn("t-2", 2, text));
    h.env.run_ready();
    auto count = [&](fake_socket& from) {
        std::size_t spoken = 0;
        for (auto frame = from.next(); frame; frame = from.next()) {
            spoken += frame->value("kind", "") == "say";
            h.env.run_ready();
        }
        CHECK_FALSE(from.closed_by_server());
        return spoken;
    };
    CHECK(count(*socket) == 4);
    socket->vanish();

    auto back = h.connect();
    back->stop_reading();
    CHECK(h.attach(*back, house::resume(welcome, welcome["head"]))["outcome"] == "replayed");
    CHECK(count(*back) == 4);
}

TEST_CASE("an event that is larger than the outbox costs one reconnect: the next resume is a snapshot") {
    house h;
    h.limits.connection.outbox_bytes = 2000;
    auto socket = h.connect();
    auto welcome = h.attach(*socket, house::hello());
    socket->say(house::turn("t-1", 1, std::string(3000, 'x')));
    h.env.run_ready();
    CHECK(socket->next("accepted"));
    CHECK(socket->closed_by_server() == close_code::slow_consumer);
    socket->vanish();
    auto back = h.connect();
    auto again = h.attach(*back, house::resume(welcome, greeting));
    CHECK(again["outcome"] == "snapshot");
    CHECK(again["reason"] == "trimmed");
    CHECK_FALSE(back->closed_by_server());
}

TEST_CASE("a snapshot that is larger than the outbox leaves out the turns, or says that it is no use to come "
          "back") {
    house h;
    auto socket = h.connect();
    auto welcome = h.attach(*socket, house::hello());
    for (int i = 1; i <= 8; ++i)
        socket->say(house::turn("a-turn-with-a-long-name-" + std::to_string(i), i, "hi"));
    h.env.run_ready();
    socket->vanish();
    auto hello = house::resume(welcome, 1);
    hello.erase("ack");
    SECTION("the turns are what is too much") {
        h.limits.connection.outbox_bytes = 450;
        auto back = h.connect();
        CHECK(h.attach(*back, hello)["outcome"] == "snapshot");
        auto snapshot = back->next("snapshot");
        REQUIRE(snapshot);
        CHECK((*snapshot)["turns"].empty());
        CHECK((*snapshot)["context"]["heard"] == 8);
        CHECK_FALSE(back->closed_by_server());
    }
    SECTION("the state itself is too much") {
        h.limits.connection.outbox_bytes = 60;
        auto back = h.connect();
        CHECK(h.attach(*back, hello)["outcome"] == "snapshot");
        CHECK_FALSE(back->next("snapshot"));
        CHECK(back->closed_by_server() == close_code::quarantined);
    }
}

TEST_CASE("the log is bounded and what left it is not replayed") {
    house h;
    h.limits.log.events = 64;
    auto socket = h.connect();
    auto welcome = h.attach(*socket, house::hello());
    take_turns(h, *socket, 60);
    socket->vanish();
    auto back = h.connect();
    auto again = h.attach(*back, house::resume(welcome, 1));
    CHECK(again["outcome"] == "snapshot");
    CHECK(again["reason"] == "trimmed");
    CHECK(again["head"].get<int>() - again["floor"].get<int>() < 64);
}

TEST_CASE("events older than a day leave the log at the next commit, and younger ones stay") {
    house h;
    auto socket = h.connect();
    auto welcome = h.attach(*socket, house::hello());
    take_turns(h, *socket, 3); // up to event 11
    socket->vanish();
    h.env.advance(std::chrono::hours(20));
    auto back = h.connect();
    auto again = h.attach(*back, house::resume(welcome, 11));
    REQUIRE(again["outcome"] == "lossless");
    back->say(house::turn("t-4", 4, "hi"));
    h.env.run_ready();
    says(*back);
    back->vanish();

    h.env.advance(std::chrono::hours(5));
    auto behind = h.connect();
    auto trimmed = h.attach(*behind, house::resume(again, 10));
    CHECK(trimmed["outcome"] == "snapshot");
    CHECK(trimmed["reason"] == "trimmed");
    CHECK(trimmed["floor"] == 12);
    behind->vanish();
    auto in_time = h.connect();
    auto replayed = h.attach(*in_time, house::resume(trimmed, 11));
    CHECK(replayed["outcome"] == "replayed");
    std::vector<std::uint64_t> seqs;
    says(*in_time, &seqs);
    CHECK(seqs == std::vector<std::uint64_t>{12, 13, 14});
    h.env.advance(std::chrono::hours(20));
    auto late = h.connect();
    auto empty = h.attach(*late, house::resume(replayed, 14));
    CHECK(empty["outcome"] == "lossless");
    CHECK(empty["floor"] == 15);
}

TEST_CASE("a client whose machine ends during its replay gets everything before the end") {
    house h;
    h.limits.connection.outbox_frames = 16;
    auto socket = h.connect();
    auto welcome = h.attach(*socket, house::hello());
    take_turns(h, *socket, 20);
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
