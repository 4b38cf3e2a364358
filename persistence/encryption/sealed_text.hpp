#pragma once

#include "persistence/base64.hpp"
#include "persistence/encryption/cipher.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

/// How a sealed text looks where it is stored. It is JSON, as the columns hold JSON and tools read them:
/// `{"sealed":{"key":"ID","data":"BASE64"}}`, exactly so, without spaces.
namespace rejoinder::persistence::encryption {

struct sealed_text {
    std::string_view key;  ///< id of the key
    std::string_view data; ///< base64
};

std::string written(const sealed_text& sealed);

/// The parts of a text that has this form, as views into it.
std::optional<sealed_text> read_sealed(std::string_view text) noexcept;

/// Bytes that a text of `size` takes at most when it is sealed.
constexpr std::size_t largest_sealed(std::size_t size) noexcept {
    constexpr std::size_t frame = 64 + 32; // the JSON around it and the longest id
    return frame + base64_size(size + sizeof(std::uint32_t) + cipher_overhead);
}

} // namespace rejoinder::persistence::encryption
