#include "service/refusal.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

namespace rejoinder::service {
namespace {

/// In the order of the enumeration.
constexpr std::array<std::string_view, 12> names = {
    "unknown", "identity",    "devices", "unknown_machine", "machine",    "machine_failed",
    "damaged", "quarantined", "moved",   "unavailable",     "overloaded", "draining"};

} // namespace

std::string_view to_string(refusal why) noexcept {
    return names[static_cast<std::size_t>(why)];
}

std::optional<refusal> parse_refusal(std::string_view text) noexcept {
    const auto* found = std::ranges::find(names, text);
    if (found == names.end()) return std::nullopt;
    return static_cast<refusal>(found - names.begin());
}

} // namespace rejoinder::service
