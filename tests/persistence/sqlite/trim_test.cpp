#include "persistence/rules.hpp"
#include "tests/persistence/contract/contract_store.hpp"
#include "tests/persistence/sqlite/raw_file.hpp"

using namespace rejoinder;
using namespace rejoinder::tests;

namespace {

std::size_t count(contract_store& store, const std::string& what) {
    return std::stoul(raw_file(store.location()).single("select count(*) from session_log where " + what));
}

} // namespace

TEST_CASE(
    "one commit lets go of a bounded part of a log, and what another session commits has no part in it") {
    contract_store store(database_type::sqlite);
    REQUIRE(store.commit(new_session("s1")).committed());
    REQUIRE(store.commit(new_session("s2")).committed());
    auto row = *store.session("s1");
    auto other = *store.session("s2");
    auto start = store.env.utc_now();
    std::vector<session_change> turns;
    for (int i = 0; i < 2000; ++i) {
        turns.push_back(turn_of(row, "t" + std::to_string(i), 1));
        turns.back().append->at = start;
    }
    store.commit_all(std::move(turns));
    auto change = turn_of(row, "asks", 1);
    row.floor = change.row.floor = row.head;
    change.forget_before = start + seconds(1);
    REQUIRE(store.commit(change).committed());

    auto part = rules::trimmed_at_once;
    CHECK(count(store, "true") == 2001 - part);
    CHECK(count(store, "events = '[]'") == part);
    REQUIRE(store.commit(turn_of(other, "t1", 1)).committed());
    CHECK(count(store, "events = '[]'") == part);
    REQUIRE(store.commit(turn_of(row, "next", 0)).committed());
    CHECK(count(store, "session = 1") == 2002 - 2 * part);
}

TEST_CASE("a trim begins where the last one ended") {
    contract_store store(database_type::sqlite);
    REQUIRE(store.commit(new_session("s1")).committed());
    auto row = *store.session("s1");
    std::vector<session_change> turns;
    for (int i = 0; i < 100; ++i)
        turns.push_back(turn_of(row, "t" + std::to_string(i), 1));
    store.commit_all(std::move(turns));
    auto trim_to = [&](std::uint64_t floor, std::string turn) {
        auto change = turn_of(row, std::move(turn), 1);
        row.floor = change.row.floor = floor;
        change.forget_before = from_unix(0);
        REQUIRE(store.commit(change).committed());
    };
    trim_to(50, "first");
    raw_file(store.location()).execute("update session_log set events = '[1]' where last = 10");
    trim_to(80, "second");
    CHECK(count(store, "last = 10 and events = '[1]'") == 1); // nobody looked there again
    CHECK(count(store, "events = '[]'") == 78);
}
