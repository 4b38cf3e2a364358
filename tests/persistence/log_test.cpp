#include "persistence/log.hpp"

#include "tests/support/captured_errors.hpp"
#include "tests/support/catch.hpp"

using namespace rejoinder;
using rejoinder::tests::captured_errors;

TEST_CASE("a log line names level, event and fields") {
    captured_errors errors;
    log::warning("session_closed", {{"session", "s1"}, {"code", 4008}, {"empty", ""}});
    CHECK(errors.line() == R"(warning session_closed session=s1 code=4008 empty="")");
}

TEST_CASE("no value can forge a line or a field of the log") {
    captured_errors errors;
    log::warning("input", {{"text", "x\n2026-01-01 error forged=1"}});
    CHECK(errors.line() == R"(warning input text="x\n2026-01-01 error forged=1")");
    log::warning("input", {{"text", R"(a" admin="yes)"}});
    CHECK(errors.line() == R"(warning input text="a\" admin=\"yes")");
    log::warning("input", {{"text", "back\\slash"}, {"other", "a=b"}});
    CHECK(errors.line() == R"(warning input text="back\\slash" other="a=b")");
    log::warning("input", {{"text", std::string("\x1b[2J\r\x07\0", 7)}});
    CHECK(errors.line() == R"(warning input text="?[2J???")");
    log::warning("input", {{"text", "Grüße 😀"}});
    CHECK(errors.line() == "warning input text=\"Grüße 😀\"");
}

TEST_CASE("a value that is too long for a line is cut and says so") {
    captured_errors errors;
    log::warning("input", {{"text", std::string(1 << 20, 'x')}});
    CHECK(errors.line() == "warning input text=" + std::string(2048, 'x') + "...");
}

TEST_CASE("lines below the level are not written") {
    captured_errors errors;
    log::info("unheard");
    log::set_level(log::level::debug);
    log::debug("heard");
    log::set_level(log::level::warning);
    log::info("unheard");
    log::warning("last");
    CHECK(errors.line() == "debug heard");
    CHECK(errors.line() == "warning last");
}

TEST_CASE("the names of levels are parsed and nothing else is") {
    log::level level{};
    REQUIRE(log::parse_level("debug", level));
    CHECK(level == log::level::debug);
    REQUIRE(log::parse_level("off", level));
    CHECK(level == log::level::off);
    for (const auto* text : {"", "Debug", "warn", "debug "})
        CHECK_FALSE(log::parse_level(text, level));
    CHECK(level == log::level::off);
}
