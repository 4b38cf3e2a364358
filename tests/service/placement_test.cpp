#include "service/placement.hpp"

#include "tests/support/catch.hpp"
#include "tests/support/manual_environment.hpp"

#include <algorithm>
#include <string>
#include <vector>

using namespace rejoinder;
using rejoinder::service::placement;
using rejoinder::tests::manual_environment;

TEST_CASE("a server with one loop has all sessions there") {
    placement only;
    CHECK(only.loops() == 1);
    CHECK(only.is_here(session_id{"01J9ZK5T3S8WQ4M7N2X6Y1B0CD"}));
    CHECK(only.is_here(session_id{""}));
    CHECK(only.home_of("anything") == 0);
}

TEST_CASE("all loops know of each session the same home, and it is one of them") {
    manual_environment env;
    for (std::size_t loops : {2, 3, 7}) {
        for (int i = 0; i < 100; ++i) {
            session_id id{make_ulid(env)};
            std::size_t owners = 0;
            for (std::size_t here = 0; here < loops; ++here) {
                placement seen(here, loops);
                CHECK(seen.home_of(id) == placement(0, loops).home_of(id));
                if (seen.is_here(id)) ++owners;
            }
            CHECK(owners == 1);
        }
    }
}

TEST_CASE("sessions spread evenly over the loops, also those that were made at the same time") {
    manual_environment env;
    static constexpr std::size_t loops = 4;
    std::vector<std::size_t> sessions(loops);
    std::vector<std::size_t> names(loops);
    for (int i = 0; i < 8000; ++i) {
        ++sessions[placement(0, loops).home_of(make_ulid(env))];
        ++names[placement(0, loops).home_of("local/robot-" + std::to_string(i) + "/robot")];
    }
    CHECK(std::ranges::min(sessions) > 1800);
    CHECK(std::ranges::min(names) > 1800);
}
