#include "persistence/encryption/sealer.hpp"

#include "persistence/encryption/cipher.hpp"
#include "persistence/encryption/sealed_text.hpp"
#include "persistence/error.hpp"
#include "persistence/log.hpp"

#include <cstdint>

namespace rejoinder::persistence::encryption {
namespace {

constexpr std::size_t length_size = sizeof(std::uint32_t);

std::string packed(std::string_view name, std::string_view text) {
    std::string bytes;
    bytes.reserve(length_size + name.size() + text.size());
    for (int shift = 24; shift >= 0; shift -= 8)
        bytes += static_cast<char>(name.size() >> shift & 0xff);
    return bytes.append(name).append(text);
}

/// What was authenticated was packed here; a length that does not fit can't occur.
std::optional<unsealed> unpacked(std::string bytes) {
    if (bytes.size() < length_size) return std::nullopt;
    std::size_t length = 0;
    for (std::size_t i = 0; i < length_size; ++i)
        length = length << 8 | static_cast<unsigned char>(bytes[i]);
    if (length > bytes.size() - length_size) return std::nullopt;
    unsealed found{bytes.substr(length_size, length), {}};
    bytes.erase(0, length_size + length);
    found.text = std::move(bytes);
    return found;
}

} // namespace

std::string sealer::seal(std::string_view place, std::string_view name, std::string_view text) const {
    freshness fresh{};
    environment_.fill_random(fresh);
    const auto& key = keys_.current();
    auto data = to_base64(encrypt(key.bytes, fresh, place, packed(name, text)));
    return written({key.id, data});
}

result<unsealed> sealer::open(std::string_view place, std::string_view sealed) const {
    auto parts = read_sealed(sealed);
    if (!parts) return errc::corrupt;
    const auto* key = keys_.find(parts->key);
    if (!key) {
        if (told_ != parts->key) log::error("key_missing", {{"key", parts->key.substr(0, 64)}});
        told_ = parts->key;
        return errc::missing_key;
    }
    auto data = from_base64(parts->data);
    auto plain = data ? decrypt(key->bytes, place, *data) : std::nullopt;
    auto found = plain ? unpacked(std::move(*plain)) : std::nullopt;
    if (!found) return errc::corrupt;
    return std::move(*found);
}

bool sealer::is_current(std::string_view text) const noexcept {
    auto parts = read_sealed(text);
    return parts && parts->key == keys_.current().id;
}

} // namespace rejoinder::persistence::encryption
