#include "tests/persistence/contract/known_life.hpp"
#include "tests/persistence/sqlite/raw_file.hpp"
#include "tests/support/power_loss_vfs.hpp"
#include "tests/support/seed.hpp"

using namespace rejoinder;
using namespace rejoinder::tests;

namespace {

/// A store on a disk whose power may go.
class powered_store {
public:
    powered_store() { open(); }
    ~powered_store() { env.run(db->close()); }

    /// The power goes, if it has not gone yet, and comes back.
    void crash(std::mt19937_64& random) {
        disk.lose_power_at(1);
        env.run(db->close());
        db.reset();
        disk.crash(random);
        open();
    }

    error_code make(const mutation& step) { return carry_out(env, *db, with_keys(step, keys_in(env, *db))); }

    lifecycle::store_digest digest() { return digest_of(env, *db); }

    bool shows(const std::string& text) const {
        for (const auto* part : {"", "-wal"})
            if (bytes_of(place() + part).find(text) != std::string::npos) return true;
        return false;
    }

    power_loss_vfs disk;
    manual_environment env;
    std::unique_ptr<database> db;

private:
    std::string place() const { return folder_.file("store.db"); }

    void open() {
        std::string why;
        auto opened = open_database(env, {database_type::sqlite, place()}, why);
        INFO(why);
        REQUIRE(opened);
        db = std::move(*opened);
    }

    temporary_folder folder_;
};

void go_on(const known_life& life, powered_store& store, std::size_t& reported) {
    for (; reported < life.steps.size(); ++reported)
        if (store.make(life.steps[reported])) return;
}

/// What a compaction has made an end of does not come back either.
void check_store(const known_life& life, powered_store& store, std::size_t& reported) {
    bool was_compacted = reported >= life.compacted;
    life.check(store.digest(), reported);
    if (was_compacted) CHECK_FALSE(store.shows(erased_text));
}

} // namespace

TEST_CASE(
    "what a pass's flush has lost is in the file after a loss of power, although readers closed it too") {
    auto seed = test_seed();
    std::mt19937_64 random(seed);
    INFO("seed " << seed);
    powered_store store;
    auto value = [](int i) { return std::string(max_value_size, static_cast<char>('a' + i % 26)); };
    auto commit = [&](int i) {
        change_set changes;
        changes.now = store.env.utc_now();
        changes.writes.push_back(put(std::to_string(i), value(i)));
        return store.env.run(store.db->commit(std::move(changes))).committed();
    };
    store.disk.lose_flush(1);
    int committed = 0;
    while (!store.disk.has_lost_flush() && committed < 100)
        REQUIRE(commit(committed++));
    REQUIRE(store.disk.has_lost_flush());
    REQUIRE(store.env.pass_time_until([&] { return commit(committed); })); // not before it has recovered
    ++committed;
    store.crash(random);
    for (int i = 0; i < committed; ++i) {
        INFO("record " << i << " of " << committed);
        auto found = store.env.run(store.db->read(id_of(std::to_string(i))));
        REQUIRE(found);
        CHECK((found->value == value(i)));
    }
}

TEST_CASE(
    "transplants, purges and compactions of a SQLite store are whole or absent, whenever the power goes") {
    std::size_t steps = 0;
    auto life = [&] {
        powered_store store;
        auto begin = store.disk.steps();
        known_life known([&](const mutation& step) { REQUIRE_FALSE(store.make(step)); },
                         [&] { return store.digest(); });
        steps = store.disk.steps() - begin;
        return known;
    }();
    REQUIRE(steps > 60);
    auto seed = test_seed();
    std::mt19937_64 random(seed);
    INFO("seed " << seed);
    constexpr std::size_t share = 3; // of the steps in each run, as all of them take half a minute
    for (auto step = 1 + random() % share; step <= steps; step += share) {
        INFO("the power goes at step " << step << " of " << steps);
        powered_store store;
        std::size_t reported = 0;
        store.disk.lose_power_at(store.disk.steps() + step);
        go_on(life, store, reported);
        store.crash(random);
        check_store(life, store, reported);
        go_on(life, store, reported);
        CHECK(reported == life.steps.size());
        CHECK(store.digest() == life.stood.back());
    }
}
