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

TEST_CASE("no value can command a terminal, nor make a line that is no UTF-8") {
    captured_errors errors;
    log::warning("input", {{"text", "a\xc2\x9b"
                                    "31mred\xc2\x80\xc2\x9f\xc2\xa0"
                                    "end"}}); // U+009B is CSI
    CHECK(errors.line() == "warning input text=\"a?31mred??\xc2\xa0"
                           "end\"");
    log::warning("input", {{"text", "lone \x9b \xff cut \xe4\xb8"}});
    CHECK(errors.line() == R"(warning input text="lone ? ? cut ??")");
    log::warning("input",
                 {{"text", "overlong \xc0\xaf \xe0\x80\xaf surrogate \xed\xa0\x80 beyond \xf4\x90\x80\x80"}});
    CHECK(errors.line() == R"(warning input text="overlong ?? ??? surrogate ??? beyond ????")");
    log::warning("input", {{"text", "€\U0010ffff"}});
    CHECK(errors.line() == "warning input text=\"€\U0010ffff\"");
}

TEST_CASE("a value is cut between two characters") {
    captured_errors errors;
    log::warning("input", {{"text", std::string(2047, 'x') + "€uro"}});
    CHECK(errors.line() == "warning input text=" + std::string(2047, 'x') + "...");
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
