#include "tests/persistence/contract/contract_store.hpp"
#include "tests/persistence/sqlite/raw_file.hpp"
#include "tests/support/faulty_vfs.hpp"

#include <filesystem>

using namespace rejoinder;
using namespace rejoinder::tests;

namespace {

error_code compact(contract_store& store) {
    return store.env.run(store.db->compact());
}

} // namespace

TEST_CASE("a compaction on a full disk is unavailable and leaves everything, and works once there is room") {
    faulty_vfs disk;
    contract_store store(database_type::sqlite);
    REQUIRE(store.commit(put("a", "1")).committed());
    disk.fail_writes(1);
    CHECK(compact(store) == errc::unavailable);
    CHECK(store.read(id_of("a")));
    CHECK(store.commit(put("b", "1")).committed());
    CHECK_FALSE(compact(store));
    CHECK(store.read(id_of("b")));
}

TEST_CASE("a compaction whose flush fails is unavailable, and the store is well afterwards") {
    faulty_vfs disk;
    contract_store store(database_type::sqlite);
    REQUIRE(store.commit(put("a", "1")).committed());
    disk.fail_flushes(1);
    CHECK(compact(store) == errc::unavailable);
    CHECK(store.db->health() == store_health::usable);
    CHECK(store.read(id_of("a")));
    CHECK(store.commit(put("b", "1")).committed());
    CHECK_FALSE(compact(store));
}

TEST_CASE(
    "a compaction is unavailable while somebody else reads, and the store is read and written as before") {
    contract_store store(database_type::sqlite);
    REQUIRE(store.commit(put("a", "1")).committed());
    {
        raw_file other(store.location());
        other.execute("begin");
        other.single("select count(*) from record");
        CHECK(compact(store) == errc::unavailable);
        CHECK(store.read(id_of("a")));
        CHECK(store.commit(put("b", "1")).committed());
    }
    CHECK_FALSE(compact(store));
    CHECK(std::filesystem::file_size(store.location() + "-wal") == 0);
    CHECK(store.read(id_of("b")));
}
