#include "tests/persistence/contract/contract_store.hpp"
#include "tests/support/captured_errors.hpp"
#include "tests/support/faulty_vfs.hpp"

#include "persistence/log.hpp"

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

TEST_CASE("a checkpoint that goes on failing is told once, and no commit fails for it") {
    faulty_vfs disk;
    captured_errors errors;
    contract_store store(database_type::sqlite);
    disk.fail_checkpoints(1'000'000);
    fill_log(store);
    fill_log(store);
    CHECK(store.db->health() == store_health::usable);
    log::warning("nothing_more");
    CHECK(errors.line().starts_with("warning sqlite_failed doing=checkpoint code=778"));
    CHECK(errors.line() == "warning nothing_more");
    disk.fail_checkpoints(0);
}

TEST_CASE("a log that has grown is worked into the file while the store is open") {
    contract_store store(database_type::sqlite);
    fill_log(store);
    REQUIRE(store.commit(put("small", "1")).committed()); // the writer has looked after the log before this
    CHECK(std::filesystem::file_size(store.location()) > max_value_size);
}
