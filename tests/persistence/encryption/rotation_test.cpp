#include "persistence/encryption/rotation.hpp"

#include "persistence/encryption/marker.hpp"
#include "persistence/encryption/sealed_text.hpp"
#include "persistence/task_group.hpp"
#include "tests/persistence/encryption/sealed_store.hpp"

#include <set>

using namespace rejoinder;
using namespace rejoinder::tests;
using encryption::rotate;
using encryption::rotated;

namespace {

#define EVERY_TYPE GENERATE(database_type::memory, database_type::file, database_type::sqlite)

rotated rotate_all(sealed_store& store) {
    auto done = store.env.run(rotate(&store.env, store.db.get(), {}));
    REQUIRE(done);
    return *done;
}

/// The ids of the keys that anything stands under; empty for what is plain.
std::set<std::string> keys_in(sealed_store& store) {
    std::set<std::string> keys;
    auto note = [&keys](const std::string& text) {
        if (text.empty() || text == "[]") return;
        auto sealed = encryption::read_sealed(text);
        keys.emplace(sealed ? sealed->key : "");
    };
    for (const auto& one : store.walk(store.inner()))
        if (!encryption::is_marker(one.id)) note(one.value);
    auto rows = store.env.run(store.inner().walk_sessions({}, 1000));
    REQUIRE(rows);
    for (const auto& row : *rows) {
        for (const auto& text : {row.state, row.devices, row.metadata})
            note(text);
        auto log = store.env.run(store.inner().read_history(row.key, {}, 1000));
        REQUIRE(log);
        for (const auto& entry : *log)
            for (const auto& text : {entry.input, entry.outcome, entry.events, entry.messages})
                note(text);
    }
    return keys;
}

using keys = std::set<std::string>;

/// Something of everything.
session_row fill(sealed_store& store) {
    store.put(note("a"), "1");
    store.put(item("shopping/milk"), "2");
    auto row = begin_session(store, "s1", "one");
    REQUIRE(next_turn(store, row, "two").committed());
    return row;
}

void check_filled(sealed_store& store, const session_row& row) {
    CHECK(store.read(note("a"))->value == "1");
    CHECK(store.read(note("a"))->revision == revision{1});
    CHECK(store.read(item("shopping/milk"))->value == "2");
    auto found = store.env.run(store.db->read_session(row.id));
    REQUIRE(found);
    CHECK(found->revision == row.revision);
    CHECK(found->state == R"({"text":"two"})");
    auto log = store.env.run(store.db->read_history(found->key, {}, 100));
    REQUIRE(log);
    REQUIRE(log->size() == 2);
    CHECK((*log)[0].input == R"(["one"])");
    CHECK((*log)[1].messages == R"(["two"])");
}

} // namespace

TEST_CASE("a rotation seals everything under the current key, and the others are not needed any more") {
    auto type = GENERATE(database_type::file, database_type::sqlite);
    CAPTURE(to_string(type));
    sealed_store store(type, {"old"});
    auto row = fill(store);
    REQUIRE(store.open({"new", "old"}).empty());
    CHECK(keys_in(store) == keys{"old"});

    auto done = rotate_all(store);
    CHECK(done.complete);
    CHECK(done.records == 2);
    CHECK(done.sessions == 1);
    CHECK(done.entries == 2);
    CHECK(done.damaged == 0);
    CHECK(keys_in(store) == keys{"new"});
    check_filled(store, row);

    REQUIRE(store.open({"new"}).empty());
    check_filled(store, row);
    CHECK_FALSE(store.open({"old"}).empty());
}

TEST_CASE("a second rotation changes nothing") {
    sealed_store store(database_type::memory, {"k1"});
    fill(store);
    CHECK(rotate_all(store).complete);
    auto before = store.stored("note").value;
    auto marker = store.stored("encryption");
    auto done = rotate_all(store);
    CHECK(done.complete);
    CHECK(done.records + done.sessions + done.entries == 0);
    CHECK(store.stored("note").value == before);
    CHECK(store.stored("encryption").revision == marker.revision);
}

TEST_CASE("a rotation seals what a store has from the time before its keys, and plain texts end with it") {
    auto type = GENERATE(database_type::file, database_type::sqlite);
    CAPTURE(to_string(type));
    sealed_store store(type);
    REQUIRE(store.open({}).empty());
    auto row = fill(store);
    REQUIRE(store.open({"k1"}).empty());
    auto planted = *store.env.run(store.inner().read(note("a")));
    planted.id = note("planted");
    store.plant(planted);
    CHECK(store.read(note("planted"))->value == "1");

    CHECK(rotate_all(store).complete);
    CHECK(keys_in(store) == keys{"k1"});
    check_filled(store, row);
    store.plant(planted);
    CHECK(store.read(note("planted")).error() == errc::corrupt);
    REQUIRE(store.open({"k1"}).empty());
    CHECK(store.read(note("planted")).error() == errc::corrupt);
    check_filled(store, row);
}

