#include "websocket/admission.hpp"

#include "tests/support/catch.hpp"

#include <utility>
#include <vector>

using namespace rejoinder::websocket;

namespace {

const origin here{"127.0.0.1", true};
const origin one{"10.0.0.1", false};
const origin other{"10.0.0.2", false};

admission::verdict ask(admission& at, const origin& from, supply descriptors = supply::ample) {
    return at.enter(from, descriptors).value().how();
}

} // namespace

TEST_CASE("streams are counted by address and in all, and their places are given back") {
    admission at(3, 2);
    auto first = at.enter(one, supply::ample);
    {
        auto second = at.enter(one, supply::ample);
        CHECK(ask(at, one) == admission::verdict::too_many_from_address);
        CHECK(ask(at, other) == admission::verdict::welcome);
        auto third = at.enter(other, supply::ample);
        CHECK(ask(at, other) == admission::verdict::too_many);
        CHECK(at.streams() == 3);
    }
    CHECK(at.streams() == 1);
    CHECK(ask(at, one) == admission::verdict::welcome);
}

TEST_CASE("a place that moved is given back once") {
    admission at(3, 1);
    {
        auto place = at.enter(one, supply::ample);
        REQUIRE(place);
        auto moved = std::move(*place);
        CHECK(at.streams() == 1);
        CHECK(ask(at, one) == admission::verdict::too_many_from_address);
    }
    CHECK(at.streams() == 0);
}

TEST_CASE("the loopback interface has no bound of its own") {
    admission at(3, 1);
    auto first = at.enter(here, supply::ample);
    CHECK(ask(at, here) == admission::verdict::welcome);
}

TEST_CASE("the loopback interface has the bound of any other address where that is wanted") {
    admission at(3, 1, admission::own_address::bounded);
    auto first = at.enter(here, supply::ample);
    CHECK(ask(at, here) == admission::verdict::too_many_from_address);
}

TEST_CASE("those whom a proxy brings are counted by their own addresses, and the proxy is not") {
    admission at(10, 1);
    const origin proxy{"10.0.0.9", false, true};
    auto first = at.enter(proxy, supply::ample);
    auto second = at.enter(proxy, supply::ample);
    auto third = at.enter(proxy, supply::ample);
    REQUIRE(third->how() == admission::verdict::welcome);
    CHECK(at.recount(*first, one));
    CHECK(at.recount(*first, one));
    CHECK_FALSE(at.recount(*second, one));
    CHECK(at.recount(*second, other));
    CHECK(ask(at, one) == admission::verdict::too_many_from_address);
    first.reset();
    CHECK(at.recount(*third, one));
    second.reset();
    third.reset();
    CHECK(at.streams() == 0);
    CHECK(ask(at, one) == admission::verdict::welcome);
}

TEST_CASE("the addresses of one IPv6 network, and the two forms of an IPv4 address, are counted as one") {
    admission at(10, 1);
    auto first = at.enter({"2001:db8::1", false}, supply::ample);
    CHECK(ask(at, {"2001:db8::2", false}) == admission::verdict::too_many_from_address);
    CHECK(ask(at, {"2001:db8:0:1::1", false}) == admission::verdict::welcome);
    auto second = at.enter(one, supply::ample);
    CHECK(ask(at, {"::ffff:10.0.0.1", false}) == admission::verdict::too_many_from_address);
    first.reset();
    CHECK(ask(at, {"2001:db8::2", false}) == admission::verdict::welcome);

    const origin proxy{"10.0.0.9", false, true};
    auto third = at.enter(proxy, supply::ample);
    auto fourth = at.enter(proxy, supply::ample);
    CHECK(at.recount(*third, {"2001:db8::1", false}));
    CHECK_FALSE(at.recount(*fourth, {"2001:db8::2", false}));
}

TEST_CASE("nobody is welcome when descriptors are scarce") {
    admission at(3, 1);
    CHECK(ask(at, here, supply::scarce) == admission::verdict::too_many);
}

TEST_CASE("those who are turned away take no place of the others, and their number is bounded too") {
    admission at(1, 1);
    auto first = at.enter(one, supply::ample);
    std::vector<admission::place> refused;
    for (std::size_t i = 0; i < admission::refusal_places; ++i) {
        auto place = at.enter(other, supply::ample);
        REQUIRE(place);
        CHECK(place->how() == admission::verdict::too_many);
        refused.push_back(std::move(*place));
    }
    CHECK_FALSE(at.enter(other, supply::ample));
    first.reset();
    CHECK(ask(at, other) == admission::verdict::welcome);
    refused.pop_back();
    CHECK(at.streams() == admission::refusal_places - 1);
}
