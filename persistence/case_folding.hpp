#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace rejoinder {

/// The text without its differences of case: Unicode 14's simple case folding, character by character, in
/// every script and without a locale. What becomes several characters keeps its own (ß is not ss), and
/// composed and decomposed letters stay apart. Bytes that are no UTF-8 are taken as they are.
std::string fold_case(std::string_view text);

/// What a name is compared by: its case folded, no space at the ends, one where there were several.
std::string fold_name(std::string_view name);

/// The text without the spaces at its ends.
std::string_view without_outer_spaces(std::string_view text) noexcept;

/// Whether the bytes are UTF-8 (RFC 3629): no overlong forms, no surrogates.
bool is_utf8(std::string_view text) noexcept;

/// Appends a code point, of which none is a surrogate.
void append_utf8(std::string& text, std::uint32_t code);

} // namespace rejoinder
