#include "tests/persistence/contract/contract_store.hpp"
#include "tests/persistence/sqlite/raw_file.hpp"
#include "tests/support/faulty_vfs.hpp"

#include <algorithm>

using namespace rejoinder;
using namespace rejoinder::tests;

namespace {

task<> commit_into(database& db, change_set changes, std::vector<error_code>& errors) {
    auto committing = db.commit(std::move(changes));
    auto outcome = co_await std::move(committing);
    errors.push_back(outcome.error);
}

task<> write_into(database& db, std::string key, std::vector<error_code>& errors) {
    change_set changes;
    changes.writes.push_back(put(std::move(key), "1"));
    return commit_into(db, std::move(changes), errors);
}

std::vector<error_code> write_many(contract_store& store, int count) {
    std::vector<error_code> errors;
    task_group tasks(store.env.get_executor(), [](std::exception_ptr e) { std::rethrow_exception(e); });
    for (int i = 0; i < count; ++i)
        tasks.spawn(write_into(*store.db, std::to_string(i), errors));
    store.env.run(tasks.join());
    return errors;
}

} // namespace

TEST_CASE("a commit on a full disk is unavailable, leaves nothing, and works once there is room") {
    faulty_vfs disk;
    contract_store store(database_type::sqlite);
    REQUIRE(store.commit(put("a", "1")).committed());
    disk.fail_writes(1);
    CHECK(store.commit(put("b", "1")).error == errc::unavailable);
    CHECK(store.read(id_of("b")).error() == errc::not_found);
    CHECK(store.read(id_of("a")));
    CHECK(store.commit(put("b", "2", write_mode::create_only)).committed());
    CHECK(store.read(id_of("b"))->value == "2");
}

TEST_CASE(
    "a flush that fails makes the outcome unknown until it is read, and the store works again afterwards") {
    faulty_vfs disk;
    contract_store store(database_type::sqlite);
    REQUIRE(store.commit(put("a", "1")).committed());
    disk.fail_flushes(1);
    CHECK(store.commit(put("b", "1")).error == errc::unknown_outcome);
    auto standing = store.read(id_of("b"));
    bool written = standing.has_value();
    if (!written) CHECK(standing.error() == errc::not_found);
    auto again = store.commit(put("b", "2", write_mode::create_only));
    CHECK(again.committed() == !written); // what was read stays true
    CHECK(store.read(id_of("a")));
    CHECK(store.commit(put("c", "1")).committed());
}

TEST_CASE("while flushes go on failing the store is unavailable and believes nothing, then it recovers") {
    faulty_vfs disk;
    contract_store store(database_type::sqlite);
    REQUIRE(store.commit(put("a", "1")).committed());
    disk.fail_flushes(1'000'000);
    CHECK(store.commit(put("b", "1")).error == errc::unknown_outcome);
    CHECK(store.commit(put("c", "1")).error == errc::unavailable);
    CHECK(store.read(id_of("a")).error() == errc::unavailable);
    disk.fail_flushes(0);
    REQUIRE(store.env.pass_time_until([&] { return store.db->health() == store_health::usable; }));
    CHECK(store.commit(put("c", "1")).committed());
    CHECK(store.read(id_of("a")));
    CHECK(store.read(id_of("c")));
}

TEST_CASE("all change sets of a failed flush hear of it, none is lost") {
    faulty_vfs disk;
    contract_store store(database_type::sqlite);
    disk.fail_writes(1);
    auto errors = write_many(store, 50);
    REQUIRE(errors.size() == 50);
    auto failed = std::ranges::count(errors, error_code(errc::unavailable));
    CHECK(failed > 0);
    CHECK(std::ranges::count(errors, error_code()) == 50 - failed);
    CHECK(store.scan({"note", id_of("").scope, "", 100}).size() == static_cast<std::size_t>(50 - failed));
}

TEST_CASE("a store that another program has locked is unavailable, and works when it is let go") {
    contract_store store(database_type::sqlite);
    {
        raw_file other(store.location());
        other.execute("begin immediate");
        CHECK(store.commit(put("a", "1")).error == errc::unavailable);
    }
    CHECK(store.commit(put("a", "1", write_mode::create_only)).committed());
}

TEST_CASE("change sets beyond the bound of the queue are unavailable, the others are committed") {
    contract_store store(database_type::sqlite, 8);
    std::vector<error_code> errors;
    {
        raw_file other(store.location());
        other.execute("begin immediate"); // the writer waits, so that the queue fills
        task_group tasks(store.env.get_executor(), [](std::exception_ptr e) { std::rethrow_exception(e); });
        for (int i = 0; i < 100; ++i)
            tasks.spawn(write_into(*store.db, std::to_string(i), errors));
        store.env.run_ready();
        CHECK(errors.size() >= 100 - 2 * 8);
        CHECK(std::ranges::all_of(errors, [](auto e) { return e == errc::unavailable; }));
        other.execute("commit");
        store.env.run(tasks.join());
    }
    CHECK(errors.size() == 100);
    auto committed = std::ranges::count(errors, error_code());
    CHECK(committed >= 8);
    CHECK(store.scan({"note", id_of("").scope, "", 100}).size() == static_cast<std::size_t>(committed));
}

TEST_CASE("a change set that SQLite refuses in its middle is undone, and those beside it are committed") {
    contract_store store(database_type::sqlite);
    raw_file(store.location())
        .execute("create trigger poison before insert on record when new.key = 'poison' "
                 "begin select raise(abort, 'poisoned'); end");
    change_set torn;
    torn.session = new_session("s1");
    torn.writes = {put("half", "1"), put("poison", "1")};

    std::vector<error_code> errors;
    task_group tasks(store.env.get_executor(), [](std::exception_ptr e) { std::rethrow_exception(e); });
    tasks.spawn(write_into(*store.db, "before", errors));
    tasks.spawn(commit_into(*store.db, torn, errors));
    tasks.spawn(write_into(*store.db, "after", errors));
    store.env.run(tasks.join());

    REQUIRE(errors.size() == 3);
    CHECK(std::ranges::count(errors, error_code(errc::unavailable)) == 1);
    CHECK_FALSE(store.read(id_of("half")));
    CHECK_FALSE(store.session("s1"));
    CHECK(store.read(id_of("before")));
    CHECK(store.read(id_of("after")));
}
