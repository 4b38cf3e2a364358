#include "service/progress_bar.hpp"
#include "tests/support/catch.hpp"

using namespace rejoinder::service;

TEST_CASE("a progress line tells the work and how far it has come") {
    CHECK(progress_line("replaying", 0, 4) == "replaying [--------------------] 0/4");
    CHECK(progress_line("replaying", 1, 4) == "replaying [#####---------------] 1/4");
    CHECK(progress_line("replaying", 4, 4) == "replaying [####################] 4/4");
    CHECK(progress_line("replaying", 0, 0) == "replaying [####################] 0/0");
}

TEST_CASE("a progress line of unknown length tells what is done") {
    CHECK(progress_line("counting", 7, 0) == "counting 7");
}
