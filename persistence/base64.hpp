#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace rejoinder {

/// Base64 with padding (RFC 4648, section 4).
std::string to_base64(std::string_view bytes);

constexpr std::size_t base64_size(std::size_t bytes) noexcept {
    return (bytes + 2) / 3 * 4;
}

/// The bytes that `to_base64` writes as exactly this text; nothing for any other text, so that two texts
/// never stand for the same bytes.
std::optional<std::string> from_base64(std::string_view text);

} // namespace rejoinder
