#include "persistence/file/store.hpp"
#include "tests/persistence/contract/known_life.hpp"
#include "tests/support/power_loss_disk.hpp"
#include "tests/support/seed.hpp"

#include <algorithm>

using namespace rejoinder;
using namespace rejoinder::tests;

namespace {

constexpr auto now = from_unix(1766400000000);

class digesting final : public table_visitor {
public:
    void visit(const high_water&) override {}
    void visit(const record& one) override { digest.add(one); }
    void visit(const session_row& one) override {
        session = one.id;
        digest.add(one);
    }
    void visit(session_key, const log_entry& one) override { digest.add(session, one); }
    void visit(const change&) override {}

    lifecycle::store_digest digest;
    session_id session;
};

lifecycle::store_digest digest_of(const file::store& store) {
    digesting visitor;
    store.tables().visit(visitor);
    return visitor.digest;
}

/// One step as the writer's thread does it; when it returns, the step is reported.
void make(power_loss_disk& disk, file::store& store, const mutation& step) {
    auto asked =
        with_keys(step, [&](const session_id& id) { return store.tables().read_session(id, now)->key; });
    if (auto* changes = std::get_if<change_set>(&asked)) {
        REQUIRE(store.commit(*changes, now).committed());
        store.flush();
    } else if (auto* moved = std::get_if<transfer>(&asked)) {
        REQUIRE_FALSE(store.transplant(*moved, now));
        store.flush();
    } else if (auto* purge = std::get_if<purging>(&asked)) {
        store.purge(purge->expired_before, 1000, now);
        store.flush();
    } else {
        store.forget_removals(now);
        store.flush();
        auto complete = store.begin_generation();
        file::store::finish_generation(disk, complete);
        file::store::remove_all_before(disk, complete);
    }
}

known_life live_undisturbed(power_loss_disk& disk) {
    std::vector<std::string> notes;
    file::store store(disk, "one", notes);
    return {[&](const mutation& step) { make(disk, store, step); }, [&] { return digest_of(store); }};
}

/// Goes on behind the steps that were reported.
void go_on(const known_life& life, power_loss_disk& disk, std::size_t& reported) {
    std::vector<std::string> notes;
    file::store store(disk, "one", notes);
    for (; reported < life.steps.size(); ++reported)
        make(disk, store, life.steps[reported]);
}

/// What a compaction has made an end of does not come back either.
void check_store(const known_life& life, power_loss_disk& disk, std::size_t& reported) {
    bool was_compacted = reported >= life.compacted;
    std::vector<std::string> notes;
    file::store store(disk, "two", notes);
    life.check(digest_of(store), reported);
    auto shows_erased = [&](const std::string& name) {
        return disk.bytes_of(name).find(erased_text) != std::string::npos;
    };
    auto names = disk.list();
    if (was_compacted) CHECK(std::ranges::none_of(names, shows_erased));
}

void live_with_power_loss(const known_life& life, std::size_t at, std::mt19937_64& random) {
    power_loss_disk disk;
    std::size_t reported = 0;
    disk.lose_power_at(at);
    for (int again = 0; again < 3; ++again) {
        try {
            go_on(life, disk, reported);
        } catch (const power_lost&) {
        }
        disk.crash(random);
        check_store(life, disk, reported);
        disk.lose_power_at(disk.steps() + 1 + random() % 40);
    }
    disk.lose_power_at(0);
    go_on(life, disk, reported);
    check_store(life, disk, reported);
    CHECK(reported == life.steps.size());
}

} // namespace

TEST_CASE(
    "transplants, purges and compactions of a file store are whole or absent, whenever the power goes") {
    power_loss_disk undisturbed;
    auto life = live_undisturbed(undisturbed);
    REQUIRE(undisturbed.steps() > 60);
    auto seed = test_seed();
    std::mt19937_64 random(seed);
    INFO("seed " << seed);
    for (std::size_t step = 1; step <= undisturbed.steps(); ++step) {
        INFO("the power goes at step " << step << " of " << undisturbed.steps());
        for (int way = 0; way < 4; ++way)
            live_with_power_loss(life, step, random);
    }
}
