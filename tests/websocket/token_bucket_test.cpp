#include "websocket/token_bucket.hpp"

#include "tests/support/catch.hpp"
#include "websocket/flood_guard.hpp"

using namespace rejoinder;
using namespace rejoinder::websocket;

namespace {

constexpr steady_time at(int ms) {
    return steady_time(milliseconds(ms));
}

} // namespace

TEST_CASE("a token bucket admits a burst, then the sustained rate") {
    token_bucket bucket(10, 3, at(0));
    CHECK(bucket.take(at(0)));
    CHECK(bucket.take(at(0)));
    CHECK(bucket.take(at(0)));
    CHECK_FALSE(bucket.take(at(0)));
    CHECK_FALSE(bucket.take(at(99)));
    CHECK(bucket.take(at(100)));
    CHECK_FALSE(bucket.take(at(100)));
}

TEST_CASE("a token bucket never holds more than its burst, however long it rests") {
    token_bucket bucket(1000, 2, at(0));
    CHECK(bucket.take(at(3'600'000)));
    CHECK(bucket.take(at(3'600'000)));
    CHECK_FALSE(bucket.take(at(3'600'000)));
    bucket.give_back();
    bucket.give_back();
    bucket.give_back();
    CHECK(bucket.take(at(3'600'000)));
    CHECK(bucket.take(at(3'600'000)));
    CHECK_FALSE(bucket.take(at(3'600'000)));
}

TEST_CASE("the wait that a token bucket tells is enough and not a millisecond too long") {
    token_bucket bucket(3, 1, at(0));
    for (int now = 0, taken = 0; taken < 100; ++taken) {
        CHECK(bucket.take(at(now)));
        auto wait = static_cast<int>(bucket.wait(at(now)).count());
        REQUIRE(wait > 0);
        CHECK_FALSE(bucket.take(at(now + wait - 1)));
        now += wait;
        CHECK(bucket.wait(at(now)) == milliseconds(0));
    }
}

TEST_CASE("a flood of three seconds is discarded, a longer one closes, and a second of calm starts afresh") {
    using verdict = flood_guard::verdict;
    flood_guard guard(1, 1, at(0));
    CHECK(guard.arrived(at(0)) == verdict::admit);
    for (int now = 100; now <= 3100; now += 100) {
        // One a second is within the rate, and does not end the flood.
        auto expected = now % 1000 == 0 ? verdict::admit : verdict::discard;
        CHECK(guard.arrived(at(now)) == expected);
    }
    SECTION("it goes on") {
        CHECK(guard.arrived(at(3200)) == verdict::close);
    }
    SECTION("it pauses") {
        CHECK(guard.arrived(at(5000)) == verdict::admit);
        CHECK(guard.arrived(at(5001)) == verdict::discard);
        CHECK(guard.wait(at(5001)) == milliseconds(999));
    }
}
