#include "service/housekeeping.hpp"

#include "tests/service/registry_visitor.hpp"

#include <chrono>

using namespace rejoinder;
using namespace rejoinder::service;
using namespace rejoinder::tests;

namespace {

using std::chrono::minutes;

/// Sessions that live ten minutes, and a housekeeping that looks every minute.
struct kept_house : house {
    kept_house() {
        limits.session_life = minutes(10);
        limits.heartbeat = std::chrono::hours(24);
        rules.interval = minutes(1);
        close();
        open();
        keeping.emplace(env, database, *sessions, rules);
        tasks.spawn(keeping->run());
    }
    ~kept_house() {
        keeping->stop();
        close();
    }

    std::size_t stored_sessions() {
        auto rows = env.run(database.walk_sessions({}, 100));
        REQUIRE(rows);
        return rows->size();
    }

    housekeeping_rules rules;
    std::optional<housekeeping> keeping;
};

} // namespace

TEST_CASE("housekeeping removes a session when its life is over, and not before") {
    kept_house h;
    stored_session(h);
    let_idle(h);
    h.env.advance(minutes(5));
    CHECK(h.stored_sessions() == 1);
    h.env.advance(minutes(8));
    CHECK(h.stored_sessions() == 0);
    CHECK(h.keeping->rounds() >= 12);
}

TEST_CASE("a session whose client is attached lives on however long it is silent") {
    kept_house h;
    auto socket = h.connect();
    auto welcome = h.attach(*socket, house::hello());
    h.env.advance(minutes(45));
    CHECK(h.stored_sessions() == 1);
    REQUIRE(h.sessions->live_sessions() == 1);
    socket->say(house::turn("t1", 1, "still here"));
    h.env.run_ready();
    CHECK(socket->next("accepted"));
}

TEST_CASE("while a session that lives here is stored as expired, none is removed") {
    kept_house h;
    auto socket = h.connect();
    h.attach(*socket, house::hello());
    h.database.hold_commits();
    h.env.advance(minutes(20));
    CHECK(h.sessions->has_expiring(h.env.utc_now()));
    CHECK(h.stored_sessions() == 1);
    h.database.release_commits();
    h.env.advance(minutes(3));
    CHECK_FALSE(h.sessions->has_expiring(h.env.utc_now()));
    CHECK(h.stored_sessions() == 1);
}

TEST_CASE("housekeeping goes on after a round that failed, and ends when it is told to") {
    kept_house h;
    stored_session(h);
    let_idle(h);
    h.database.fail_reads(persistence::errc::unavailable);
    h.env.advance(minutes(12));
    h.database.mend_reads();
    CHECK(h.stored_sessions() == 1);
    h.env.advance(minutes(2));
    CHECK(h.stored_sessions() == 0);
    h.keeping->stop();
    h.env.run(h.tasks.join());
}

TEST_CASE("without an interval there is no housekeeping") {
    house h;
    housekeeping_rules rules;
    rules.interval = milliseconds(0);
    housekeeping keeping(h.env, h.database, *h.sessions, rules);
    h.env.run(keeping.run());
    CHECK(keeping.rounds() == 0);
}
