#include "tests/persistence/contract/whole_store.hpp"

using namespace rejoinder;
using namespace rejoinder::tests;

TEST_CASE("a purge removes what has expired by a moment, and nothing else") {
    contract_store store(EVERY_STORE_KIND);
    auto start = store.env.utc_now();
    change_set changes;
    changes.writes = {put("a", "1"), put("b", "1"), put("c", "1")};
    changes.writes[0].expires = start + hour;
    changes.writes[1].expires = start + hour + milliseconds(1);
    REQUIRE(store.commit(changes).committed());
    for (const auto* id : {"s1", "s2"}) {
        auto session = new_session(id);
        session.row.expires = start + (id[1] == '1' ? hour : 2 * hour);
        REQUIRE(store.commit(session).committed());
        auto row = *store.session(id);
        REQUIRE(store.commit(turn_of(row, "t1", 1)).committed());
    }
    auto key = store.session("s1")->key;
    CHECK(purge(store, start + hour - milliseconds(1)).records == 0);
    auto gone = purge(store, start + hour);
    CHECK(gone.records == 1);
    CHECK(gone.sessions == 1);
    store.reopen();
    CHECK(walk_records(store).size() == 2);
    auto sessions = walk_sessions(store);
    REQUIRE(sessions.size() == 1);
    CHECK(sessions[0].id.text == "s2");
    CHECK(history(store, key).empty());
    CHECK(history(store, sessions[0].key).size() == 1);
}

TEST_CASE("a purge removes no more than it is told, and nothing is left when it has removed less") {
    contract_store store(EVERY_DATABASE_TYPE);
    auto expires = store.env.utc_now() + hour;
    for (int i = 0; i < 5; ++i) {
        auto write = put("k" + std::to_string(i), "1");
        write.expires = expires;
        REQUIRE(store.commit(write).committed());
        auto session = new_session("s" + std::to_string(i));
        session.row.expires = expires;
        REQUIRE(store.commit(session).committed());
    }
    for (std::uint64_t removed : {2, 2, 1, 0}) {
        auto gone = purge(store, expires, 2);
        CHECK(gone.records == removed);
        CHECK(gone.sessions == removed);
    }
    CHECK(walk_records(store).empty());
    CHECK(walk_sessions(store).empty());
}

TEST_CASE("a purge goes by when a session expires now, later or sooner than when it began") {
    contract_store store(EVERY_DATABASE_TYPE);
    auto start = store.env.utc_now();
    for (const auto* id : {"longer", "shorter"}) {
        auto session = new_session(id);
        session.row.expires = start + 2 * hour;
        REQUIRE(store.commit(session).committed());
        auto row = *store.session(id);
        auto change = next_of(row);
        change.row.expires = start + (id[0] == 'l' ? 3 * hour : hour);
        REQUIRE(store.commit(change).committed());
    }
    CHECK(purge(store, start + hour).sessions == 1);
    CHECK(store.session("longer"));
    CHECK(purge(store, start + 2 * hour).sessions == 0);
    CHECK(purge(store, start + 3 * hour).sessions == 1);
}

TEST_CASE("a record that was purged begins above the revision that it had") {
    contract_store store(EVERY_DATABASE_TYPE);
    auto write = put("a", "1");
    write.expires = store.env.utc_now() + hour;
    for (int i = 0; i < 3; ++i)
        REQUIRE(store.commit(write).committed());
    CHECK(purge(store, *write.expires).records == 1);
    store.reopen();
    REQUIRE(store.commit(put("b", "1", write_mode::create_only)).committed());
    CHECK(store.read(id_of("b"))->revision == revision{4});
}
