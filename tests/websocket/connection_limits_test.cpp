#include "tests/support/catch.hpp"
#include "websocket/connection.hpp"

using namespace rejoinder;
using namespace rejoinder::websocket;

TEST_CASE("connections that are made with the same limits hold them once, and others their own") {
    connection_limits usual;
    auto first = shared(usual);
    auto second = shared(usual);
    CHECK(*first == usual);
    CHECK(first == second);

    auto strict = usual;
    strict.fragments = 1;
    auto other = shared(strict);
    CHECK(other != first);
    CHECK(other->fragments == 1);
    CHECK(first->fragments == usual.fragments);
}
