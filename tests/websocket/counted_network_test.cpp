#include "websocket/counted_network.hpp"

#include "tests/support/catch.hpp"

using rejoinder::websocket::counted_network;

TEST_CASE("an IPv4 address is counted for itself, however it is written") {
    CHECK(counted_network("192.0.2.7") == "192.0.2.7");
    CHECK(counted_network("::ffff:192.0.2.7") == "192.0.2.7");
    CHECK(counted_network("::ffff:c000:207") == "192.0.2.7");
    CHECK(counted_network("192.0.2.7") != counted_network("192.0.2.8"));
}

TEST_CASE("IPv6 addresses of one /64 are counted as one, and those of its neighbour are not") {
    auto counted = counted_network("2001:db8:1:2::");
    CHECK(counted == "2001:db8:1:2::/64");
    for (const auto* address :
         {"2001:db8:1:2::1", "2001:DB8:1:2:ffff:ffff:ffff:ffff", "2001:db8:1:2:0:5efe:192.0.2.7"})
        CHECK(counted_network(address) == counted);
    for (const auto* address : {"2001:db8:1:3::1", "2001:db8:1:1:ffff:ffff:ffff:ffff", "2001:db9:1:2::1"})
        CHECK(counted_network(address) != counted);
    CHECK(counted_network("::1") == "::/64");
}

TEST_CASE("link-local addresses of different links are not counted together") {
    CHECK(counted_network("fe80::1%1") == counted_network("fe80::2%1"));
    CHECK(counted_network("fe80::1%1") != counted_network("fe80::1%2"));
}

TEST_CASE("what is no address is counted for itself") {
    CHECK(counted_network("") == "");
    CHECK(counted_network("somewhere") == "somewhere");
    CHECK(counted_network("2001:db8::/32") == "2001:db8::/32");
}
