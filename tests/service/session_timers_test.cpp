// Timers of machines: kept with the session, fired once and never early, by whoever has it then.

#include "persistence/stores/due_sessions.hpp"
#include "service/timer_watch.hpp"
#include "tests/service/registry_visitor.hpp"
#include "tests/service/worker_machine.hpp"
#include "tests/support/catch.hpp"

using namespace rejoinder;
using namespace rejoinder::tests;

using heard = std::vector<std::string>;

namespace {

statemachine::definition egg_timer(const std::string& policy) {
    auto document = ordered_json::parse(R"({"id": "worker", "version": 1, "initial": "idle", "states": {
        "idle": {"on": {"turn.text": "boiling"}},
        "boiling": {"on": {"turn.text": "idle"}, "after": {"300000": {"target": "idle", "meta": {},
            "actions": [{"type": "say", "params": {"text": "The egg!"}}]}}}}})");
    document["states"]["boiling"]["after"]["300000"]["meta"]["timer"] = policy;
    return *statemachine::load_definition(document).machine;
}

/// One client of an egg timer, and a watch over sessions that sleep.
class kitchen : public house {
public:
    explicit kitchen(const std::string& policy = "deadline") {
        limits.heartbeat = std::chrono::hours(1);
        machines.add(egg_timer(policy));
        socket = connect();
        welcome = attach(*socket, workshop::hello());
        workshop::hear(*socket);
    }
    ~kitchen() { end(); }

    void boil() {
        socket->say(house::turn("t-1", 1, "boil"));
        hear();
    }
    heard hear() {
        env.run_ready();
        return workshop::hear(*socket);
    }
    void come_back() {
        socket = connect();
        welcome = attach(*socket, house::resume(welcome, 3));
    }

    /// The server's life ends and begins again a while later.
    void restart(milliseconds away) {
        socket->vanish();
        end();
        env.advance(away);
        open();
        begin();
    }
    void begin() {
        watch.emplace(env, database, *sessions, limits);
        sessions->tell_of_timers([this](utc_time due) { watch->expect(due); });
        tasks.spawn(watch->run());
    }
    void end() {
        if (watch) watch->stop();
        close();
        watch.reset();
    }

    std::vector<persistence::stored<persistence::due_session>> due() {
        return env.run(persistence::due_sessions(database).list({}, 100)).value().records;
    }

    /// Sessions that boil eggs, each a moment later than the one before, and are left alone.
    void boil_many(int count) {
        for (int i = 0; i < count; ++i) {
            auto made = sessions->create(local, device_id{"d-1"}, "worker").live;
            REQUIRE(made->submit(a_turn("t-1", 1, std::make_shared<tests::answers>())) == delivery::queued);
            env.advance(milliseconds(1));
        }
    }

    std::unique_ptr<fake_socket> socket;
    json welcome;
    std::optional<service::timer_watch> watch;
};

} // namespace

