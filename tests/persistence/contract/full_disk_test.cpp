#include "tests/persistence/contract/kept_store.hpp"
#include "tests/support/small_disk.hpp"

#include <random>

using namespace rejoinder;
using namespace rejoinder::tests;

namespace {

constexpr std::size_t disk_size = 48 << 20;

/// Writes until there is no more room, as it has to come to.
error_code write_until_refused(kept_store& store) {
    for (int number = 0; number < 1000; ++number)
        if (auto problem = store.write("k" + std::to_string(number), long_value(20'000, number)))
            return problem;
    return {};
}

/// Does something with the store that may not work now.
void do_something(kept_store& store, small_disk& disk, std::mt19937& random) {
    auto pick = [&random](int below) { return static_cast<int>(random() % static_cast<unsigned>(below)); };
    switch (pick(12)) {
    case 0:
        store.compact();
        break;
    case 1:
        if (store.back_up(disk.file("copy")))
            CHECK_FALSE(std::filesystem::exists(disk.file("copy")));
        else
            CHECK(std::filesystem::remove_all(disk.file("copy")) > 0);
        break;
    case 2:
        store.close();
        if (!store.open()) break;
        CHECK(store.why.find(disk.file("store")) != std::string::npos);
        disk.make_room();
        REQUIRE_FALSE(store.open());
        break;
    default:
        store.write("k" + std::to_string(pick(20)), long_value(random() % 60'000, pick(1'000'000)));
    }
}

} // namespace

TEST_CASE("on a full disk commits are unavailable and reads go on, and with room everything does") {
    if (!small_disk::is_available_or_skip()) return;
    auto type = GENERATE(database_type::file, database_type::sqlite);
    CAPTURE(to_string(type));
    small_disk disk(disk_size);
    kept_store store(type, disk.file("store"));
    REQUIRE_FALSE(store.open());
    REQUIRE_FALSE(store.write("first", "1"));
    disk.fill_but(1 << 20);
    CHECK(write_until_refused(store) == errc::unavailable);
    CHECK(store.possible.size() > 20);
    disk.fill_but(0); // what is too large for the room that is left is no reason to stay away from it
    CHECK(store.write("more", long_value(20'000, 1)) == errc::unavailable);
    CHECK(store.db->health() == store_health::full);
    store.check();

    disk.make_room();
    REQUIRE(store.is_well_again());
    CHECK_FALSE(store.write("more", long_value(20'000, 2)));
    store.check();
    store.close();
    REQUIRE_FALSE(store.open());
    store.check();
}

TEST_CASE("a store that was closed on a full disk has everything when there is room again") {
    if (!small_disk::is_available_or_skip()) return;
    auto type = GENERATE(database_type::file, database_type::sqlite);
    CAPTURE(to_string(type));
    small_disk disk(disk_size);
    kept_store store(type, disk.file("store"));
    REQUIRE_FALSE(store.open());
    disk.fill_but(1 << 20);
    CHECK(write_until_refused(store) == errc::unavailable);
    disk.fill_but(0);
    store.close();
    if (auto problem = store.open()) {
        CHECK((problem == errc::unavailable || problem == errc::unwritable));
        CHECK(store.why.find(disk.file("store")) != std::string::npos);
        disk.make_room();
        REQUIRE_FALSE(store.open());
    }
    store.check();
}

TEST_CASE("upkeep on a full disk is refused and leaves nothing behind that takes room") {
    if (!small_disk::is_available_or_skip()) return;
    small_disk disk(disk_size);
    kept_store store(database_type::file, disk.file("store"));
    REQUIRE_FALSE(store.open());
    for (int number = 0; number < 40; ++number)
        REQUIRE_FALSE(store.write("k" + std::to_string(number), long_value(50'000, number)));
    disk.fill_but(1 << 20); // half of what a snapshot takes
    auto room = disk.room();
    CHECK(store.back_up(disk.file("copy")));
    CHECK(store.compact() == errc::unavailable);
    CHECK(store.compact() == errc::unavailable);
    CHECK(disk.room() + (64 << 10) > room); // but for the journals of the generations that were begun
    CHECK_FALSE(store.write("k0", "1"));
    store.check();
    disk.make_room();
    CHECK_FALSE(store.compact());
    CHECK_FALSE(store.back_up(disk.file("copy")));
    store.check();
}

TEST_CASE("whatever a store does while room comes and goes, nothing that it reported is lost") {
    if (!small_disk::is_available_or_skip()) return;
    auto type = GENERATE(database_type::file, database_type::sqlite);
    auto seed = GENERATE(1u, 2u);
    CAPTURE(to_string(type), seed);
    std::mt19937 random(seed);
    small_disk disk(disk_size);
    kept_store store(type, disk.file("store"));
    REQUIRE_FALSE(store.open());
    for (int round = 0; round < 15; ++round) {
        INFO("round " << round);
        disk.fill_but(random() % (256 << 10));
        for (int step = 0; step < 12; ++step)
            do_something(store, disk, random);
        disk.make_room();
        REQUIRE(store.is_well_again());
        store.check();
        CHECK_FALSE(store.write("round", std::to_string(round)));
    }
    store.close();
    REQUIRE_FALSE(store.open());
    store.check();
}
