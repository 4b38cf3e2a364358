#include "websocket/proxies.hpp"

#include "tests/support/catch.hpp"

#include <string>
#include <vector>

using namespace rejoinder::websocket;

namespace {

trusted_proxies trusted(const std::vector<std::string>& texts) {
    trusted_proxies made;
    for (const auto& text : texts)
        REQUIRE(made.add(text));
    return made;
}

const origin proxy{"10.0.0.1", false};

std::string client(const forwarded_for& said) {
    auto found = client_of(proxy, said, trusted({"10.0.0.0/8", "2001:db8:1::/48"}));
    CHECK_FALSE(found.loopback);
    return found.address;
}

std::string by_custom(std::vector<std::string> hops) {
    return client({{}, std::move(hops)});
}

std::string by_rfc(std::vector<std::string> elements) {
    return client({std::move(elements), {}});
}

} // namespace

TEST_CASE("a trusted proxy is an address or one of a network, and nothing else is taken for either") {
    auto known = trusted({"10.1.0.0/16", "192.0.2.7", "2001:db8::/32", "::1"});
    for (auto address : {"10.1.255.255", "10.1.0.0", "192.0.2.7", "2001:db8:5::1", "::1", "::ffff:10.1.2.3"})
        CHECK(known.contains(address));
    for (auto address : {"10.2.0.0", "192.0.2.8", "2001:db9::1", "::2", "", "somewhere"})
        CHECK_FALSE(known.contains(address));
    trusted_proxies none;
    for (auto text : {"", "10.1.0.0/33", "10.1", "example.org", "10.0.0.0/8 "})
        CHECK_FALSE(none.add(text));
    CHECK_FALSE(none.contains("10.1.0.0"));
}

TEST_CASE("the client is the right-most address that is no trusted proxy's") {
    CHECK(by_custom({"203.0.113.5"}) == "203.0.113.5");
    CHECK(by_custom({"1.1.1.1", "203.0.113.5", "10.0.0.9"}) == "203.0.113.5");
    CHECK(by_custom({"203.0.113.5:4711"}) == "203.0.113.5");
    CHECK(by_custom({"2001:db8::17"}) == "2001:db8::17");
    CHECK(by_custom({"[2001:db8::17]:4711"}) == "2001:db8::17");
    CHECK(by_custom({"10.0.0.3", "10.0.0.2"}) == "10.0.0.3");
    CHECK(by_rfc({"for=1.1.1.1", "proto=https;For=203.0.113.5;by=10.0.0.1"}) == "203.0.113.5");
    CHECK(by_rfc({R"(for="[2001:db8::17]:4711")", R"(for="10.0.0.2:80")"}) == "2001:db8::17");
}

TEST_CASE("where an address is not told, it is the proxy's that does not tell it") {
    CHECK(by_custom({"203.0.113.5", "unknown"}) == "10.0.0.1");
    CHECK(by_custom({"unknown", "10.0.0.7"}) == "10.0.0.7");
    for (auto element : {"for=unknown", "for=_hidden", "proto=https", "for", "for=\"", "for=[", ""})
        CHECK(by_rfc({"for=203.0.113.5", element}) == "10.0.0.1");
}

TEST_CASE("a field that says something else than the other one is the client's invention") {
    CHECK(client({{"for=203.0.113.5"}, {"203.0.113.5"}}) == "203.0.113.5");
    CHECK(client({{"for=198.51.100.1"}, {"203.0.113.5"}}) == "10.0.0.1");
}

TEST_CASE("a proxy that says nothing speaks for itself, and nobody becomes loopback by what it says") {
    origin local{"127.0.0.1", true};
    auto known = trusted({"127.0.0.1"});
    auto itself = client_of(local, {}, known);
    CHECK(itself.address == "127.0.0.1");
    CHECK(itself.loopback);
    CHECK_FALSE(client_of(local, {{}, {"127.0.0.1"}}, known).loopback);
}
