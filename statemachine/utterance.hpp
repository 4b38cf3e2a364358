#pragma once

#include "statemachine/place.hpp"

#include <optional>
#include <regex>
#include <string>
#include <string_view>
#include <vector>

namespace rejoinder::statemachine {

class compilation;

/// A text that patterns are tried on; its words are taken apart once for all of them. Refers to the text.
struct utterance {
    explicit utterance(std::string_view text);

    std::string_view text;
    std::string words; // as plain_words makes them
};

/// What a user may say: phrases, each a run of words somewhere in the text, and a regular expression. One of
/// them is enough. Neither case nor punctuation nor surplus spaces count for phrases; for the expression case
/// does not.
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
    std::optional<std::regex> expression_;
};

} // namespace rejoinder::statemachine
