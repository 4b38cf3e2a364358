#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

/// Phrases in texts that `plain_words` has taken apart.
namespace rejoinder::statemachine::coach {

using phrases = std::span<const std::string_view>;

inline std::ptrdiff_t count_words(std::string_view words) {
    return std::ranges::count(words, ' ') - 1;
}

inline bool has_phrase(std::string_view words, phrases any) {
    return std::ranges::any_of(
        any, [&](std::string_view one) { return words.find(' ' + std::string(one) + ' ') != words.npos; });
}

inline bool begins_with_phrase(std::string_view words, phrases any) {
    return std::ranges::any_of(
        any, [&](std::string_view one) { return words.starts_with(' ' + std::string(one) + ' '); });
}

/// Words without the phrases that stand before and behind them, as often as any does; never empty for it.
std::string cut_around(std::string words, phrases before, phrases behind);

/// The text's words without those that are there for politeness only.
std::string bare(std::string_view text);

/// The text without spaces and punctuation around it.
std::string_view trimmed(std::string_view text);

/// Where `text`, of which `lower` is the lower case, begins with `words`: what stands behind them.
std::optional<std::string_view> behind(std::string_view text, std::string_view lower, std::string_view words);

} // namespace rejoinder::statemachine::coach
