#include "tests/persistence/contract/contract_store.hpp"
#include "tests/persistence/sqlite/raw_file.hpp"

using namespace rejoinder;
using namespace rejoinder::tests;

namespace {

/// Breaks the chain of pages that holds a long text of one character.
void damage_text(const std::string& path, char character) {
    constexpr std::size_t page = 4096;
    auto bytes = bytes_of(path);
    std::string inside(page - 4, character); // behind the number of the next page
    for (std::size_t at = 0; at + page <= bytes.size(); at += page) {
        if (bytes.compare(at + 4, inside.size(), inside) != 0) continue;
        bytes.replace(at, 4, "\xff\xff\xff\xff");
        write_bytes(path, bytes);
        return;
    }
    FAIL("the text is not there");
}

std::unique_ptr<database> open_file(environment& env, const std::string& path) {
    std::string why;
    database_options options;
    options.type = database_type::sqlite;
    options.location = path;
    auto opened = open_database(env, options, why);
    INFO(why);
    REQUIRE(opened);
    return std::move(*opened);
}

std::vector<std::string> turns_of(const result<std::vector<log_entry>>& read) {
    std::vector<std::string> turns;
    REQUIRE(read);
    for (const auto& entry : *read)
        turns.push_back(entry.turn.text);
    return turns;
}

} // namespace

TEST_CASE("damage in a log costs its session what lies there of its state, and no other session anything") {
    temporary_folder folder;
    auto path = folder.file("store.db");
    {
        contract_store store(database_type::sqlite);
        REQUIRE(store.commit(new_session("s1")).committed());
        REQUIRE(store.commit(new_session("s2")).committed());
        auto row = *store.session("s1");
        auto turn = turn_of(row, "t1", 1);
        turn.append->input = std::string(100'000, 'x');
        turn.append->messages = R"([{"a":1}])";
        turn.row.state = R"({"said":[]})";
        turn.said = said_in_log{{row.head, row.revision},
                                1,
                                std::string_view(R"({"said":[)").size(),
                                std::string_view(R"({"a":1})").size()};
        REQUIRE(store.commit(turn).committed());
        CHECK(store.session("s1")->state == R"({"said":[{"a":1}]})");
        store.env.run(store.db->close());
        store.closed_already();
        std::filesystem::copy_file(store.location(), path);
    }
    damage_text(path, 'x');

    manual_environment env;
    auto db = open_file(env, path);
    auto one = env.run(db->read_session({"s1"}));
    REQUIRE(one);
    CHECK(one->state == R"({"said":[]})");
    auto all = env.run(db->walk_sessions({}, 10));
    REQUIRE(all);
    CHECK(all->size() == 2);
    env.run(db->close());
}

TEST_CASE("a damaged entry of a log is reported as such, and what lies around it is read") {
    temporary_folder folder;
    auto path = folder.file("store.db");
    session_key key;
    {
        contract_store store(database_type::sqlite);
        REQUIRE(store.commit(new_session("s1")).committed());
        auto row = *store.session("s1");
        key = row.key;
        REQUIRE(store.commit(turn_of(row, "t1", 2)).committed());
        auto long_text = "[\"" + std::string(100'000, 'x') + "\"]";
        REQUIRE(store.commit(turn_of(row, "t2", 3, long_text)).committed());
        REQUIRE(store.commit(turn_of(row, "t3", 1)).committed());
        store.env.run(store.db->close());
        store.closed_already();
        std::filesystem::copy_file(store.location(), path);
    }
    damage_text(path, 'x');

    manual_environment env;
    auto db = open_file(env, path);
    auto read = [&](std::uint64_t after) { return env.run(db->read_log(key, after, 1000, 1 << 20)); };
    CHECK(turns_of(read(0)) == std::vector<std::string>{"t1"});
    CHECK(read(2).error() == errc::corrupt);
    CHECK(turns_of(read(5)) == std::vector<std::string>{"t3"});
    CHECK(db->health() == store_health::usable);
    env.run(db->close());
}
