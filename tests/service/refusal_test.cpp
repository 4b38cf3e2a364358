#include "service/refusal.hpp"

#include "tests/support/catch.hpp"

#include <string>

using namespace rejoinder::service;

TEST_CASE("every refusal is read back from its text") {
    std::string all;
    for (auto why = refusal::unknown;; why = static_cast<refusal>(static_cast<int>(why) + 1)) {
        all += std::string(to_string(why)) + " ";
        CHECK(parse_refusal(to_string(why)) == why);
        if (why == refusal::draining) break;
    }
    CHECK(all == "unknown identity devices unknown_machine machine machine_failed damaged quarantined moved "
                 "unavailable overloaded draining ");
}

TEST_CASE("a text that is no refusal is none") {
    for (const char* text : {"", "Unknown", "unknown ", "newer"})
        CHECK_FALSE(parse_refusal(text));
}
