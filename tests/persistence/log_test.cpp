#include "persistence/log.hpp"

#include "tests/support/catch.hpp"

#include <unistd.h>

#include <array>

using namespace rejoinder;

namespace {

/// Takes what the program writes to standard error while it exists.
class captured_errors {
public:
    captured_errors() {
        REQUIRE(::pipe(pipe_.data()) == 0);
        saved_ = ::dup(STDERR_FILENO);
        ::dup2(pipe_[1], STDERR_FILENO);
        ::close(pipe_[1]);
    }
    captured_errors(const captured_errors&) = delete;
    captured_errors& operator=(const captured_errors&) = delete;
    ~captured_errors() {
        ::dup2(saved_, STDERR_FILENO);
        ::close(saved_);
        ::close(pipe_[0]);
    }

    /// Waits for the next line, without its time.
    std::string line() {
        std::string text;
        for (char c = 0; ::read(pipe_[0], &c, 1) == 1 && c != '\n';)
            text += c;
        return text.substr(std::min(text.find(' '), text.size() - 1) + 1);
    }

private:
    std::array<int, 2> pipe_{};
    int saved_ = -1;
};

} // namespace

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
