#include "tests/persistence/contract/kept_store.hpp"
#include "tests/support/ordinary_user.hpp"
#include "tests/support/small_disk.hpp"

#include <sys/stat.h>

using namespace rejoinder;
using namespace rejoinder::tests;

namespace {

void check_refused(kept_store& store, const std::string& place) {
    CHECK(store.open() == errc::unwritable);
    INFO(store.why);
    CHECK(store.why.starts_with("the database " + place + " "));
    CHECK(store.why.find("permissions") != std::string::npos);
}

} // namespace

TEST_CASE("on a disk that is read-only a store does not open, says so, and is whole when it can be written") {
    if (!small_disk::is_available_or_skip()) return;
    auto type = GENERATE(database_type::file, database_type::sqlite);
    CAPTURE(to_string(type));
    small_disk disk(16 << 20);
    kept_store store(type, disk.file("store"));
    REQUIRE_FALSE(store.open());
    REQUIRE_FALSE(store.write("a", "1"));
    store.close();
    disk.make_read_only();
    check_refused(store, disk.file("store"));
    CHECK(store.why.find("Read-only file system") != std::string::npos);

    disk.make_writable();
    REQUIRE_FALSE(store.open());
    store.check();
    CHECK_FALSE(store.write("b", "1"));
}

TEST_CASE(
    "a store whose folder becomes read-only keeps what it reports, and does everything once it is not") {
    auto type = GENERATE(database_type::file, database_type::sqlite);
    CAPTURE(to_string(type));
    temporary_folder shared;
    REQUIRE(::chmod(shared.path().c_str(), 0777) == 0);
    as_ordinary_user somebody;
    auto folder = shared.file("folder");
    auto place = type == database_type::file ? folder : folder + "/store";
    kept_store store(type, place);
    REQUIRE_FALSE(store.open());
    REQUIRE_FALSE(store.write("a", "1"));

    REQUIRE(::chmod(folder.c_str(), 0500) == 0);
    for (int number = 0; number < 3; ++number) {
        auto wrote = store.write("b", std::to_string(number)); // into files that are open
        CHECK((!wrote || wrote == errc::unavailable));
        auto compacted = store.compact(); // needs new ones, where the store makes them
        CHECK((!compacted || compacted == errc::unavailable));
        store.check();
    }
    store.close();
    check_refused(store, place);

    REQUIRE(::chmod(folder.c_str(), 0700) == 0);
    REQUIRE_FALSE(store.open());
    store.check();
    REQUIRE(::chmod(folder.c_str(), 0500) == 0);
    store.compact();
    REQUIRE(::chmod(folder.c_str(), 0700) == 0);
    REQUIRE(store.is_well_again());
    CHECK_FALSE(store.write("c", "1"));
    CHECK_FALSE(store.compact());
    store.check();
}
