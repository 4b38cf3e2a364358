#include "tests/persistence/contract/whole_store.hpp"

#include <algorithm>

using namespace rejoinder;
using namespace rejoinder::tests;

namespace {

record_write put_at(std::string account, std::string type, std::string loop, std::string key) {
    record_write write;
    write.id = {std::move(type), {std::move(account), std::move(loop), "", ""}, std::move(key)};
    write.value = "1";
    return write;
}

error_code transplant(contract_store& store, transfer what) {
    return store.env.run(store.db->transplant(std::move(what)));
}

commit_outcome remove(contract_store& store, std::string session, revision expected) {
    change_set changes;
    changes.removals = {{{std::move(session)}, expected}};
    return store.commit(std::move(changes));
}

/// One session with its log, as another store would be given it.
moved_session moved(contract_store& from, const std::string& id) {
    auto row = from.session(id);
    REQUIRE(row);
    return {*row, history(from, row->key), moved_session::part::first};
}

void check_same(const record& a, const record& b) {
    CHECK(a.id == b.id);
    CHECK(a.value == b.value);
    CHECK(a.revision == b.revision);
    CHECK(a.schema_version == b.schema_version);
    CHECK(a.created == b.created);
    CHECK(a.updated == b.updated);
    CHECK(a.expires == b.expires);
}

void check_same(const std::vector<log_entry>& a, const std::vector<log_entry>& b) {
    REQUIRE(a.size() == b.size());
    for (std::size_t i = 0; i < a.size(); ++i) {
        CHECK(position_of(a[i]) == position_of(b[i]));
        CHECK(a[i].turn == b[i].turn);
        CHECK(a[i].outcome == b[i].outcome);
        CHECK(a[i].events == b[i].events);
        CHECK(a[i].at == b[i].at);
    }
}

/// A session with so many turns.
session_row make_session(contract_store& store, const std::string& id, int turns) {
    REQUIRE(store.commit(new_session(id)).committed());
    auto row = *store.session(id);
    for (int i = 1; i <= turns; ++i)
        REQUIRE(store.commit(turn_of(row, "t" + std::to_string(i), 1)).committed());
    return row;
}

task<> commit_into(database& db, change_set changes, std::vector<commit_outcome>& outcomes) {
    auto committing = db.commit(std::move(changes));
    outcomes.push_back(co_await std::move(committing));
}

} // namespace

TEST_CASE("a walk meets every record once, by account, type, loop and key, whatever the size of its pages") {
    contract_store store(EVERY_STORE_KIND);
    auto page = GENERATE(std::size_t(1), std::size_t(2), std::size_t(1000));
    change_set changes;
    changes.writes = {put_at("b", "a", "", "1"), put_at("a", "z", "", "2"),  put_at("a", "b", "y", "1"),
                      put_at("a", "b", "x", ""), put_at("a", "b", "x", "Z"), put_at("a", "b", "x", "a"),
                      put_at("", "", "", ""),    put_at("a", "b", "x", "é")};
    REQUIRE(store.commit(changes).committed());
    std::vector<std::string> met;
    for (const auto& one : walk_records(store, page))
        met.push_back(one.id.scope.account + "/" + one.id.type + "/" + one.id.scope.loop + "/" + one.id.key);
    CHECK(met == std::vector<std::string>{"///", "a/b/x/", "a/b/x/Z", "a/b/x/a", "a/b/x/é", "a/b/y/1",
                                          "a/z//2", "b/a//1"});
}

TEST_CASE("a walk of an empty store is an empty page") {
    contract_store store(EVERY_DATABASE_TYPE);
    CHECK(walk_records(store).empty());
    CHECK(walk_sessions(store).empty());
}

TEST_CASE("a walk meets what has expired too") {
    contract_store store(EVERY_DATABASE_TYPE);
    auto write = put("a", "1");
    write.expires = store.env.utc_now() + hour;
    REQUIRE(store.commit(write).committed());
    auto session = new_session("s1");
    session.row.expires = store.env.utc_now() + hour;
    REQUIRE(store.commit(session).committed());
    store.env.advance(2 * hour);
    CHECK(store.read(id_of("a")).error() == errc::not_found);
    auto met = walk_records(store);
    REQUIRE(met.size() == 1);
    CHECK(met[0].value == "1");
    CHECK(met[0].expires == write.expires);
    CHECK(walk_sessions(store).size() == 1);
}

