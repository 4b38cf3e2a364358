#include "statemachine/utterance.hpp"

#include "statemachine/compilation.hpp"
#include "statemachine/letters.hpp"
#include "tests/support/catch.hpp"

using namespace rejoinder::statemachine;
using rejoinder::json;

namespace {

bool matches(const json& pattern, std::string_view text) {
    compilation into;
    auto made = utterance_pattern::compile(place(pattern), into);
    REQUIRE(into.problems.empty());
    return made.matches(utterance(text));
}

} // namespace

TEST_CASE("words are what is left without case, punctuation and surplus spaces") {
    CHECK(plain_words("  What's  UP, doc?! ") == " whats up doc ");
    CHECK(plain_words("well\u2014yes\u2026 \u00bfqu\u00e9?") == " well yes qu\u00e9 ");
    CHECK(plain_words("\u00c9T\u00c9 l\u2019eau") == " \u00e9t\u00e9 leau ");
    CHECK(plain_words("\u65e5\u672c 5-3") == " \u65e5\u672c 5 3 ");
    CHECK(plain_words("") == " ");
    CHECK(plain_words("?!") == " ");
}

TEST_CASE("a phrase matches where its words stand together as whole words") {
    json pattern{{"any", {"my name is", "I'm"}}};
    CHECK(matches(pattern, "Hello! My name is Ada"));
    CHECK(matches(pattern, "im ada"));
    CHECK_FALSE(matches(pattern, "my middle name is Ada"));
    CHECK_FALSE(matches(pattern, "impossible"));
    CHECK_FALSE(matches(pattern, ""));
}

TEST_CASE("a regular expression looks anywhere in the text, without regard to case") {
    CHECK(matches({{"regex", "^what( is|'s) the time"}}, "What's the time, please?"));
    CHECK(matches({{"regex", "\\b\\d{2}:\\d{2}\\b"}}, "at 10:45"));
    CHECK_FALSE(matches({{"regex", "^time"}}, "the time"));
}

TEST_CASE("a regular expression looks at the first 1024 bytes and at no part of a character") {
    std::string text(utterance_pattern::max_text - 1, 'a');
    CHECK(matches({{"regex", "b$"}}, text + "b"));
    CHECK_FALSE(matches({{"regex", "b"}}, text + "ab"));
    CHECK(cut(text + "\u00e9", utterance_pattern::max_text) == text);
}

TEST_CASE("a regular expression reads characters and not bytes") {
    CHECK(matches({{"regex", "^caf.$"}}, "CAF\u00c9"));
    CHECK(matches({{"regex", "\u00e9"}}, "\u00c9"));
}

TEST_CASE("an expression that backtracks without end elsewhere is done in no time") {
    CHECK_FALSE(matches({{"regex", "^(a+)+$"}}, std::string(1000, 'a') + "b"));
    CHECK_FALSE(matches({{"regex", "(.*)*x(.*)*y"}}, std::string(1024, 'x')));
    CHECK_FALSE(matches({{"regex", "^(.{1,30}){1,30}$"}}, std::string(1024, 'x')));
}

TEST_CASE("case of Latin-1 letters changes and of other letters does not") {
    CHECK(to_upper("\u00e9\u00df\u00ff\u00f7 caf\u00e9") == "\u00c9\u00df\u00ff\u00f7 CAF\u00c9");
    CHECK(to_lower("\u00c9\u00d7 \u0416") == "\u00e9\u00d7 \u0416");
    CHECK(capitalise("\u00e9mile") == "\u00c9mile");
    CHECK(capitalise("") == "");
    CHECK(count_characters("caf\u00e9 \u2603") == 6);
}
