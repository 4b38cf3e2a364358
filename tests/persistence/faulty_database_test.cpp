#include "tests/support/faulty_database.hpp"

#include "persistence/task_group.hpp"
#include "tests/persistence/contract/contract_store.hpp"

#include <algorithm>

using namespace rejoinder;
using namespace rejoinder::tests;

namespace {

struct faulty_store {
    explicit faulty_store(database_options options = {}) {
        std::string why;
        auto opened = open_database(env, options, why);
        db = std::make_unique<faulty_database>(env, std::move(*opened));
    }

    error_code write(std::string key) {
        change_set changes;
        changes.writes.push_back(put(std::move(key), "1"));
        return env.run(db->commit(std::move(changes))).error;
    }

    bool has(std::string key) { return env.run(db->read(id_of(std::move(key)))).has_value(); }

    manual_environment env;
    std::unique_ptr<faulty_database> db;
};

task<> write_into(database& db, std::string key, int& done) {
    change_set changes;
    changes.writes.push_back(put(std::move(key), "1"));
    co_await db.commit(std::move(changes));
    ++done;
}

task<> note_commit(database& db, int number, std::vector<int>& order) {
    change_set changes;
    changes.writes.push_back(put(std::to_string(number), "1"));
    co_await db.commit(std::move(changes));
    order.push_back(number);
}

task<> note_read(database& db, int number, std::vector<int>& order) {
    co_await db.read(id_of("a"));
    order.push_back(number);
}

} // namespace

TEST_CASE("the commit that was chosen to fail fails, and leaves nothing or everything as was chosen") {
    faulty_store store;
    store.db->fail_commit(errc::unavailable, fault::before_applying, 1);
    store.db->fail_commit(errc::unknown_outcome, fault::after_applying, 2);
    CHECK_FALSE(store.write("a"));
    CHECK(store.write("b") == errc::unavailable);
    CHECK(store.write("c") == errc::unknown_outcome);
    CHECK_FALSE(store.write("d"));
    CHECK_FALSE(store.has("b"));
    CHECK(store.has("c"));
    CHECK(store.db->commits() == 4);
    CHECK(store.db->reads() == 2);
}

TEST_CASE("a held commit is carried out but reported only when it is released, in order") {
    faulty_store store;
    store.db->hold_commits();
    task_group tasks(store.env.get_executor(), [](std::exception_ptr e) { std::rethrow_exception(e); });
    int done = 0;
    tasks.spawn(write_into(*store.db, "a", done));
    tasks.spawn(write_into(*store.db, "b", done));
    store.env.run_ready();
    CHECK(done == 0);
    CHECK(store.db->held() == 2);
    CHECK(store.has("a"));
    store.db->release_one();
    store.env.run_ready();
    CHECK(done == 1);
    store.db->release_commits();
    store.env.run(tasks.join());
    CHECK(done == 2);
}

TEST_CASE("operations of every kind fail as it was chosen, and count") {
    faulty_store store;
    auto now = store.env.utc_now();
    REQUIRE_FALSE(store.write("a"));
    store.db->fail_operation(errc::unavailable, fault::before_applying);
    store.db->fail_operation(errc::unknown_outcome, fault::after_applying, 1);
    store.db->fail_operation(errc::unavailable, fault::after_applying, 3);
    CHECK(store.env.run(store.db->purge(now, 1)).error() == errc::unavailable);
    CHECK(store.write("b") == errc::unknown_outcome);
    CHECK(store.has("b"));
    CHECK(store.env.run(store.db->compact()) == errc::unavailable);
    CHECK(store.env.run(store.db->size()));
    CHECK(store.db->operations() == 6);
}

TEST_CASE("delayed answers of commits keep their order, and those of reads overtake one another") {
    faulty_store store;
    store.db->delay_answers();
    std::vector<int> commits;
    std::vector<int> reads;
    task_group tasks(store.env.get_executor(), [](std::exception_ptr e) { std::rethrow_exception(e); });
    for (int i = 0; i < 50; ++i) {
        tasks.spawn(note_commit(*store.db, i, commits));
        tasks.spawn(note_read(*store.db, i, reads));
    }
    store.env.run(tasks.join());
    CHECK(commits.size() == 50);
    CHECK(std::ranges::is_sorted(commits));
    CHECK(reads.size() == 50);
    CHECK_FALSE(std::ranges::is_sorted(reads));
}

TEST_CASE("a database with faults answers about itself what the one inside answers") {
    temporary_folder folder;
    database_options options;
    options.type = database_type::sqlite;
    options.location = folder.file("store.db");
    options.keys = sealed(options.type).keys;
    faulty_store store(options);
    auto& inner = store.db->inner();
    CHECK(store.db->type() == database_type::sqlite);
    CHECK(store.db->durability() == inner.durability());
    CHECK(store.db->incarnation() == inner.incarnation());
    CHECK(store.db->schema().now == inner.schema().now);
    CHECK(store.db->schema().now > 0);
    CHECK(store.db->hides_keys());
    CHECK(store.db->health() == store_health::usable);
    store.env.run(store.db->close());
}