TEST_CASE("a page of a walk ends with the record that brings it to 4 MiB") {
    contract_store store(EVERY_STORE_KIND);
    for (int i = 0; i < 7; ++i)
        REQUIRE(store.commit(put("k" + std::to_string(i), std::string(max_value_size, 'x'))).committed());
    auto first = store.env.run(store.db->walk_records(std::nullopt, 1000));
    REQUIRE(first);
    CHECK(first->size() == 4);
    CHECK(walk_records(store).size() == 7);
}

TEST_CASE("a walk over sessions meets each once, by id, with its whole row") {
    contract_store store(EVERY_DATABASE_TYPE);
    auto page = GENERATE(std::size_t(1), std::size_t(1000));
    for (const auto* id : {"s2", "S3", "s1"})
        REQUIRE(store.commit(new_session(id)).committed());
    auto met = walk_sessions(store, page);
    REQUIRE(met.size() == 3);
    CHECK(met[0].id.text == "S3");
    CHECK(met[1].id.text == "s1");
    CHECK(met[2].id.text == "s2");
    CHECK(met[2].machine == "greeter");
    CHECK(met[2].key == store.session("s2")->key);
}

TEST_CASE("a session that is removed goes with its log and leaves the others alone") {
    contract_store store(EVERY_STORE_KIND);
    auto row = make_session(store, "s1", 3);
    auto other = make_session(store, "s2", 2);
    REQUIRE(remove(store, "s1", row.revision).committed());
    CHECK(store.session("s1").error() == errc::not_found);
    CHECK(store.log(row.key, 0).empty());
    CHECK(store.turn(row.key, "t1").error() == errc::not_found);
    CHECK(history(store, other.key).size() == 2);
    CHECK(remove(store, "s1", row.revision).committed()); // gone is gone
}

TEST_CASE(
    "a session that was changed meanwhile is not removed, nor is anything else of the change set done") {
    contract_store store(EVERY_DATABASE_TYPE);
    auto row = make_session(store, "s1", 1);
    auto kept = make_session(store, "s2", 1);
    change_set changes;
    changes.writes = {put("a", "1")};
    changes.removals = {{{"s2"}, kept.revision}, {{"s1"}, {1}}};
    auto outcome = store.commit(changes);
    CHECK(outcome.error == errc::conflict);
    CHECK(outcome.current == row.revision);
    CHECK(outcome.conflicting_write == 3);
    CHECK(store.session("s1"));
    CHECK(store.session("s2"));
    CHECK(store.read(id_of("a")).error() == errc::not_found);
}

TEST_CASE("a session may come, go and come again in one transaction") {
    contract_store store(EVERY_DATABASE_TYPE);
    auto old = make_session(store, "s1", 2);
    auto creation = [] {
        change_set changes;
        changes.session = new_session("s1");
        changes.session->append.emplace();
        changes.session->append->turn = {"t1"};
        return changes;
    };
    auto removal = [](revision expected) {
        change_set changes;
        changes.removals = {{{"s1"}, expected}};
        return changes;
    };
    change_set late;
    late.session = turn_of(old, "t3", 1);
    change_set first;
    first.writes = {put("first", "1")}; // what comes at once waits behind it, and goes together
    std::vector<commit_outcome> outcomes;
    task_group tasks(store.env.get_executor(), [](std::exception_ptr e) { std::rethrow_exception(e); });
    for (const auto& changes : {first, removal({3}), creation(), removal({1}), late, creation()})
        tasks.spawn(commit_into(*store.db, changes, outcomes));
    store.env.run(tasks.join());
    REQUIRE(outcomes.size() == 6);
    for (auto i : {0U, 1U, 2U, 3U, 5U})
        CHECK(outcomes[i].committed());
    CHECK(outcomes[4].error == errc::not_found);
    CHECK(outcomes[2].session != outcomes[5].session);
    store.reopen();
    REQUIRE(walk_sessions(store).size() == 1);
    auto row = store.session("s1");
    CHECK(row->key == outcomes[5].session);
    CHECK(row->revision == revision{1});
    CHECK(history(store, row->key).size() == 1);
    CHECK(history(store, outcomes[2].session).empty());
    CHECK(history(store, old.key).empty());
}

TEST_CASE("who still holds the key of a removed session finds nothing under it, after a restart either") {
    contract_store store(EVERY_DATABASE_TYPE);
    auto row = make_session(store, "s1", 1);
    REQUIRE(remove(store, "s1", row.revision).committed());
    store.reopen();
    auto next = make_session(store, "s2", 1);
    CHECK(next.key != row.key);
    CHECK(store.commit(turn_of(row, "late", 1)).error == errc::not_found);
}

