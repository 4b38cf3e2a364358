#pragma once

#include "statemachine/place.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace re2 {
class RE2;
}

namespace rejoinder::statemachine {

class compilation;

/// A text that patterns are tried on; its words are taken apart once for those that are tried on this object:
/// all the intents of a machine, or the one pattern of a guard. Refers to the text.
struct utterance {
    explicit utterance(std::string_view text);

    std::string_view text;
    std::string words; // as plain_words makes them
};

/// What a user may say: phrases, each a run of words somewhere in the text, and a regular expression. One of
/// them is enough. Neither case nor punctuation nor surplus spaces count for phrases; for the expression case
/// does not. Expressions are RE2's (https://github.com/google/re2/wiki/Syntax): matching takes time linear in
/// the text whatever a machine's author wrote, so there are neither back references nor look-ahead.
class utterance_pattern {
public:
    /// Of an expression in the document, and of the text that it is tried on; the text behind is not looked
    /// at.
    static constexpr std::size_t max_expression = 256;
    static constexpr std::size_t max_text = 1024;

    /// Reads `any` and `regex` of an object; one of them must be there. Problems go to `into`.
    static utterance_pattern compile(const place& object, compilation& into);

    bool matches(const utterance& heard) const;

private:
    std::vector<std::string> phrases_; // as plain_words makes them
    std::shared_ptr<const re2::RE2> expression_;
};

} // namespace rejoinder::statemachine
