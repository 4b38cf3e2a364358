#include "service/recent_turns.hpp"

#include "tests/support/catch.hpp"

using namespace rejoinder;
using namespace rejoinder::service;

namespace {

turn_record numbered(std::size_t number) {
    turn_record turn;
    turn.id = turn_id{"t-" + std::to_string(number)};
    turn.outcome = std::to_string(number);
    return turn;
}

} // namespace

TEST_CASE("nothing is found where no turn has ended") {
    recent_turns turns;
    CHECK_FALSE(turns.find(turn_id{"t-1"}));
    CHECK_FALSE(turns.find(turn_id{}));
    CHECK(turns.bytes() == 0);
}

TEST_CASE("of two records of a turn the later one is found") {
    recent_turns turns;
    auto others = GENERATE(std::size_t{0}, recent_turns::most - 2, recent_turns::most + 3);
    for (std::size_t ended = 1; ended <= others; ++ended)
        turns.remember(numbered(ended));
    for (const auto* outcome : {"first", "second"}) {
        auto turn = numbered(100);
        turn.outcome = outcome;
        turns.remember(std::move(turn));
    }
    REQUIRE(turns.find(numbered(100).id));
    CHECK(turns.find(numbered(100).id)->outcome == "second");
}

TEST_CASE("the turns that have ended last are found with their outcomes, and no others") {
    recent_turns turns;
    constexpr std::size_t all = 3 * recent_turns::most + 5;
    for (std::size_t ended = 1; ended <= all; ++ended) {
        turns.remember(numbered(ended));
        for (std::size_t one = 1; one <= all; ++one) {
            const auto* found = turns.find(numbered(one).id);
            bool is_kept = one <= ended && one + recent_turns::most > ended;
            INFO("turn " << one << " after " << ended);
            REQUIRE((found != nullptr) == is_kept);
            if (found) CHECK(found->outcome == std::to_string(one));
        }
    }
}
