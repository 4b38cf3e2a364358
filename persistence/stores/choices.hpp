#pragma once

#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <optional>
#include <span>
#include <string_view>
#include <type_traits>

/// Enumerations that stand in records as texts. Each has one table, `names_of`, found beside it: the texts of
/// its enumerators in their order, the first being number 0.
namespace rejoinder::persistence {

template <class Choice>
concept named_choice = std::is_enum_v<Choice> && requires(Choice one) {
    { names_of(one) } -> std::convertible_to<std::span<const std::string_view>>;
};

template <named_choice Choice>
std::string_view to_string(Choice one) noexcept {
    std::span<const std::string_view> names = names_of(one);
    auto index = static_cast<std::size_t>(one);
    return index < names.size() ? names[index] : "unknown";
}

/// The enumerator of exactly this text.
template <named_choice Choice>
std::optional<Choice> choice_of(std::string_view text) noexcept {
    std::span<const std::string_view> names = names_of(Choice{});
    auto found = std::ranges::find(names, text);
    if (found == names.end()) return std::nullopt;
    return static_cast<Choice>(found - names.begin());
}

} // namespace rejoinder::persistence
