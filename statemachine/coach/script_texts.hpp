#pragma once

#include <array>
#include <span>
#include <string_view>

namespace rejoinder::statemachine::coach {

/// A variant of a line; those of a key stand behind each other. `{name}` is a place to fill, and `{friend}`
/// is filled with a comma and the user's name, or nothing.
struct script_text {
    std::string_view key;
    std::string_view text;
};

std::span<const script_text> texts_of_beginning() noexcept;
std::span<const script_text> texts_of_middle() noexcept;
std::span<const script_text> texts_of_end() noexcept;

} // namespace rejoinder::statemachine::coach
