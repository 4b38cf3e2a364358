#include "persistence/backend/feed_position.hpp"

#include <charconv>

namespace rejoinder::persistence::backend {

std::string to_position(std::string_view incarnation, std::uint64_t number) {
    return std::string(incarnation) + ':' + std::to_string(number);
}

std::optional<std::uint64_t> from_position(std::string_view incarnation, std::string_view position) noexcept {
    if (!position.starts_with(incarnation)) return std::nullopt;
    position.remove_prefix(incarnation.size());
    if (!position.starts_with(':')) return std::nullopt;
    position.remove_prefix(1);
    std::uint64_t number = 0;
    auto [end, error] = std::from_chars(position.data(), position.data() + position.size(), number);
    if (error != std::errc() || end != position.data() + position.size()) return std::nullopt;
    return number;
}

} // namespace rejoinder::persistence::backend
