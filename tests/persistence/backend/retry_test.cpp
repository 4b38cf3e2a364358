#include "persistence/backend/retry.hpp"

#include "tests/support/catch.hpp"
#include "tests/support/manual_environment.hpp"

#include <vector>

using namespace rejoinder;
using rejoinder::tests::manual_environment;
using store_retry = rejoinder::persistence::backend::retry;

TEST_CASE("attempts at what goes on failing come after pauses that double up to ten seconds") {
    manual_environment env;
    std::vector<long> at;
    auto begin = env.steady_now();
    store_retry* planner = nullptr;
    store_retry tries(env, [&] {
        at.push_back((env.steady_now() - begin).count());
        begin = env.steady_now();
        planner->failed();
    });
    planner = &tries;
    tries.failed();
    env.advance(seconds(60));
    REQUIRE(at.size() >= 8);
    at.resize(8);
    CHECK(at == std::vector<long>{250, 500, 1000, 2000, 4000, 8000, 10000, 10000});
}

TEST_CASE("a failure while an attempt is planned plans no second one") {
    manual_environment env;
    int attempts = 0;
    store_retry tries(env, [&] { ++attempts; });
    for (int i = 0; i < 10; ++i)
        tries.failed();
    env.advance(seconds(60));
    CHECK(attempts == 1);
}

TEST_CASE("what works again is not attempted, and its next failure begins with the shortest pause") {
    manual_environment env;
    int attempts = 0;
    store_retry tries(env, [&] { ++attempts; });
    tries.failed();
    env.advance(seconds(1));
    tries.failed();
    tries.worked();
    env.advance(seconds(60));
    CHECK(attempts == 1);
    tries.failed();
    env.advance(store_retry::shortest);
    CHECK(attempts == 2);
}

TEST_CASE("nothing is attempted after the end") {
    manual_environment env;
    int attempts = 0;
    store_retry tries(env, [&] { ++attempts; });
    tries.failed();
    tries.stop();
    tries.failed();
    env.advance(seconds(60));
    CHECK(attempts == 0);
}
