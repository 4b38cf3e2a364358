#pragma once

#include "service/credentials/jwt.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rejoinder::service::credentials {

/// The fixed set of keys that tokens may be signed with.
using key_set = std::vector<verification_key>;

inline constexpr std::size_t most_keys = 16;

/// Lines `ID:KEY`, KEY being 32 to 1024 bytes in base64. Otherwise nothing, and `why` says what is wrong
/// without any of the text.
std::optional<key_set> parse_shared_keys(const secret& text, std::string& why);

/// Public keys in PEM (`-----BEGIN PUBLIC KEY-----`), of RSA with at least 2048 bits or of the curve P-256,
/// as the algorithm has them. A line `kid: NAME` in front of one names it; other lines between them say
/// nothing. Otherwise nothing, and `why` says what is wrong.
std::optional<key_set> parse_public_keys(const secret& text, algorithm of, std::string& why);

/// The keys that the rules name. Blocks. Throws `config_error`, with the key of the configuration and nothing
/// of what it stands for.
std::shared_ptr<const key_set> load_signing_keys(const rules& configured);

} // namespace rejoinder::service::credentials
