#include "service/client/final_close.hpp"

#include "tests/support/catch.hpp"

#include <set>

using namespace rejoinder::service;

TEST_CASE("codes from 4500 on are final, the ones below ask to connect again") {
    for (auto code : {0, 1000, 1001, 1012, 4001, 4007, 4009, 4499, 5000}) {
        CAPTURE(code);
        CHECK_FALSE(is_final_close(static_cast<std::uint16_t>(code)));
    }
    for (auto code : {4500, 4502, 4510, 4999}) {
        CAPTURE(code);
        CHECK(is_final_close(static_cast<std::uint16_t>(code)));
    }
}

TEST_CASE("every final close code is explained by a sentence of its own that says what to do") {
    std::set<std::string> sentences;
    for (std::uint16_t code = 4500; code <= 4511; ++code) {
        auto sentence = explain_final_close(code);
        CAPTURE(code, sentence);
        CHECK(sentence.find("; ") != sentence.npos);
        CHECK(sentences.insert(sentence).second);
    }
    CHECK(explain_final_close(4511).find("4511") != std::string::npos);
}
