#include "tests/support/faulty_database.hpp"

#include "persistence/task_group.hpp"
#include "tests/persistence/contract/contract_store.hpp"

using namespace rejoinder;
using namespace rejoinder::tests;

namespace {

struct faulty_store {
    faulty_store() {
        std::string why;
        auto opened = open_database(env, {}, why);
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
