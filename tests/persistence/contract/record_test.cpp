#include "tests/persistence/contract/contract_store.hpp"

using namespace rejoinder;
using namespace rejoinder::tests;

TEST_CASE("a record that was written is read back with its whole envelope") {
    contract_store store(EVERY_DATABASE_TYPE);
    auto created = store.env.utc_now();
    auto write = put("a", R"({"x":1})", write_mode::create_only);
    write.schema_version = 7;
    write.expires = created + std::chrono::hours(1);
    REQUIRE(store.commit(write).committed());

    auto found = store.read(id_of("a"));
    REQUIRE(found);
    CHECK(found->id == id_of("a"));
    CHECK(found->value == R"({"x":1})");
    CHECK(found->revision == revision{1});
    CHECK(found->schema_version == 7);
    CHECK(found->created == created);
    CHECK(found->updated == created);
    CHECK(found->expires == write.expires);
}

TEST_CASE("an update keeps the time of creation, moves the time of update and counts the revision") {
    contract_store store(EVERY_DATABASE_TYPE);
    auto created = store.env.utc_now();
    REQUIRE(store.commit(put("a", "1")).committed());
    store.env.advance(seconds(5));
    REQUIRE(store.commit(put("a", "2")).committed());

    auto found = store.read(id_of("a"));
    REQUIRE(found);
    CHECK(found->value == "2");
    CHECK(found->revision == revision{2});
    CHECK(found->created == created);
    CHECK(found->updated == created + seconds(5));
    CHECK_FALSE(found->expires);
}

TEST_CASE("a record that nobody wrote is not found") {
    contract_store store(EVERY_DATABASE_TYPE);
    REQUIRE(store.commit(put("a", "1")).committed());
    CHECK(store.read(id_of("b")).error() == errc::not_found);
    auto other = id_of("a");
    other.scope.person.clear();
    CHECK(store.read(other).error() == errc::not_found);
    other = id_of("a");
    other.type = "other";
    CHECK(store.read(other).error() == errc::not_found);
}

TEST_CASE("a create over an existing record is a conflict with the revision that stands there") {
    contract_store store(EVERY_DATABASE_TYPE);
    REQUIRE(store.commit(put("a", "1")).committed());
    REQUIRE(store.commit(put("a", "2")).committed());
    auto outcome = store.commit(put("a", "3", write_mode::create_only));
    CHECK(outcome.error == errc::conflict);
    CHECK(outcome.current == revision{2});
    CHECK(outcome.conflicting_write == 0);
    CHECK(store.read(id_of("a"))->value == "2");
}

TEST_CASE("a conditional write counts only at exactly its revision") {
    contract_store store(EVERY_DATABASE_TYPE);
    REQUIRE(store.commit(put("a", "1")).committed());
    CHECK(store.commit(put("a", "2", write_mode::if_revision, {1})).committed());
    auto stale = store.commit(put("a", "x", write_mode::if_revision, {1}));
    CHECK(stale.error == errc::conflict);
    CHECK(stale.current == revision{2});
    auto early = store.commit(put("a", "x", write_mode::if_revision, {3}));
    CHECK(early.error == errc::conflict);
    auto absent = store.commit(put("b", "x", write_mode::if_revision, {1}));
    CHECK(absent.error == errc::conflict);
    CHECK(absent.current == revision{});
    CHECK(store.read(id_of("a"))->value == "2");
    CHECK_FALSE(store.read(id_of("b")));
}

TEST_CASE("an erased record is absent, and created anew it begins above the revision it had") {
    contract_store store(EVERY_STORE_KIND);
    REQUIRE(store.commit(put("a", "1")).committed());
    CHECK(store.commit(drop("a", write_mode::if_revision, {9})).error == errc::conflict);
    CHECK(store.read(id_of("a")));
    CHECK(store.commit(drop("a", write_mode::if_revision, {1})).committed());
    CHECK(store.read(id_of("a")).error() == errc::not_found);
    CHECK(store.commit(drop("a")).committed());
    REQUIRE(store.commit(put("a", "2", write_mode::create_only)).committed());
    CHECK(store.read(id_of("a"))->revision == revision{2});
}

