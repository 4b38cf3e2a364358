#include "persistence/case_folding.hpp"
#include "tests/support/catch.hpp"

using namespace rejoinder;

TEST_CASE("case is folded in every script that has it") {
    CHECK(fold_case("Painter 42!") == "painter 42!");
    CHECK(fold_case("ÉÀÞ×÷ÿŸ") == "éàþ×÷ÿÿ");
    CHECK(fold_case("ŁÓDŹ Ő ǅ") == "łódź ő ǆ");
    CHECK(fold_case("ΣΊΣΥΦΟΣ σίσυφος") == "σίσυφοσ σίσυφοσ");
    CHECK(fold_case("ЖУРНАЛ Ё") == "журнал ё");
    CHECK(fold_case("ԱՐԱՐ Ⴀ 𐐀") == "արար ⴀ 𐐨");
    CHECK(fold_case("K") == "k"); // the Kelvin sign
    CHECK(fold_case("日本 💙") == "日本 💙");
}

TEST_CASE("what would become several characters keeps its own, and folding twice changes nothing") {
    CHECK(fold_case("Straße ẞ") == "straße ß");
    CHECK(fold_case("İ") == "İ");
    for (const auto* text : {"ẞÉΣ", "Ǆǅǆ", "ϴθ", "ꭰᏸ"})
        CHECK(fold_case(fold_case(text)) == fold_case(text));
}

TEST_CASE("bytes that are no UTF-8 are folded to themselves") {
    for (const auto* text :
         {"\xff", "a\xc3", "\xed\xa0\x80", "\xc0\x80", "\xf5\x80\x80\x80", "\xe2\x28\xa1"}) {
        CHECK(fold_case(text) == text);
        CHECK_FALSE(is_utf8(text));
    }
    CHECK(is_utf8("aé日💙"));
    CHECK(is_utf8(""));
}

TEST_CASE("names are compared without outer spaces, repeated spaces and case") {
    CHECK(fold_name("  Élan \t\n  Vital ") == "élan vital");
    CHECK(fold_name(" \n ").empty());
}
