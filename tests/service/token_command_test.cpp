#include "service/commands/token.hpp"

#include "tests/support/catch.hpp"

using namespace rejoinder;
using service::commands::parse_duration;

TEST_CASE("a duration is a number and its unit, up to ten years") {
    CHECK(parse_duration("1s") == milliseconds(1000));
    CHECK(parse_duration("30m") == milliseconds(1'800'000));
    CHECK(parse_duration("12h") == milliseconds(43'200'000));
    CHECK(parse_duration("3650d") == milliseconds(315'360'000'000));
    for (const auto* text : {"", "d", "90", "0d", "-1d", "+1d", "1.5d", "1 d", "1dd", "1w", "3651d", "87601h",
                             "99999999999999999999d", "9223372036854775807s"}) {
        CAPTURE(text);
        CHECK_FALSE(parse_duration(text));
    }
}
