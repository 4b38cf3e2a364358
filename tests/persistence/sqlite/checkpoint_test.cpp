#include "tests/persistence/contract/contract_store.hpp"
#include "tests/persistence/sqlite/raw_file.hpp"
#include "tests/support/captured_errors.hpp"
#include "tests/support/faulty_vfs.hpp"

using namespace rejoinder;
using namespace rejoinder::tests;

namespace {

/// Writes more than the log may hold before it is worked into the file.
void fill_log(contract_store& store) {
    for (int i = 0; i < 36; ++i)
        REQUIRE(store.commit(put("large", std::string(max_value_size, static_cast<char>('a' + i % 26))))
                    .committed());
}

} // namespace

TEST_CASE("a copy of the store can be made while a pass is under way") {
    faulty_vfs disk;
    contract_store store(database_type::sqlite);
    disk.hold_checkpoint(faulty_vfs::moment::write);
    fill_log(store);
    disk.await_held();
    auto place = store.location() + ".copy";
    CHECK_FALSE(store.env.run(store.db->back_up(place)));
    disk.let_go();
    raw_file copy(place);
    CHECK(copy.single("pragma quick_check") == "ok");
    CHECK(copy.single("select count(*) from record") == "1");
}

TEST_CASE("a pass that fails makes the store be recovered, and readers see all of it afterwards") {
    faulty_vfs disk;
    captured_errors errors;
    contract_store store(database_type::sqlite);
    REQUIRE(store.commit(put("small", "1")).committed());
    disk.hold_checkpoint(faulty_vfs::moment::flush);
    fill_log(store);
    disk.await_held();
    disk.fail_checkpoints_flushes(1);
    disk.let_go();
    CHECK(errors.line().starts_with("warning sqlite_failed doing=checkpoint code=1034"));
    CHECK(errors.line().starts_with("warning store_unusable"));
    CHECK(errors.line().starts_with("warning store_recovered"));
    CHECK(store.read(id_of("small")));
    CHECK(store.read(id_of("large")));
    CHECK(store.commit(put("small", "2")).committed());
}

TEST_CASE("a log that has grown is worked into the file while the store is open") {
    faulty_vfs disk;
    contract_store store(database_type::sqlite);
    disk.hold_checkpoint(faulty_vfs::moment::flush); // behind what a pass writes
    fill_log(store);
    disk.await_held();
    CHECK(std::filesystem::file_size(store.location()) > max_value_size);
    disk.let_go();
}
