#include "service/places.hpp"

#include "tests/support/catch.hpp"

#include <utility>

using rejoinder::service::places;

TEST_CASE(
    "a key has as many places as it may, whatever others have, and gets one again when one is given back") {
    places house;
    auto first = house.take("a", 2);
    auto second = house.take("a", 2);
    REQUIRE((first && second));
    CHECK_FALSE(house.take("a", 2));
    CHECK(house.take("b", 2));
    first.reset();
    CHECK(house.take("a", 2));
}

TEST_CASE("a place counts once wherever it moves, and nothing is kept of keys without one") {
    places house;
    auto taken = house.take("a", 1);
    REQUIRE(taken);
    auto elsewhere = std::move(*taken);
    CHECK_FALSE(house.take("a", 1));
    taken.reset();
    CHECK_FALSE(house.take("a", 1));
    elsewhere = places::place();
    CHECK(house.keys() == 0);
    elsewhere.reset();
    CHECK(house.take("a", 1));
}
