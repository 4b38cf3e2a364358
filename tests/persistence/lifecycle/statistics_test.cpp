#include "persistence/lifecycle/statistics.hpp"
#include "tests/persistence/lifecycle/house.hpp"

using namespace rejoinder;
using namespace rejoinder::tests;

TEST_CASE("statistics count records by type, sessions, log entries, events and what has expired") {
    lifecycle_house house;
    auto& db = house.open(EVERY_STORE);
    house.put(db, {"user_note", {"acme", "", "", "ann"}, "n1"}, json{{"note", "likes tea"}});
    house.put(db, {"user_note", {"acme", "", "", "ann"}, "n2"}, json{{"note", "likes milk"}});
    house.put(db, {"loop", {"acme", "", "", ""}, "home"}, json{{"name", "Home"}},
              house.env.utc_now() + milliseconds(1000));
    house.put_session(db, session_of("s1"), 3);
    auto ended = session_of("s2");
    ended.closed = house.env.utc_now();
    house.put_session(db, ended, 0);
    house.env.advance(milliseconds(5000));

    auto found = house.env.run(lifecycle::gather_statistics(&db, house.env.utc_now(), {}));
    REQUIRE(found);
    REQUIRE(found->records.size() == 2);
    const auto& notes = found->records.at("user_note");
    CHECK(notes.count == 2);
    CHECK(notes.expired == 0);
    CHECK(notes.bytes > std::string("likes tealikes milk").size());
    CHECK(notes.oldest.has_value());
    CHECK(notes.oldest <= notes.newest);
    CHECK(found->records.at("loop").expired == 1);
    CHECK(found->sessions.count == 2);
    CHECK(found->ended == 1);
    CHECK(found->entries.count == 3);
    CHECK(found->turns == 3);
    CHECK(found->events == 3);
    CHECK((found->disk_bytes > 0) == (db.type() != database_type::memory));
}