TEST_CASE("what was read before a record was erased and created anew is stale, however often it was written "
          "since") {
    contract_store store(EVERY_DATABASE_TYPE);
    for (const auto* value : {"1", "2", "3"})
        REQUIRE(store.commit(put("a", value)).committed());
    auto read = store.read(id_of("a"))->revision;
    REQUIRE(store.commit(drop("a")).committed());
    REQUIRE(store.commit(put("a", "4")).committed());
    for (int i = 0; i < 5; ++i) {
        CHECK(store.commit(put("a", "x", write_mode::if_revision, read)).error == errc::conflict);
        CHECK(store.commit(drop("a", write_mode::if_revision, read)).error == errc::conflict);
        REQUIRE(store.commit(i % 2 == 0 ? put("a", "5") : drop("a")).committed());
    }
}

TEST_CASE("a record may be erased and created anew in one change set, under a revision it never had") {
    contract_store store(EVERY_DATABASE_TYPE);
    REQUIRE(store.commit(put("a", "1")).committed());
    change_set changes;
    changes.writes = {drop("a"), put("a", "2")};
    REQUIRE(store.commit(changes).committed());
    CHECK(store.read(id_of("a"))->revision == revision{2});
}

TEST_CASE("a change set that erases and is refused leaves the revisions as they were") {
    contract_store store(EVERY_DATABASE_TYPE);
    REQUIRE(store.commit(put("a", "1")).committed());
    change_set changes;
    changes.writes = {drop("a"), put("b", "1", write_mode::if_revision, {7})};
    CHECK(store.commit(changes).error == errc::conflict);
    CHECK(store.read(id_of("a"))->revision == revision{1});
    REQUIRE(store.commit(put("b", "1")).committed());
    CHECK(store.read(id_of("b"))->revision == revision{1});
}

TEST_CASE("one conflicting write leaves nothing of its change set") {
    contract_store store(EVERY_DATABASE_TYPE);
    REQUIRE(store.commit(put("taken", "1")).committed());
    change_set changes;
    changes.session = new_session("s1");
    changes.writes = {put("a", "1"), drop("taken"), put("taken", "2", write_mode::create_only),
                      put("b", "1")};
    auto outcome = store.commit(changes);
    CHECK(outcome.error == errc::conflict);
    CHECK(outcome.conflicting_write == 2);
    CHECK(outcome.current == revision{1});
    CHECK(store.read(id_of("taken"))->value == "1");
    CHECK_FALSE(store.read(id_of("a")));
    CHECK_FALSE(store.read(id_of("b")));
    CHECK_FALSE(store.session("s1"));
}

TEST_CASE("a refused session leaves nothing of the writes beside it") {
    contract_store store(EVERY_DATABASE_TYPE);
    REQUIRE(store.commit(new_session("s1")).committed());
    change_set changes;
    changes.session = new_session("s1");
    changes.writes = {put("a", "1")};
    auto outcome = store.commit(changes);
    CHECK(outcome.error == errc::conflict);
    CHECK(outcome.conflicting_write == 1);
    CHECK_FALSE(store.read(id_of("a")));
}

TEST_CASE("a change set writes a record twice in the order of its writes") {
    contract_store store(EVERY_DATABASE_TYPE);
    change_set changes;
    changes.writes = {put("a", "1"), put("a", "2"), put("b", "1"), drop("b")};
    REQUIRE(store.commit(changes).committed());
    CHECK(store.read(id_of("a"))->value == "2");
    CHECK(store.read(id_of("a"))->revision == revision{2});
    CHECK_FALSE(store.read(id_of("b")));
}

