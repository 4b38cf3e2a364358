#pragma once

#include "persistence/secret.hpp"

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

/// The cryptography of values at rest, as pure functions: whoever calls brings keys and randomness. Throws
/// `std::runtime_error` where the library cannot do it at all; nothing else fails.
namespace rejoinder::persistence::encryption {

inline constexpr std::size_t key_size = 32;
inline constexpr std::size_t salt_size = 16;
inline constexpr std::size_t nonce_size = 12;
inline constexpr std::size_t tag_size = 16;

/// What a ciphertext is longer than its plain text.
inline constexpr std::size_t cipher_overhead = salt_size + nonce_size + tag_size;

/// A key of 32 bytes out of another one, for one purpose: HKDF with SHA-256 (RFC 5869).
secret derive_key(const secret& from, std::string_view salt, std::string_view purpose);

/// HMAC-SHA-256 (RFC 2104), 32 bytes.
std::string authentication_code(const secret& key, std::string_view text);

/// Fresh for every text that is encrypted.
using freshness = std::array<std::byte, salt_size + nonce_size>;

/// AES-256-GCM (NIST SP 800-38D) under a key that is derived for this text alone: salt, nonce, ciphertext and
/// tag. A nonce of 96 bits may be random only for some 2^32 texts under one key; with a key per text, of 128
/// random bits more, no number of texts that a store can hold comes near a collision.
std::string encrypt(const secret& key, const freshness& fresh, std::string_view associated,
                    std::string_view plain);

/// Nothing unless it was encrypted under the same key with the same associated data.
std::optional<std::string> decrypt(const secret& key, std::string_view associated, std::string_view cipher);

/// AES-256-GCM itself, under exactly this key: ciphertext and tag.
std::string gcm_encrypt(const secret& key, std::string_view nonce, std::string_view associated,
                        std::string_view plain);
std::optional<std::string> gcm_decrypt(const secret& key, std::string_view nonce, std::string_view associated,
                                       std::string_view cipher);

} // namespace rejoinder::persistence::encryption
