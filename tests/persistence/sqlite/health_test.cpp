#include "tests/persistence/contract/contract_store.hpp"
#include "tests/persistence/sqlite/raw_file.hpp"
#include "tests/support/faulty_vfs.hpp"

#include <filesystem>

using namespace rejoinder;
using namespace rejoinder::tests;

namespace {

/// Waits for what the store's own attempts lead to. Nobody commits meanwhile.
void wait_for(contract_store& store, store_health wanted) {
    REQUIRE(store.env.pass_time_until([&] { return store.db->health() == wanted; }));
}

void move(const std::string& from, const std::string& to) {
    for (const auto* part : {"", "-wal", "-shm"})
        if (std::filesystem::exists(from + part)) std::filesystem::rename(from + part, to + part);
}

constexpr int for_ever = 1'000'000;

} // namespace

TEST_CASE("a store whose flushes fail is lost, and comes back by itself when they work again") {
    faulty_vfs disk;
    contract_store store(database_type::sqlite);
    REQUIRE(store.commit(put("a", "1")).committed());
    CHECK(store.db->health() == store_health::usable);
    disk.fail_flushes(for_ever);
    CHECK(store.commit(put("b", "1")).error == errc::unknown_outcome);
    CHECK(store.db->health() == store_health::lost);
    store.env.advance(seconds(60));
    CHECK(store.db->health() == store_health::lost);
    disk.fail_flushes(0);
    wait_for(store, store_health::usable);
    CHECK(store.read(id_of("a")));
    CHECK(store.commit(put("c", "1")).committed());
}

TEST_CASE("a store on a full disk says so, and is well again by itself when there is room") {
    faulty_vfs disk;
    contract_store store(database_type::sqlite);
    disk.fail_writes(for_ever);
    CHECK(store.commit(put("a", "1")).error == errc::unavailable);
    CHECK(store.db->health() == store_health::full);
    CHECK(store.read(id_of("a")).error() == errc::not_found); // it can still be read
    disk.fail_writes(0);
    wait_for(store, store_health::usable);
}

TEST_CASE("a store whose file is gone is lost before anything is written into nowhere") {
    contract_store store(database_type::sqlite);
    REQUIRE(store.commit(put("a", "1")).committed());
    move(store.location(), store.location() + ".away");
    CHECK(store.commit(put("b", "1")).error == errc::unavailable);
    CHECK(store.db->health() == store_health::lost);
    CHECK(store.read(id_of("a")).error() == errc::unavailable);
    CHECK_FALSE(std::filesystem::exists(store.location()));

    move(store.location() + ".away", store.location());
    wait_for(store, store_health::usable);
    CHECK(store.read(id_of("a")));
    CHECK(store.read(id_of("b")).error() == errc::not_found);
}

TEST_CASE("a change set that was refused does not make a full store well") {
    faulty_vfs disk;
    contract_store store(database_type::sqlite);
    REQUIRE(store.commit(put("a", "1")).committed());
    disk.fail_writes(for_ever);
    CHECK(store.commit(put("b", "1")).error == errc::unavailable);
    CHECK(store.commit(put("a", "2", write_mode::create_only)).error == errc::conflict);
    CHECK(store.db->health() == store_health::full);
}

TEST_CASE("another file in the place of the store that was opened is left alone, even its own copy") {
    contract_store store(database_type::sqlite);
    REQUIRE(store.commit(put("a", "1")).committed());
    raw_file(store.location()).execute("pragma wal_checkpoint(truncate)");
    move(store.location(), store.location() + ".away");
    std::filesystem::copy_file(store.location() + ".away", store.location());
    CHECK(store.commit(put("b", "1")).error == errc::unavailable);
    store.env.advance(seconds(60));
    CHECK(store.commit(put("b", "1")).error == errc::unavailable);
    CHECK(store.db->health() == store_health::lost);
}

TEST_CASE("a store that is lost can be closed") {
    faulty_vfs disk;
    contract_store store(database_type::sqlite);
    disk.fail_flushes(for_ever);
    CHECK(store.commit(put("a", "1")).error == errc::unknown_outcome);
    store.env.run(store.db->close());
    store.closed_already();
    store.env.advance(seconds(60));
    CHECK(store.commit(put("a", "1")).error == errc::closed);
}