TEST_CASE("a timer of a session that lives fires at its moment, in a commit of its own") {
    kitchen h;
    h.boil();
    h.env.advance(milliseconds(299'999));
    CHECK(h.hear() == heard{});
    h.env.advance(milliseconds(1));
    CHECK(h.hear() == heard{"say The egg!", "state idle"});
    h.env.advance(std::chrono::minutes(50));
    CHECK(h.hear() == heard{});
}

TEST_CASE("sessions with a timer are found by what is due first, for as long as it runs") {
    kitchen h;
    CHECK(h.due().empty());
    h.boil();
    REQUIRE(h.due().size() == 1);
    CHECK(json(h.due()[0].value.session) == h.welcome["session"]);
    CHECK(h.due()[0].value.due == h.env.utc_now() + milliseconds(300'000));
    h.socket->say(house::turn("t-2", 2, "stop"));
    h.hear();
    CHECK(h.due().empty());
}

TEST_CASE("a session that sleeps is woken for its timer") {
    kitchen h;
    h.begin();
    h.boil();
    h.socket->vanish();
    h.env.advance(milliseconds(200'000));
    CHECK(h.sessions->live_sessions() == 0);
    h.env.advance(milliseconds(100'002)); // a moment for it to be loaded
    CHECK(h.due().empty());
    h.come_back();
    CHECK(h.hear() == heard{"say The egg!", "state idle"});
}

TEST_CASE("a timer that fell due while no server ran fires once, late") {
    kitchen h;
    h.boil();
    h.restart(std::chrono::minutes(20));
    h.env.advance(milliseconds(1));
    h.come_back();
    CHECK(h.hear() == heard{"say The egg!", "state idle"});
    h.restart(std::chrono::minutes(20));
    h.come_back();
    h.env.advance(std::chrono::minutes(20));
    CHECK(h.hear() == heard{"say The egg!", "state idle"}); // again, and nothing newer
}

TEST_CASE("time in which no server ran does not count for a timer that minds it") {
    auto policy = GENERATE(std::string("remaining"), std::string("restart"));
    CAPTURE(policy);
    auto left = milliseconds(policy == "restart" ? 300'000 : 200'000);
    kitchen h(policy);
    h.boil();
    h.env.advance(milliseconds(100'000));
    h.socket->say(house::turn("t-1", 1, "boil")); // a repetition, which commits nothing
    h.socket->say({{"type", "hello"}});
    h.hear();
    h.socket->vanish();
    // The last commit is what tells when it was that somebody ran the session.
    h.come_back();
    h.hear();
    h.restart(std::chrono::minutes(20));
    h.env.advance(left - milliseconds(2));
    CHECK_FALSE(h.due().empty());
    h.env.advance(milliseconds(4));
    CHECK(h.due().empty());
}

TEST_CASE("a session is not taken from another server that may fire its timer itself") {
    kitchen h;
    h.boil();
    h.socket->vanish();
    h.end();
    h.limits.node = "another";
    h.open();
    h.begin();
    h.env.advance(milliseconds(300'001) + h.limits.lease - milliseconds(1000));
    CHECK(h.due().size() == 1);
    h.env.advance(service::timer_watch::longest_sleep);
    CHECK(h.due().empty());
}

TEST_CASE("a pause that could not be credited is credited later, before anything else happens") {
    kitchen h("remaining");
    h.boil();
    h.socket->vanish();
    h.end();
    h.env.advance(std::chrono::minutes(20));
    h.open();
    h.database.fail_commit(persistence::errc::unavailable);
    h.come_back(); // to an activation that is given up, and then to another one
    CHECK(h.welcome["outcome"] == "replayed");
    h.env.advance(milliseconds(299'000));
    CHECK(h.due().size() == 1);
    h.env.advance(milliseconds(1001));
    CHECK(h.due().empty());
}

TEST_CASE("what is left of a session that is gone is put away") {
    kitchen h;
    persistence::change_set changes;
    changes.now = h.env.utc_now();
    changes.writes.push_back(persistence::due_sessions(h.database).note(session_id{"gone"}, h.env.utc_now()));
    REQUIRE(h.env.run(h.database.commit(std::move(changes))).committed());
    h.begin();
    h.env.advance(milliseconds(10));
    CHECK(h.due().empty());
}

TEST_CASE("a timer that can't be stored fires later, and once") {
    kitchen h;
    h.boil();
    h.database.fail_commit(persistence::errc::unavailable);
    h.env.advance(milliseconds(300'000));
    CHECK(h.hear().empty());
    h.env.advance(milliseconds(1001));
    CHECK(h.hear() == heard{"say The egg!", "state idle"});
}

TEST_CASE(
    "sessions that are due at once after a long downtime are woken so many a second, and none is forgotten") {
    kitchen h;
    h.limits.woken_per_second = 10;
    h.boil_many(45);
    h.restart(std::chrono::hours(3));
    REQUIRE(h.due().size() == 45);
    auto last = h.due().back().value.session;
    h.env.advance(milliseconds(5));
    for (std::size_t left : {35U, 25U, 15U, 5U, 0U}) {
        CHECK(h.due().size() == left);
        CHECK(h.sessions->live_sessions() == 45 - left);
        if (left > 0) CHECK(h.due().back().value.session == last); // those that were due first come first
        h.env.advance(milliseconds(1000));
    }
}

TEST_CASE("a timer that falls due while many are woken waits for its turn") {
    kitchen h;
    h.limits.woken_per_second = 10;
    h.boil_many(20);
    h.env.advance(milliseconds(298'000));
    h.boil_many(1);
    h.restart(milliseconds(1900)); // the last one is due in about 300 s
    h.env.advance(milliseconds(2500));
    CHECK(h.due().size() == 1);
    h.env.advance(milliseconds(300'000));
    CHECK(h.due().empty());
}

TEST_CASE("a session that can't be loaded is in nobody's way") {
    kitchen h;
    h.limits.woken_per_second = 5;
    h.boil_many(7);
    auto all = h.due();
    REQUIRE(all.size() == 7);
    for (std::size_t i = 0; i < 5; ++i)
        tamper(h, session_id{all[i].value.session}, [](auto& row) { row.machine_hash = "another"; });
    h.restart(std::chrono::hours(1));
    h.env.advance(milliseconds(1010));
    CHECK(h.due().size() == 5);
    h.env.advance(service::timer_watch::longest_sleep * 2);
    CHECK(h.due().size() == 5); // they are tried again, and may be put right one day
}
