#include "service/commit_lag.hpp"

#include "tests/support/catch.hpp"

#include <memory>
#include <optional>

using namespace rejoinder;
using rejoinder::service::commit_lag;

namespace {

steady_time at(int ms) {
    return steady_time(milliseconds(ms));
}

int wait(const commit_lag& lag, int now) {
    return static_cast<int>(lag.wait(at(now)).count());
}

} // namespace

TEST_CASE("where no commit is under way the next one waits for nothing, whatever the last one took") {
    commit_lag lag;
    CHECK(wait(lag, 0) == 0);
    commit_lag::timing slow(&lag, at(0));
    slow.done(at(5000));
    CHECK(wait(lag, 5000) == 0);
    commit_lag::timing next(&lag, at(5001));
    CHECK(wait(lag, 5003) == 2);
}

TEST_CASE("the next commit waits as long as the oldest has waited already") {
    commit_lag lag;
    commit_lag::timing first(&lag, at(0));
    commit_lag::timing second(&lag, at(40));
    CHECK(wait(lag, 40) == 40);
    CHECK(wait(lag, 300) == 300);
}

TEST_CASE("the next commit waits as long as the latest took, while others are under way") {
    commit_lag lag;
    commit_lag::timing first(&lag, at(0));
    std::optional<commit_lag::timing> second(std::in_place, &lag, at(10));
    commit_lag::timing third(&lag, at(90));
    first.done(at(100));
    CHECK(wait(lag, 100) == 100);
    second->done(at(101));
    second.reset();
    CHECK(wait(lag, 101) == 91);
    third.done(at(102));
    CHECK(wait(lag, 102) == 0);
}

TEST_CASE("commits end in any order, and the oldest of those that are left counts") {
    commit_lag lag;
    auto first = std::make_unique<commit_lag::timing>(&lag, at(0));
    auto second = std::make_unique<commit_lag::timing>(&lag, at(10));
    auto third = std::make_unique<commit_lag::timing>(&lag, at(20));
    second->done(at(25));
    CHECK(wait(lag, 30) == 30);
    first->done(at(31));
    CHECK(wait(lag, 32) == 31);
    CHECK(wait(lag, 60) == 40);
    third->done(at(61));
    CHECK(wait(lag, 62) == 0);
}

TEST_CASE("a commit that was refused leaves, and nothing is learnt from how long that took") {
    commit_lag lag;
    commit_lag::timing first(&lag, at(0));
    {
        commit_lag::timing refused(&lag, at(0));
    }
    CHECK(wait(lag, 3) == 3);
    commit_lag::timing second(&lag, at(4));
    first.done(at(50));
    CHECK(wait(lag, 50) == 50);
    {
        commit_lag::timing refused(&lag, at(51));
    }
    CHECK(wait(lag, 52) == 50);
}

TEST_CASE("what is measured may outlive the measure, and may have none") {
    auto lag = std::make_unique<commit_lag>();
    commit_lag::timing left(lag.get(), at(0));
    commit_lag::timing other(lag.get(), at(1));
    lag.reset();
    left.done(at(2));
    commit_lag::timing unmeasured(nullptr, at(0));
    unmeasured.done(at(1));
}
