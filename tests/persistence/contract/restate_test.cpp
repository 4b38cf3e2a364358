#include "tests/persistence/contract/contract_store.hpp"

#include <algorithm>

using namespace rejoinder;
using namespace rejoinder::tests;

namespace {

session_row make_session(contract_store& store, const std::string& id) {
    REQUIRE(store.commit(new_session(id)).committed());
    auto row = *store.session(id);
    for (const auto* turn : {"t1", "t2"})
        REQUIRE(store.commit(turn_of(row, turn, 1)).committed());
    return row;
}

/// Everything that a store holds, with other texts.
transfer restatement(contract_store& store, const session_row& row) {
    transfer what;
    what.how = transfer::manner::restate;
    auto records = store.env.run(store.db->walk_records(std::nullopt, 1000));
    REQUIRE(records);
    what.records = std::move(*records);
    for (auto& one : what.records)
        one.value = "again";
    auto& session = what.sessions.emplace_back();
    session.which = moved_session::part::further;
    session.row = row;
    session.row.state = session.row.devices = session.row.metadata = "again";
    auto log = store.env.run(store.db->read_history(row.key, {}, 1000));
    REQUIRE(log);
    session.entries = std::move(*log);
    for (auto& entry : session.entries)
        entry.input = entry.outcome = entry.events = entry.messages = "again";
    return what;
}

change_page changes_behind(contract_store& store, std::string position) {
    auto page = store.env.run(store.db->read_changes(std::move(position), 1000));
    REQUIRE(page);
    return *page;
}

error_code transplant(contract_store& store, transfer what) {
    return store.env.run(store.db->transplant(std::move(what)));
}

} // namespace

TEST_CASE("restating changes texts and nothing else, also after the store is opened again") {
    contract_store store(EVERY_STORE_KIND);
    REQUIRE(store.commit(put("a", "1")).committed());
    auto expiring = put("b", "1");
    expiring.expires = store.env.utc_now() + seconds(1);
    REQUIRE(store.commit(expiring).committed());
    auto row = make_session(store, "s1");
    auto before = *store.read(id_of("a"));
    store.env.advance(seconds(5));
    auto position = changes_behind(store, "").next;
    REQUIRE_FALSE(transplant(store, restatement(store, row)));
    CHECK(changes_behind(store, position).changes.empty());
    for (int round = 0; round < 2; ++round) {
        auto found = store.read(id_of("a"));
        REQUIRE(found);
        CHECK(found->value == "again");
        CHECK(found->revision == before.revision);
        CHECK(found->updated == before.updated);
        auto all = store.env.run(store.db->walk_records(std::nullopt, 10));
        REQUIRE(all);
        REQUIRE(all->size() == 2);
        CHECK(all->back().value == "again"); // it has expired
        CHECK(all->back().expires == expiring.expires);
        auto session = store.session("s1");
        REQUIRE(session);
        CHECK(session->key == row.key);
        CHECK(session->revision == row.revision);
        CHECK(session->state + session->devices + session->metadata == "againagainagain");
        auto entry = store.turn(row.key, "t2");
        REQUIRE(entry);
        CHECK(entry->input + entry->outcome + entry->events + entry->messages == "againagainagainagain");
        CHECK(entry->last == 2);
        store.reopen();
    }
    REQUIRE(store.commit(turn_of(row, "t3", 1)).committed()); // its owner has noticed nothing
}

TEST_CASE("restating passes over what was written, trimmed or removed since it was read") {
    contract_store store(EVERY_STORE_KIND);
    for (const auto* key : {"erased", "newer", "same"})
        REQUIRE(store.commit(put(key, "1")).committed());
    auto row = make_session(store, "s1");
    auto what = restatement(store, row);

    change_set changes;
    changes.writes = {drop("erased"), put("newer", "2")};
    changes.session = next_of(row);
    changes.session->row.floor = 2;
    changes.session->row.state = "newer";
    changes.session->forget_before = from_unix(0);
    auto answer = store.commit(std::move(changes));
    REQUIRE(answer.committed());
    REQUIRE_FALSE(transplant(store, what));
    CHECK(store.read(id_of("erased")).error() == errc::not_found);
    CHECK(store.read(id_of("newer"))->value == "2");
    CHECK(store.read(id_of("same"))->value == "again");
    CHECK(store.session("s1")->state == "newer");
    CHECK(store.turn(row.key, "t1")->events == "[]");
    CHECK(store.turn(row.key, "t1")->outcome == "again");
    CHECK(store.turn(row.key, "t2")->events == "again");
}

TEST_CASE("restating passes over a session that is not there or another one under the same name") {
    contract_store store(EVERY_STORE_KIND);
    auto row = make_session(store, "s1");
    auto what = restatement(store, row);
    what.sessions.front().row.id = {"never"};
    REQUIRE_FALSE(transplant(store, what));
    CHECK_FALSE(store.session("never"));

    what.sessions.front().row.id = {"s1"};
    change_set changes;
    changes.removals = {{{"s1"}, row.revision}};
    auto answer = store.commit(std::move(changes));
    REQUIRE(answer.committed());
    auto other = make_session(store, "s1");
    REQUIRE(other.revision == row.revision);
    REQUIRE_FALSE(transplant(store, what));
    CHECK(store.session("s1")->state == "{}");
    CHECK(store.turn(other.key, "t2")->outcome == R"({"ok":true})");
}
