#include "persistence/sqlite/writer.hpp"

#include "tests/persistence/sqlite/lone_writer.hpp"
#include "tests/support/faulty_vfs.hpp"

using namespace rejoinder;
using namespace rejoinder::tests;

TEST_CASE("a writer that runs out of memory while it reopens the store is unavailable until it has some") {
    faulty_vfs disk;
    lone_writer at;
    REQUIRE(at.commit("a").committed());
    disk.fail_flushes(1);
    at.reopening_fails = true;
    CHECK(at.commit("b").error == errc::unknown_outcome);
    CHECK(at.writer->health() == store_health::lost);
    CHECK(at.commit("c").error == errc::unavailable);
    at.reopening_fails = false;
    REQUIRE(at.env.pass_time_until([&] { return at.writer->health() == store_health::usable; }));
    CHECK(at.commit("d").committed());
}
