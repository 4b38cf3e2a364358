#pragma once

#include <cstddef>
#include <string_view>

namespace rejoinder {

/// Levenshtein's distance in bytes: how many of them must be put in, taken out or replaced to make one text
/// of the other. Takes time by the product of their lengths, so whoever asks bounds them.
std::size_t edit_distance(std::string_view a, std::string_view b);

} // namespace rejoinder
