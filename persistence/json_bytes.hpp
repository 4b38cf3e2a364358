#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>

/// What readers and writers of JSON look for in texts.
namespace rejoinder {

constexpr bool is_beyond_ascii(char c) noexcept {
    return static_cast<unsigned char>(c) >= 0x80;
}

/// Whether the byte can't stand in a JSON string as it is, or begins or goes on with a character of several
/// bytes.
constexpr bool is_special(char c) noexcept {
    return static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '\\' || is_beyond_ascii(c);
}

/// Whether one of eight bytes is special. A byte that is takes from the next one, of which then too much is
/// said.
constexpr bool has_special(std::uint64_t bytes) noexcept {
    constexpr std::uint64_t ones = 0x0101010101010101;
    auto less = [bytes](char c) { return bytes - ones * c; };           // the high bit: less, or beyond ASCII
    auto equal = [bytes](char c) { return (bytes ^ ones * c) - ones; }; // the same
    return ((bytes | less(' ') | equal('"') | equal('\\')) & ones * 0x80) != 0;
}

/// The first special byte or the end. Most texts have none and need no look at each byte.
inline const char* find_special(const char* at, const char* end) noexcept {
    constexpr std::ptrdiff_t block = sizeof(std::uint64_t);
    constexpr std::ptrdiff_t half = sizeof(std::uint32_t);
    auto read = []<class Bytes>(const char* from, Bytes bytes) {
        std::memcpy(&bytes, from, sizeof bytes);
        return bytes;
    };
    for (; end - at > block; at += block)
        if (has_special(read(at, std::uint64_t{}))) return std::find_if(at, end, is_special);
    // The rest as two halves that may overlap.
    if (end - at >= half) {
        std::uint64_t first = read(at, std::uint32_t{});
        std::uint64_t last = read(end - half, std::uint32_t{});
        if (!has_special(first << 32 | last)) return end;
    }
    return std::find_if(at, end, is_special);
}

} // namespace rejoinder