TEST_CASE("a rotation that was interrupted is done by the next one") {
    sealed_store store(database_type::sqlite, {"old"});
    for (int i = 0; i < 600; ++i)
        store.put(note(std::to_string(i)), std::to_string(i));
    auto row = fill(store);
    REQUIRE(store.open({"new", "old"}).empty());
    struct interruption {};
    auto interrupt = [](const rotated& so_far) {
        if (so_far.records > 0) throw interruption();
    };
    CHECK_THROWS_AS(store.env.run(rotate(&store.env, store.db.get(), interrupt)), interruption);
    CHECK(keys_in(store) == keys{"new", "old"});
    CHECK_FALSE(store.open({"new"}).empty());

    REQUIRE(store.open({"new", "old"}).empty());
    auto done = rotate_all(store);
    CHECK(done.complete);
    CHECK(done.records > 0);
    CHECK(done.records < 602);
    CHECK(keys_in(store) == keys{"new"});
    check_filled(store, row);
}

TEST_CASE("what is damaged stays as it is, is counted, and keeps a rotation from being complete") {
    sealed_store store(database_type::memory, {"k1"});
    fill(store);
    auto damaged = store.stored("note");
    damaged.value = R"({"sealed":{"key":"k0","data":""}})";
    store.plant(damaged);
    auto done = rotate_all(store);
    CHECK(done.damaged == 1);
    CHECK_FALSE(done.complete);
    CHECK(store.stored("note").value == damaged.value);
}

TEST_CASE("expired records are sealed anew as well") {
    sealed_store store(database_type::sqlite, {"old"});
    change_set changes;
    auto& write = changes.writes.emplace_back();
    write.id = note("a");
    write.value = "1";
    write.expires = store.env.utc_now() + seconds(1);
    auto answer = store.commit(std::move(changes));
    REQUIRE(answer.committed());
    store.env.advance(seconds(2));
    REQUIRE(store.open({"new", "old"}).empty());
    CHECK(rotate_all(store).complete);
    CHECK(keys_in(store) == keys{"new"});
}

namespace {

task<> talk(sealed_store* store, session_row row, int turns, std::size_t* committed) {
    for (int i = 0; i < turns; ++i) {
        change_set changes;
        auto& change = changes.session.emplace();
        change.expected = session_fence{row.owner_generation, row.revision};
        row.state = std::to_string(i);
        change.row = row;
        auto& write = changes.writes.emplace_back();
        write.id = note("shared");
        write.value = std::to_string(i);
        auto committing = store->db->commit(std::move(changes));
        auto outcome = co_await std::move(committing);
        if (!outcome.committed()) co_return;
        row.revision = row.revision.next();
        ++*committed;
    }
}

task<> rotate_often(sealed_store* store, int times, bool* all_complete) {
    for (int i = 0; i < times; ++i) {
        auto running = rotate(&store->env, store->db.get(), {});
        auto done = co_await std::move(running);
        *all_complete = *all_complete && done && done->complete;
    }
}

} // namespace

TEST_CASE("a rotation loses nothing of what is written meanwhile, and nobody who writes notices it") {
    auto type = EVERY_TYPE;
    CAPTURE(to_string(type));
    sealed_store store(type, {"old"});
    auto row = fill(store);
    for (int i = 0; i < 300; ++i)
        store.put(note(std::to_string(i)), "1");
    if (type != database_type::memory) REQUIRE(store.open({"new", "old"}).empty());
    std::size_t committed = 0;
    bool all_complete = true;
    task_group tasks(store.env.get_executor(), [](std::exception_ptr e) { std::rethrow_exception(e); });
    tasks.spawn(talk(&store, row, 200, &committed));
    tasks.spawn(rotate_often(&store, 5, &all_complete));
    store.env.run(tasks.join());
    CHECK(committed == 200);
    CHECK(all_complete);
    CHECK(store.read(note("shared"))->value == "199");
    CHECK(store.env.run(store.db->read_session({"s1"}))->state == "199");
    CHECK(keys_in(store).size() == 1);
}

TEST_CASE("a database without keys cannot be rotated") {
    sealed_store store(database_type::memory);
    REQUIRE(store.open({}).empty());
    CHECK(store.env.run(rotate(&store.env, store.db.get(), {})).error() == errc::unsupported);
}
