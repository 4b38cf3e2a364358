#pragma once

#include <cstddef>
#include <string_view>

namespace rejoinder::websocket {

/// A close frame holds 123 bytes of reason; a longer one is cut, not inside a character.
inline std::string_view close_reason_of(std::string_view text) noexcept {
    constexpr std::size_t bound = 123;
    if (text.size() <= bound) return text;
    auto end = bound;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80)
        --end;
    return text.substr(0, end);
}

} // namespace rejoinder::websocket
