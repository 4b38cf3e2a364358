#pragma once

#include "websocket/outbox.hpp"

#include <cassert>
#include <cstddef>
#include <string>
#include <string_view>

namespace rejoinder::websocket {

inline constexpr std::size_t largest_server_frame = 0xffff;
inline constexpr std::size_t largest_frame_head = 4;

/// Appends a message of at most `largest_server_frame` bytes as the one frame that a server sends it in:
/// final and not masked (RFC 6455, 5.2). Pure.
inline void append_server_frame(std::string& to, payload kind, std::string_view message) {
    constexpr unsigned final_bit = 0x80;
    constexpr std::size_t most_in_seven_bits = 125;
    constexpr char sixteen_bits_follow = 126;
    auto size = message.size();
    assert(size <= largest_server_frame);
    to += static_cast<char>(final_bit | (kind == payload::text ? 1U : 2U));
    if (size > most_in_seven_bits) {
        to += sixteen_bits_follow;
        to += static_cast<char>(size >> 8);
    }
    to += static_cast<char>(size & 0xff);
    to += message;
}

} // namespace rejoinder::websocket