TEST_CASE("what is transplanted stands in the other store exactly as it was, however often it is done") {
    contract_store from(GENERATE(from_range(every_backend())));
    contract_store to(EVERY_STORE_KIND);
    auto write = put("a", R"({"x": 1})");
    write.schema_version = 7;
    write.expires = from.env.utc_now() + hour;
    REQUIRE(from.commit(write).committed());
    REQUIRE(from.commit(write).committed());
    make_session(from, "s1", 3);
    REQUIRE(to.commit(put("a", "other")).committed());
    make_session(to, "s0", 1); // so that the keys differ
    make_session(to, "s1", 5);
    to.env.advance(seconds(10));

    transfer what{walk_records(from), {moved(from, "s1")}};
    for (int time = 0; time < 2; ++time) {
        REQUIRE_FALSE(transplant(to, what));
        auto records = walk_records(to);
        REQUIRE(records.size() == 1);
        check_same(records[0], what.records[0]);
        auto row = to.session("s1");
        REQUIRE(row);
        CHECK(row->revision == what.sessions[0].row.revision);
        CHECK(row->head == 3);
        check_same(history(to, row->key), what.sessions[0].entries);
        to.reopen();
    }
    auto row = *to.session("s1");
    auto again = row;
    CHECK(to.commit(turn_of(again, "t3", 1)).error == errc::duplicate_turn);
    CHECK(to.commit(turn_of(row, "t4", 1)).committed()); // and its life goes on
    CHECK(to.commit(put("a", "2", write_mode::if_revision, {2})).committed());
}

TEST_CASE("a long log comes in several parts, each of which may come again") {
    contract_store from(EVERY_STORE_KIND);
    contract_store to(database_type::memory);
    make_session(from, "s1", 6);
    auto whole = moved(from, "s1");
    auto part = [&](std::size_t begin, std::size_t end, moved_session::part which) {
        moved_session some{whole.row, {}, which};
        some.entries.assign(whole.entries.begin() + static_cast<std::ptrdiff_t>(begin),
                            whole.entries.begin() + static_cast<std::ptrdiff_t>(end));
        return transfer{{}, {some}};
    };
    for (auto* store : {&from, &to}) {
        REQUIRE_FALSE(transplant(*store, part(0, 2, moved_session::part::first)));
        for (int time = 0; time < 2; ++time)
            REQUIRE_FALSE(transplant(*store, part(2, 4, moved_session::part::further)));
        REQUIRE_FALSE(transplant(*store, part(3, 6, moved_session::part::further)));
        check_same(history(*store, store->session("s1")->key), whole.entries);
    }
}

TEST_CASE("a further part of a session that is not there is refused, and nothing of its transfer stays") {
    contract_store store(EVERY_DATABASE_TYPE);
    make_session(store, "s1", 1);
    transfer what{{}, {moved(store, "s1")}};
    what.sessions[0].which = moved_session::part::further;
    what.sessions[0].row.id = {"unknown"};
    record one;
    one.id = id_of("a");
    one.revision = {1};
    what.records = {one};
    CHECK(transplant(store, what) == errc::not_found);
    CHECK(walk_records(store).empty());
    CHECK(store.commit(put("b", "1")).committed());
}

TEST_CASE("a transfer that is too large is refused") {
    contract_store store(EVERY_DATABASE_TYPE);
    record one;
    one.id = id_of("a");
    one.revision = {1};
    one.value.assign(max_value_size + 1, 'x');
    CHECK(transplant(store, {{one}, {}}) == errc::too_large);
    one.value.resize(max_value_size);
    transfer many;
    for (int i = 0; i < 17; ++i) {
        one.id.key = std::to_string(i);
        many.records.push_back(one);
    }
    CHECK(transplant(store, many) == errc::too_large);
    many.records.resize(15);
    CHECK_FALSE(transplant(store, many));
    store.reopen();
    CHECK(walk_records(store).size() == 15);
}

TEST_CASE("what goes through the whole store is refused after the end") {
    contract_store store(EVERY_DATABASE_TYPE);
    store.env.run(store.db->close());
    store.closed_already();
    CHECK(store.env.run(store.db->walk_records(std::nullopt, 1)).error() == errc::closed);
    CHECK(store.env.run(store.db->walk_sessions({}, 1)).error() == errc::closed);
    CHECK(transplant(store, {}) == errc::closed);
    CHECK(store.env.run(store.db->purge({}, 1)).error() == errc::closed);
}
