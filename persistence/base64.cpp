#include "persistence/base64.hpp"

#include <openssl/evp.h>

namespace rejoinder {

std::string to_base64(std::string_view bytes) {
    std::string text(base64_size(bytes.size()) + 1, '\0'); // the encoder ends with a zero
    EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                    reinterpret_cast<const unsigned char*>(bytes.data()), static_cast<int>(bytes.size()));
    text.pop_back();
    return text;
}

/// The decoder passes over spaces and over the bits behind the last byte; the way back shows both.
std::optional<std::string> from_base64(std::string_view text) {
    if (text.size() % 4 != 0) return std::nullopt;
    std::string bytes(text.size() / 4 * 3, '\0');
    auto length =
        EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()),
                        reinterpret_cast<const unsigned char*>(text.data()), static_cast<int>(text.size()));
    auto padding = text.ends_with("==") ? 2U : text.ends_with('=') ? 1U : 0U;
    if (length < 0 || static_cast<std::size_t>(length) != bytes.size()) return std::nullopt;
    bytes.resize(bytes.size() - padding);
    if (to_base64(bytes) != text) return std::nullopt;
    return bytes;
}

} // namespace rejoinder
