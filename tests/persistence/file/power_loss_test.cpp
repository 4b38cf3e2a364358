#include "persistence/file/store.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/power_loss_disk.hpp"
#include "tests/support/seed.hpp"

using namespace rejoinder;
using namespace rejoinder::persistence;
using rejoinder::tests::power_loss_disk;
using rejoinder::tests::power_lost;

namespace {

constexpr std::uint64_t script_length = 30;

change_set put(std::uint64_t number) {
    record_write write;
    write.id = {"note", {"acme", "", "", ""}, "k" + std::to_string(number % 7)};
    write.value = R"({"commit":)" + std::to_string(number) + "}";
    change_set changes;
    changes.now = from_unix(static_cast<std::int64_t>(number));
    changes.writes.push_back(std::move(write));
    return changes;
}

/// Every third flush holds three commits; generations change twice, and once the snapshot follows late.
void play(power_loss_disk& disk, std::uint64_t& reported) {
    std::vector<std::string> notes;
    file::store store(disk, "one", notes);
    auto from = store.commits();
    for (auto number = from + 1; number <= script_length; ++number) {
        REQUIRE(store.commit(put(number), from_unix(1)).committed());
        if (number % 9 != 1 && number % 9 != 2) {
            store.flush();
            reported = number;
        }
        if (number == 10 || number == 20) {
            store.flush();
            reported = number;
            file::store::finish_generation(disk, store.begin_generation());
        }
        if (number == 25) {
            store.flush();
            reported = number;
            store.begin_generation();
        }
    }
    store.flush();
    reported = script_length;
}

/// What the script has written after that many commits.
std::string expected_value(std::uint64_t key, std::uint64_t commits) {
    for (auto number = commits; number > 0; --number)
        if (number % 7 == key) return R"({"commit":)" + std::to_string(number) + "}";
    return {};
}

void check_store(power_loss_disk& disk, std::uint64_t reported) {
    std::vector<std::string> notes;
    file::store store(disk, "two", notes);
    CHECK(store.commits() >= reported);
    REQUIRE(store.commits() <= script_length);
    for (std::uint64_t key = 0; key < 7; ++key) {
        auto found =
            store.tables().read({"note", {"acme", "", "", ""}, "k" + std::to_string(key)}, from_unix(1));
        CHECK((found ? found->value : "") == expected_value(key, store.commits()));
    }
}

/// Plays the script until the power goes, and again on what is left, with the power going again, until it
/// ends.
void play_with_power_loss(std::size_t step, std::mt19937_64& random) {
    power_loss_disk disk;
    std::uint64_t reported = 0;
    disk.lose_power_at(step);
    for (int again = 0; again < 3; ++again) {
        try {
            play(disk, reported);
        } catch (const power_lost&) {
        }
        disk.crash(random);
        check_store(disk, reported);
        disk.lose_power_at(disk.steps() + 1 + random() % 40);
    }
    disk.lose_power_at(0);
    play(disk, reported);
    check_store(disk, script_length);
}

} // namespace

TEST_CASE("P2: no commit that a file store reported is missing, whenever the power goes") {
    power_loss_disk whole;
    std::uint64_t reported = 0;
    play(whole, reported);
    REQUIRE(reported == script_length);
    auto steps = whole.steps();
    REQUIRE(steps > 60);

    auto seed = tests::test_seed();
    std::mt19937_64 random(seed);
    INFO("seed " << seed);
    for (std::size_t step = 1; step <= steps; ++step) {
        INFO("the power goes at step " << step << " of " << steps);
        for (int way = 0; way < 8; ++way)
            play_with_power_loss(step, random);
    }
}
