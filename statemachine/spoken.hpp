#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace rejoinder::statemachine {

/// Whether two texts are the same words, without regard to case, punctuation and surplus spaces.
bool same_words(std::string_view a, std::string_view b);

/// Whether one of the phrases occurs in the text, by whole words in a row, without regard to case and
/// punctuation.
bool says_any_of(std::string_view text, std::span<const std::string> phrases);

/// The parts of an enumeration: "milk, eggs, and some bread" are three.
std::vector<std::string> parts_of(std::string_view enumeration);

/// "milk, eggs and bread"; `nothing` when there are none.
std::string enumerate(const std::vector<std::string>& items, std::string_view nothing = {});

} // namespace rejoinder::statemachine
