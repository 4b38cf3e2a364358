#include "websocket/rate_limit.hpp"

#include "tests/support/catch.hpp"

using namespace rejoinder;
using namespace rejoinder::websocket;

namespace {

constexpr steady_time at(int ms) {
    return steady_time(milliseconds(ms));
}
constexpr milliseconds allowed{0};

} // namespace

TEST_CASE("each key has a burst and a rate of its own") {
    rate_limit limit(10, 2, 100);
    CHECK(limit.attempt("a", at(0)) == allowed);
    CHECK(limit.attempt("a", at(0)) == allowed);
    CHECK(limit.attempt("a", at(0)) == milliseconds(6000));
    CHECK(limit.attempt("b", at(0)) == allowed);
    CHECK(limit.attempt("a", at(5999)) == milliseconds(1));
    CHECK(limit.attempt("a", at(6000)) == allowed);
    CHECK(limit.size() == 2);
}

TEST_CASE("a forgiven attempt does not count") {
    rate_limit limit(10, 1, 100);
    CHECK(limit.attempt("a", at(0)) == allowed);
    limit.forgive("a");
    limit.forgive("unknown");
    CHECK(limit.attempt("a", at(0)) == allowed);
    CHECK(limit.attempt("a", at(0)) > allowed);
    CHECK(limit.size() == 1);
}

TEST_CASE("beyond its number of keys a limiter forgets the one that was silent for longest") {
    rate_limit limit(1, 1, 3);
    for (std::string key : {"a", "b", "c"})
        CHECK(limit.attempt(key, at(0)) == allowed);
    CHECK(limit.attempt("a", at(1)) > allowed);
    CHECK(limit.attempt("d", at(2)) == allowed);
    CHECK(limit.size() == 3);
    CHECK(limit.attempt("a", at(3)) > allowed);
    CHECK(limit.attempt("c", at(3)) > allowed);
    CHECK(limit.attempt("b", at(3)) == allowed);
    for (int i = 0; i < 1000; ++i)
        CHECK(limit.attempt(std::to_string(i), at(4)) == allowed);
    CHECK(limit.size() == 3);
}
