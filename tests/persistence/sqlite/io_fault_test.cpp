#include "tests/persistence/contract/known_life.hpp"
#include "tests/support/seed.hpp"
#include "tests/support/vfs_shim.hpp"

#include <atomic>

using namespace rejoinder;
using namespace rejoinder::tests;

namespace {

/// A disk that fails once, in one of its steps that write, and never waits for the real one.
class faltering_vfs final : public vfs_shim {
public:
    void fail_at(int step) noexcept { failing_step_ = step; }
    int steps() const noexcept { return steps_; }

    int write(file& to, const void* data, int size, sqlite3_int64 at) override {
        return fails() ? SQLITE_IOERR_WRITE : vfs_shim::write(to, data, size, at);
    }
    int truncate(file& of, sqlite3_int64 size) override {
        return fails() ? SQLITE_IOERR_TRUNCATE : vfs_shim::truncate(of, size);
    }
    int sync(file&, int) override { return fails() ? SQLITE_IOERR_FSYNC : SQLITE_OK; }

private:
    bool fails() noexcept { return ++steps_ == failing_step_; }

    std::atomic<int> steps_ = 0;
    std::atomic<int> failing_step_ = 0;
};

error_code make(contract_store& store, const mutation& step) {
    return carry_out(store.env, *store.db, with_keys(step, keys_in(store.env, *store.db)));
}

lifecycle::store_digest digest_of(contract_store& store) {
    return tests::digest_of(store.env, *store.db);
}

/// Repeats what was not done, once the store is usable again, and looks first where that is not known.
void make_surely(contract_store& store, const mutation& step, const lifecycle::store_digest& before,
                 const lifecycle::store_digest& after) {
    while (auto error = make(store, step)) {
        INFO(error.message());
        REQUIRE((error == errc::unavailable || error == errc::unknown_outcome));
        REQUIRE(store.env.pass_time_until([&] { return store.db->health() == store_health::usable; }));
        auto now = digest_of(store);
        REQUIRE((now == before || (now == after && error == errc::unknown_outcome)));
        if (error == errc::unknown_outcome && stands(store.env, *store.db, step)) return;
    }
}

} // namespace

TEST_CASE(
    "whichever step of a SQLite store's disk fails, a careful caller ends where one without faults does") {
    faltering_vfs disk;
    int opened = 0;
    auto life = [&] {
        contract_store store(database_type::sqlite);
        opened = disk.steps();
        return known_life([&](const mutation& step) { REQUIRE_FALSE(make(store, step)); },
                          [&] { return digest_of(store); });
    }();
    int steps = disk.steps() - opened; // those of the end too
    REQUIRE(steps > 60);
    auto seed = test_seed();
    std::mt19937 random(seed);
    INFO("seed " << seed);
    constexpr int share = 5; // of the steps in each run, as all of them take half a minute
    for (int at = 1 + static_cast<int>(random() % share); at <= steps; at += share) {
        INFO("step " << at << " of " << steps << " fails");
        contract_store store(database_type::sqlite);
        disk.fail_at(disk.steps() + at);
        for (std::size_t i = 0; i < life.steps.size(); ++i) {
            INFO("in the life's step " << i);
            make_surely(store, life.steps[i], life.stood[i], life.stood[i + 1]);
            REQUIRE(digest_of(store) == life.stood[i + 1]);
        }
        store.reopen();
        CHECK(digest_of(store) == life.stood.back());
    }
}