TEST_CASE("an expired record reads as absent and gives way to a new one") {
    contract_store store(EVERY_DATABASE_TYPE);
    auto write = put("a", "old");
    write.expires = store.env.utc_now() + seconds(10);
    REQUIRE(store.commit(write).committed());
    REQUIRE(store.commit(write).committed());
    store.env.advance(seconds(10) - milliseconds(1));
    CHECK(store.read(id_of("a")));
    CHECK(store.scan({"note", id_of("a").scope, "", 10}).size() == 1);

    store.env.advance(milliseconds(1));
    CHECK(store.read(id_of("a")).error() == errc::not_found);
    CHECK(store.scan({"note", id_of("a").scope, "", 10}).empty());
    CHECK(store.commit(put("a", "x", write_mode::if_revision, {2})).error == errc::conflict);
    REQUIRE(store.commit(put("a", "new", write_mode::create_only)).committed());
    auto found = store.read(id_of("a"));
    REQUIRE(found);
    CHECK(found->value == "new");
    CHECK(found->revision == revision{3});
    CHECK(found->created == store.env.utc_now());
    CHECK_FALSE(found->expires);
}

TEST_CASE("a scan returns one scope's records by the bytes of their keys, page after page") {
    contract_store store(EVERY_STORE_KIND);
    std::vector<std::string> keys{"", "A", "a", "a.b", "a/b", "aa", "b", "z", "Ä", "ä", "日本", "😀"};
    change_set changes;
    for (auto at = keys.rbegin(); at != keys.rend(); ++at)
        changes.writes.push_back(put(*at, "\"" + *at + "\""));
    auto stranger = put("b", "1");
    stranger.id.scope.person = "bob";
    changes.writes.push_back(stranger);
    stranger.id = id_of("b");
    stranger.id.type = "other";
    changes.writes.push_back(stranger);
    REQUIRE(store.commit(changes).committed());

    std::vector<std::string> seen;
    scan_request request{"note", id_of("").scope, "", 5};
    for (;;) {
        auto page = store.scan(request);
        for (const auto& found : page) {
            seen.push_back(found.id.key);
            CHECK(found.value == "\"" + found.id.key + "\"");
        }
        if (page.size() < request.limit) break;
        request.after_key = page.back().id.key;
    }
    CHECK(seen == keys);
}

TEST_CASE("a scan goes on behind a key that is no longer there") {
    contract_store store(EVERY_DATABASE_TYPE);
    change_set changes;
    changes.writes = {put("a", "1"), put("c", "1")};
    REQUIRE(store.commit(changes).committed());
    auto page = store.scan({"note", id_of("").scope, "b", 10});
    REQUIRE(page.size() == 1);
    CHECK(page[0].id.key == "c");
}

TEST_CASE("a scan returns at least one record and at most a thousand, whatever is asked for") {
    contract_store store(EVERY_DATABASE_TYPE);
    change_set changes;
    for (int i = 0; i < 1100; ++i)
        changes.writes.push_back(put(std::to_string(10000 + i), "1"));
    REQUIRE(store.commit(changes).committed());
    CHECK(store.scan({"note", id_of("").scope, "", 5000}).size() == 1000);
    CHECK(store.scan({"note", id_of("").scope, "", 0}).size() == 1);
}

TEST_CASE("a read of several records ends with the one that brings it to 4 MiB, and goes on behind it") {
    contract_store store(EVERY_STORE_KIND);
    for (const auto* key : {"a", "b", "c", "d", "e", "f"})
        REQUIRE(store.commit(put(key, std::string(max_value_size, 'x'))).committed());
    auto page = store.scan({"note", id_of("").scope, "", 100});
    REQUIRE(page.size() == 4);
    page = store.scan({"note", id_of("").scope, page.back().id.key, 100});
    REQUIRE(page.size() == 2);
    CHECK(store.scan({"note", id_of("").scope, page.back().id.key, 100}).empty());
}

TEST_CASE("an empty change set is committed") {
    contract_store store(EVERY_DATABASE_TYPE);
    CHECK(store.commit(change_set()).committed());
}
