#include "persistence/boxed.hpp"

#include "tests/support/catch.hpp"

#include <string>

using namespace rejoinder;

TEST_CASE("a boxed value is copied with what it holds, and moved without") {
    boxed<std::string> a;
    CHECK_FALSE(a.has_value());
    CHECK_FALSE(boxed<std::string>(a).has_value());
    a = std::string("one");
    auto b = a;
    *b += " more";
    CHECK(*a == "one");
    CHECK(*b == "one more");
    a = b;
    CHECK(a->size() == 8);
    auto c = std::move(a);
    CHECK(*c == "one more");
    c = boxed<std::string>();
    CHECK_FALSE(c);
}

TEST_CASE("a boxed value is made where it is first needed, and leaves nothing when it is taken") {
    boxed<std::string> a;
    a.made() += "x";
    a.made() += "y";
    CHECK(*a == "xy");
    CHECK(a.take() == "xy");
    CHECK_FALSE(a);
    CHECK_FALSE(a.take());
    CHECK(a.emplace(3, 'z') == "zzz");
    a.reset();
    CHECK_FALSE(a);
}
