#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace rejoinder::statemachine {

/// Case and words of UTF-8 text without a locale, so that every machine behaves the same everywhere: ASCII
/// and the Latin-1 letters (é, Ü, ñ) have cases, all other letters are taken as they are.
std::string to_lower(std::string_view text);
std::string to_upper(std::string_view text);

/// The first letter in upper case, the rest unchanged.
std::string capitalise(std::string_view text);

/// The text's words in lower case, one space before and behind each: " whats your name ". Apostrophes vanish,
/// all other punctuation parts words.
std::string plain_words(std::string_view text);

/// What stands behind the first occurrence of the phrase as whole words, without regard to case; nothing when
/// it does not occur.
std::optional<std::string_view> behind_phrase(std::string_view text, std::string_view phrase);

/// The text without any of these characters at its ends.
std::string_view trim(std::string_view text, std::string_view these) noexcept;

/// At most `bytes` of the text, cut between characters.
std::string_view cut(std::string_view text, std::size_t bytes) noexcept;

/// The number of characters (code points).
std::size_t count_characters(std::string_view text) noexcept;

} // namespace rejoinder::statemachine
