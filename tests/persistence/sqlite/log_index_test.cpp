#include "persistence/sqlite/log_index.hpp"

#include "tests/persistence/contract/contract_store.hpp"
#include "tests/persistence/sqlite/raw_file.hpp"

using namespace rejoinder;
using namespace rejoinder::tests;

namespace {

constexpr std::size_t in_a_row = persistence::sqlite::log_index::most_recent;

std::string single(contract_store& store, const std::string& sql) {
    return raw_file(store.location()).single(sql);
}

std::string turn(std::size_t number) {
    return "t" + std::to_string(number);
}

/// Takes turns with one event each, numbered from `row.head + 1`.
void take_turns(contract_store& store, session_row& row, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i)
        REQUIRE(store.commit(turn_of(row, turn(row.head + 1), 1)).committed());
}

session_row begin(contract_store& store, const std::string& id, std::size_t turns) {
    REQUIRE(store.commit(new_session(id)).committed());
    auto row = *store.session(id);
    take_turns(store, row, turns);
    return row;
}

std::vector<std::string> turns_of(const std::vector<log_entry>& entries) {
    std::vector<std::string> turns;
    for (const auto& entry : entries)
        turns.push_back(entry.turn.text);
    return turns;
}

/// From the first to the last, or backwards.
std::vector<std::string> turns(std::size_t first, std::size_t last) {
    std::vector<std::string> names{turn(first)};
    while (first != last)
        names.push_back(turn(first < last ? ++first : --first));
    return names;
}

} // namespace

TEST_CASE("entries come into the index of the log some at a time, not a page for each turn") {
    contract_store store(database_type::sqlite);
    begin(store, "s1", 2 * in_a_row + 5);
    CHECK(single(store, "select count(*) from session_log_index") == std::to_string(2 * in_a_row));
    CHECK(single(store, "select json_array_length(recent) from session") == "5");
}

TEST_CASE("entries in the index and those that the session's row names are read in one order") {
    contract_store store(database_type::sqlite);
    auto count = GENERATE(std::size_t{1}, in_a_row - 1, in_a_row, in_a_row + 1, 2 * in_a_row + 5);
    CAPTURE(count);
    auto row = begin(store, "s1", count);
    begin(store, "s2", in_a_row + 3); // is none of the first one's

    CHECK(turns_of(store.log(row.key, 0)) == turns(1, count));
    CHECK(turns_of(store.latest(row.key, 100)) == turns(count, 1));
    CHECK(turns_of(store.latest(row.key, 1)) == turns(count, count));
    for (std::size_t after = 1; after < count; ++after) {
        CAPTURE(after);
        CHECK(turns_of(store.log(row.key, after)) == turns(after + 1, count));
    }
    CHECK(store.log(row.key, count).empty());

    std::vector<std::string> pages;
    log_position position;
    for (;;) {
        auto page = store.env.run(store.db->read_history(row.key, position, 7));
        REQUIRE(page);
        if (page->empty()) break;
        position = position_of(page->back());
        for (auto& name : turns_of(*page))
            pages.push_back(std::move(name));
    }
    CHECK(pages == turns(1, count));
}

TEST_CASE("a session that goes takes its entries along, those in the index and those that its row names") {
    contract_store store(database_type::sqlite);
    auto row = begin(store, "s1", in_a_row + 3);
    begin(store, "s2", 2);
    change_set removal;
    removal.removals = {{row.id, row.revision}};
    REQUIRE(store.commit(std::move(removal)).committed());
    CHECK(single(store, "select count(*) from session_log") == "2");
    CHECK(single(store, "select count(*) from session_log_index") == "0");
    CHECK(single(store, "select group_concat(turn) from session_log") == "t1,t2");
}

TEST_CASE("an imported part of a session that has had turns here is found among these") {
    contract_store store(database_type::sqlite);
    auto row = begin(store, "s1", in_a_row + 3);
    auto entries = *store.env.run(store.db->read_history(row.key, {}, 1000));
    auto again = entries[in_a_row + 1]; // that the row names
    auto more = entries.back();
    ++more.first;
    ++more.last;
    more.revision = more.revision.next();
    more.turn = {turn(in_a_row + 4)};
    again.outcome = "again";

    transfer part;
    part.sessions = {{row, {again, more}, moved_session::part::further}};
    REQUIRE_FALSE(store.env.run(store.db->transplant(std::move(part))));
    CHECK(turns_of(store.log(row.key, 0)) == turns(1, in_a_row + 4));
    CHECK(store.turn(row.key, again.turn.text)->outcome == "again");
    CHECK(single(store, "select count(*) from session_log") == std::to_string(in_a_row + 4));
    CHECK(single(store, "select recent from session") == persistence::sqlite::no_recent);
}

TEST_CASE("a damaged list of the newest entries costs its session these until its next turn, and no other "
          "one anything") {
    contract_store store(database_type::sqlite);
    auto row = begin(store, "s1", in_a_row + 3);
    auto other = begin(store, "s2", 3);
    auto damage = GENERATE("[[5", "7", "", R"(["x"])", R"([7,[],{},["x",{}]])", "[[05,7,9]]", "[[1,2]]",
                           "[[1,2,3]]]", "[[1,2,-3]]", "[[1,2,3],]", "[[1,2,99999999999999999999]]");
    CAPTURE(damage);
    raw_file(store.location())
        .execute("update session set recent = '" + std::string(damage) + "' where id = 's1'");

    CHECK(turns_of(store.log(row.key, 0)) == turns(1, in_a_row));
    take_turns(store, other, in_a_row + 1);
    CHECK(turns_of(store.log(other.key, 0)) == turns(1, in_a_row + 4));
    CHECK(single(store, "select count(*) from turns where session = 's2'") == std::to_string(in_a_row + 4));

    SECTION("its next turn finds them again") {
        take_turns(store, row, 2);
        CHECK(turns_of(store.log(row.key, 0)) == turns(1, in_a_row + 5));
    }
    SECTION("all of them go with it") {
        change_set removal;
        removal.removals = {{row.id, row.revision}};
        REQUIRE(store.commit(std::move(removal)).committed());
        CHECK(single(store, "select count(*) from session_log") == std::to_string(in_a_row + 4));
        CHECK(turns_of(store.log(other.key, 0)) == turns(1, in_a_row + 4));
    }
    CHECK(store.db->health() == store_health::usable);
}

TEST_CASE("a list of newest entries that names another session's finds nothing of it") {
    contract_store store(database_type::sqlite);
    auto row = begin(store, "s1", in_a_row + 3);
    auto other = begin(store, "s2", 3);
    auto last_of_other = single(store, "select max(position) from session_log");
    raw_file(store.location())
        .execute("update session set recent = '[[20,20," + last_of_other + "]]' where id = 's1'");
    CHECK(turns_of(store.log(row.key, 0)) == turns(1, in_a_row));
    take_turns(store, row, in_a_row);
    CHECK(turns_of(store.log(other.key, 0)) == turns(1, 3));
}

TEST_CASE("the log is looked at by its index alone, also where a session goes") {
    contract_store store(database_type::sqlite);
    begin(store, "s1", 5);
    auto definition = single(store, "select sql from sqlite_schema where name = 'session_log'");
    CHECK(definition.find("references") == std::string::npos);
    CHECK(single(store, "select count(*) from turns where session = 's1'") == "5");
}
