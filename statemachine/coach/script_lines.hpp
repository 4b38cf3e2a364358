#pragma once

#include <span>
#include <string_view>

namespace rejoinder::statemachine::coach {

/// The variants of a line; none for a key that there is not.
std::span<const std::string_view> lines_of(std::string_view key);

} // namespace rejoinder::statemachine::coach
